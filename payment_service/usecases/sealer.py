"""The sealer: chains what was written, off the hot path. One in every instance; a locked head row lets one work."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from payment_service.domain.seals import Chain
from payment_service.storage import seals
from shared.database import Connection, ContendedError, Database
from shared.errors import PayonceError

INTERVAL_S = 1.0
BLOCK_LIMIT = 1000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Horizon:
    """The newest position in sight once, and a transaction number that was given out after that."""

    newest: int
    number: int


class Sealer:
    """Seals positions up to one below which nothing can appear any more.

    A position is taken before its transaction commits, so a smaller one may become visible after a greater one. Every
    transaction here has written something before it takes a position, so it has its number by then: whoever took a
    position below one that was in sight has a smaller number than one given out afterwards. Once all of those have
    ended, whatever is missing below stays missing. (The snapshot's own upper bound would not do: it is above the newest
    transaction that has *ended*, and one under way may have a greater number.)
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[Chain, Horizon] = {}
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Until drained. Trouble is logged and met again at the next turn."""
        while not self._stopping.is_set():
            async with self._turn:
                for chain in Chain:
                    await self._attempt(chain)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), INTERVAL_S)

    async def drain(self) -> None:
        """Finish the turn."""
        self._stopping.set()
        async with self._turn:
            pass

    async def _attempt(self, chain: Chain) -> None:
        try:
            final = await self._final(chain)
            while not self._stopping.is_set() and await self._seal(chain, until=final) == BLOCK_LIMIT:
                pass
        except (PayonceError, ContendedError) as error:
            log.warning("sealer.again", chain=chain, error=repr(error))
        except Exception:
            log.exception("sealer.trouble", chain=chain)  # never silent, never the end of the loop

    async def _final(self, chain: Chain) -> int:
        """The position below which nothing can appear any more; 0 when that is not known yet."""
        before = self._seen.get(chain)
        if before and await self._database.read(seals.oldest_under_way) < before.number:
            return 0  # a transaction of then is still under way
        final = before.newest if before else 0
        newest = await self._database.read(lambda connection: seals.newest(connection, chain))
        if newest > final:
            # In this order: the number must be younger than whatever was in sight.
            self._seen[chain] = Horizon(newest, await self._database.transact(seals.number, name="seal_number"))
        return final

    async def _seal(self, chain: Chain, *, until: int) -> int:
        """Seal a block; how many rows it has."""
        if until == 0:
            return 0

        async def work(connection: Connection) -> int:
            head = await seals.lock_head(connection, chain)
            sealed = await seals.append(connection, head, until=until, limit=BLOCK_LIMIT) if head else None
            if sealed is None:
                return 0
            await seals.move_head(connection, sealed[0])
            return sealed[1]

        return await self._database.transact(work, name="seal")
