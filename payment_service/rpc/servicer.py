"""PaymentService: each method checks its request, calls one use case, and renders the result."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

from payment_service.domain.charges import Paid, PayOrder, in_progress
from payment_service.domain.payments import StateReason, Subject, order_subject
from payment_service.domain.tickets import PayWithTicket, ticket_subject
from payment_service.rpc import requests
from payment_service.rpc.messages import (
    account_message,
    entry_message,
    explanation_message,
    lookup_message,
    outcome_message,
    payment_made,
    payment_message,
    refund_message,
    ticket_message,
)
from payment_service.usecases.accounts import Accounts
from payment_service.usecases.captures import Captures
from payment_service.usecases.endings import Endings, Why
from payment_service.usecases.lookup import Lookups
from payment_service.usecases.pay_tickets import Tickets
from payment_service.usecases.refunds import Refunds
from payonce.payment.v1 import (
    account_pb2,
    authorization_pb2,
    batch_pb2,
    history_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
    ticket_pb2,
)
from shared.coalescer import Coalescer
from shared.errors import PayonceError
from shared.rpc.access import caller
from shared.rpc.registrar import Context, as_answer, mark_replayed
from shared.telemetry.calls import count_replay

# An answer that reaches the caller just before the deadline is worth more than none.
DEADLINE_MARGIN_S = 0.05
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """What the service does."""

    pay_orders: Coalescer[PayOrder, Paid]
    pay_tickets: Coalescer[PayWithTicket, Paid]
    tickets: Tickets
    captures: Captures
    refunds: Refunds
    endings: Endings
    lookups: Lookups
    accounts: Accounts


class PaymentServicer(payment_service_pb2_grpc.PaymentServiceServicer):
    """The RPCs; meaning, idempotency and errors are documented in `payment_service.proto`."""

    def __init__(self, use: UseCases, *, ticket_ttl_s: float, authorization_ttl: timedelta) -> None:
        self._use = use
        self._ticket_ttl_s = ticket_ttl_s
        self._authorization_ttl = authorization_ttl

    async def PayOrder(
        self, request: payment_service_pb2.PayOrderRequest, context: Context
    ) -> payment_service_pb2.PayOrderResponse:
        command = requests.pay_order(request, caller())
        subject = order_subject(command.order_id)
        paid = await _in_time(context, self._use.pay_orders.submit(command), subject)
        mark_replayed(context, paid.replayed)
        return payment_service_pb2.PayOrderResponse(
            payment=payment_made(paid.payment), order_confirmed=paid.order_confirmed
        )

    async def BatchPayOrders(
        self, request: batch_pb2.BatchPayOrdersRequest, context: Context
    ) -> batch_pb2.BatchPayOrdersResponse:
        async def outcome(command: PayOrder) -> Paid | PayonceError:
            submitted = self._use.pay_orders.submit(command)
            try:
                paid = await _in_time(context, submitted, order_subject(command.order_id))
            except Exception as error:  # noqa: BLE001 - one order's trouble is its own outcome
                return as_answer(error, "BatchPayOrders")
            count_replay(paid.replayed)
            return paid

        outcomes = await asyncio.gather(*map(outcome, requests.orders_to_pay(request, caller())))
        return batch_pb2.BatchPayOrdersResponse(outcomes=map(outcome_message, outcomes))

    async def CreateTicket(self, request: ticket_pb2.CreateTicketRequest, context: Context) -> ticket_pb2.Ticket:
        asked = requests.new_ticket(request, caller(), self._ticket_ttl_s)
        secret = secrets.token_urlsafe(16)
        return ticket_message(await self._use.tickets.create(subject=ticket_subject(secret), **asked), secret)

    async def PayWithTicket(
        self, request: ticket_pb2.PayWithTicketRequest, context: Context
    ) -> ticket_pb2.PayWithTicketResponse:
        command = requests.pay_with_ticket(request, caller())
        paid = await _in_time(context, self._use.pay_tickets.submit(command), command.subject)
        mark_replayed(context, paid.replayed)
        return ticket_pb2.PayWithTicketResponse(payment=payment_made(paid.payment))

    async def AuthorizePayment(
        self, request: authorization_pb2.AuthorizePaymentRequest, context: Context
    ) -> authorization_pb2.AuthorizePaymentResponse:
        command = requests.pay_order(request, caller(), self._authorization_ttl)
        subject = order_subject(command.order_id)
        paid = await _in_time(context, self._use.pay_orders.submit(command), subject)
        mark_replayed(context, paid.replayed)
        return authorization_pb2.AuthorizePaymentResponse(payment=payment_message(paid.payment))

    async def CapturePayment(
        self, request: authorization_pb2.CapturePaymentRequest, context: Context
    ) -> authorization_pb2.CapturePaymentResponse:
        payment_id, amount = requests.capture(request)
        paid = await self._use.captures.capture(payment_id, amount, caller())
        mark_replayed(context, paid.replayed)
        return authorization_pb2.CapturePaymentResponse(
            payment=payment_made(paid.payment), order_confirmed=paid.order_confirmed
        )

    async def VoidAuthorization(
        self, request: authorization_pb2.VoidAuthorizationRequest, context: Context
    ) -> authorization_pb2.VoidAuthorizationResponse:
        why = Why(caller(), StateReason.AUTHORIZATION_VOIDED, requests.reason(request))
        payment, replayed = await self._use.endings.void(requests.payment_id(request), why)
        mark_replayed(context, replayed)
        return authorization_pb2.VoidAuthorizationResponse(payment=payment_message(payment))

    async def RefundPayment(
        self, request: refund_pb2.RefundPaymentRequest, context: Context
    ) -> refund_pb2.RefundPaymentResponse:
        command = requests.refund(request, caller())
        once = requests.once_request("RefundPayment", request, caller())
        refund, replayed = await self._use.refunds.refund(command, once)
        mark_replayed(context, replayed)
        return refund_pb2.RefundPaymentResponse(refund=refund_message(refund))

    async def ReversePayment(
        self, request: refund_pb2.ReversePaymentRequest, context: Context
    ) -> refund_pb2.ReversePaymentResponse:
        why = Why(caller(), StateReason.REVERSAL_REQUESTED, requests.reason(request))
        payment, replayed = await self._use.endings.reverse(requests.subject(request), why)
        mark_replayed(context, replayed)
        return refund_pb2.ReversePaymentResponse(payment=payment_message(payment))

    async def GetPayment(self, request: payment_service_pb2.GetPaymentRequest, context: Context) -> payment_pb2.Payment:
        return payment_message(await self._use.lookups.get(requests.payment_id(request), caller()))

    async def ListPayments(
        self, request: payment_service_pb2.ListPaymentsRequest, context: Context
    ) -> payment_service_pb2.ListPaymentsResponse:
        wanted, page = requests.payments_page(request)
        before = page.after[0] if page.after else None
        found = await self._use.lookups.newest(wanted, caller(), before=before, limit=page.limit)
        payments, token = page.cut(found, lambda payment: [payment.payment_id])
        return payment_service_pb2.ListPaymentsResponse(payments=map(payment_message, payments), next_page_token=token)

    async def LookupPayment(
        self, request: payment_service_pb2.LookupPaymentRequest, context: Context
    ) -> payment_service_pb2.LookupPaymentResponse:
        return lookup_message(await self._use.lookups.by_subject(requests.order_or_ticket(request), caller()))

    async def ExplainPayment(
        self, request: history_pb2.ExplainPaymentRequest, context: Context
    ) -> history_pb2.ExplainPaymentResponse:
        return explanation_message(await self._use.lookups.explain(requests.subject(request), caller()))

    async def CreateAccount(self, request: account_pb2.CreateAccountRequest, context: Context) -> account_pb2.Account:
        account, replayed = await self._use.accounts.create(requests.new_account(request))
        mark_replayed(context, replayed)
        return account_message(account)

    async def GetAccount(self, request: account_pb2.GetAccountRequest, context: Context) -> account_pb2.Account:
        return account_message(await self._use.accounts.get(requests.account_id(request), caller()))

    async def ListAccounts(
        self, request: account_pb2.ListAccountsRequest, context: Context
    ) -> account_pb2.ListAccountsResponse:
        owner_id, page = requests.accounts_page(request)
        after = page.after[0] if page.after else None
        found = await self._use.accounts.page(caller(), owner_id=owner_id, after=after, limit=page.limit)
        accounts, token = page.cut(found, lambda account: [account.account_id])
        return account_pb2.ListAccountsResponse(accounts=map(account_message, accounts), next_page_token=token)

    async def Deposit(self, request: account_pb2.DepositRequest, context: Context) -> account_pb2.DepositResponse:
        account_id, amount = requests.money_across(request)
        once = requests.once_request("Deposit", request, caller())
        entry, replayed = await self._use.accounts.deposit(account_id, amount, once)
        mark_replayed(context, replayed)
        return account_pb2.DepositResponse(entry=entry_message(entry))

    async def Withdraw(self, request: account_pb2.WithdrawRequest, context: Context) -> account_pb2.WithdrawResponse:
        account_id, amount = requests.money_across(request)
        once = requests.once_request("Withdraw", request, caller())
        entry, replayed = await self._use.accounts.withdraw(account_id, amount, once)
        mark_replayed(context, replayed)
        return account_pb2.WithdrawResponse(entry=entry_message(entry))

    async def ListEntries(
        self, request: account_pb2.ListEntriesRequest, context: Context
    ) -> account_pb2.ListEntriesResponse:
        account_id, page = requests.entries_page(request)
        before = page.after[0] if page.after else None
        found = await self._use.accounts.entries(account_id, caller(), before=before, limit=page.limit)
        entries, token = page.cut(found, lambda stored: [stored.entry.sequence])
        return account_pb2.ListEntriesResponse(entries=map(entry_message, entries), next_page_token=token)


async def _in_time(context: Context, outcome: asyncio.Future[R], subject: Subject) -> R:
    """The outcome, waited for as long as the caller does. What is under way goes on without him."""
    remaining = cast("float | None", context.time_remaining())  # None without a deadline, whatever its stub says
    if remaining is None:
        return await outcome
    patience = remaining - min(DEADLINE_MARGIN_S, remaining / 4)
    timer = asyncio.get_running_loop().call_later(patience, _too_late, outcome, subject)
    try:
        return await outcome
    finally:
        timer.cancel()


def _too_late(outcome: asyncio.Future[R], subject: Subject) -> None:
    """End the wait. What still stands in line need not be begun: nobody waits for it any more."""
    if not outcome.done():
        outcome.set_exception(in_progress(subject))
