"""What follows from an order's status and the payment in our own books: the whole table."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from payment_service.domain.charges import Flip, Order, OrderStatus, Standing, next_step
from payment_service.domain.payments import Payment, PaymentState, StateReason, order_subject
from shared.errors import PayonceError
from shared.money import Money

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OURS, THEIRS = UUID(int=1), UUID(int=2)


def order(status: OrderStatus, payment_id: UUID | None) -> Order:
    return Order("o", "a", "a", "b", Money("EUR", 5), status, payment_id)


def payment(state: PaymentState, confirmed: bool = False) -> Payment:
    charged = state in (PaymentState.SUCCEEDED, PaymentState.REVERSED, PaymentState.REFUNDED)
    reason = StateReason.REVERSAL_REQUESTED if state in (PaymentState.REVERSED, PaymentState.VOIDED) else None
    return Payment(
        OURS, order_subject("o"), "a", "b", Money("EUR", 5), 5 if charged else 0, 0, state, reason, None, NOW,
        None, None, None, charged and not confirmed,
    )  # fmt: skip


UNPAID, PAID, CANCELLED, REFUNDED = (
    order(OrderStatus.UNPAID, None),
    order(OrderStatus.PAID, OURS),
    order(OrderStatus.CANCELLED, None),
    order(OrderStatus.REFUNDED, OURS),
)
S = PaymentState
# A restore forgot the order that was paid, and its id was given to another one.
OTHERS = [UNPAID._replace(payer_account_id="c"), UNPAID._replace(payee_account_id="c"),
          UNPAID._replace(amount=Money("EUR", 6)), UNPAID._replace(amount=Money("USD", 5))]  # fmt: skip
TABLE = [
    (UNPAID, None, "charge"),
    (PAID, None, "ORDER_ALREADY_PAID"),
    (CANCELLED, None, "ORDER_CANCELLED"),
    (REFUNDED, None, "ORDER_REFUNDED"),
    (UNPAID, payment(S.SUCCEEDED), "flip"),
    (PAID, payment(S.SUCCEEDED), "stands, confirmed"),
    (order(OrderStatus.PAID, THEIRS), payment(S.SUCCEEDED), "flip"),
    (CANCELLED, payment(S.SUCCEEDED), "flip"),
    # An orders database that was set back to an earlier time: the money did move, so the order is flipped again.
    (UNPAID, payment(S.SUCCEEDED, confirmed=True), "flip"),
    (REFUNDED, payment(S.SUCCEEDED, confirmed=True), "ORDER_REFUNDED"),
    (UNPAID, payment(S.AUTHORIZED), "stands"),
    (CANCELLED, payment(S.AUTHORIZED), "ORDER_CANCELLED"),
    (UNPAID, payment(S.VOIDED), "stands"),
    (CANCELLED, payment(S.VOIDED), "stands"),
    (CANCELLED, payment(S.REVERSED), "ORDER_CANCELLED"),
    (REFUNDED, payment(S.REVERSED), "ORDER_REFUNDED"),
    (UNPAID, payment(S.REVERSED), "stands"),
    (REFUNDED, payment(S.REFUNDED), "ORDER_REFUNDED"),
    *((another, payment(S.SUCCEEDED), "ORDER_ALREADY_PAID") for another in OTHERS),
    *((OTHERS[0], payment(state), "ORDER_ALREADY_PAID") for state in (S.AUTHORIZED, S.REVERSED, S.REFUNDED)),
    (OTHERS[0], payment(S.VOIDED), "stands"),
]


@pytest.mark.parametrize(("order", "payment", "step"), TABLE)
def test_the_table(order: Order, payment: Payment | None, step: str) -> None:
    assert said(next_step(order, payment)) == step


def said(step: Flip | Standing | PayonceError | None) -> str:
    match step:
        case None:
            return "charge"
        case Flip():
            return "flip"
        case Standing(confirmed=confirmed):
            return "stands, confirmed" if confirmed else "stands"
        case PayonceError(reason=reason):
            return str(reason)
