"""What is sent again, when, and until when."""

import asyncio
import functools
import itertools
from concurrent.futures import Future
from typing import Any

import grpc
import pytest
from tenacity import RetryCallState, Retrying

from payonce.client import AsyncClient, Overloaded, PaidOrder, TokenExpired, Unauthenticated, Unavailable
from payonce.client.retries import LONGEST_S, _pause
from payonce.payment.v1 import batch_pb2, payment_pb2
from payonce.payment.v1.account_pb2 import DepositRequest
from shared.errors import PayonceError, Reason, contended, overloaded
from shared.rpc.client import RETRY_BUDGET
from shared.rpc.errors import STATUS_OF
from tests.client.scripted import Scripted
from tests.harness.money import money

NOWHERE = "127.0.0.1:1"
SOON = PayonceError(Reason.DATABASE_UNAVAILABLE, "no", retry_after_s=0.001)


async def test_one_request_id_for_each_call_however_often_it_is_sent() -> None:
    service = Scripted([SOON] * 3 + [overloaded("full")])
    async with service.serving() as address, AsyncClient(NOWHERE, address, attempts=2) as client:
        await client.deposit("alice", money(1))
        await client.deposit("alice", money(1))
        await client.deposit("alice", money(1), request_id="mine")
    ids = [request.request_id for request in service.requests]
    first, second, given = ids[:5], ids[5:6], ids[6:]
    assert len(set(first)) == 1
    assert second[0] not in first
    assert given == ["mine"]


async def test_when_the_time_is_over_it_says_so_and_with_what_to_ask_again() -> None:
    service = Scripted(itertools.repeat(SOON))
    async with service.serving() as address, AsyncClient(NOWHERE, address) as client:
        with pytest.raises(Unavailable, match="whether it happened is not known") as caught:
            await client.deposit("alice", money(1), within_s=3.0)
    assert caught.value.request_id == service.requests[0].request_id != ""
    assert f"request_id={caught.value.request_id} is safe" in str(caught.value)
    assert isinstance(caught.value.__cause__, grpc.aio.AioRpcError)


async def test_each_call_has_the_clients_deadline_and_no_more_than_is_left() -> None:
    """A server that says nothing, and does not hang up, would else take all of `within_s`, and a read for ever."""
    service = Scripted()
    async with service.serving() as address, AsyncClient(NOWHERE, address, timeout_s=9) as client:
        await client._wire.send(lambda to: to.payments.Deposit, deposit())  # as a read is sent
        await client.deposit("alice", money(1), within_s=60)
        await client.deposit("alice", money(1), within_s=5)
    *own, last = (limit if limit is not None else float("inf") for limit in service.limits_s)
    assert max(own) < 10  # gRPC rounds up
    assert last < 6


async def test_a_pause_that_ends_too_late_is_not_begun() -> None:
    much_later = PayonceError(Reason.OVERLOADED, "Full; try again later.", retry_after_s=3600.0)
    service = Scripted(itertools.repeat(much_later))
    async with service.serving() as address, AsyncClient(NOWHERE, address, attempts=1) as client:
        with pytest.raises(Overloaded):
            await client.deposit("alice", money(1), within_s=60.0)
    assert len(service.requests) == 1  # the second would have come too late: an hour was asked for


@pytest.mark.parametrize("asked", [0.0, 0.3, 7.0])
def test_a_pause_is_what_the_server_asks_for_and_a_jitter_on_top(asked: float) -> None:
    error = Unavailable("no", grpc.StatusCode.UNAVAILABLE, retry_delay_s=asked)
    pauses = [_pause(failed(error, attempt)) for attempt in range(1, 200)]
    assert all(asked <= pause <= asked + LONGEST_S for pause in pauses)
    assert len(set(pauses)) > 100


def failed(error: Exception, attempt: int) -> RetryCallState:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    outcome: Any = Future()
    outcome.set_exception(error)
    state.outcome = outcome
    return state


async def test_calls_that_fail_use_up_the_retries_of_all() -> None:
    """gRPC's own: five tries a call until the budget is half used, one a call from then on."""
    service = Scripted(itertools.repeat(SOON))
    calls = int(RETRY_BUDGET["maxTokens"]) // 5
    async with service.serving() as address, AsyncClient(NOWHERE, address) as client:
        for _ in range(calls):
            with pytest.raises(Unavailable):
                await client._wire.once(lambda to: to.payments.Deposit, deposit())
        assert calls < len(service.requests) < 5 * calls
        before = len(service.requests)
        with pytest.raises(Unavailable):
            await client._wire.once(lambda to: to.payments.Deposit, deposit())
    assert len(service.requests) == before + 1


async def test_a_client_that_is_closed_tells_who_waits() -> None:
    """Nobody cancelled the waiting task: it must not end as if somebody had, with nothing told."""
    reached = asyncio.Event()
    service = Silent(reached)
    async with service.serving() as address:
        client = AsyncClient(NOWHERE, address)
        waiting = asyncio.create_task(client.deposit("alice", money(1), request_id="mine"))
        await reached.wait()
        await client.close()
        with pytest.raises(Unavailable, match="whether it happened is not known") as caught:
            await waiting
    assert caught.value.request_id == "mine"


async def test_a_task_that_is_cancelled_ends_so() -> None:
    reached = asyncio.Event()
    async with Silent(reached).serving() as address, AsyncClient(NOWHERE, address) as client:
        waiting = asyncio.create_task(client.deposit("alice", money(1)))
        await reached.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


class Silent(Scripted):
    """Says when a call has come, and nothing to the call."""

    def __init__(self, reached: asyncio.Event) -> None:
        super().__init__()
        self._reached = reached

    async def _refuse(self, *_: Any) -> None:
        self._reached.set()
        await asyncio.Event().wait()


async def test_a_token_that_no_header_can_carry_is_not_sent() -> None:
    service = Scripted()
    async with service.serving() as address:
        for token in ("a.b\n.c", "a.b.\u00e9"):
            async with AsyncClient(NOWHERE, address, token=functools.partial(str, token)) as client:
                with pytest.raises(Unauthenticated, match="can't be sent") as caught:
                    await client.deposit("alice", money(1))
            assert token not in str(caught.value)
    assert service.requests == []


async def test_what_a_batch_was_told_is_kept_when_it_may_not_ask_on() -> None:
    paid = batch_pb2.PayOrderOutcome(payment=payment_pb2.Payment(payment_id="p"), order_confirmed=True)
    over: Any = [None, PayonceError(Reason.TOKEN_EXPIRED, "no")]
    service = Scripted(over, outcomes=[[paid, refused(contended())]])
    async with service.serving() as address, AsyncClient(NOWHERE, address, attempts=1) as client:
        first, second = await client.batch_pay_orders(["a", "b"])
    assert isinstance(first, PaidOrder)
    assert isinstance(second, TokenExpired)


def deposit() -> Any:

    return DepositRequest(account_id="alice", amount=money(1), request_id="same")


async def test_of_a_batch_only_what_was_not_answered_for_good_is_sent_again() -> None:
    paid = batch_pb2.PayOrderOutcome(payment=payment_pb2.Payment(payment_id="p"), order_confirmed=True)
    absent = refused(PayonceError(Reason.ORDER_NOT_FOUND, "no"))
    service = Scripted([SOON], outcomes=[[paid, refused(contended()), absent], [paid]])
    async with service.serving() as address, AsyncClient(NOWHERE, address, attempts=1) as client:
        outcomes = await client.batch_pay_orders(["a", ("b", money(1)), "c"])
    sent = [[order.order_id for order in request.orders] for request in service.requests]
    assert sent == [["a", "b", "c"], ["a", "b", "c"], ["b"]]
    assert [type(outcome).__name__ for outcome in outcomes] == ["PaidOrder", "PaidOrder", "NotFound"]


async def test_a_batch_whose_time_is_over_tells_of_each_order() -> None:
    paid = batch_pb2.PayOrderOutcome(payment=payment_pb2.Payment(payment_id="p"))
    service = Scripted(outcomes=[[paid, refused(contended())]] + [[refused(contended())]] * 1_000)
    async with service.serving() as address, AsyncClient(NOWHERE, address) as client:
        first, second = await client.batch_pay_orders(["a", "b"], within_s=0.5)
    assert type(first).__name__ == "PaidOrder"
    assert isinstance(second, Unavailable)


def refused(error: PayonceError) -> batch_pb2.PayOrderOutcome:
    code = STATUS_OF[error.reason].value[0]
    return batch_pb2.PayOrderOutcome(error=batch_pb2.PayOrderError(code=code, reason=error.reason, message="no"))
