"""All that is generated in docs/ by this package."""

from guide import commands, pictures, reasons, reference, settings


def generated() -> dict[str, str]:
    """Texts by their file's name in docs/."""
    return {
        **reference.pages(),
        **reasons.pages(),
        **pictures.pages(),
        **settings.pages(),
        **commands.pages(),
    }
