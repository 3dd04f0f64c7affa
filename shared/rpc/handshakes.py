"""Failed TLS handshakes in our own log.

No call begins then, and Python has no hook for it: gRPC's core writes a line to the file descriptor of stderr, and has
one for each handshake that fails for what was said in it. Who hangs up, or says nothing, leaves none.
"""

import contextlib
import contextvars
import faulthandler
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator

import structlog

from shared.rpc.core import asked_for
from shared.telemetry.metrics import FAILED_HANDSHAKES

CORE = re.compile(r"[IWE]\d{4} \d\d:\d\d:")
FAILED = re.compile(r"Handshake failed with error (?:.*OPENSSL_internal:)?(\w+)")
LINES, WINDOW_S = 10, 60.0  # whoever knocks without end fills no disk
LAST_LINES_S = 1.0
STDERR = 2
log = structlog.get_logger()


class Handshakes:
    """Tells of failed ones, so many in a while; the counter has all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._left = 0
        self._not_told = 0

    def failed(self, why: str) -> None:
        """One did. `why` is OpenSSL's name for it, and quotes nothing of what was sent."""
        FAILED_HANDSHAKES.inc()
        if (now := self._clock()) >= self._until:
            self._left, self._until = LINES, now + WINDOW_S
        if self._left == 0:
            self._not_told += 1
            return
        log.warning("tls.handshake_failed", why=why, not_told_before=self._not_told)
        self._left -= 1
        self._not_told = 0


def part_stderr() -> None:
    """Give Python's stderr a descriptor of its own, before anybody keeps it: the core's can then be read apart.

    Where stderr was closed when we were started, it is /dev/null from now on.
    """
    if sys.stderr is None:
        _null_as_stderr()
    sys.stderr = os.fdopen(os.dup(STDERR), "w", buffering=1, errors="backslashreplace")


def _null_as_stderr() -> None:
    """Or else the next file to be opened has this number, and the core writes into it."""
    null = os.open(os.devnull, os.O_WRONLY)  # the lowest number that is free
    if null == STDERR:
        os.set_inheritable(STDERR, True)
    else:
        os.dup2(null, STDERR)
        os.close(null)


@contextlib.contextmanager
def handshakes_told() -> Iterator[None]:
    """Within this, what the core says to stderr is read: failed handshakes are told, the rest of its lines dropped."""
    if asked_for():
        yield
        return
    reading, writing = os.pipe()
    # Whoever holds the interpreter's lock and waited for the reader would wait for ever: rather lose a line.
    os.set_blocking(writing, False)
    before = os.dup(STDERR)
    faulthandler.enable(before)  # the core's last words, should it abort, may stay in the pipe
    os.dup2(writing, STDERR)
    os.close(writing)
    work = contextvars.copy_context().run  # log lines name the service
    thread = threading.Thread(target=work, args=(_read, reading, before), name="grpc-core-lines", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.dup2(before, STDERR)  # closes the last end that is written to
        thread.join(LAST_LINES_S)  # what was started within and still runs has the end, too
        faulthandler.disable()
        os.close(before)


def _read(reading: int, rest: int) -> None:
    handshakes = Handshakes()
    with os.fdopen(reading, errors="backslashreplace") as lines:
        for line in lines:
            if failed := FAILED.search(line):
                handshakes.failed(failed[1])
            elif not CORE.match(line):
                os.write(rest, line.encode())  # no line of the core's, or its last
