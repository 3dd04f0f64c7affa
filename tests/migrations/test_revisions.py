"""What revisions say of the code that may run on them."""

from pathlib import Path

import pytest
from alembic.config import Config

from shared import compatibility
from shared.compatibility import Revisions, Schema, require
from shared.errors import StartupError
from tests.harness.postgres import TEMPLATES
from tests.migrations.newer import Newer

each = pytest.mark.parametrize("package", TEMPLATES.values())


@each
def test_a_revision_runs_its_own_code_and_names_no_later_one(package: str) -> None:
    revisions = Revisions(package)
    for i, revision in enumerate(revisions.known):
        assert revisions.oldest_code(revision) in revisions.known[: i + 1], revision


def test_the_strictest_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = Newer("orders", tmp_path)
    here = newer.newest_known
    expands = newer.add("SELECT 1", oldest_code=here)
    silent = newer.add("SELECT 1")
    after = newer.add("SELECT 1", oldest_code=here)
    contracts = newer.add("SELECT 1", oldest_code=after)
    config = Config()
    config.set_main_option("script_location", str(tmp_path / newer.package / "storage/migrations"))
    monkeypatch.setattr(compatibility, "config_of", lambda _: config)
    found = {
        revision: Revisions(newer.package).oldest_code(revision) for revision in (expands, silent, after, contracts)
    }
    assert found == {expands: here, silent: silent, after: silent, contracts: after}


@each
def test_what_may_run_on_what(package: str) -> None:
    revisions = Revisions(package)
    before, newest = revisions.known[-2:]
    for schema in (Schema(newest, None), Schema("9999", newest), Schema("9999", before)):
        require(schema, revisions, "migrate")
    for schema in (Schema(None, None), Schema(before, before)):
        with pytest.raises(StartupError, match="run `migrate`"):
            require(schema, revisions, "migrate")
    for schema in (Schema("9999", None), Schema("9999", "9998")):
        with pytest.raises(StartupError, match="start a newer one"):
            require(schema, revisions, "migrate")
