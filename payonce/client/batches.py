"""Many orders in one call; those that were not answered for good are sent again."""

from collections.abc import Iterable
from typing import TypeAlias

from payonce.client.details import from_outcome
from payonce.client.errors import PayonceError, Unavailable
from payonce.client.messages import PaidOrder
from payonce.client.retries import may_be_sent_again, until_answered
from payonce.client.wire import Wire
from payonce.payment.v1.batch_pb2 import BatchPayOrdersRequest, OrderToPay, PayOrderOutcome
from payonce.type.v1.money_pb2 import Money

Outcome: TypeAlias = PaidOrder | PayonceError
ToPay: TypeAlias = str | tuple[str, Money | None]


def to_pay(orders: Iterable[ToPay]) -> list[OrderToPay]:
    """As the protos have it: each with what it is believed to cost, where that is given."""
    pairs = ((one, None) if isinstance(one, str) else one for one in orders)
    return [OrderToPay(order_id=order_id, expected_amount=amount) for order_id, amount in pairs]


async def pay_orders(wire: Wire, orders: list[OrderToPay], within_s: float) -> list[Outcome]:
    """An outcome for each, in order. An `Unavailable` among them has been asked for until the time was over."""
    outcomes: dict[int, Outcome] = {}

    def unsettled_now() -> list[int]:
        return [i for i in range(len(orders)) if i not in outcomes or may_be_sent_again(outcomes[i])]

    async def once(left_s: float) -> None:
        unsettled = unsettled_now()
        request = BatchPayOrdersRequest(orders=[orders[i] for i in unsettled])
        answer = await wire.once(lambda stubs: stubs.payments.BatchPayOrders, request, timeout_s=left_s)
        outcomes.update(zip(unsettled, map(_outcome, answer.message.outcomes), strict=True))
        if again := [outcome for outcome in outcomes.values() if isinstance(outcome, Unavailable)]:
            raise again[0]

    try:
        await until_answered(once, within_s=within_s, what="BatchPayOrders", over=lambda: wire.closed)
    except PayonceError as error:
        if not outcomes:  # not one call was answered
            raise
        if not may_be_sent_again(error):  # such as a token that ended meanwhile: what was told before still holds
            outcomes.update(dict.fromkeys(unsettled_now(), error))
    return [outcomes[i] for i in range(len(orders))]


def _outcome(outcome: PayOrderOutcome) -> Outcome:
    if outcome.HasField("error"):
        return from_outcome(outcome.error)
    return PaidOrder(outcome.payment, outcome.order_confirmed, outcome.replayed)
