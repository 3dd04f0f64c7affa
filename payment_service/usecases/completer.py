"""The completer: finishes what a crash, or an order service out of reach, left unfinished. One in every instance."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from payment_service.domain.payments import Payment
from payment_service.storage import payments
from payment_service.usecases.confirm import Confirm, Flipped
from shared.database import ContendedError, Database
from shared.errors import PayonceError

INTERVAL_S = 0.5
BATCH_LIMIT = 256
log = structlog.get_logger()


class Completer:
    """Writes `confirmed_at` in bulk, and asks again about payments whose order is not known to be flipped."""

    def __init__(self, database: Database, confirm: Confirm) -> None:
        self._database = database
        self._confirm = confirm
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Until drained. Trouble is logged and met again at the next turn."""
        while not self._stopping.is_set():
            async with self._turn:
                try:
                    await self._confirm.flush()
                    while await self.complete_due() == BATCH_LIMIT:
                        pass
                except (PayonceError, ContendedError) as error:
                    log.warning("completer.again", error=repr(error))
                except Exception:
                    log.exception("completer.trouble")  # never silent, never the end of the loop
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), INTERVAL_S)

    async def complete_due(self) -> int:
        """Flip what is due; how many there were. One that can't be finished is parked, the others go on."""
        due = await self._database.transact(lambda connection: payments.take_due(connection, BATCH_LIMIT))
        if due:
            confirmed = await self._flip(due)
            log.info("completer.turn", due=len(due), confirmed=confirmed)
            await self._confirm.flush()
        return len(due)

    async def drain(self) -> None:
        """Finish the turn, and note what was flipped. What fails here is found again by any completer."""
        self._stopping.set()
        async with self._turn:
            with contextlib.suppress(PayonceError, ContendedError):
                await self._confirm.flush()

    async def _flip(self, due: Sequence[Payment]) -> int:
        """How many were confirmed. Trouble with the whole is trouble with one: each alone then."""
        try:
            return sum(isinstance(end, Flipped) and end.confirmed for end in (await self._confirm.flip(due)).values())
        except Exception:
            log.exception("completer.parked", order_ids=[payment.order_id for payment in due[:10]])
            if len(due) == 1:
                return 0
        return sum([await self._flip([payment]) for payment in due])
