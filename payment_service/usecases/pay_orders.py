"""PayOrder, for a list of commands: read the orders, move the money, flip the orders."""

from collections.abc import Sequence
from uuid import UUID

from payment_service.clients.orders import OrdersClient
from payment_service.domain.payments import (
    REFUSED_BECAUSE,
    Attempt,
    Order,
    OrderStatus,
    Paid,
    Payment,
    PaymentState,
    PayOrder,
    answer_of,
    check_expected,
    in_progress,
    refusal,
)
from payment_service.storage import payments
from payment_service.usecases.charge import charge
from payment_service.usecases.confirm import Confirm
from shared.database import ContendedError, Database
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint
from shared.ids import new_id

Answers = dict[str, Paid | PayonceError]


class PayOrders:
    """A list of commands in, a list of outcomes out. No transaction is open while the network is used."""

    def __init__(self, database: Database, orders: OrdersClient, confirm: Confirm) -> None:
        self._database = database
        self._orders = orders
        self._confirm = confirm

    async def __call__(self, commands: Sequence[PayOrder]) -> list[Paid | PayonceError]:
        """An outcome for each command. Several for one order get the same payment; one of them was the first."""
        try:
            orders = await self._orders.batch_get(sorted({command.order_id for command in commands}))
        except PayonceError as unavailable:
            return await self._from_own_payments(commands, unavailable)
        failpoint("orders_read")
        refused = {i: error for i, c in enumerate(commands) if (error := _unfit(c, orders))}
        # In the order of arrival: who came first is first at the customer's money.
        wanted = {c.order_id: orders[c.order_id] for i, c in enumerate(commands) if i not in refused}
        answers = await self._settle(list(wanted.values()))
        return [refused[i] if i in refused else _take(answers, command.order_id) for i, command in enumerate(commands)]

    async def _settle(self, orders: Sequence[Order]) -> Answers:
        """One answer for each order."""
        unpaid = [order for order in orders if order.status == OrderStatus.UNPAID]
        others = [order for order in orders if order.status != OrderStatus.UNPAID]
        answers, unflipped = await self._answer_final(others)
        fresh: set[UUID] = set()
        if unpaid:
            attempts = [Attempt(order, new_id(), new_id()) for order in unpaid]
            fresh = {attempt.payment_id for attempt in attempts}
            for order_id, outcome in (await self._charge(attempts)).items():
                if isinstance(outcome, PayonceError):
                    answers[order_id] = outcome
                elif outcome.state == PaymentState.SUCCEEDED:
                    unflipped.append(outcome)
                else:
                    answers[order_id] = answer_of(outcome, order_confirmed=False, replayed=True)
        if unflipped:
            for order_id, end in (await self._confirm.flip(unflipped)).items():
                if isinstance(end, PayonceError):
                    answers[order_id] = end
                    continue
                replayed = end.payment.payment_id not in fresh
                answers[order_id] = answer_of(end.payment, order_confirmed=end.confirmed, replayed=replayed)
        return answers

    async def _charge(self, attempts: Sequence[Attempt]) -> dict[str, Payment | PayonceError]:
        try:
            return await charge(self._database, attempts)
        except ContendedError:
            if len(attempts) > 1:
                raise  # the batch is split, so that only the one who waits has to wait
            return {attempts[0].order.order_id: in_progress(attempts[0].order.order_id)}

    async def _answer_final(self, orders: Sequence[Order]) -> tuple[Answers, list[Payment]]:
        """Answers for orders that are not UNPAID; and payments that a crash left without a flip, to be finished."""
        if not orders:
            return {}, []
        ids = [order.order_id for order in orders]
        own = await self._database.read(lambda connection: payments.by_orders(connection, ids))
        answers: Answers = {}
        unflipped = []
        for order in orders:
            payment = own.get(order.order_id)
            if payment and order.status == OrderStatus.PAID and payment.payment_id == order.payment_id:
                answers[order.order_id] = answer_of(payment, order_confirmed=True, replayed=True)
            elif payment and payment.state == PaymentState.SUCCEEDED and payment.confirmed_at is None:
                unflipped.append(payment)
            else:
                answers[order.order_id] = refusal(REFUSED_BECAUSE[order.status], order.order_id)
        return answers, unflipped

    async def _from_own_payments(
        self, commands: Sequence[PayOrder], unavailable: PayonceError
    ) -> list[Paid | PayonceError]:
        """Without order_service: what was paid is answered from our own books, the rest has to wait."""
        ids = sorted({command.order_id for command in commands})
        own = await self._database.read(lambda connection: payments.by_orders(connection, ids))

        def answer(command: PayOrder) -> Paid | PayonceError:
            payment = own.get(command.order_id)
            if payment is None:
                return unavailable
            mismatch = check_expected(command, payment.amount)
            confirmed = payment.confirmed_at is not None
            return mismatch or answer_of(payment, order_confirmed=confirmed, replayed=True)

        return [answer(command) for command in commands]


def _unfit(command: PayOrder, orders: dict[str, Order]) -> PayonceError | None:
    """Why this command cannot be looked at any further, if so."""
    order = orders.get(command.order_id)
    if order is None:
        return PayonceError(Reason.ORDER_NOT_FOUND, "There is no such order.", metadata={"order_id": command.order_id})
    return check_expected(command, order.amount)


def _take(answers: Answers, order_id: str) -> Paid | PayonceError:
    """The order's answer; whoever asks for it after the first is told that it is a replay."""
    answer = answers[order_id]
    if isinstance(answer, Paid) and not answer.replayed:
        answers[order_id] = Paid(answer.payment, answer.order_confirmed, replayed=True)
    return answer
