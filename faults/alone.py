"""A seed with one kind of fault alone: what callers are told then is that kind's doing."""

from dataclasses import replace

from faults.plan import DEFAULTS, GRACE, plan
from faults.planned import Plan
from faults.stories import STORIES

TIMEOUTS_S = (1.0, 3.0, 8.0)  # long enough for whatever nothing disturbs


def alone(kind: str, seed: int, seconds: float, rate: float = 1.0) -> Plan:
    """The seed's faults of one kind, with every story, patient callers, and the services' own default settings.

    Small pools and short deadlines, as other seeds have them, would be faults of their own.
    """
    drawn = plan(seed, seconds, [kind], rate)
    habits = replace(drawn.habits, kinds=dict.fromkeys(STORIES, 1.0), timeouts_s=TIMEOUTS_S)
    return replace(drawn, habits=habits, settings=DEFAULTS | GRACE)
