"""PayOrder, for a list of commands: our own books, then the orders; move the money (or reserve it), flip the orders."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from payment_service.clients.orders import OrdersClient
from payment_service.domain.charges import (
    Attempt,
    Flip,
    Order,
    OrderStatus,
    Paid,
    PayOrder,
    Standing,
    answer_of,
    check_expected,
    next_step,
)
from payment_service.domain.ownership import told
from payment_service.domain.payments import Payment, PaymentState, Subject, order_subject, refusal
from payment_service.storage import payments
from payment_service.usecases.charge import charge_or_split
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.ownership import theirs
from shared.database import Database
from shared.errors import PayonceError, Reason
from shared.failpoints import failpoint
from shared.ids import new_id

Ends = dict[Subject, Standing | PayonceError]


class PayOrders:
    """A list of commands in, a list of outcomes out. No transaction is open while the network is used."""

    def __init__(self, database: Database, orders: OrdersClient, confirm: Confirm) -> None:
        self._database = database
        self._orders = orders
        self._confirm = confirm

    async def __call__(self, commands: Sequence[PayOrder]) -> list[Paid | PayonceError]:
        """An outcome for each command. Several for one order get the same payment; one of them was the first."""
        own = await self._own(sorted({order_subject(command.order_id) for command in commands}))
        done = await self._shown(commands, {s: payment for s, payment in own.items() if self._is_done(payment)})
        asked = [command for command, payment in zip(commands, done, strict=True) if payment is None]
        answers = iter(await self._pay(asked) if asked else ())
        return [
            _again(command, Standing(payment, confirmed=True)) if payment else next(answers)
            for command, payment in zip(commands, done, strict=True)
        ]

    async def _pay(self, commands: Sequence[PayOrder]) -> list[Paid | PayonceError]:
        """An outcome for each command whose order is not known to be paid."""
        try:
            orders = await self._orders.batch_get(sorted({command.order_id for command in commands}))
        except PayonceError as unavailable:
            return await self._from_own_books(commands, unavailable)
        failpoint("orders_read")
        refused = {i: error for i, c in enumerate(commands) if (error := _unfit(c, orders))}
        # In the order of arrival: who came first is first at the customer's money, and decides between pay and hold.
        wanted: dict[Subject, PayOrder] = {}
        for i, command in enumerate(commands):
            if i not in refused:
                wanted.setdefault(order_subject(command.order_id), command)
        attempts = [_attempt(subject, c, orders[c.order_id]) for subject, c in wanted.items()]
        ends = await self._ends(attempts, {order_subject(order_id): order for order_id, order in orders.items()})
        fresh = {attempt.payment_id for attempt in attempts}
        return [refused[i] if i in refused else _take(command, ends, fresh) for i, command in enumerate(commands)]

    async def _ends(self, attempts: Sequence[Attempt], orders: dict[Subject, Order]) -> Ends:
        """How each attempt ends: with the subject's one payment, or with the reason why there is none."""
        known = [a.subject for a in attempts if orders[a.subject].status != OrderStatus.UNPAID]
        own = await self._own(known)
        steps = {a.subject: next_step(orders[a.subject], own.get(a.subject)) for a in attempts}
        for subject, outcome in (
            await charge_or_split(self._database, [a for a in attempts if steps[a.subject] is None])
        ).items():
            steps[subject] = outcome if isinstance(outcome, PayonceError) else next_step(orders[subject], outcome)
        ends: Ends = {s: step for s, step in steps.items() if isinstance(step, Standing | PayonceError)}
        if flips := [step.payment for step in steps.values() if isinstance(step, Flip)]:
            ends |= await self._confirm.flip(flips)
        return ends

    async def _shown(self, commands: Sequence[PayOrder], own: Mapping[Subject, Payment]) -> list[Payment | None]:
        """For each command the payment of its order that we have, if it exists for the caller.

        Of any other, order_service is asked; it tells whose the order is.
        """
        if not own:
            return [None] * len(commands)
        return await theirs(self._database, [(c.caller, own.get(order_subject(c.order_id))) for c in commands])

    def _is_done(self, payment: Payment) -> bool:
        """Charged, the order known to be PAID, and nobody takes the payment back.

        An order_service would say the same of its order, which leaves PAID only after our own books say why.
        """
        charged = payment.state == PaymentState.SUCCEEDED and payment.correction_id is None
        return charged and self._confirm.knows(payment)

    async def _own(self, subjects: Sequence[Subject]) -> dict[Subject, Payment]:
        if not subjects:
            return {}
        return await self._database.read(lambda connection: payments.by_subjects(connection, subjects))

    async def _from_own_books(
        self, commands: Sequence[PayOrder], unavailable: PayonceError
    ) -> list[Paid | PayonceError]:
        """Without order_service: what was paid is answered from our own books, the rest has to wait."""
        own = await self._own(sorted({order_subject(command.order_id) for command in commands}))
        known = await self._shown(commands, own)
        return [
            _again(command, Standing(payment, self._confirm.knows(payment))) if payment else unavailable
            for command, payment in zip(commands, known, strict=True)
        ]


def _again(command: PayOrder, standing: Standing) -> Paid | PayonceError:
    """The answer that our own books give."""
    mismatch = check_expected(command, standing.payment.amount)
    return mismatch or answer_of(standing, hold=command.hold_for is not None, replayed=True)


def _attempt(subject: Subject, command: PayOrder, order: Order) -> Attempt:
    return Attempt(
        subject=subject,
        payer_account_id=order.payer_account_id,
        payee_account_id=order.payee_account_id,
        amount=order.amount,
        caller=command.caller,
        owners=((order.payer_account_id, order.customer_id),),
        hold_for=command.hold_for,
        payment_id=new_id(),
        transfer_id=new_id(),
    )


def _unfit(command: PayOrder, orders: dict[str, Order]) -> PayonceError | None:
    """Why this command cannot be looked at any further, if so."""
    order = orders.get(command.order_id)
    if order is None or not command.caller.owns(order.customer_id):
        return refusal(Reason.ORDER_NOT_FOUND, order_id=command.order_id)  # somebody else's = absent
    return check_expected(command, order.amount)


def _take(command: PayOrder, ends: Ends, fresh: set[UUID]) -> Paid | PayonceError:
    """The order's answer to one who asked; of a new payment all but the first are told that it is a replay."""
    end = ends[order_subject(command.order_id)]
    if isinstance(end, PayonceError):
        return told(command.caller, end)
    answer = answer_of(end, hold=command.hold_for is not None, replayed=end.payment.payment_id not in fresh)
    if isinstance(answer, Paid):
        fresh.discard(end.payment.payment_id)
    return answer
