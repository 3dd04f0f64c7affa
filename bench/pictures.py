"""The pictures of docs/performance.md, drawn from what `latest.json` says."""

from pathlib import Path
from typing import Any


def draw(latest: dict[str, Any], folder: Path) -> None:
    """Draw what can be drawn."""
