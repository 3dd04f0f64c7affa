"""I1 to I14 of DESIGN section 6, on the tables after a run and on what the clients were told; I16 is run.py's."""

from collections.abc import Sequence

from simulation.clients import Call
from simulation.invariants.books import books
from simulation.invariants.both import both
from simulation.invariants.grounds import grounds
from simulation.invariants.told import told
from simulation.stage import Stage


def violations(stage: Stage, history: Sequence[Call]) -> list[str]:
    """Everything that is wrong, a line each, the invariant first."""
    return [*books(stage), *both(stage, history), *told(stage, history), *grounds(stage, history)]
