"""F11 inside the completer: it is killed at every step of what it finishes by itself, and another one goes on.

Two payments are unfinished at each crash. Of one the caller asks again when the service is back, of the other nobody
does.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import pytest

from payonce.order.v1 import order_service_pb2
from tests.crashes.stage import Stage, stage, until
from tests.crashes.ways import (
    ORDER_ENDS,
    VOIDED,
    Call,
    Case,
    Facts,
    authorized,
    capture,
    facts_of,
    insist,
    paid,
    read_facts,
    refund,
    steps,
)
from tests.harness.answers import reason
from tests.harness.audit import quiet
from tests.harness.money import TIMEOUT_S
from tests.harness.postgres import Postgres, rows
from tests.harness.stubs import Stubs

AT_ONCE = 3


@dataclass(frozen=True)
class Unfinished:
    """What a completer finds: how it came about, its steps (failpoints), and its end."""

    name: str
    prepare: Callable[[Stage], Awaitable[Case]]
    leave: Callable[[Stage, Case], Awaitable[None]]  # while order_service is out of reach
    points: Sequence[str]
    ask: Callable[[Stubs, Case], Call]
    after: Facts
    refused: str = ""  # the reason that the caller is told, when it is not OK


async def not_flipped(there: Stage, case: Case) -> None:
    """Captured, and the order not flipped."""
    assert not (await capture(there.stubs, case)).order_confirmed


async def cancelled(there: Stage, case: Case) -> None:
    """The same, and the order is cancelled."""
    await not_flipped(there, case)
    request = order_service_pb2.CancelOrderRequest(order_id=case.order_id)
    await there.stubs.orders.CancelOrder(request, timeout=TIMEOUT_S)


async def not_given_back(there: Stage, case: Case) -> None:
    """A refund of all is noted, and not carried out."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await refund(1_000)(there.stubs, case)
    assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"


async def nothing(_: Stage, __: Case) -> None:
    """Time does it."""


GONE_BACK = (("reversal", True),)
UNFINISHED = [
    Unfinished(
        "flip", authorized, not_flipped,
        ["mark_orders_paid_sent", "mark_orders_paid_returned", *steps("confirm")], capture,
        Facts((9_400, 0), 600, ("succeeded", 600, 0), "paid", ("charge",)),
    ),
    Unfinished(
        "flip that is refused", authorized, cancelled,
        steps("reversal", "correction_begun", "entries_inserted"), capture,
        Facts((10_000, 0), 0, ("reversed", 600, 0), "cancelled", ("charge", "reversal"), GONE_BACK),
        refused="ORDER_CANCELLED",
    ),
    Unfinished(
        "refund", paid, not_given_back, [*ORDER_ENDS, *steps("refund", "entries_inserted")], refund(1_000),
        Facts((10_000, 0), 0, ("refunded", 1_000, 1_000), "refunded", ("charge", "refund"), (("refund", True),)),
    ),
    Unfinished(
        "expiry", authorized, nothing,
        [*steps("expire", "correction_begun"), *ORDER_ENDS, *steps("void")], capture, VOIDED,
        refused="AUTHORIZATION_EXPIRED",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
async def stages(postgres: Postgres) -> AsyncIterator[asyncio.Queue[Stage]]:
    """Stages that wait for a play, on which authorizations live for a second."""
    async with contextlib.AsyncExitStack() as stack:
        free: asyncio.Queue[Stage] = asyncio.Queue()
        building = (stack.enter_async_context(stage(postgres, BRIEF)) for _ in range(AT_ONCE))
        for built in await asyncio.gather(*building):
            free.put_nowait(built)
        yield free


BRIEF = {"PAYMENT_AUTHORIZATION_TTL_S": "1"}


@pytest.mark.parametrize("what", UNFINISHED, ids=lambda what: what.name.replace(" ", "-"))
async def test_completer_crashes_at_every_step(stages: asyncio.Queue[Stage], what: Unfinished) -> None:
    ends = await asyncio.gather(
        *(on_a_free_stage(stages, what, point) for point in what.points), return_exceptions=True
    )
    if failed := [end for end in ends if isinstance(end, Exception)]:
        raise ExceptionGroup(f"{what.name}: {len(failed)} of {len(ends)} crashes", failed)


async def on_a_free_stage(stages: asyncio.Queue[Stage], what: Unfinished, point: str) -> None:
    there = await stages.get()
    try:
        await play(there, what, point)
    except Exception as error:
        error.add_note(f"{what.name}, crash at {point}")
        raise
    finally:
        stages.put_nowait(there)


async def play(there: Stage, what: Unfinished, point: str) -> None:
    """The one who lives on prepares, is gone while the victim works, and comes back."""
    cases = [await what.prepare(there), await what.prepare(there)]
    there.line.cut()
    for case in cases:
        await what.leave(there, case)
    await there.services.payments[0].kill()
    await until(lambda: not open_authorizations(there), "an authorization does not expire")
    there.make_due()
    there.line.mend()
    async with there.another(point) as victim:
        await there.died(victim)
    await there.services.restart_payment()
    first = await answer(there, what, cases[0])
    there.make_due()
    await quiet(there.pair)
    await until(
        lambda: [facts_of(there.pair, case) for case in cases] == [what.after] * 2, "it does not come to its end"
    )
    assert await answer(there, what, cases[0]) == first
    await answer(there, what, cases[1])
    assert [await read_facts(there.pair, case) for case in cases] == [what.after] * 2


async def answer(there: Stage, what: Unfinished, case: Case) -> Any:
    """What the caller is told: the same each time."""
    if not what.refused:
        told, again = await insist(partial(what.ask, there.stubs, case))
        assert again
        return told
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await what.ask(there.stubs, case)
    assert reason(caught.value) == what.refused
    return what.refused


def open_authorizations(there: Stage) -> int:
    """How many still have time."""
    query = "SELECT count(*) FROM payments WHERE state = 'authorized' AND expires_at > now()"
    return int(rows(there.pair.payments_url, query)[0][0])
