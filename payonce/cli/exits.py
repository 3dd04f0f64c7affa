"""How the command ends: the exit statuses, and which error has which."""

from enum import IntEnum

from payonce.client import PayonceError
from payonce.client.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Refused,
    Unauthenticated,
)


class Exit(IntEnum):
    """What `$?` tells a script."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNKNOWN = 3
    NOT_ALLOWED = 4
    INTERRUPTED = 130


MEANING = {
    Exit.DONE: "done, or done before",
    Exit.REFUSED: "refused, with the reason; no new money moved. Of demo, verify, bench and a storm: not as it must be",
    Exit.USAGE: "the command line, or a PAYONCE_… setting, is not as documented; nothing was sent",
    Exit.UNKNOWN: "no answer: whether it happened is not known. Run the same command again, it happens once",
    Exit.NOT_ALLOWED: "the services don't know who calls, or the role may not. After a try without an answer, as 3",
    Exit.INTERRUPTED: "interrupted by Ctrl-C; as 3",
}


def exit_of(error: PayonceError) -> Exit:
    """Whatever is not a plain no leaves the outcome unknown."""
    if isinstance(error, InvalidRequest | NotFound | AlreadyExists | Refused):
        return Exit.REFUSED
    if isinstance(error, Unauthenticated | PermissionDenied):
        return Exit.NOT_ALLOWED
    return Exit.UNKNOWN
