"""PaymentService: each method checks its request, calls one use case, and renders the result."""

import asyncio

from payment_service.domain.ledger import AccountKind
from payment_service.domain.payments import Paid, PayOrder, in_progress
from payment_service.rpc.messages import (
    ASKED_KIND,
    account_message,
    entry_message,
    lookup_message,
    pay_order_of,
    payment_message,
)
from payment_service.usecases.accounts import Accounts
from payment_service.usecases.lookup import Lookups
from payonce.payment.v1 import payment_pb2, payment_service_pb2, payment_service_pb2_grpc
from shared.checks import Checks
from shared.coalescer import Coalescer
from shared.paging import decode_token, encode_token, page_size
from shared.rpc.interceptor import Context, mark_replayed

# An answer that reaches the caller just before the deadline is worth more than none.
DEADLINE_MARGIN_S = 0.05
# Who calls is not known before callers have identities; until then request ids are one space.
CALLER = "anyone"


class PaymentServicer(payment_service_pb2_grpc.PaymentServiceServicer):
    """The RPCs; meaning, idempotency and errors are documented in `payment_service.proto`."""

    def __init__(self, pay_orders: Coalescer[PayOrder, Paid], accounts: Accounts, lookups: Lookups) -> None:
        self._pay_orders = pay_orders
        self._accounts = accounts
        self._lookups = lookups

    async def PayOrder(
        self, request: payment_service_pb2.PayOrderRequest, context: Context
    ) -> payment_service_pb2.PayOrderResponse:
        command = pay_order_of(request)
        remaining = context.time_remaining()
        patience = None if remaining is None else max(remaining - DEADLINE_MARGIN_S, 0)
        try:
            paid = await asyncio.wait_for(self._pay_orders.submit(command), patience)
        except TimeoutError:
            raise in_progress(command.order_id) from None
        mark_replayed(context, paid.replayed)
        return payment_service_pb2.PayOrderResponse(
            payment=payment_message(paid.payment), order_confirmed=paid.order_confirmed
        )

    async def GetPayment(self, request: payment_service_pb2.GetPaymentRequest, context: Context) -> payment_pb2.Payment:
        checks = Checks()
        payment_id = checks.uuid("payment_id", request.payment_id)
        checks.done()
        return payment_message(await self._lookups.get(payment_id))

    async def LookupPayment(
        self, request: payment_service_pb2.LookupPaymentRequest, context: Context
    ) -> payment_service_pb2.LookupPaymentResponse:
        checks = Checks()
        order_id = checks.client_id("order_id", request.order_id)
        checks.done()
        return lookup_message(await self._lookups.by_order(order_id))

    async def CreateAccount(
        self, request: payment_service_pb2.CreateAccountRequest, context: Context
    ) -> payment_pb2.Account:
        checks = Checks()
        account_id = checks.client_id("account_id", request.account_id)
        owner_id = checks.client_id("owner_id", request.owner_id)
        currency = checks.currency("currency_code", request.currency_code)
        kind = ASKED_KIND.get(request.kind)
        if kind is None:
            checks.fail("kind", "must be ACCOUNT_KIND_CUSTOMER or ACCOUNT_KIND_MERCHANT")
        checks.done()
        account, replayed = await self._accounts.create(
            account_id=account_id, owner_id=owner_id, kind=kind or AccountKind.CUSTOMER, currency=currency
        )
        mark_replayed(context, replayed)
        return account_message(account)

    async def GetAccount(self, request: payment_service_pb2.GetAccountRequest, context: Context) -> payment_pb2.Account:
        checks = Checks()
        account_id = checks.client_id("account_id", request.account_id)
        checks.done()
        return account_message(await self._accounts.get(account_id))

    async def Deposit(
        self, request: payment_service_pb2.DepositRequest, context: Context
    ) -> payment_service_pb2.DepositResponse:
        checks = Checks()
        account_id = checks.client_id("account_id", request.account_id)
        amount = checks.amount("amount", request.amount.currency_code, request.amount.minor_units)
        request_id = checks.client_id("request_id", request.request_id)
        checks.done()
        entry, replayed = await self._accounts.deposit(
            caller=CALLER, account_id=account_id, amount=amount, request_id=request_id
        )
        mark_replayed(context, replayed)
        return payment_service_pb2.DepositResponse(entry=entry_message(entry))

    async def ListEntries(
        self, request: payment_service_pb2.ListEntriesRequest, context: Context
    ) -> payment_service_pb2.ListEntriesResponse:
        checks = Checks()
        account_id = checks.client_id("account_id", request.account_id)
        size = page_size(checks, request.page_size)
        position = decode_token(checks, request.page_token, (int,))
        before = int(position[0]) if position else None
        if before is not None and not 0 < before < 2**63:
            checks.fail("page_token", "must be a next_page_token that this method returned")
        checks.done()
        found = await self._accounts.entries(account_id, before=before, limit=size + 1)
        page, more = found[:size], found[size:]
        token = encode_token(page[-1].entry.sequence) if more else ""
        return payment_service_pb2.ListEntriesResponse(entries=map(entry_message, page), next_page_token=token)
