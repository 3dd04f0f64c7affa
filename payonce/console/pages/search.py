"""Search by any id: an order's, a payment's, an account's, a customer's, a merchant's.

Not by ticket: that is a password, and what is searched for stands in the address bar.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from payonce.client import AsyncClient, errors
from payonce.console.pages.asked import asked
from payonce.console.parts import parts
from payonce.console.views import at, page, see

M = TypeVar("M")
SHOWN = 10  # of each kind; the lists have all


class Hit(NamedTuple):
    """One thing that goes by that id."""

    kind: str
    name: str
    path: str


async def search(request: Request) -> Response:
    """What is found; the thing itself when it is one."""
    text = asked(request, "q")["q"]
    hits = await _find(parts(request).client, text) if text else []
    if len(hits) == 1:
        return see(hits[0].path)
    return page(request, "search.html", text=text, hits=hits)


async def _find(client: AsyncClient, text: str) -> list[Hit]:
    order, payment, account, bought, sold, owned = await asyncio.gather(
        _or_none(client.get_order(text)),
        _or_none(client.get_payment(text)),
        _or_none(client.get_account(text)),
        _or_none(client.list_orders(customer_id=text, page_size=SHOWN)),
        _or_none(client.list_orders(merchant_id=text, page_size=SHOWN)),
        _or_none(client.list_accounts(owner_id=text, page_size=SHOWN)),
    )
    hits = []
    if order:
        hits.append(Hit("Order", order.order_id, at("orders", order.order_id)))
    if payment:
        hits.append(Hit("Payment", payment.payment_id, at("payments", payment.payment_id)))
    if account:
        hits.append(Hit("Account", account.account_id, at("accounts", account.account_id)))
    if bought and bought.orders:
        hits.append(Hit("Orders of the customer", text, at("orders", customer_id=text)))
    if sold and sold.orders:
        hits.append(Hit("Orders of the merchant", text, at("orders", merchant_id=text)))
    if owned and any(one.account_id != text for one in owned.accounts):
        hits.append(Hit("Accounts of the owner", text, at("accounts", owner_id=text)))
    return hits


async def _or_none(asking: Awaitable[M]) -> M | None:
    """Not there, or not even an id of that kind."""
    try:
        return await asking
    except (errors.NotFound, errors.InvalidRequest):
        return None
