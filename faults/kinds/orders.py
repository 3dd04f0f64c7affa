"""What happens to the orders themselves."""

from random import Random

from faults.planned import Shape, Values
from faults.stage import Stage


class LostOrder:
    """Their payments can't be confirmed: `faults.parked` judges them when all else is healed, and puts them back."""

    name, number = "lost_order", "F28"
    about = "orders vanish after the money moved; they are put back last of all"
    lasts_s = (0.5, 4.0)
    exclusive = "operator"
    habit = False

    def draw(self, random: Random, shape: Shape) -> Values:  # noqa: ARG002
        return {"orders": random.randint(1, 12)}

    async def begin(self, stage: Stage, values: Values) -> None:
        stage.operator.begin(values["orders"])

    async def end(self, stage: Stage, values: Values) -> None:  # noqa: ARG002
        await stage.operator.end()
