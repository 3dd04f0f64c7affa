"""The guards, and for each the one test that must go red without it."""

from dataclasses import dataclass

PAYMENTS = "payment_service/storage/migrations/versions/0001_payments.py"
CORRECTIONS = "payment_service/storage/migrations/versions/0002_corrections.py"
STATEMENTS = "payment_service/storage/payments.py"
SCHEMA = "tests/storage/test_schema_guards.py"
TAKE_DUE = "tests/storage/test_take_due.py::test_two_completers_take_different_payments_and_keep_them"


@dataclass(frozen=True)
class Guard:
    """A line of source. `present` stands in `file` exactly once; `removed` is what stays without the guard."""

    name: str
    file: str
    present: str
    removed: str
    test: str


GUARDS = [
    Guard(
        "claim index", PAYMENTS,
        "payments_claim ON payments (order_id) WHERE",
        "payments_claim ON payments (order_id, payment_id) WHERE",
        f"{SCHEMA}::test_the_claim_lets_one_payment_of_an_order_in",
    ),
    Guard(
        "overdraft check", CORRECTIONS,
        "CHECK (kind <> 'customer' OR balance_minor >= held_minor)",
        "CHECK (true)",
        f"{SCHEMA}::test_a_customer_is_never_below_zero",
    ),
    Guard(
        "conditional WHERE of the flip", "order_service/storage/orders.py",
        "       AND orders.status = 'unpaid'\n",
        "",
        "tests/storage/test_flip.py::test_a_flip_happens_once_and_never_to_a_cancelled_order",
    ),
    Guard(
        "append-only trigger", PAYMENTS,
        "CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE",
        "CREATE TRIGGER entries_append_only BEFORE TRUNCATE",
        f"{SCHEMA}::test_the_ledger_only_grows[entries-DELETE FROM {{}}]",
    ),
    Guard(
        "payment transitions", PAYMENTS,
        "BEFORE UPDATE OR DELETE ON payments",
        "BEFORE DELETE ON payments",
        f"{SCHEMA}::test_payments_move_along_their_arrows_only[UPDATE payments SET state = 'voided']",
    ),
    Guard(
        "content of a payment", CORRECTIONS,
        "OLD.amount_minor, OLD.created_at, OLD.expires_at)",
        "NEW.amount_minor, OLD.created_at, OLD.expires_at)",
        "tests/storage/test_immutable_columns.py::test_content_never_changes[payments.amount_minor]",
    ),
    Guard(
        "funds check", "payment_service/domain/ledger.py",
        "return source.available.minor_units + released >= movement.amount.minor_units",
        "return True",
        "tests/unit/test_ledger_plan.py::test_what_is_planned_balances",
    ),
    Guard(
        "fingerprint compare", "payment_service/usecases/once.py",
        "if earlier.get(name) != request.fields.get(name)",
        "if False",
        "tests/rpc/test_replays.py::test_a_deposit_happens_once",
    ),
    Guard("completers skip each other's rows", STATEMENTS, "FOR UPDATE SKIP LOCKED", "FOR UPDATE", TAKE_DUE),
    Guard("lease", STATEMENTS, "least(power(2, checks), 10) * interval '1 second'", "interval '0 seconds'", TAKE_DUE),
]  # fmt: skip
