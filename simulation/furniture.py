"""What is there before a run begins: accounts with money, orders, tickets; written straight into the tables."""

import uuid
from datetime import timedelta
from typing import Any

from payment_service.domain.tickets import ticket_subject
from simulation.batches import BATCH
from simulation.clients import order_id, secret
from simulation.plan import OF_NOBODY, PRICE, Plan
from simulation.stage import Stage
from simulation.tables import BEGINNING, Row

OUTSIDE = "system:deposits:EUR"


def furnish(stage: Stage, plan: Plan) -> None:
    """Customers c-0, c-1 …, a merchant, and what the plan is about."""
    _account(stage, OUTSIDE, "system", -plan.deposit * plan.customers, plan.customers if plan.deposit else 0)
    _account(stage, "shop", "merchant", 0, 0)
    for number in range(plan.customers):
        _account(stage, f"c-{number}", "customer", plan.deposit, 1 if plan.deposit else 0)
        if plan.deposit:
            _deposit(stage, number, plan.deposit)
    for number in range(plan.orders):
        _order(stage, number, f"c-{number % plan.customers}")
    if any(operation.kind == BATCH for operation in plan.operations):
        _order(stage, OF_NOBODY, "nobody")
    for number in range(plan.tickets):
        _ticket(stage, number, f"c-{number % plan.customers}", plan.ticket_ttl_s)


def _account(stage: Stage, name: str, kind: str, balance: int, entries: int) -> None:
    values = {"account_id": name, "owner_id": name, "kind": kind, "currency": "EUR", "balance_minor": balance}
    _put(stage, "accounts", values | {"held_minor": 0, "last_sequence": entries, "created_at": BEGINNING})


def _deposit(stage: Stage, number: int, amount: int) -> None:
    transfer_id = uuid.UUID(int=number + 1)
    head = {"transfer_id": transfer_id, "kind": "deposit", "payment_id": None, "created_at": BEGINNING}
    source = {"source_account_id": OUTSIDE, "source_sequence": number + 1}
    target = {"target_account_id": f"c-{number}", "target_sequence": 1}
    _put(stage, "transfers", head | {"position": stage.servers["payments"].next_of("transfers")} | source | target)
    for account, sequence, minor, after in (
        (OUTSIDE, number + 1, -amount, -amount * (number + 1)),
        (f"c-{number}", 1, amount, amount),
    ):
        leg = {"account_id": account, "sequence": sequence, "currency": "EUR", "amount_minor": minor}
        _put(stage, "entries", head | leg | {"balance_after_minor": after})
    asked = {"account_id": f"c-{number}", "amount.currency_code": "EUR", "amount.minor_units": str(amount)}
    answer = {"account_id": f"c-{number}", "sequence": 1, "transfer_id": str(transfer_id)}
    key = {"caller": "anyone", "method": "Deposit", "request_id": f"before-{number}", "created_at": BEGINNING}
    _put(stage, "requests", key | {"fingerprint": asked, "response": answer})


def _order(stage: Stage, number: int, customer: str) -> None:
    values = {
        "order_id": order_id(number),
        "customer_id": customer,
        "payer_account_id": customer,
        "payee_account_id": "shop",
        "currency": "EUR",
        "amount_minor": PRICE,
        "description": "",
        "status": "unpaid",
        "payment_id": None,
        "created_at": BEGINNING,
    }
    _put(stage, "orders", values | dict.fromkeys(("paid_at", "cancelled_at", "refunded_at", "merchant_id")))


def _ticket(stage: Stage, number: int, customer: str, ttl_s: float) -> None:
    values = {
        "subject": ticket_subject(secret(number)),
        "caller": "anyone",
        "payer_account_id": customer,
        "payee_account_id": "shop",
        "currency": "EUR",
        "amount_minor": PRICE,
        "status": "unused",
        "payment_id": None,
        "created_at": BEGINNING,
        "expires_at": BEGINNING + timedelta(seconds=ttl_s),
    }
    _put(stage, "tickets", values)


def _put(stage: Stage, name: str, values: dict[str, Any]) -> None:
    table = stage.table(name)
    row = Row()
    row.committed = values
    table.rows[tuple(values[part] for part in table.key)] = row
