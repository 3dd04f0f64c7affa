"""No figure without an audit: what was measured must have been right."""

from collections.abc import Sequence

from bench.stage import Stage
from tests.harness.audit import audit as assert_invariants
from tests.harness.postgres import Pair


def audit(stages: Sequence[Stage]) -> None:
    """Raise when anything is wrong in the databases of a stage at rest."""
    for stage in stages:
        stage.quiet()
        assert_invariants(Pair(stage.urls["orders"], stage.urls["payments"]))
