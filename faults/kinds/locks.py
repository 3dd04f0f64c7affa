"""Another session that holds what the services need."""

from random import Random

from faults.planned import Shape, Values
from faults.stage import Stage

LOCKS = {
    "payments": (
        "LOCK TABLE payments IN SHARE ROW EXCLUSIVE MODE",
        "LOCK TABLE entries IN SHARE ROW EXCLUSIVE MODE",
        "SELECT FROM accounts WHERE kind = 'merchant' ORDER BY account_id FOR UPDATE",
        "SELECT FROM accounts ORDER BY account_id FOR UPDATE",
    ),
    "orders": ("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE",),
}


class RudeLocks:
    """Longer than the services wait for a lock, at times."""

    name, number = "rude_locks", "F18"
    about = "a session of somebody else locks tables or accounts and keeps them"
    lasts_s = (0.3, 3.5)
    exclusive = "guest"
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        database = random.choice(("payments", "payments", "orders"))
        return {"database": database, "lock": random.choice(LOCKS[database])}

    async def begin(self, stage: Stage, values: Values) -> None:
        await stage.guests.lock(values["database"], [values["lock"]])

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.guests.unlock()


class Deadlock(RudeLocks):
    """Locks accounts the wrong way round: whoever holds a customer and wants a merchant deadlocks with it."""

    name = "deadlock"
    about = "a session locks accounts in the order that deadlocks with the services'"
    lasts_s = (1.2, 2.5)

    def draw(self, random: Random, shape: Shape) -> Values:
        customers = random.sample(range(shape.customers), min(8, shape.customers))
        return {"merchant": random.randrange(shape.merchants), "customers": customers}

    async def begin(self, stage: Stage, values: Values) -> None:
        accounts = [f"merchant-{values['merchant']}", *(f"customer-{i}" for i in values["customers"])]
        await stage.guests.lock(
            "payments", [f"SELECT FROM accounts WHERE account_id = '{name}' FOR UPDATE" for name in accounts]
        )
