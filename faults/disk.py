"""A small disk of its own (tmpfs) for the databases of seeds that fill it. Needs root."""

import contextlib
import errno
import os
import shutil
import subprocess
from pathlib import Path

from faults.database import USER, Postgres

SIZE = "192m"
PIECE = 1 << 20
TABLESPACE = "small"


class Disk:
    """A tmpfs with a tablespace on it."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self._place = folder / "small"
        self._ballast = self._place / "ballast"
        self._place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", self._place], check=True)  # noqa: S607
        (self._place / "space").mkdir()
        shutil.chown(self._place / "space", USER)
        postgres.execute("postgres", f"CREATE TABLESPACE {TABLESPACE} LOCATION '{self._place / 'space'}'")

    @staticmethod
    def feasible() -> str:
        """Empty, or why there can't be one."""
        if os.geteuid() != 0:
            return "only root can mount a tmpfs"
        tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)  # noqa: S607, PLW1510
        return "" if tried.returncode == 0 else f"no tmpfs can be mounted: {tried.stderr.decode().strip()}"

    def fill(self) -> None:
        """To the last byte."""
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(PIECE))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def empty(self) -> None:
        """There is room again."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount; PostgreSQL has gone before."""
        with contextlib.suppress(FileNotFoundError):
            self.empty()
        subprocess.run(["umount", self._place], check=True)  # noqa: S607
