"""What a lock names for this machine's kind of Python."""

from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "requirements.lock"
AUDITED = (RUNTIME, ROOT / "requirements-dev.lock")


def named(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each package whose marker is true here."""
    for line in lock.read_text().splitlines():
        text = line.removesuffix("\\").strip()
        if not text or text.startswith(("#", "-")):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, next(iter(requirement.specifier)).version
