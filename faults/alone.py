"""A seed with one kind of fault alone: what callers are told then is that kind's doing."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from faults.kinds import KINDS
from faults.kinds.network import OnALink
from faults.plan import DEFAULTS, GRACE, plan
from faults.planned import Plan
from faults.stories import STORIES

TIMEOUTS_S = (1.0, 3.0, 8.0)  # long enough for whatever nothing disturbs


def each_alone(kinds: Sequence[str], seed: int, seconds: float, rate: float) -> list[Plan]:
    """A plan for each kind, and for those that hit a link one for each place that it may be at."""
    found = []
    for kind in kinds:
        drawn = alone(kind, seed, seconds, rate)
        at_a_link = isinstance(KINDS[kind], OnALink)
        found += [_at(place, drawn) for place in drawn.shape.places()] if at_a_link else [drawn]
    return found


def _at(place: str, drawn: Plan) -> Plan:
    random, links = Random(f"{drawn.seed}/{place}"), drawn.shape.places()[place]
    faults = [replace(fault, values={**fault.values, "link": random.choice(links)}) for fault in drawn.faults]
    return replace(drawn, faults=tuple(faults), place=place)


def alone(kind: str, seed: int, seconds: float, rate: float = 1.0) -> Plan:
    """The seed's faults of one kind, with every story, patient callers, and the services' own default settings.

    Small pools and short deadlines, as other seeds have them, would be faults of their own.
    """
    drawn = plan(seed, seconds, [kind], rate)
    habits = replace(drawn.habits, kinds=dict.fromkeys(STORIES, 1.0), timeouts_s=TIMEOUTS_S)
    return replace(drawn, habits=habits, settings=DEFAULTS | GRACE)
