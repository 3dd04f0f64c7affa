"""The version after this one: the same code in a folder of its own, with revisions that nobody here knows."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from shared.compatibility import Revisions
from tests.harness.postgres import APP_ROLES, READ_ROLE, TEMPLATES
from tests.harness.services import ROOT, Environment

REVISION = '''"""{doc}"""

from alembic import op

revision = "{revision}"
down_revision = "{before}"
{marker}

def upgrade() -> None:
{body}
'''
EXECUTE = "    op.execute({statement!r})"
CONCURRENTLY = """    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute({statement!r})"""
PREFIX = {"orders": "ORDER", "payments": "PAYMENT"}


@dataclass
class Newer:
    """A service's newer version in `folder`. `name` is `orders` or `payments`."""

    name: str
    folder: Path

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / self.package, self.folder / self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.newest_known = self.newest = Revisions(self.package).newest  # the first is this version's

    @property
    def package(self) -> str:
        return TEMPLATES[self.name]

    @property
    def environment(self) -> Environment:
        """What makes `python -m` take it."""
        return {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{self.folder}:{ROOT}"}

    def add(self, *statements: str, oldest_code: str | None = None, concurrently: bool = False) -> str:
        """One more revision. `oldest_code` None: it says nothing of older code."""
        revision = f"{int(self.newest) + 1:04}"
        form = CONCURRENTLY if concurrently else EXECUTE
        text = REVISION.format(
            doc=statements[0], revision=revision, before=self.newest,
            marker=f'oldest_code = "{oldest_code}"\n' if oldest_code else "",
            body="\n".join(form.format(statement=statement) for statement in statements),
        )  # fmt: skip
        (self.folder / self.package / f"storage/migrations/versions/{revision}_next.py").write_text(text)
        self.newest = revision
        return revision

    def grant(self, table: str) -> None:
        """Its code writes to one more table."""
        with (self.folder / self.package / "storage/grants.py").open("a") as file:
            file.write(f'\nGRANTS = Grants({{**GRANTS.tables, "{table}": Grant(insert=True)}}, GRANTS.audit)\n')


def migration(name: str, url: str) -> Environment:
    """What `migrate` of `orders` or `payments` is told."""
    prefix = PREFIX[name]
    return {f"{prefix}_MIGRATION_URL": url, f"{prefix}_APP_ROLE": APP_ROLES[name], f"{prefix}_READ_ROLE": READ_ROLE}
