"""`python -m payment_service reconcile`: what diverges, a line each, and a last line for machines."""

from payment_service.domain.divergences import Divergence, Remedy
from payment_service.domain.payments import order_of
from payment_service.usecases.reconcile import Reconcile

DONE = {
    Remedy.FLIP: "the order is flipped to PAID",
    Remedy.END: "the order is ended",
    Remedy.FLIP_AND_END: "the order is ended",
    Remedy.GIVE_BACK: "the payment is given back",
}
TO_DO = {
    Remedy.FLIP: "--apply flips the order to PAID",
    Remedy.END: "--apply ends the order",
    Remedy.FLIP_AND_END: "--apply ends the order",
    Remedy.GIVE_BACK: "--apply gives the payment back",
    Remedy.CREATE_ORDER: "CreateOrder with this content again, then reconcile",
    Remedy.CAPTURE_OR_VOID: "capture the reservation, or void it",
    Remedy.DECIDE: "not to be repaired by a machine",
}


async def reconcile(work: Reconcile, *, apply: bool) -> int:
    """Print what diverges; exit status 0 when nothing does any more, else 1."""
    payments, diverging, repaired = 0, 0, 0
    async for seen, page in work.run(apply=apply):
        payments += seen
        diverging += len(page)
        repaired += sum(divergence.repaired for divergence in page)
        for divergence in page:
            _say(_line(divergence))
    _say(f"reconcile: payments={payments} diverging={diverging} repaired={repaired} left={diverging - repaired}")
    return 0 if diverging == repaired else 1


def _line(divergence: Divergence) -> str:
    payment, order, remedy, repaired = divergence
    stands = f"is {order.status}" if order else f"is not there ({_content(divergence)})"
    what = DONE[remedy] if repaired else TO_DO[remedy]
    return f"order {order_of(payment.subject)} {stands}, its payment {payment.payment_id} is {payment.state}: {what}"


def _content(divergence: Divergence) -> str:
    payment = divergence.payment
    return f"payer {payment.payer_account_id}, payee {payment.payee_account_id}, {payment.amount}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its report is for people
