"""The table of docs/access.md: RPC × role × whose, from the services' own tables and the walk's cases.

`python -m tests.access.table` writes it into the page.
"""

from collections.abc import Iterator
from pathlib import Path

from shared.callers import Role
from shared.errors import Reason
from shared.rpc.access import AccessTable, scope_of
from tests.access.acting import ACCESS
from tests.access.cases import CASES
from tests.harness.services import ROOT

PAGE = ROOT / "docs" / "access.md"
BEGIN, END = "<!-- begin: python -m tests.access.table -->", "<!-- end -->"


def table() -> str:
    """In Markdown, between its two marks."""
    head = ["RPC", *Role, "what others are told of it"]
    return "\n".join([BEGIN, _row(head), _row(["---"] * len(head)), *_lines(), END])


def _lines() -> Iterator[str]:
    for service, access in ACCESS.items():
        yield _row([f"**{service}**", *[""] * (len(Role) + 1)])
        for method in access:
            yield _row([method, *(_scope(access, method, role) for role in Role), _words(CASES[method].foreign)])


def _scope(access: AccessTable, method: str, role: Role) -> str:
    scope = scope_of(access, method, role)
    return scope.value if scope else "–"


def _words(foreign: str) -> str:
    return f"`{foreign}`" if foreign in list(Reason) else foreign


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(page: Path) -> None:
    """Put it where the page has it."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    page.write_text(before + table() + rest.partition(END)[2])


if __name__ == "__main__":
    write(PAGE)
