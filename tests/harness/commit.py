"""Which state of the code is run: kept results say so, since totals may be of several."""

import functools
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNKNOWN = "unknown"  # no repository, as in a source distribution, or a line from before it was noted


@functools.cache
def commit() -> str:
    """The commit in short, `-dirty` behind it when files differ from it; or `unknown`."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return UNKNOWN
    return done.stdout.strip()


def commits(noted: Iterable[str]) -> int:
    """How many there are among those of some lines."""
    return len({one or UNKNOWN for one in noted})
