"""Refund and reversal: nothing happens before the last step, and that step happens once."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from payonce.console.pages import corrections
from payonce.payment.v1 import payment_pb2
from tests.console.served import served
from tests.console.visitor import Forms, Visitor
from tests.harness.corrections import explain, payment
from tests.harness.money import balance, order, pay, seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs


async def paid(stubs: Stubs, order_id: str, amount: int = 1_000) -> str:
    await order(stubs, order_id, amount)
    return (await pay(stubs, order_id)).payment.payment_id


async def reviewed(visitor: Visitor, payment_id: str, kind: str = "refund", **fields: str) -> dict[str, str]:
    """The last form, before it is sent."""
    path = f"/payments/{payment_id}/{kind}"
    page = await visitor.fill_in(path, f"{path}/review", **fields)
    assert page.status_code == 200, page.text
    return Forms(page.text).found[path]


async def test_a_refund_that_is_sent_twice_is_one(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "twice-1")
    before = await balance(stubs, "alice")
    form = await reviewed(visitor, payment_id, amount="2,50", reason="one missing")
    assert not (await explain(stubs, payment_id=payment_id)).refunds, "nothing before the last step"
    path = f"/payments/{payment_id}/refund"
    answers = await asyncio.gather(*(visitor.send(path, form) for _ in range(5)))
    again = await visitor.send(path, form)
    for answer in (*answers, again):
        assert (answer.status_code, answer.headers["location"]) == (303, f"/payments/{payment_id}?done=refund")
    (refund,) = (await explain(stubs, payment_id=payment_id)).refunds
    assert (refund.amount.minor_units, refund.reason) == (250, "one missing")
    assert await balance(stubs, "alice") == before + 250
    assert "The refund is made." in await visitor.look(again.headers["location"])


async def test_each_form_that_is_opened_is_a_refund_of_its_own(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "two-refunds")
    for _ in range(2):
        form = await reviewed(visitor, payment_id, amount="1", reason="goodwill")
        await visitor.send(f"/payments/{payment_id}/refund", form)
    assert len((await explain(stubs, payment_id=payment_id)).refunds) == 2


async def test_the_review_says_what_will_happen(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "reviewed-1")
    path = f"/payments/{payment_id}/refund"
    said = {
        amount: (await visitor.fill_in(path, f"{path}/review", amount=amount, reason="r")).text
        for amount in ("4.00", "10.00", "11.00")
    }
    assert "6.00 EUR stays with shop" in said["4.00"]
    assert "the order reviewed-1 is final" in said["10.00"]
    assert "the service will refuse this" in said["11.00"]
    assert (await payment(stubs, payment_id)).state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_more_than_is_left_is_refused_with_what_is_left(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "too-much")
    form = await reviewed(visitor, payment_id, amount="10.01", reason="r")
    answer = await visitor.send(f"/payments/{payment_id}/refund", form)
    assert answer.status_code == 409
    assert "REFUND_EXCEEDS_PAYMENT" in answer.text
    assert "refundable_minor_units" in answer.text
    assert "give back what is left" in answer.text


NO_AMOUNTS = ("", "x", "0", "-1", "1.005", "1,000", "1_0", "1e0", "9e999999", "NaN", "9" * 18, "9" * 30, "\u0663")


@pytest.mark.parametrize("amount", NO_AMOUNTS)
async def test_an_amount_that_is_none_is_asked_for_again(visitor: Visitor, stubs: Stubs, amount: str) -> None:
    payment_id = await paid(stubs, "no-amount")
    path = f"/payments/{payment_id}/refund"
    answer = await visitor.fill_in(path, f"{path}/review", amount=amount, reason="kept")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    form = Forms(answer.text).found[f"{path}/review"]
    assert form["reason"] == "kept"
    assert form["request_id"].startswith("console-")


@pytest.mark.parametrize("kind", ["refund", "reverse"])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
async def test_a_reason_is_wanted(visitor: Visitor, stubs: Stubs, kind: str, reason: str) -> None:
    payment_id = await paid(stubs, "no-reason")
    path = f"/payments/{payment_id}/{kind}"
    answer = await visitor.fill_in(path, f"{path}/review", amount="1", reason=reason)
    assert answer.status_code == 400
    assert re.search(r'role="alert"[^>]*>[^<]*reason|Say why', answer.text)


async def test_a_reversal_that_is_sent_twice_is_one(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "reversed-1")
    before = await balance(stubs, "alice")
    form = await reviewed(visitor, payment_id, "reverse", reason="wrong customer")
    for _ in range(2):
        answer = await visitor.send(f"/payments/{payment_id}/reverse", form)
        assert urlsplit(answer.headers["location"]).query == "done=reverse"
    assert await balance(stubs, "alice") == before + 1_000
    page = await visitor.look(f"/payments/{payment_id}")
    assert 'data-state="reversed"' in page
    assert "wrong customer" in page
    assert f"/payments/{payment_id}/refund" not in page, "there is nothing left to give back"


async def test_a_refund_without_its_request_id_is_not_sent(visitor: Visitor, stubs: Stubs) -> None:
    payment_id = await paid(stubs, "no-request-id")
    form = await reviewed(visitor, payment_id, amount="1", reason="r")
    del form["request_id"]
    answer = await visitor.send(f"/payments/{payment_id}/refund", form)
    assert answer.status_code == 400
    assert not (await explain(stubs, payment_id=payment_id)).refunds


async def test_an_unknown_outcome_offers_the_same_request_again(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "WITHIN_S", 0.5)
    async with services(postgres.pair()) as running, served(running) as one, one.visitor() as visitor:
        async with one.stubs() as stubs:
            await seed(stubs)
            payment_id = await paid(stubs, "unknown-1")
        path = f"/payments/{payment_id}/refund"
        form = await reviewed(visitor, payment_id, amount="1", reason="r")
        await running.payments[0].kill()
        answer = await visitor.send(path, form)
        assert answer.status_code in (503, 504)
        assert "Whether it happened is not known." in answer.text
        again = Forms(answer.text).found[path]
        assert again == form
        await running.restart_payment()
        for _ in range(2):
            assert (await visitor.send(path, again)).status_code == 303
        async with one.stubs() as stubs:
            assert len((await explain(stubs, payment_id=payment_id)).refunds) == 1
