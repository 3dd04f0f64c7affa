"""A line about a payment names its order, so that whoever knows the order finds it."""

from collections.abc import Awaitable
from typing import Any

import pytest
import structlog

from payment_service.domain.charges import Verdict
from payment_service.domain.corrections import whole
from payment_service.domain.payments import Payment, PaymentState, StateReason, Subject
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.take_back import TakeBack
from shared.errors import PayonceError, Reason
from shared.ids import new_id
from tests.unit.test_next_step import payment

ORDERS = payment(PaymentState.SUCCEEDED)
TICKETS = ORDERS._replace(subject=Subject("ticket:5f2a"))


class Unknowing:
    """order_service does not know; the database can't do it yet, or breaks."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def mark_paid(self, pairs: list[Any]) -> list[Any]:
        return [(Verdict.UNKNOWN, None) for _ in pairs]

    async def mark_refunded(self, pairs: list[Any]) -> list[Any]:
        return [(Verdict.DONE, None) for _ in pairs]

    async def transact(self, _: object, **__: object) -> None:
        assert self._error
        raise self._error


async def said(step: Awaitable[object]) -> Any:
    """The one line."""
    with structlog.testing.capture_logs() as lines:
        await step
    [line] = lines
    return line


async def test_a_flip_that_nobody_knows_of() -> None:
    all_of_it: Any = Unknowing()
    line = await said(Confirm(all_of_it, all_of_it, all_of_it).flip([ORDERS]))
    ids = {"subject": ORDERS.subject, "payment_id": str(ORDERS.payment_id), "order_id": ORDERS.subject[len("order:") :]}
    assert line == {"event": "flip.unknown", "log_level": "warning", **ids}


@pytest.mark.parametrize(
    ("error", "event"),
    [(PayonceError(Reason.INSUFFICIENT_FUNDS, ""), "correction.again"), (RuntimeError(), "correction.trouble")],
)
@pytest.mark.parametrize(("of", "order_id"), [(ORDERS, ORDERS.subject[len("order:") :]), (TICKETS, None)])
async def test_a_correction_that_is_not_done(error: Exception, event: str, of: Payment, order_id: str | None) -> None:
    all_of_it: Any = Unknowing(error)
    correction = whole(of, new_id(), StateReason.REVERSAL_REQUESTED, "anyone")
    line = await said(TakeBack(all_of_it, all_of_it).carry_out([correction], "anyone"))
    assert line["event"] == event
    assert (line["subject"], line["payment_id"]) == (of.subject, str(of.payment_id))
    assert line.get("order_id") == order_id
