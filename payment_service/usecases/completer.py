"""The completer: finishes what a crash, or an order service out of reach, left unfinished. One in every instance."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from payment_service.domain.charges import Standing
from payment_service.domain.corrections import Correction
from payment_service.domain.history import COMPLETER
from payment_service.storage import corrections, payments
from payment_service.usecases.captures import Captures
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.counts import CHECKS
from payment_service.usecases.take_back import TakeBack
from shared.database import ContendedError, Database
from shared.errors import PayonceError
from shared.telemetry.batches import unasked

INTERVAL_S = 0.5
BATCH_LIMIT = 256
log = structlog.get_logger()


class Completer:
    """Notes in bulk what is confirmed, asks again about orders not known to be flipped, carries on what was begun."""

    def __init__(self, database: Database, confirm: Confirm, take_back: TakeBack, captures: Captures) -> None:
        self._database = database
        self._confirm = confirm
        self._take_back = take_back
        self._captures = captures
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Until drained. Trouble is logged and met again at the next turn; one kind of it never stops another."""
        while not self._stopping.is_set():
            async with self._turn:
                await self._attempt(self._confirm.flush)
                for part in (self._complete_due, self._carry_on, self._expire):
                    while not self._stopping.is_set() and await self._attempt(part) == BATCH_LIMIT:
                        pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), INTERVAL_S)

    async def drain(self) -> None:
        """Finish the turn, and note what was flipped. What fails here is found again by any completer."""
        self._stopping.set()
        async with self._turn:
            await self._attempt(self._confirm.flush)

    async def _attempt(self, part: Callable[[], Awaitable[int | None]]) -> int | None:
        try:
            return await part()
        except (PayonceError, ContendedError) as error:
            log.warning("completer.again", part=part.__name__, error=repr(error))
        except Exception:
            log.exception("completer.trouble", part=part.__name__)  # never silent, never the end of the loop
        return None

    async def _complete_due(self) -> int:
        """Flip what is due; how many there were. One that can't be finished is parked, the others go on."""
        due = await self._database.transact(lambda connection: payments.take_due(connection, BATCH_LIMIT))
        if due:
            with unasked("completer", len(due)):
                ends = (await self._confirm.flip(due)).values()
            confirmed = sum(isinstance(end, Standing) and end.confirmed for end in ends)
            CHECKS.labels("confirmed").inc(confirmed)
            CHECKS.labels("left").inc(len(due) - confirmed)
            log.info("completer.turn", due=len(due), confirmed=confirmed)
            await self._confirm.flush()
        return len(due)

    async def _carry_on(self) -> int:
        """Carry out corrections that somebody began; how many there were."""
        due = await self._database.transact(lambda connection: corrections.take_due(connection, BATCH_LIMIT))
        await self._carry_out(due)
        return len(due)

    async def _expire(self) -> int:
        """End authorizations whose time is over; how many there were."""
        begun = await self._captures.expire(BATCH_LIMIT)
        await self._carry_out(begun)
        return len(begun)

    async def _carry_out(self, pending: Sequence[Correction]) -> None:
        if pending:
            ends = (await self._take_back.carry_out(pending, COMPLETER)).values()
            left = sum(isinstance(end, PayonceError) for end in ends)
            log.info("completer.carried_out", pending=len(pending), left=left)
