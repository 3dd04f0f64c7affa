"""The orders of Try it since the console started."""

from payonce.client import AsyncClient
from payonce.console.tryit.shop import open_order
from payonce.console.tryit.stage import Stage
from payonce.console.tryit.trial import Trial
from payonce.type.v1.money_pb2 import Money

KEPT = 20
LOOK_LIMIT_S = 3.0


class Trials:
    """The newest of them; what is older is forgotten here, and stays in the books."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._trials: dict[str, Trial] = {}
        self._ledger = AsyncClient(stage.order_address, stage.payment_address, timeout_s=LOOK_LIMIT_S, attempts=2)

    def newest_first(self) -> list[Trial]:
        """All that are kept."""
        return [*reversed(self._trials.values())]

    def find(self, order_id: str) -> Trial | None:
        """The one of that order."""
        return self._trials.get(order_id)

    async def begin(self, client: AsyncClient, order_id: str, amount: Money) -> None:
        """An order to try with; the same id again is the same one."""
        await open_order(client, order_id, amount)
        if order_id in self._trials:
            return
        trial = self._trials[order_id] = Trial(order_id, amount, self._stage, self._ledger)
        await trial.start()
        older = [
            one for one in self._trials.values() if one.quiet and one is not trial
        ]  # a crash is not left half done
        for old in older[: max(0, len(self._trials) - KEPT)]:
            await self._trials.pop(old.order_id).close()

    async def close(self) -> None:
        """All of them."""
        for trial in self._trials.values():
            await trial.close()
        await self._ledger.close()
