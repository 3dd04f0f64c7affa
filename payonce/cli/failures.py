"""From what went wrong to what is said, and the exit status."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

import typer
from typer.exceptions import TyperException

from payonce.cli.exits import Exit, exit_of
from payonce.cli.hints import AGAIN, next_of
from payonce.cli.session import Session
from payonce.client import PayonceError
from shared.errors import StartupError


@contextlib.contextmanager
def exits(session: Session) -> Iterator[None]:
    """Around a command: whatever it ends by is said as one failure, with an exit status of its own."""
    try:
        with contextlib.closing(session):
            yield
    except PayonceError as error:
        status = exit_of(error)
        _tell_answer(session, error, status)
        raise typer.Exit(status) from error
    except StartupError as error:
        _tell(session, Exit.USAGE, "error", str(error), "Correct that, and run it again. Nothing was sent.")
        raise typer.Exit(Exit.USAGE) from error
    except UnicodeEncodeError as error:
        _tell(session, Exit.USAGE, "error", "A word of the command line is no UTF-8.", "Nothing was sent.")
        raise typer.Exit(Exit.USAGE) from error
    except OSError as error:  # nobody reads the answer any more, or the disk is full: it may have happened
        _discard(sys.stdout)
        raise _broken_off(session, error) from error
    except (typer.Exit, typer.Abort, TyperException):  # the command line's own ways to end
        raise
    except Exception as error:  # nobody foresaw it. Python's own status would be 1, as if nothing had happened
        traceback.print_exception(error)
        raise _broken_off(session, error) from error
    except KeyboardInterrupt:
        text = "Interrupted: whether it happened is not known."
        _tell(session, Exit.INTERRUPTED, "interrupted", text, _again(session))
        raise typer.Exit(Exit.INTERRUPTED) from None


def _broken_off(session: Session, error: Exception) -> typer.Exit:
    text = f"It broke off, and whether it happened is not known: {error}"
    _tell(session, Exit.UNKNOWN, "unknown", text, _again(session))
    return typer.Exit(Exit.UNKNOWN)


def _tell_answer(session: Session, error: PayonceError, status: Exit) -> None:
    said = error.reason or error.code.name
    hint = next_of(said)
    if status is Exit.UNKNOWN and session.request_id:
        hint = f"{hint} {_with_id(session)}"
    what: dict[str, Any] = {
        "exit_status": int(status),
        "code": error.code.name,
        "reason": error.reason,
        "message": error.message,
        "metadata": error.metadata,
        "violations": [{"field": field, "description": description} for field, description in error.violations],
        "retry_delay_s": error.retry_delay_s,
        "request_id": session.request_id,
        "next": hint,
    }
    lines = [
        ("unknown" if status is Exit.UNKNOWN else "refused", said if error.violations else f"{said}: {error.message}"),
        *((field or "and", description) for field, description in error.violations),
        *((name, value) for name, value in error.metadata.items()),
        ("next", hint),
    ]
    _say(session, what, lines)


def _tell(session: Session, status: Exit, name: str, text: str, hint: str) -> None:
    what = {"exit_status": int(status), "message": text, "request_id": session.request_id, "next": hint}
    _say(session, what, [(name, text), ("next", hint)])


def _say(session: Session, what: Mapping[str, Any], lines: Iterable[tuple[str, str]]) -> None:
    try:
        session.say.failure(what, lines)
    except OSError:  # nobody reads that either: the exit status is all that is left
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """What is still in its buffer: Python would try again at its end, and exit with a status of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _again(session: Session) -> str:
    return f"{AGAIN} {_with_id(session)}" if session.request_id else AGAIN


def _with_id(session: Session) -> str:
    """Without it, another run would be another request."""
    return f"With --request-id {session.request_id}, that is."
