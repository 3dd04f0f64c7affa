"""Pages that people write, with a part that is generated: it stands between two marks."""

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


class NotMarkedError(Exception):
    """A page does not say where its part begins and ends."""


def marked(page: str, what: str, part: str) -> str:
    """The page of docs/ with `part` between its marks, `what: make docs` and `end of what`, as comments.

    Raises:
        NotMarkedError: It lacks one of the two.
    """
    begin, end = f"<!-- {what}: make docs -->\n", f"<!-- end of {what} -->\n"
    before, begun, rest = (DOCS / page).read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise NotMarkedError(f"docs/{page} wants these two lines:\n{begin}{end}")
    return f"{before}{begin}\n{part}\n{end}{after}"
