"""Files that are read again when they have changed, so that keys and certificates are renewed without a restart."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from shared.errors import StartupError
from shared.telemetry.metrics import FILES_NOT_TAKEN

T = TypeVar("T")
Stamp = tuple[int, int, int]
AGAIN_S = 60.0  # after which what was no good is read again: a certificate may not have been valid yet
log = structlog.get_logger()


class Watched(Generic[T]):
    """What `make` makes of some files' bytes. It raises ValueError, with text for an operator, when they are no good.

    `paths` are by the name of the variable that they were given in. Any thread may ask.
    """

    def __init__(self, paths: Mapping[str, Path], make: Callable[..., T]) -> None:
        self._paths = paths
        self._make = make
        self._lock = threading.Lock()
        self._stamps = self._now()
        self._again_at: float | None = None
        self._taken = True
        try:
            self.value = self._read()
        except (OSError, ValueError) as error:
            raise StartupError(f"{', '.join(paths)}: {_why(error)}") from None

    def changed(self) -> bool:
        """Look, and read anew what has changed. What can't be read, or is half written, leaves the value as it was."""
        with self._lock:
            stamps = self._now()
            again = self._again_at is not None and time.monotonic() >= self._again_at
            if stamps == self._stamps and not again:
                return False
            self._stamps, self._again_at = stamps, None
            try:
                self.value = self._read()
            except (OSError, ValueError) as error:
                self._again_at = time.monotonic() + AGAIN_S
                why = _why(error)  # which is all: a trace of how a file was read helps nobody
                self._count(taken=False)
                log.error("files.not_taken", variables=list(self._paths), why=why)  # noqa: TRY400
                return False
            self._count(taken=True)
            log.info("files.taken", variables=list(self._paths))
            return True

    def _count(self, *, taken: bool) -> None:
        FILES_NOT_TAKEN.inc(self._taken - taken)
        self._taken = taken

    def _read(self) -> T:
        return self._make(*(path.read_bytes() for path in self._paths.values()))

    def _now(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self._paths.values()]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _why(error: Exception) -> str:
    return f"{error.filename} can't be read ({error.strerror})" if isinstance(error, OSError) else str(error)
