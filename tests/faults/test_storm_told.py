"""What a storm's callers are told, and what of it is a violation."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from faults.storm import wave
from faults.storm.told import NAMED, Told, Wanted
from faults.storm.wave import AMOUNT, Shape, Wave
from payonce.payment.v1 import batch_pb2, payment_pb2, payment_service_pb2
from tests.harness.money import money

ORDER = Wanted("o-1", "alice", "shop", AMOUNT)


def payment(payment_id: str = "p-1", amount: int = AMOUNT) -> payment_pb2.Payment:
    return payment_pb2.Payment(
        payment_id=payment_id, order_id="o-1", payer_account_id="alice", payee_account_id="shop",
        amount=money(amount), captured_amount=money(amount), state=payment_pb2.PAYMENT_STATE_SUCCEEDED,
    )  # fmt: skip


def test_what_callers_must_not_be_told_is_found() -> None:
    told = Told()
    told.paid("PayOrder", ORDER, payment(), replayed=False)
    told.paid("BatchPayOrders", ORDER, payment(), replayed=True)
    told.not_paid("PayOrder", ["o-2"], "UNAVAILABLE", "")
    told.not_paid_in_batch("o-2", "UNAVAILABLE", "DATABASE_UNAVAILABLE")
    assert (told.attempts, told.answered.total(), told.first) == (4, 2, 1)
    assert not told.found + told.unexplained.total()
    told.paid("PayOrder", ORDER, payment("p-2"), replayed=True)
    told.paid("PayOrder", ORDER, payment(amount=8), replayed=True)
    told.not_paid("PayOrder", ["o-2"], "FAILED_PRECONDITION", "INSUFFICIENT_FUNDS")
    told.not_paid_in_batch("o-2", "FAILED_PRECONDITION", "ORDER_ALREADY_PAID")
    assert [text.partition(" ")[0] for text in told.violations] == ["I2", "I13", "`unfounded`", "`unfounded`"]
    told.unexplained.clear()
    told.not_paid("BatchPayOrders", ["o-3", "o-4"], "UNKNOWN", "")
    told.not_paid_in_batch("o-3", "OK", "")
    told.not_paid_in_batch("o-3", "UNAVAILABLE", "")
    assert sorted(told.unexplained.values()) == [1, 1, 2]


@pytest.mark.parametrize(
    "field", ["order_id", "payer_account_id", "payee_account_id", "amount", "captured_amount", "state"]
)
def test_the_first_answer_is_what_was_asked_for(field: str) -> None:
    told, wrong = Told(), payment()
    wrong.ClearField(field)  # type: ignore[arg-type]
    told.paid("PayOrder", ORDER, wrong, replayed=False)
    assert [text.partition(" ")[0] for text in told.violations] == ["I7"]


def test_of_many_violations_some_are_named_and_all_are_counted() -> None:
    told = Told()
    for number in range(NAMED + 5):
        told.violate(f"{number}")
    assert (len(told.violations), told.found) == (NAMED, NAMED + 5)


def door(pay: Callable[[], Any]) -> Any:
    """A service that creates whatever is asked for, and answers PayOrder with what `pay` makes, or raises."""

    async def made(*_: Any, **__: Any) -> None:
        pass

    class Answer:
        def __init__(self, request: Any, **_: Any) -> None:
            self._of = None if isinstance(request, payment_service_pb2.PayOrderRequest) else request.orders

        def __await__(self) -> Any:
            yield from asyncio.sleep(0).__await__()
            one = pay()
            if self._of is None:
                return payment_service_pb2.PayOrderResponse(payment=one)
            outcomes = [batch_pb2.PayOrderOutcome(payment=one) for _ in self._of]
            return batch_pb2.BatchPayOrdersResponse(outcomes=outcomes)

        async def trailing_metadata(self) -> tuple[()]:
            return ()

    return SimpleNamespace(
        orders=SimpleNamespace(CreateOrder=made), payments=SimpleNamespace(PayOrder=Answer, BatchPayOrders=Answer)
    )


def down() -> Any:
    raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())


async def test_an_order_that_gets_no_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave, "HEALED_LIMIT_S", 0.0)
    monkeypatch.setattr(wave, "PAUSE_S", 0.0)
    told = Told()
    await Wave(1, Shape(orders=3, alone=1, batched=1, batch=3), [door(down)], told).pass_by()
    assert told.violations == ["I16 3 orders of wave 1 have no answer, storm-1-0 for one"]
    assert told.attempts == 9


async def test_an_order_that_cannot_be_made_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave, "HEALED_LIMIT_S", 0.0)
    shut = door(down)

    async def create(*_: Any, **__: Any) -> None:
        down()

    shut.orders.CreateOrder = create
    with pytest.raises(ExceptionGroup):
        await Wave(1, Shape(orders=1, alone=1, batched=0), [shut], Told()).pass_by()


@pytest.mark.parametrize("pay", [down, payment])
async def test_whoever_is_not_told_of_the_payment_in_peace_is_found(
    pay: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, or told as if it were new."""
    monkeypatch.setattr(wave, "PAUSE_S", 0.0)
    told = Told()
    await Wave(1, Shape(orders=2, alone=1, batched=1, batch=2), [], told).ask_in_peace([door(pay), door(pay)])
    assert [text for text in told.violations if "when all was well" in text]
