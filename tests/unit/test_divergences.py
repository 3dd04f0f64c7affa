"""What brings an order and its payment together again: the whole table. Where nothing is wrong, nothing is done."""

import itertools
from uuid import UUID

import pytest

from payment_service.domain.charges import Order, OrderStatus
from payment_service.domain.divergences import Remedy, at_rest, compare
from payment_service.domain.payments import PaymentState
from shared.money import Money
from tests.unit.test_next_step import CANCELLED, PAID, REFUNDED, THEIRS, UNPAID, order, payment

S, O, R = PaymentState, OrderStatus, Remedy  # noqa: E741 - O for order
WRONG = {
    (S.SUCCEEDED, O.UNPAID): R.FLIP,
    (S.SUCCEEDED, O.CANCELLED): R.GIVE_BACK,
    (S.SUCCEEDED, O.REFUNDED): R.GIVE_BACK,
    (S.AUTHORIZED, O.PAID): R.CAPTURE_OR_VOID,
    (S.AUTHORIZED, O.REFUNDED): R.GIVE_BACK,
    (S.REVERSED, O.UNPAID): R.END,
    (S.REVERSED, O.PAID): R.END,
    (S.REFUNDED, O.UNPAID): R.END,
    (S.REFUNDED, O.PAID): R.END,
    (S.VOIDED, O.UNPAID): R.END,
    (S.VOIDED, O.PAID): R.DECIDE,
    (S.VOIDED, O.REFUNDED): R.DECIDE,
}
ORDERS = (UNPAID, PAID, CANCELLED, REFUNDED)
CLAIMING = [state for state in S if state != S.DECLINED]


@pytest.mark.parametrize(("state", "found"), list(itertools.product(CLAIMING, ORDERS)))
def test_every_pair(state: PaymentState, found: Order) -> None:
    divergence = compare(payment(state, confirmed=True), found, confirmed=False)
    assert (divergence.remedy if divergence else None) == WRONG.get((state, found.status))


def test_an_order_that_was_known_to_be_paid_takes_both_steps() -> None:
    divergence = compare(payment(S.REVERSED), UNPAID, confirmed=True)
    assert divergence
    assert divergence.remedy == R.FLIP_AND_END


@pytest.mark.parametrize("found", [order(O.PAID, THEIRS), UNPAID._replace(amount=Money("EUR", 6))])
def test_what_is_another_payments_or_of_other_content_is_for_people(found: Order) -> None:
    divergence = compare(payment(S.SUCCEEDED, confirmed=True), found, confirmed=True)
    assert divergence
    assert divergence.remedy == R.DECIDE


def test_an_order_that_is_gone_must_be_made_again() -> None:
    divergence = compare(payment(S.SUCCEEDED, confirmed=True), None, confirmed=True)
    assert divergence
    assert divergence.remedy == R.CREATE_ORDER


def test_what_the_completer_has_in_hand_is_left_to_it() -> None:
    assert not at_rest(payment(S.SUCCEEDED))
    assert not at_rest(payment(S.SUCCEEDED, confirmed=True)._replace(correction_id=UUID(int=3)))
    assert at_rest(payment(S.SUCCEEDED, confirmed=True))
    assert at_rest(payment(S.REVERSED, confirmed=True)._replace(correction_id=UUID(int=3)))
