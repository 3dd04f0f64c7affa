"""The table of docs/access.md: RPC × role × whose, from the services' own tables and the walk's cases."""

from collections.abc import Iterator

from guide.marked import DOCS, marked
from shared.callers import Role
from shared.errors import Reason
from shared.rpc.access import AccessTable, scope_of
from tests.access.acting import ACCESS
from tests.access.cases import CASES

PAGE = DOCS / "access.md"


def page() -> str:
    """The page with the table of now in its place."""
    return marked(PAGE.name, "access", _table())


def _table() -> str:
    head = ["RPC", *Role, "what others are told of it"]
    return "".join(f"{line}\n" for line in [_row(head), _row(["---"] * len(head)), *_lines()])


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


if __name__ == "__main__":
    PAGE.write_text(page())
