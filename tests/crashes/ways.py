"""What the crashes interrupt: each way of changing a payment, its steps, and how things stand before and after it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import grpc

from payonce.payment.v1 import account_pb2, authorization_pb2, payment_service_pb2, refund_pb2, ticket_pb2
from tests.harness.answers import reason, replayed
from tests.harness.money import TIMEOUT_S, money, order, seed
from tests.harness.postgres import Pair, rows
from tests.harness.stubs import Stubs

Call = grpc.aio.UnaryUnaryCall[Any, Any]


class Facts(NamedTuple):
    """How things stand, in both databases."""

    payer: tuple[int, int]  # balance, held
    payee: int
    payment: tuple[str, int, int] | None  # state, captured, refunded
    order: str | None
    transfers: tuple[str, ...] = ()
    corrections: tuple[tuple[str, bool], ...] = ()  # kind, whether it is carried out


PAID = Facts((9_000, 0), 1_000, ("succeeded", 1_000, 0), "paid", ("charge",))
RESERVED = Facts((10_000, 1_000), 0, ("authorized", 0, 0), "unpaid")
UNTOUCHED = Facts((10_000, 0), 0, None, "unpaid")
VOIDED = Facts((10_000, 0), 0, ("voided", 0, 0), "cancelled", (), (("void", True),))


class Scene(Protocol):
    """Where people are seated, and order."""

    stubs: Stubs

    def number(self) -> int:
        """For ids that nobody else there has."""


@dataclass
class Case:
    """One play: people, an order or a ticket, and the payment if there is one already."""

    payer: str
    payee: str
    order_id: str = ""
    ticket: str = ""
    payment_id: str = ""

    def request(self, kind: Callable[..., Any], **fields: Any) -> Any:
        """A request about the order or ticket, whichever it is."""
        return kind(**({"order_id": self.order_id} if self.order_id else {"ticket": self.ticket}), **fields)


@dataclass(frozen=True)
class Way:
    """A request and its steps, which are failpoints. `untouched`: a crash there leaves no trace."""

    name: str
    rpc: str
    prepare: Callable[[Scene], Awaitable[Case]]
    ask: Callable[[Stubs, Case], Call]
    before: Facts
    after: Facts
    untouched: Sequence[str]
    unknown: str  # the COMMIT that was sent: it may have come through or not
    written: Sequence[str]
    in_order_service: Sequence[str] = field(default=())


def way(
    name: str, rpc: str, transaction: str, *, inside: Sequence[str] = (), then: Sequence[str] = (), **rest: Any
) -> Way:
    """A way whose first transaction is `transaction`, with the failpoints `inside` it, and `then` what follows."""
    return Way(
        name=name,
        rpc=rpc,
        untouched=[f"request_received:{rpc}", f"begun:{transaction}", *inside],
        unknown=f"commit_sent:{transaction}",
        written=[f"committed:{transaction}", *then, f"reply_sent:{rpc}"],
        **rest,
    )


def steps(transaction: str, *inside: str) -> list[str]:
    """The failpoints of a transaction."""
    return [f"begun:{transaction}", *inside, f"commit_sent:{transaction}", f"committed:{transaction}"]


ORDER_ENDS = ["mark_orders_refunded_sent", "mark_orders_refunded_returned", "orders_ended"]
ORDER_ENDED = ["mark_orders_refunded_committed"]


async def read_facts(pair: Pair, case: Case) -> Facts:
    """How things stand now."""
    return await asyncio.to_thread(facts_of, pair, case)


def facts_of(pair: Pair, case: Case) -> Facts:
    """The same, for who waits in a thread."""
    order = rows(pair.orders_url, ORDER_STATUS, [case.order_id])
    return facts_from(rows(pair.payments_url, FACTS, [case.payer, case.payee]), order)


def facts_from(found: Sequence[tuple[Any, ...]], order: Sequence[tuple[Any, ...]]) -> Facts:
    """What `FACTS` and `ORDER_STATUS` found."""
    ((balance, held, payee, payment, transfers, corrections),) = found
    return Facts(
        (balance, held),
        payee,
        tuple(payment) if payment else None,
        order[0][0] if order else None,
        tuple(transfers or ()),
        tuple((kind, completed) for kind, completed in corrections or ()),
    )


ORDER_STATUS = "SELECT status FROM orders WHERE order_id = %s"
# Everybody has one payment at most here, so what is a payment's is found by its payer.
FACTS = """
    SELECT payer.balance_minor, payer.held_minor, payee.balance_minor,
           (SELECT json_build_array(state, captured_minor, refunded_minor) FROM payments
             WHERE payer_account_id = payer.account_id),
           (SELECT json_agg(t.kind ORDER BY position) FROM transfers t JOIN payments p USING (payment_id)
             WHERE p.payer_account_id = payer.account_id),
           (SELECT json_agg(json_build_array(c.kind, c.completed_at IS NOT NULL) ORDER BY c.correction_id)
              FROM corrections c JOIN payments p USING (payment_id)
             WHERE p.payer_account_id = payer.account_id)
      FROM accounts payer, accounts payee WHERE payer.account_id = %s AND payee.account_id = %s"""


async def ordered(stage: Scene) -> Case:
    """An order of 1,000, by a customer who has 10,000."""
    n = stage.number()
    case = Case(f"customer-{n}", f"merchant-{n}", order_id=f"order-{n}")
    await seed(stage.stubs, case.payer, case.payee)
    await order(stage.stubs, case.order_id, 1_000, customer=case.payer, merchant=case.payee)
    return case


async def paid(stage: Scene) -> Case:
    """The same, paid."""
    case = await ordered(stage)
    request = payment_service_pb2.PayOrderRequest(order_id=case.order_id)
    answer, _ = await insist(lambda: stage.stubs.payments.PayOrder(request, timeout=TIMEOUT_S, wait_for_ready=True))
    case.payment_id = answer.payment.payment_id
    return case


async def authorized(stage: Scene) -> Case:
    """The same, reserved."""
    case = await ordered(stage)
    request = authorization_pb2.AuthorizePaymentRequest(order_id=case.order_id)
    answer = await stage.stubs.payments.AuthorizePayment(request, timeout=TIMEOUT_S, wait_for_ready=True)
    case.payment_id = answer.payment.payment_id
    return case


async def ticketed(stage: Scene) -> Case:
    """A ticket, not used."""
    n = stage.number()
    case = Case(f"customer-{n}", f"merchant-{n}")
    await seed(stage.stubs, case.payer, case.payee)
    request = ticket_pb2.CreateTicketRequest(payer_account_id=case.payer)
    case.ticket = (await stage.stubs.payments.CreateTicket(request, timeout=TIMEOUT_S, wait_for_ready=True)).ticket
    return case


async def paid_with_ticket(stage: Scene) -> Case:
    """The same, used."""
    case = await ticketed(stage)
    case.payment_id = (await pay_with_ticket(stage.stubs, case)).payment.payment_id
    return case


def refund(amount: int) -> Callable[[Stubs, Case], Call]:
    """RefundPayment of an amount."""

    def ask(stubs: Stubs, case: Case) -> Call:
        request = refund_pb2.RefundPaymentRequest(
            payment_id=case.payment_id, amount=money(amount), request_id=case.payment_id, reason="broken"
        )
        return stubs.payments.RefundPayment(request, timeout=TIMEOUT_S, wait_for_ready=True)

    return ask


def across(kind: Callable[..., Any], rpc: str) -> Callable[[Stubs, Case], Call]:
    """Deposit or Withdraw, of 500."""

    def ask(stubs: Stubs, case: Case) -> Call:
        request = kind(account_id=case.payer, amount=money(500), request_id=case.payer)
        called: Call = getattr(stubs.payments, rpc)(request, timeout=TIMEOUT_S, wait_for_ready=True)
        return called

    return ask


def reverse(stubs: Stubs, case: Case) -> Call:
    return stubs.payments.ReversePayment(
        case.request(refund_pb2.ReversePaymentRequest), timeout=TIMEOUT_S, wait_for_ready=True
    )


def void(stubs: Stubs, case: Case) -> Call:
    request = authorization_pb2.VoidAuthorizationRequest(payment_id=case.payment_id)
    return stubs.payments.VoidAuthorization(request, timeout=TIMEOUT_S, wait_for_ready=True)


def capture(stubs: Stubs, case: Case) -> Call:
    request = authorization_pb2.CapturePaymentRequest(payment_id=case.payment_id, amount=money(600))
    return stubs.payments.CapturePayment(request, timeout=TIMEOUT_S, wait_for_ready=True)


def pay_with_ticket(stubs: Stubs, case: Case) -> Call:
    request = ticket_pb2.PayWithTicketRequest(ticket=case.ticket, payee_account_id=case.payee, amount=money(1_000))
    return stubs.payments.PayWithTicket(request, timeout=TIMEOUT_S, wait_for_ready=True)


async def insist(ask: Callable[[], Call]) -> tuple[Any, bool]:
    """Ask until order_service has been found again: the answer, and whether it is a replay."""
    async with asyncio.timeout(30):
        while True:
            try:
                call = ask()
                answer = await call
            except grpc.aio.AioRpcError as error:
                assert reason(error) == "ORDER_SERVICE_UNAVAILABLE", error  # noqa: PT017 - it may also be answered
            else:
                if getattr(answer, "order_confirmed", True):
                    return answer, await replayed(call)
            await asyncio.sleep(0.1)


WAYS = [
    way(
        "refund of a part", "RefundPayment", "RefundPayment", inside=["entries_inserted", "refund_written"],
        prepare=paid, ask=refund(300), before=PAID,
        after=Facts((9_300, 0), 700, ("succeeded", 1_000, 300), "paid", ("charge", "refund"), (("refund", True),)),
    ),
    way(
        "refund of all", "RefundPayment", "RefundPayment", inside=["correction_begun"],
        then=[*ORDER_ENDS, *steps("refund", "entries_inserted")], in_order_service=ORDER_ENDED,
        prepare=paid, ask=refund(1_000), before=PAID,
        after=Facts((10_000, 0), 0, ("refunded", 1_000, 1_000), "refunded", ("charge", "refund"), (("refund", True),)),
    ),
    way(
        "reversal of a paid order", "ReversePayment", "begin_ending", inside=["correction_begun"],
        then=[*ORDER_ENDS, *steps("reversal", "entries_inserted")], in_order_service=ORDER_ENDED,
        prepare=paid, ask=reverse, before=PAID,
        after=Facts((10_000, 0), 0, ("reversed", 1_000, 0), "refunded", ("charge", "reversal"), (("reversal", True),)),
    ),
    way(
        "reversal before the payment", "ReversePayment", "tombstone",
        then=[*ORDER_ENDS, *steps("void")], in_order_service=ORDER_ENDED,
        prepare=ordered, ask=reverse, before=UNTOUCHED, after=VOIDED,
    ),
    way(
        "reversal of a ticket", "ReversePayment", "begin_ending", inside=["correction_begun"],
        then=steps("reversal", "entries_inserted"),
        prepare=paid_with_ticket, ask=reverse, before=PAID._replace(order=None),
        after=Facts((10_000, 0), 0, ("reversed", 1_000, 0), None, ("charge", "reversal"), (("reversal", True),)),
    ),
    way(
        "void", "VoidAuthorization", "begin_ending", inside=["correction_begun"],
        then=[*ORDER_ENDS, *steps("void")], in_order_service=ORDER_ENDED,
        prepare=authorized, ask=void, before=RESERVED, after=VOIDED,
    ),
    way(
        "capture", "CapturePayment", "capture", inside=["entries_inserted", "captured"],
        then=["mark_orders_paid_sent", "mark_orders_paid_returned"], in_order_service=["mark_orders_paid_committed"],
        prepare=authorized, ask=capture, before=RESERVED,
        after=Facts((9_400, 0), 600, ("succeeded", 600, 0), "paid", ("charge",)),
    ),
    way(
        "payment with a ticket", "PayWithTicket", "charge",
        inside=["claim_inserted", "tickets_used", "entries_inserted"],
        prepare=ticketed, ask=pay_with_ticket, before=UNTOUCHED._replace(order=None), after=PAID._replace(order=None),
    ),
    way(
        "deposit", "Deposit", "Deposit", inside=["entries_inserted"],
        prepare=ticketed, ask=across(account_pb2.DepositRequest, "Deposit"),
        before=UNTOUCHED._replace(order=None), after=UNTOUCHED._replace(order=None, payer=(10_500, 0)),
    ),
    way(
        "withdrawal", "Withdraw", "Withdraw", inside=["entries_inserted"],
        prepare=ticketed, ask=across(account_pb2.WithdrawRequest, "Withdraw"),
        before=UNTOUCHED._replace(order=None), after=UNTOUCHED._replace(order=None, payer=(9_500, 0)),
    ),
]  # fmt: skip
