"""Orders: a list, and one with everything that was tried to pay it."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from payonce.console.pages.asked import asked, enum_of
from payonce.console.parts import parts
from payonce.console.views import at, page
from payonce.order.v1 import order_pb2

PAGE = 25


async def orders(request: Request) -> Response:
    """The newest first; by status, customer, merchant."""
    query = asked(request, "status", "customer_id", "merchant_id", "page_token")
    found = await parts(request).client.list_orders(
        customer_id=query["customer_id"],
        merchant_id=query["merchant_id"],
        status=enum_of(order_pb2.OrderStatus, query["status"]),
        page_size=PAGE,
        page_token=query["page_token"],
    )
    more = at("orders", **{**query, "page_token": found.next_page_token}) if found.next_page_token else ""
    return page(request, "orders.html", orders=found.orders, query=query, more=more, statuses=order_pb2.OrderStatus)


async def order(request: Request) -> Response:
    """One, and its timeline."""
    order_id = request.path_params["order_id"]
    client = parts(request).client
    found, explained = await asyncio.gather(client.get_order(order_id), client.explain_payment(order_id=order_id))
    return page(request, "order.html", order=found, explained=explained)
