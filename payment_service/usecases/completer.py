"""The completer: finishes what a crash, or an order service out of reach, left unfinished. One in every instance."""

import asyncio
import contextlib

import structlog

from payment_service.storage import payments
from payment_service.usecases.confirm import Confirm
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

    async def run(self) -> None:
        """Until cancelled. Trouble is logged and met again at the next turn."""
        while True:
            try:
                await self._confirm.flush()
                while await self.complete_due() == BATCH_LIMIT:
                    pass
            except (PayonceError, ContendedError) as error:
                log.warning("completer.again", error=repr(error))
            except Exception:
                log.exception("completer.trouble")  # never silent, never the end of the loop
            await asyncio.sleep(INTERVAL_S)

    async def complete_due(self) -> int:
        """Flip what is due; how many there were. One that can't be finished is parked, the others go on."""
        due = await self._database.transact(lambda connection: payments.take_due(connection, BATCH_LIMIT))
        if due:
            flipped = await self._confirm.flip(due)
            confirmed = sum(confirmed for _, confirmed in flipped.values())
            log.info("completer.turn", due=len(due), confirmed=confirmed)
            await self._confirm.flush()
        return len(due)

    async def drain(self) -> None:
        """Note what was flipped before the process ends; what fails is found again by any completer."""
        with contextlib.suppress(PayonceError, ContendedError):
            await self._confirm.flush()
