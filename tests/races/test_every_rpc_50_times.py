"""Each RPC that changes state, sent 50 times at once to two processes: one effect, equal answers, 49 replays."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    batch_pb2,
    payment_service_pb2,
    refund_pb2,
    ticket_pb2,
)
from tests.harness.audit import at_rest, audit
from tests.harness.corrections import authorize, pay_order, ticket
from tests.harness.ledger import effects, gained
from tests.harness.money import money, order, seed
from tests.harness.stubs import Stubs
from tests.harness.two import Two, got

TIMES = 50
Make = Callable[[Stubs, str], Awaitable[Any]]


async def new_order(_: Stubs, name: str) -> Any:
    return order_service_pb2.CreateOrderRequest(
        order_id=f"{name}-new", customer_id=name, payer_account_id=name, payee_account_id="shop", amount=money(5)
    )


async def unpaid(stubs: Stubs, name: str) -> str:
    await order(stubs, name, customer=name)
    return name


async def paid(stubs: Stubs, name: str) -> str:
    await unpaid(stubs, name)
    return str((await got(lambda: pay_order(stubs, name))).payment.payment_id)


async def held(stubs: Stubs, name: str) -> str:
    await unpaid(stubs, name)
    return str((await got(lambda: authorize(stubs, name))).payment.payment_id)


async def cancel(stubs: Stubs, name: str) -> Any:
    return order_service_pb2.CancelOrderRequest(order_id=await unpaid(stubs, name))


async def pay_unpaid(stubs: Stubs, name: str) -> Any:
    return payment_service_pb2.PayOrderRequest(order_id=await unpaid(stubs, name))


async def pay_with_ticket(stubs: Stubs, name: str) -> Any:
    return ticket_pb2.PayWithTicketRequest(
        ticket=await ticket(stubs, name), payee_account_id="shop", amount=money(1_000)
    )


async def authorize_payment(stubs: Stubs, name: str) -> Any:
    return authorization_pb2.AuthorizePaymentRequest(order_id=await unpaid(stubs, name))


async def capture_part(stubs: Stubs, name: str) -> Any:
    return authorization_pb2.CapturePaymentRequest(payment_id=await held(stubs, name), amount=money(600))


async def void(stubs: Stubs, name: str) -> Any:
    return authorization_pb2.VoidAuthorizationRequest(payment_id=await held(stubs, name))


async def refund_part(stubs: Stubs, name: str) -> Any:
    payment_id = await paid(stubs, name)
    return refund_pb2.RefundPaymentRequest(payment_id=payment_id, amount=money(600), request_id=name)


async def refund_all(stubs: Stubs, name: str) -> Any:
    payment_id = await paid(stubs, name)
    return refund_pb2.RefundPaymentRequest(payment_id=payment_id, amount=money(1_000), request_id=name)


async def reverse_paid(stubs: Stubs, name: str) -> Any:
    await paid(stubs, name)
    return refund_pb2.ReversePaymentRequest(order_id=name)


async def reverse_held(stubs: Stubs, name: str) -> Any:
    return refund_pb2.ReversePaymentRequest(payment_id=await held(stubs, name))


async def reverse_unseen(stubs: Stubs, name: str) -> Any:
    return refund_pb2.ReversePaymentRequest(order_id=await unpaid(stubs, name))


async def reverse_unused(stubs: Stubs, name: str) -> Any:
    return refund_pb2.ReversePaymentRequest(ticket=await ticket(stubs, name))


async def new_account(_: Stubs, name: str) -> Any:
    return account_pb2.CreateAccountRequest(account_id=f"{name}-new", owner_id=name, currency_code="EUR")


async def deposit(_: Stubs, name: str) -> Any:
    return account_pb2.DepositRequest(account_id=name, amount=money(5), request_id=name)


async def withdraw(_: Stubs, name: str) -> Any:
    return account_pb2.WithdrawRequest(account_id=name, amount=money(5), request_id=name)


UNDONE = {"entry reversal": 1, "event reversal_begun": 1, "event reversed": 1}
ENDED = {"event void_begun": 1, "event voided": 1, "payment voided": 1}
CASES: list[tuple[str, Make, dict[str, int]]] = [
    ("CreateOrder", new_order, {"order unpaid": 1}),
    ("CancelOrder", cancel, {"order unpaid": -1, "order cancelled": 1}),
    ("PayOrder", pay_unpaid,
     {"entry charge": 1, "event charged": 1, "payment succeeded": 1, "order unpaid": -1, "order paid": 1}),
    ("PayWithTicket", pay_with_ticket,
     {"entry charge": 1, "event charged": 1, "payment succeeded": 1, "ticket unused": -1, "ticket used": 1}),
    ("AuthorizePayment", authorize_payment, {"event authorized": 1, "payment authorized": 1, "held": 1_000}),
    ("CapturePayment", capture_part,
     {"entry charge": 1, "event captured": 1, "payment authorized": -1, "payment succeeded": 1, "held": -1_000,
      "order unpaid": -1, "order paid": 1}),
    ("VoidAuthorization", void,
     {**ENDED, "payment authorized": -1, "held": -1_000, "order unpaid": -1, "order cancelled": 1}),
    ("RefundPayment", refund_part, {"entry refund": 1, "event refunded": 1}),
    ("RefundPayment", refund_all,
     {"entry refund": 1, "event refund_begun": 1, "event refunded": 1, "payment succeeded": -1, "payment refunded": 1,
      "order paid": -1, "order refunded": 1}),
    ("ReversePayment", reverse_paid,
     {**UNDONE, "payment succeeded": -1, "payment reversed": 1, "order paid": -1, "order refunded": 1}),
    ("ReversePayment", reverse_held,
     {**ENDED, "payment authorized": -1, "held": -1_000, "order unpaid": -1, "order cancelled": 1}),
    ("ReversePayment", reverse_unseen, {**ENDED, "order unpaid": -1, "order cancelled": 1}),
    ("ReversePayment", reverse_unused, ENDED),
    ("CreateAccount", new_account, {"account": 1}),
    ("Deposit", deposit, {"entry deposit": 1}),
    ("Withdraw", withdraw, {"entry withdrawal": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "make", "expected"), CASES, ids=[make.__name__ for _, make, _ in CASES])
async def test_one_effect_equal_answers_49_replays(two: Two, method: str, make: Make, expected: dict[str, int]) -> None:
    name = f"fifty-{make.__name__.replace('_', '-')}"
    await seed(two.one, name)
    request = await make(two.one, name)
    before = effects(two.pair, name)
    answers, replays = await two.at_once(method, request, TIMES)
    assert [answer for answer in answers if answer != answers[0]] == []
    assert replays == TIMES - 1
    assert gained(before, effects(two.pair, name)) == expected
    await at_rest(two.pair)
    audit(two.pair)


@pytest.mark.parametrize("method", ["MarkOrdersPaid", "MarkOrdersRefunded"])
async def test_one_verdict_done_49_already_done(alone: Two, method: str) -> None:
    """These say in the answer itself that it was done before. No money belongs to them, so nobody audits it."""
    two = alone
    name = f"fifty-{method}"
    await order(two.one, name, customer=name)
    pairs = [order_service_pb2.OrderPayment(order_id=name, payment_id=str(uuid.uuid4()))]
    if method == "MarkOrdersRefunded":
        await two.one.orders.MarkOrdersPaid(order_service_pb2.MarkOrdersPaidRequest(payments=pairs))
    before = effects(two.pair, name)
    request = getattr(order_service_pb2, f"{method}Request")(payments=pairs)
    answers, _ = await two.at_once(method, request, TIMES)
    verdicts = Counter(order_service_pb2.Verdict.Name(answer.verdicts[0].verdict) for answer in answers)
    assert verdicts == {"VERDICT_DONE": 1, "VERDICT_ALREADY_DONE": TIMES - 1}
    left, reached = ("unpaid", "paid") if method == "MarkOrdersPaid" else ("paid", "refunded")
    assert gained(before, effects(two.pair, name)) == {f"order {left}": -1, f"order {reached}": 1}


async def test_a_batch_is_one_payment_for_each_order(two: Two) -> None:
    """It says in the outcome itself that it is a replay."""
    name = "fifty-batch"
    await seed(two.one, name)
    order_id = await unpaid(two.one, name)
    before = effects(two.pair, name)
    request = batch_pb2.BatchPayOrdersRequest(orders=[batch_pb2.OrderToPay(order_id=order_id)] * 2)
    answers, _ = await two.at_once("BatchPayOrders", request, TIMES)
    outcomes = [outcome for answer in answers for outcome in answer.outcomes]
    assert {outcome.payment.payment_id for outcome in outcomes} == {outcomes[0].payment.payment_id}
    assert Counter(outcome.replayed for outcome in outcomes) == {False: 1, True: 2 * TIMES - 1}
    paid_once = {"entry charge": 1, "event charged": 1, "payment succeeded": 1, "order unpaid": -1, "order paid": 1}
    assert gained(before, effects(two.pair, name)) == paid_once
    await at_rest(two.pair)
    audit(two.pair)


async def test_a_ticket_repeated_is_another_ticket_and_moves_nothing(two: Two) -> None:
    await seed(two.one, "fifty-tickets")
    before = effects(two.pair, "fifty-tickets")
    request = ticket_pb2.CreateTicketRequest(payer_account_id="fifty-tickets")
    answers, replays = await two.at_once("CreateTicket", request, TIMES)
    assert (len({answer.ticket for answer in answers}), replays) == (TIMES, 0)
    assert gained(before, effects(two.pair, "fifty-tickets")) == {"ticket unused": TIMES}


def test_every_rpc_that_changes_state_is_here() -> None:
    known = {method for method, _, _ in CASES} | {
        "MarkOrdersPaid",
        "MarkOrdersRefunded",
        "CreateTicket",
        "BatchPayOrders",
    }
    for file, service in ((order_service_pb2, "OrderService"), (payment_service_pb2, "PaymentService")):
        for method in file.DESCRIPTOR.services_by_name[service].methods:
            reads = method.name.startswith(("Get", "BatchGet", "List", "Lookup", "Explain"))
            assert reads != (method.name in known), method.name
