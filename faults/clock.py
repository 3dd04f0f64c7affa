"""A clock that PostgreSQL goes by, and that jumps (F22): libfaketime under its processes."""

from pathlib import Path

LIBRARIES = Path("/usr/lib")
PATTERN = "*/faketime/libfaketime.so.1"


class Clock:
    """Says what is to be added to the time of day; what measures durations, the monotonic clock, goes on as it is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.jump(0)

    @staticmethod
    def feasible() -> str:
        """Empty, or why there can't be one."""
        return "" if next(LIBRARIES.glob(PATTERN), None) else "there is no libfaketime: apt-get install faketime"

    @property
    def environment(self) -> dict[str, str]:
        """Of processes that are to go by it."""
        return {
            "LD_PRELOAD": str(next(LIBRARIES.glob(PATTERN))),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",  # all of them jump at once
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds: int) -> None:
        """From now on it is so much later, or earlier, than it is."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.chmod(0o644)
        fresh.replace(self._file)
