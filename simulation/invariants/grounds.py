"""A refusal for good has its ground, in what clients asked for or in the books.

Where the tables tell only what stands at the end, whatever may have been so meanwhile is a ground.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from payment_service.domain.payments import Subject, order_of
from shared.errors import Reason
from simulation.clients import Call, subject_of
from simulation.invariants.both import ENDS_AN_ORDER
from simulation.network import Code
from simulation.plan import PRICE
from simulation.stage import Stage
from simulation.tables import BEGINNING

FOR_GOOD = (Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS)
Row = dict[str, Any]


@dataclass(slots=True)
class Known:
    """What a refusal is held to."""

    orders: dict[str, Row]
    attempts: dict[str, list[Row]]  # payments, by subject
    tickets: dict[str, Row]
    given: dict[Any, int]  # what was given back by refunds, by payment
    asked: dict[str, set[str]]  # kinds of operations, by subject
    accounts: set[str]
    least: dict[str, int]  # what each account always had, as if all that was ever held was so at once

    def live(self, call: Call) -> Row:
        """The payment that it is about, empty when there is none."""
        found = self.attempts[subject_of(call.operation)]
        return next((row for row in found if row["state"] != "declined"), {})

    def status(self, call: Call) -> str:
        """That of its order."""
        order = self.orders.get(order_of(Subject(subject_of(call.operation))))
        return str(order["status"]) if order else "not there"


def grounds(stage: Stage, history: Sequence[Call]) -> Iterator[str]:
    """No refusal without a reason, and nobody declined who had enough."""
    known = _known(stage, history)
    for call in history:
        if call.answer.code in FOR_GOOD and not GROUNDS.get(call.answer.reason, _never)(call, known):
            yield f"unfounded {call.operation} is told {call.answer.reason}"
    for subject, attempts in known.attempts.items():
        for row in attempts:
            if row["state"] == "declined" and row["amount_minor"] <= known.least[row["payer_account_id"]]:
                yield f"unfounded {subject} was declined, its payer always had {known.least[row['payer_account_id']]}"


def _known(stage: Stage, history: Sequence[Call]) -> Known:
    attempts, asked = defaultdict(list), defaultdict(set)
    given: dict[Any, int] = defaultdict(int)
    least: dict[str, int] = {}
    for entry in stage.rows("entries"):
        account, after = entry["account_id"], entry["balance_after_minor"]
        if entry["sequence"] == 1 and entry["created_at"] > BEGINNING:
            after = 0  # it had nothing before, and may have been asked for more by then
        least[account] = min(least.get(account, after), after)
    for row in stage.rows("payments"):
        attempts[row["subject"]].append(row)
        if row["expires_at"] is not None and row["state"] != "declined":
            least[row["payer_account_id"]] -= row["amount_minor"]
    for correction in stage.rows("corrections"):
        given[correction["payment_id"]] += correction["amount_minor"] if correction["kind"] == "refund" else 0
    for call in history:
        asked[subject_of(call.operation)].add(call.operation.kind)
    orders = {row["order_id"]: row for row in stage.rows("orders")}
    tickets = {row["subject"]: row for row in stage.rows("tickets")}
    accounts = {row["account_id"] for row in stage.rows("accounts")}
    return Known(orders, attempts, tickets, given, asked, accounts, defaultdict(int, least))


def _never(_: Call, __: Known) -> bool:
    return False


def _order(*statuses: str) -> Callable[[Call, Known], bool]:
    """It is so, and somebody asked for that, or an authorization's time was over."""

    def ground(call: Call, known: Known) -> bool:
        asked = known.asked[subject_of(call.operation)] & set(ENDS_AN_ORDER)
        return bool(asked) and (known.status(call) in statuses or known.live(call).get("state") in statuses)

    return ground


def _payment(*states: str) -> Callable[[Call, Known], bool]:
    return lambda call, known: known.live(call).get("state") in states


def _charged(call: Call, known: Known) -> bool:
    return known.status(call) in ("paid", "refunded") or bool(known.live(call).get("captured_minor"))


def _expired_ticket(call: Call, known: Known) -> bool:
    return bool(known.tickets[subject_of(call.operation)]["status"] == "expired")


def _other_amount(call: Call, known: Known) -> bool:
    kind = call.operation.kind
    return kind == "pay_wrong_amount" or (
        kind == "capture" and known.live(call).get("captured_minor") != call.operation.amount
    )


def _too_little(call: Call, known: Known) -> bool:
    return any(row["state"] == "declined" for row in known.attempts[subject_of(call.operation)])


def _too_much(call: Call, known: Known) -> bool:
    live = known.live(call)
    left = live.get("captured_minor", 0) - known.given[live.get("payment_id")]
    # While it is being taken back nothing is left.
    return live.get("state") in ("refunded", "reversed") or left < (call.operation.amount or PRICE)


def _no_order(call: Call, known: Known) -> bool:
    return call.request.order_id not in known.orders


def _no_account(call: Call, known: Known) -> bool:
    order = known.orders[call.request.order_id]
    return not {order["payer_account_id"], order["payee_account_id"]} <= known.accounts


GROUNDS: dict[Reason | None, Callable[[Call, Known], bool]] = {
    Reason.ORDER_NOT_FOUND: _no_order,
    Reason.ACCOUNT_NOT_FOUND: _no_account,
    Reason.ORDER_CANCELLED: _order("cancelled"),
    Reason.ORDER_REFUNDED: _order("refunded", "reversed"),
    Reason.ORDER_ALREADY_PAID: _charged,
    Reason.PAYMENT_AUTHORIZED: lambda call, known: known.live(call).get("expires_at") is not None,
    Reason.PAYMENT_CAPTURED: _charged,
    Reason.PAYMENT_REFUNDED: _payment("refunded"),
    Reason.PAYMENT_REVERSED: _payment("reversed"),
    Reason.PAYMENT_VOIDED: _payment("voided"),
    Reason.AUTHORIZATION_EXPIRED: lambda call, known: (
        known.live(call).get("state_reason") == Reason.AUTHORIZATION_EXPIRED
    ),
    Reason.TICKET_EXPIRED: _expired_ticket,
    Reason.AMOUNT_MISMATCH: _other_amount,
    Reason.INSUFFICIENT_FUNDS: _too_little,
    Reason.REFUND_EXCEEDS_PAYMENT: _too_much,
}
