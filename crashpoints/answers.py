"""What a caller is told, in a form that can be compared."""

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc

from crashpoints.check import check, within
from crashpoints.places import BY_ITSELF, CONFIRM
from crashpoints.points import ORDER, PAYMENT, Point
from crashpoints.processes import Served
from crashpoints.ways import Cases, Way
from payonce.payment.v1 import batch_pb2
from tests.crashes.ways import Call
from tests.harness.answers import reason, replayed
from tests.harness.stubs import Stubs

OK = "OK"
NO_ANSWER = "no answer"  # within CUT_OFF_WITHIN_S of the crash
CUT_OFF = "UNAVAILABLE"  # by the transport, without a reason of ours
# Documented: "send it again".
AGAIN = {"ORDER_SERVICE_UNAVAILABLE", "PAYMENT_IN_PROGRESS", "DATABASE_CONTENTION"}
UNCONFIRMED = "OK, order_confirmed=false"
CUT_OFF_WITHIN_S = 0.5
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Told:
    """One answer: its status, and for each order what will be told again, None when nothing, and whether it was."""

    status: str
    messages: tuple[Any, ...] = ()
    replayed: tuple[bool, ...] = ()


async def ask(way: Way, stubs: Stubs, cases: Cases, victim: Served) -> Told:
    """What is told by, or in spite of, a process that may die meanwhile."""
    while True:
        told = await _ask_once(way, stubs, cases, victim)
        if told.status not in AGAIN or not victim.alive:
            return told
        await asyncio.sleep(0.05)  # it has only begun to look for the other service


async def settle(way: Way, stubs: Stubs, cases: Cases) -> tuple[Told, list[str]]:
    """Ask services that live until it is final; all statuses on the way, each of which must be a documented one."""
    seen: list[str] = []
    async with within(PATIENCE_S, "a retry gets no final answer"):
        while True:
            told = await _told(way.ask(stubs, cases))
            seen.append(told.status)
            if told.status == (way.refused or OK):
                return told, seen
            check(told.status in AGAIN or told.status == UNCONFIRMED, f"a retry is told {told.status}")
            await asyncio.sleep(0.05)


def may_be_told(way: Way, point: Point, *, in_completer: bool = False) -> set[str]:
    """What a caller may be told when the process dies at the point, or perhaps `in_completer`, beside the request."""
    final = {OK, UNCONFIRMED, way.refused} - {""}
    if point.service != (ORDER if way.direct else PAYMENT):  # who was asked lives, and says what it knows
        return {*AGAIN, *final}
    if in_completer:
        return {CUT_OFF, NO_ANSWER, *final, *AGAIN}
    answered = point.name.startswith("reply_sent:") or point.name in CONFIRM or point in BY_ITSELF
    return {CUT_OFF, NO_ANSWER, *(final if answered else ())}


async def _ask_once(way: Way, stubs: Stubs, cases: Cases, victim: Served) -> Told:
    told = asyncio.ensure_future(_told(way.ask(stubs, cases)))
    dead = asyncio.ensure_future(victim.ended())
    await asyncio.wait({told, dead}, return_when=asyncio.FIRST_COMPLETED)
    dead.cancel()
    if way.direct == (victim.module == ORDER):  # the one who was asked: when it is dead, nobody answers any more
        await asyncio.wait({told}, timeout=CUT_OFF_WITHIN_S)
        if not victim.alive and not told.done():
            told.cancel()
            return Told(NO_ANSWER)
    return await told


async def _told(call: Call) -> Told:
    try:
        message = await call
    except grpc.aio.AioRpcError as error:
        return Told(reason(error) or error.code().name)
    if isinstance(message, batch_pb2.BatchPayOrdersResponse):
        return _of_batch(message)
    return Told(_status(message), (_lasting(message),), (await replayed(call),))


def _of_batch(message: batch_pb2.BatchPayOrdersResponse) -> Told:
    """As a whole it is told what the worst off of its orders is told."""
    outcomes = message.outcomes
    statuses = {outcome.error.reason or _status(outcome) for outcome in outcomes} - {OK}
    messages = tuple(None if outcome.error.reason else _lasting(outcome) for outcome in outcomes)
    return Told(min(statuses, default=OK), messages, tuple(outcome.replayed for outcome in outcomes))


def _status(message: Any) -> str:
    return OK if getattr(message, "order_confirmed", True) else UNCONFIRMED


def _lasting(message: Any) -> Any:
    """The answer without what tells how far things are: that may be false first and true later."""
    lasting = type(message)()
    lasting.CopyFrom(message)
    for name in ("order_confirmed", "replayed"):
        if name in lasting.DESCRIPTOR.fields_by_name:
            lasting.ClearField(name)
    return lasting
