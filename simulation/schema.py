"""The tables of both databases with their keys, and the guards that the schema has: CHECKs and triggers."""

from simulation.tables import Table, Transaction, Values

ARROWS_OF_ORDERS = {("unpaid", "paid"), ("unpaid", "cancelled"), ("paid", "refunded")}
ARROWS_OF_PAYMENTS = {
    ("succeeded", "reversed"),
    ("succeeded", "refunded"),
    ("authorized", "succeeded"),
    ("authorized", "voided"),
}
CONTENT_OF_PAYMENTS = (
    "subject", "payment_id", "payer_account_id", "payee_account_id", "currency", "amount_minor", "created_at",
    "expires_at",
)  # fmt: skip
CHARGED = ("succeeded", "reversed", "refunded")


def order_tables() -> dict[str, Table]:
    """The database of order_service."""
    return {"orders": Table("orders", ("order_id",), _orders)}


def payment_tables() -> dict[str, Table]:
    """The database of payment_service."""
    tables = [
        Table("accounts", ("account_id",), _accounts),
        Table("transfers", ("transfer_id",), _append_only),
        Table("entries", ("account_id", "sequence"), _append_only),
        Table("payments", ("payment_id", "subject"), _payments),
        Table("unconfirmed", ("payment_id", "subject")),
        Table("tickets", ("subject",), _tickets),
        Table("corrections", ("subject", "correction_id"), _corrections),
        Table("history", ("subject", "position"), _append_only),
        Table("requests", ("caller", "method", "request_id"), _requests),
    ]
    return {table.name: table for table in tables}


def _append_only(_: Transaction, old: Values | None, __: Values | None) -> str | None:
    return None if old is None else "append-only"


def _orders(_: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None:
        return "orders are never deleted"
    if (new["status"] in ("paid", "refunded")) != (new["payment_id"] is not None):
        return "orders_paid_by_a_payment"
    if old is None:
        return None
    if (old["status"], new["status"]) not in ARROWS_OF_ORDERS:
        return f"order {old['order_id']} cannot go from {old['status']} to {new['status']}"
    if old["payment_id"] not in (None, new["payment_id"]) or old["paid_at"] not in (None, new["paid_at"]):
        return f"the content of order {old['order_id']} never changes"
    return None


def _accounts(_: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None or (old and new["last_sequence"] < old["last_sequence"]):
        return "of an account only the balance changes"
    if new["held_minor"] < 0:
        return "accounts_held_not_negative"
    if new["kind"] == "customer" and new["balance_minor"] < new["held_minor"]:
        return "accounts_no_overdraft"
    return None


def _payments(transaction: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None:
        mine = old is not None and old["created_at"] == transaction.now
        return None if mine else "payments are never deleted"
    captured, refunded, state = new["captured_minor"], new["refunded_minor"], new["state"]
    if not 0 <= captured <= new["amount_minor"] or (captured > 0) != (state in CHARGED):
        return "payments_captured"
    if not 0 <= refunded <= captured or (state == "refunded" and refunded != captured):
        return "payments_refunded"
    if (state in ("declined", "reversed", "voided")) != (new["state_reason"] is not None):
        return "payments_reason_given"
    return _change_of_payment(old, new) if old else None


def _change_of_payment(old: Values, new: Values) -> str | None:
    if old["state"] != new["state"] and (old["state"], new["state"]) not in ARROWS_OF_PAYMENTS:
        return f"payment {old['payment_id']} cannot go from {old['state']} to {new['state']}"
    if (
        any(old[name] != new[name] for name in CONTENT_OF_PAYMENTS)
        or old["correction_id"] not in (None, new["correction_id"])
        or (old["state"] != "authorized" and old["captured_minor"] != new["captured_minor"])
        or old["refunded_minor"] > new["refunded_minor"]
    ):
        return f"the content of payment {old['payment_id']} never changes"
    return None


def _tickets(transaction: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None:
        return "tickets are never deleted"
    if (new["status"] == "used") != (new["payment_id"] is not None):
        return "tickets_used_by_a_payment"
    if old is None or (old["status"], new["status"]) in (("unused", "used"), ("unused", "expired")):
        return None
    claimed = any(p["subject"] == old["subject"] and p["state"] != "declined" for p in transaction.rows("payments"))
    if (old["status"], new["status"]) == ("used", "unused") and not claimed:
        return None
    return f"a ticket cannot go from {old['status']} to {new['status']}"


def _corrections(_: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None or (old and old["completed_at"] is not None):
        return "a correction is completed, once, and nothing else of it changes"
    return None


def _requests(_: Transaction, old: Values | None, new: Values | None) -> str | None:
    if new is None or (old and old["response"] is not None):
        return "a request is answered, once, and nothing else of it changes"
    return None
