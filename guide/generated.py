"""All that is generated in docs/ by this package."""

from pathlib import Path

from guide import pictures, reasons, reference

DOCS = Path(__file__).parents[1] / "docs"


def generated() -> dict[str, str]:
    """Texts by their file's name in docs/."""
    return {**reference.pages(), **reasons.pages(), **pictures.pages()}
