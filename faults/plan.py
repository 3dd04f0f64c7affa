"""What happens in a seed: everything is drawn here, from the seed alone, before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from faults.kinds import KINDS
from faults.planned import Fault, Plan, Shape
from faults.stories import STORIES, Habits

LEAST, MOST = 30, 60  # faults in 20 seconds
OF_SECONDS = 20.0
TRIES = 20
SWARM = 0.55  # how likely each kind is in a seed's mix
SHORT = 0.3  # how likely tickets, and authorizations, last seconds only
PAUSE_S = 0.25  # between two faults that must not meet
DEFAULTS = {  # the services' own, for seeds that are not to draw theirs
    "PAYMENT_POOL_SIZE": "8",
    "PAYMENT_LANES": "2",
    "PAYMENT_BATCH_LIMIT": "256",
    "PAYMENT_QUEUE_LIMIT": "4096",
    "ORDER_POOL_SIZE": "8",
}
GRACE = {"PAYMENT_GRACE_S": "2", "ORDER_GRACE_S": "2"}


def plan(seed: int, seconds: float, wanted: Sequence[str] = (), rate: float = 1.0) -> Plan:
    """The plan of a seed. `wanted` names the kinds of faults that may happen; then all of them are in the mix.

    `rate` times as many faults as usual, as far as those that must not meet find room.
    """
    random = Random(f"{seed}/plan")
    shape = Shape(
        payments=2, orders=random.randint(1, 2), customers=random.randint(3, 25), merchants=random.randint(1, 4)
    )
    clients = random.randint(8, 40)
    settings = {
        "PAYMENT_POOL_SIZE": str(random.choice((2, 4, 8))),
        "PAYMENT_LANES": str(random.choice((1, 2, 4))),
        "PAYMENT_BATCH_LIMIT": str(random.choice((1, 16, 256))),
        "PAYMENT_QUEUE_LIMIT": str(random.choice((64, 4096))),
        "ORDER_POOL_SIZE": str(random.choice((2, 8))),
        **GRACE,
    }
    mix = _mix(random, wanted)
    habits = _habits(random, shape, mix)
    habits, settings = _later(Random(f"{seed}/later"), habits, settings, mix)
    planned = {name: weight for name, weight in mix.items() if not KINDS[name].habit}
    faults = _faults(random, seconds, shape, planned, rate)
    return Plan(seed, seconds, rate, shape, clients, settings, habits, mix, faults)


def _later(
    random: Random, habits: Habits, settings: dict[str, str], mix: Mapping[str, float]
) -> tuple[Habits, dict[str, str]]:
    """What was added later is drawn from a stream of its own, so that the seeds' schedules stay as they are.

    No short times where the clock jumps: what was made an hour ahead would expire in the midst of the audit.
    """
    times = {"PAYMENT_TICKET_TTL_S": "86400", "PAYMENT_AUTHORIZATION_TTL_S": "604800"}  # as by default
    short = {name: str(random.choice((1, 2, 3))) for name in times if random.random() < SHORT}
    short = {} if "clock_jump" in mix else short
    kinds = habits.kinds | ({"batch": round(random.uniform(0.1, 2.0), 2)} if random.random() < SWARM else {})
    return replace(habits, kinds=kinds), settings | times | short


def _mix(random: Random, wanted: Sequence[str]) -> dict[str, float]:
    """The swarm: each seed leaves out some kinds, so that what they would hide comes to light in another."""
    names = list(wanted) or [name for name in KINDS if random.random() < SWARM] or list(KINDS)
    return {name: round(random.uniform(0.2, 3.0), 2) for name in names}


def _habits(random: Random, shape: Shape, mix: Mapping[str, float]) -> Habits:
    kinds = {name: round(random.uniform(0.1, 2.0), 2) for name in STORIES if name != "batch" and random.random() < 0.7}  # noqa: PLR2004
    return Habits(
        kinds=kinds or dict.fromkeys(STORIES, 1.0),
        customers=shape.customers,
        merchants=shape.merchants,
        timeouts_s=tuple(sorted(random.sample((0.1, 0.3, 1.0, 3.0, 8.0), 3))),
        retrying=round(random.uniform(0.3, 1.0), 2),
        hanging_up=round(random.uniform(0.02, 0.2), 2) if "client_cancels" in mix else 0.0,
        twice=round(random.uniform(0.02, 0.3), 2) if "duplicates" in mix else 0.0,
    )


def _faults(random: Random, seconds: float, shape: Shape, mix: Mapping[str, float], rate: float) -> tuple[Fault, ...]:
    if not mix:
        return ()
    count = round(random.uniform(LEAST, MOST) * seconds / OF_SECONDS * rate)
    busy: dict[str, list[tuple[float, float]]] = {}
    found = [_one(random, seconds, shape, mix, busy) for _ in range(count)]
    return tuple(sorted((fault for fault in found if fault), key=lambda fault: fault.at_s))


def _one(
    random: Random, seconds: float, shape: Shape, mix: Mapping[str, float], busy: dict[str, list[tuple[float, float]]]
) -> Fault | None:
    """One that fits in; None when there is no more room for what was drawn."""
    for _ in range(TRIES):
        kind = KINDS[random.choices(list(mix), list(mix.values()))[0]]
        lasts_s = round(min(random.uniform(*kind.lasts_s), seconds / 2), 3)
        at_s = round(random.uniform(0, seconds - lasts_s), 3)
        values = kind.draw(random, shape)
        taken = busy.setdefault(kind.exclusive, []) if kind.exclusive else []
        if all(at_s > end + PAUSE_S or at_s + lasts_s + PAUSE_S < start for start, end in taken):
            taken.append((at_s, at_s + lasts_s))
            return Fault(at_s, lasts_s, kind.name, values)
    return None
