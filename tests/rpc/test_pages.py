"""AIP-158: filters, tokens that fit one question only, and pages while rows are written: none skipped, none twice."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import account_pb2, payment_pb2, payment_service_pb2
from tests.harness.corrections import authorize, ticket, use
from tests.harness.money import order, pay, put, seed
from tests.harness.pages import Writer, pages
from tests.harness.refusals import refusal, violations
from tests.harness.stubs import Stubs

Payments = payment_service_pb2.ListPaymentsRequest
Orders = order_service_pb2.ListOrdersRequest
Between = Callable[[], Awaitable[None]] | None


async def payments(stubs: Stubs, between: Between = None, **wanted: Any) -> list[str]:
    found = await pages(stubs.payments.ListPayments, Payments(page_size=2, **wanted), "payments", between)
    return [one.payment_id for page in found for one in page]


async def orders(stubs: Stubs, between: Between = None, **wanted: Any) -> list[str]:
    found = await pages(stubs.orders.ListOrders, Orders(page_size=2, **wanted), "orders", between)
    return [one.order_id for page in found for one in page]


async def test_payments_by_order_account_and_state(stubs: Stubs) -> None:
    await seed(stubs, "g1-ann", "g1-shop", deposit=30)
    await seed(stubs, "g1-bob", "g1-cafe", deposit=30)
    await order(stubs, "g1-1", 31, customer="g1-ann", merchant="g1-shop")
    await refusal(pay(stubs, "g1-1"), "INSUFFICIENT_FUNDS")
    await put(stubs, "g1-ann", 100, request_id="g1-more")
    made = {"paid": (await pay(stubs, "g1-1")).payment.payment_id}
    await order(stubs, "g1-2", 5, customer="g1-ann", merchant="g1-cafe")
    made["held"] = (await authorize(stubs, "g1-2")).payment.payment_id
    made["ticket"] = (await use(stubs, await ticket(stubs, "g1-bob"), "g1-shop", 7)).payment.payment_id

    of_order = await payments(stubs, order_id="g1-1")
    assert (len(of_order), of_order[0]) == (2, made["paid"])
    declined = of_order[1]
    assert await payments(stubs, payer_account_id="g1-ann") == [made["held"], made["paid"], declined]
    assert await payments(stubs, payee_account_id="g1-shop") == [made["ticket"], made["paid"], declined]
    assert await payments(stubs, payer_account_id="g1-bob", payee_account_id="g1-cafe") == []
    for state, expected in (
        (payment_pb2.PAYMENT_STATE_SUCCEEDED, [made["paid"]]),
        (payment_pb2.PAYMENT_STATE_DECLINED, [declined]),
        (payment_pb2.PAYMENT_STATE_AUTHORIZED, [made["held"]]),
        (payment_pb2.PAYMENT_STATE_REFUNDED, []),
    ):
        assert await payments(stubs, payer_account_id="g1-ann", state=state) == expected


async def test_orders_by_customer_payee_and_status(stubs: Stubs) -> None:
    await seed(stubs, "g2-ann", "g2-shop")
    await seed(stubs, "g2-bob", "g2-cafe")
    for order_id, customer, merchant in (
        ("g2-1", "g2-ann", "g2-shop"),
        ("g2-2", "g2-ann", "g2-cafe"),
        ("g2-3", "g2-bob", "g2-shop"),
        ("g2-4", "g2-ann", "g2-shop"),
    ):
        await order(stubs, order_id, customer=customer, merchant=merchant)
    await pay(stubs, "g2-1")
    await stubs.orders.CancelOrder(order_service_pb2.CancelOrderRequest(order_id="g2-4"))
    assert await orders(stubs, customer_id="g2-ann") == ["g2-4", "g2-2", "g2-1"]
    assert await orders(stubs, payee_account_id="g2-shop") == ["g2-4", "g2-3", "g2-1"]
    assert await orders(stubs, customer_id="g2-bob", payee_account_id="g2-cafe") == []
    for status, expected in (
        (order_pb2.ORDER_STATUS_PAID, ["g2-1"]),
        (order_pb2.ORDER_STATUS_UNPAID, ["g2-2"]),
        (order_pb2.ORDER_STATUS_CANCELLED, ["g2-4"]),
    ):
        assert await orders(stubs, customer_id="g2-ann", status=status) == expected


async def test_payments_written_meanwhile_disturb_no_page(stubs: Stubs) -> None:
    await seed(stubs, "g3-ann", "g3-shop", deposit=10**6)

    async def write(i: int) -> None:
        await use(stubs, await ticket(stubs, "g3-ann"), "g3-shop", i)

    await asyncio.gather(*(write(i) for i in range(1, 25)))
    stood = await payments(stubs, payer_account_id="g3-ann")
    assert len(set(stood)) == 24
    async with Writer(write) as writer:
        found = await payments(stubs, writer.more, payer_account_id="g3-ann")
    assert len(found) == len(set(found))
    assert found[-24:] == stood


async def test_orders_written_meanwhile_disturb_no_page(stubs: Stubs) -> None:
    await seed(stubs, "g4-ann", "g4-shop", deposit=10**6)

    async def write(i: int) -> None:
        await order(stubs, f"g4-{i}", i, customer="g4-ann", merchant="g4-shop")

    await asyncio.gather(*(write(1_000 + i) for i in range(24)))
    stood = await orders(stubs, customer_id="g4-ann")
    assert len(set(stood)) == 24
    async with Writer(write) as writer:
        found = await orders(stubs, writer.more, customer_id="g4-ann")
    assert len(found) == len(set(found))
    assert found[-24:] == stood


async def test_entries_written_meanwhile_disturb_no_page(stubs: Stubs) -> None:
    await seed(stubs, "g5-ann", "g5-shop", deposit=0)

    async def write(i: int) -> None:
        await put(stubs, "g5-ann", i, request_id=f"g5-{i}")

    for i in range(24):
        await write(1_000 + i)
    asked = account_pb2.ListEntriesRequest(account_id="g5-ann", page_size=2)
    async with Writer(write) as writer:
        found = await pages(stubs.payments.ListEntries, asked, "entries", writer.more)
    sequences = [entry.sequence for page in found for entry in page]
    assert sequences == list(range(sequences[0], 0, -1))
    assert sequences[0] > 24


async def test_accounts_opened_meanwhile_disturb_no_page(stubs: Stubs) -> None:
    async def write(i: int) -> None:
        name = f"g6-{i * 7919 % 1000:03}-{i}"  # anywhere among the others
        request = account_pb2.CreateAccountRequest(account_id=name, owner_id="g6-ann", currency_code="EUR")
        await stubs.payments.CreateAccount(request)

    asked = account_pb2.ListAccountsRequest(owner_id="g6-ann", page_size=2)
    for i in range(1_000, 1_024):
        await write(i)
    stood = [one.account_id for page in await pages(stubs.payments.ListAccounts, asked, "accounts") for one in page]
    async with Writer(write) as writer:
        found = [
            one.account_id
            for page in await pages(stubs.payments.ListAccounts, asked, "accounts", writer.more)
            for one in page
        ]
    assert found == sorted(set(found))
    assert set(stood) <= set(found)


async def tokens(stubs: Stubs) -> dict[str, tuple[Any, Any, str]]:
    """Each list method, a request to it, and the token of that request's second page."""
    await seed(stubs, "g7-ann", "g7-shop", deposit=100)
    for i in range(3):
        await order(stubs, f"g7-{i}", 5, customer="g7-ann", merchant="g7-shop")
        await pay(stubs, f"g7-{i}")
    asked: dict[str, tuple[Any, Any]] = {
        "ListPayments": (stubs.payments.ListPayments, Payments(page_size=1)),
        "ListEntries": (
            stubs.payments.ListEntries,
            account_pb2.ListEntriesRequest(account_id="g7-ann", page_size=1),
        ),
        "ListAccounts": (stubs.payments.ListAccounts, account_pb2.ListAccountsRequest(page_size=1)),
        "ListOrders": (stubs.orders.ListOrders, Orders(page_size=1)),
    }
    return {
        name: (method, request, (await method(request)).next_page_token) for name, (method, request) in asked.items()
    }


def again(request: Any, token: str, **changed: Any) -> Any:
    """The same request with a token, and something else changed."""
    other = type(request)()
    other.CopyFrom(request)
    other.MergeFrom(type(request)(page_token=token, **changed))
    return other


async def test_a_token_of_another_question_is_refused(stubs: Stubs) -> None:
    """Every field but the page's own is part of the question."""
    changes = {"account_id": "g7-shop", "state": 1, "status": 1}
    for method, request, token in (await tokens(stubs)).values():
        await method(again(request, token))
        for field in request.DESCRIPTOR.fields:
            if field.name not in ("page_size", "page_token"):
                changed = {field.name: changes.get(field.name, "g7-ann")}
                assert await violations(method(again(request, token, **changed))) == ["page_token"], field.name
        bigger = again(request, token)
        bigger.page_size = 2
        await method(bigger)  # AIP-158: the size may change from page to page


async def test_a_token_of_another_method_is_refused(stubs: Stubs) -> None:
    made = await tokens(stubs)
    for name, (method, request, _) in made.items():
        for other, (_, _, token) in made.items():
            if name != other:
                assert await violations(method(again(request, token))) == ["page_token"], f"{other} to {name}"


FORGED: list[Any] = [
    None, True, False, 0, -1, 5, 2**70, 1.5, "", "x", "nul\0", [], {}, ["a"], "2026-01-01", "2026-01-01T00:00:00",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-01-01T00:00:00+00:00:00.5",
]  # fmt: skip


@pytest.mark.parametrize("name", ["ListPayments", "ListEntries", "ListAccounts", "ListOrders"])
async def test_forged_tokens_are_refused_or_mean_a_position(stubs: Stubs, name: str) -> None:
    method, request, token = (await tokens(stubs))[name]
    question, *position = json.loads(base64.urlsafe_b64decode(token))
    for i in range(len(position)):
        for part in FORGED:
            forged = [question, *position[:i], part, *position[i + 1 :]]
            answer = method(again(request, base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()))
            try:
                await answer
            except Exception:  # noqa: BLE001 - whatever it is, it must be the documented one
                assert await violations(answer) == ["page_token"], part
    wholes: list[Any] = [[], [question], [question, *position, 1], {}, 5, None, "x", [[question], *position]]
    for whole in wholes:
        token = base64.urlsafe_b64encode(json.dumps(whole).encode()).decode()
        assert await violations(method(again(request, token))) == ["page_token"], whole


async def test_page_sizes_are_coerced(stubs: Stubs) -> None:
    await seed(stubs, "g8-ann", "g8-shop", deposit=0)
    for i in range(51):
        await put(stubs, "g8-ann", 1, request_id=f"g8-{i}")
    for size, expected in ((0, 50), (1, 1), (1_000, 51), (2**31 - 1, 51)):
        asked = account_pb2.ListEntriesRequest(account_id="g8-ann", page_size=size)
        assert len((await stubs.payments.ListEntries(asked)).entries) == expected
