"""Payments: a list, and one with its timeline."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from payonce.console.pages.asked import asked, enum_of
from payonce.console.parts import parts
from payonce.console.views import at, page
from payonce.payment.v1 import payment_pb2

PAGE = 25
# The service decides what may be taken back; these are for which buttons are shown.
REFUNDABLE = (payment_pb2.PAYMENT_STATE_SUCCEEDED,)
REVERSIBLE = (payment_pb2.PAYMENT_STATE_SUCCEEDED, payment_pb2.PAYMENT_STATE_AUTHORIZED)


async def payments(request: Request) -> Response:
    """The newest first, declined attempts too; by state, payer, payee."""
    query = asked(request, "state", "payer_account_id", "payee_account_id", "page_token")
    found = await parts(request).client.list_payments(
        payer_account_id=query["payer_account_id"],
        payee_account_id=query["payee_account_id"],
        state=enum_of(payment_pb2.PaymentState, query["state"]),
        page_size=PAGE,
        page_token=query["page_token"],
    )
    more = at("payments", **{**query, "page_token": found.next_page_token}) if found.next_page_token else ""
    states = payment_pb2.PaymentState
    return page(request, "payments.html", payments=found.payments, query=query, more=more, states=states)


async def payment(request: Request) -> Response:
    """One, with every attempt for the same order or ticket."""
    payment_id = request.path_params["payment_id"]
    client = parts(request).client
    found, explained = await asyncio.gather(
        client.get_payment(payment_id), client.explain_payment(payment_id=payment_id)
    )
    return page(
        request, "payment.html", payment=found, explained=explained, done=asked(request, "done")["done"],
        refundable=found.state in REFUNDABLE, reversible=found.state in REVERSIBLE,
    )  # fmt: skip
