"""The guards, and for each the one test that must go red without it."""

from dataclasses import dataclass

PAYMENTS = "payment_service/storage/migrations/versions/0001_payments.py"
CORRECTIONS = "payment_service/storage/migrations/versions/0002_corrections.py"
UNCONFIRMED = "payment_service/storage/migrations/versions/0004_unconfirmed.py"
STATEMENTS = "payment_service/storage/payments.py"
SCHEMA = "tests/storage/test_schema_guards.py"
RETURNED = 'failpoint("mark_orders_paid_returned")\n        return [answers.get(pair, (Verdict.'
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
        f"{SCHEMA}::test_payments_move_along_their_arrows_only"
        "[UPDATE payments SET state = 'voided', state_reason = 'x', captured_minor = 0]",
    ),
    Guard(
        "content of a payment", UNCONFIRMED,
        "OLD.amount_minor, OLD.created_at, OLD.expires_at)",
        "NEW.amount_minor, OLD.created_at, OLD.expires_at)",
        "tests/storage/test_immutable_columns.py::test_content_never_changes[payments.amount_minor]",
    ),
    Guard(
        "funds check", "payment_service/domain/ledger.py",
        "return source.balance.minor_units - source.held_minor + released >= movement.amount.minor_units",
        "return True",
        "tests/unit/test_ledger_plan.py::test_what_is_planned_balances",
    ),
    Guard(
        "fingerprint compare", "payment_service/usecases/once.py",
        "if earlier.get(name) != request.fields.get(name)",
        "if False",
        "tests/rpc/test_replays.py::test_a_deposit_happens_once",
    ),
    Guard(
        "completers skip each other's rows", STATEMENTS,
        "ORDER BY check_at LIMIT :limit\n            FOR UPDATE SKIP LOCKED",
        "ORDER BY check_at LIMIT :limit\n            FOR UPDATE",
        TAKE_DUE,
    ),
    Guard(
        "lease", STATEMENTS,
        "power(2, least(checks, 2)) * interval '1 second'",
        "interval '0 seconds'",
        TAKE_DUE,
    ),
    Guard(
        "conditional WHERE of the way back", "order_service/storage/orders.py",
        "OR orders.status = 'paid' AND orders.payment_id = flip.payment_id)",
        "OR orders.status = 'paid')",
        "tests/storage/test_flip.py::test_an_order_is_given_back_by_its_own_payment_alone",
    ),
    Guard(
        "conditional UPDATE of a ticket", "payment_service/storage/tickets.py",
        "       AND tickets.status = 'unused'\n",
        "",
        "tests/rpc/test_tickets.py::test_an_expired_ticket_never_executes_again",
    ),
    Guard(
        "bound of refunds", STATEMENTS,
        "refunded_minor + :amount_minor < captured_minor",
        "true",
        "tests/races/test_refund_races.py::test_60_and_60_of_100_exactly_one_succeeds",
    ),
    Guard(
        "one correction ends a payment", STATEMENTS,
        "       AND state = :state AND correction_id IS NULL\n       AND captured_minor",
        "       AND state = :state\n       AND captured_minor",
        "tests/storage/test_begin_correction.py::test_one_correction_takes_a_payment_back",
    ),
    Guard(
        "LookupPayment looks at the lock first", "payment_service/usecases/lookup.py",
        "    held = await claims.is_held(connection, subject)\n"
        "    found = (await payments.by_subjects(connection, [subject])).get(subject)\n",
        "    found = (await payments.by_subjects(connection, [subject])).get(subject)\n"
        "    held = await claims.is_held(connection, subject)\n",
        "tests/storage/test_lookup_order.py::test_what_commits_between_the_two_reads_is_found",
    ),
    Guard(
        "what is taken back is no payment of one's own", "payment_service/usecases/pay_orders.py",
        "payment.state == PaymentState.SUCCEEDED and payment.correction_id is None",
        "payment.state == PaymentState.SUCCEEDED",
        "tests/storage/test_taken_back.py::test_who_pays_while_it_is_taken_back_is_told_what_the_order_says",
    ),
    Guard(
        "an unknown outcome never reverses", "payment_service/clients/orders.py",
        RETURNED + "UNKNOWN, None))",
        RETURNED + "REFUSED, OrderStatus.CANCELLED))",
        "tests/crashes/test_order_service_down.py::test_down_after_the_charge_is_ok_and_confirmed_later",
    ),
    Guard(
        "on the way back the order comes first", "payment_service/usecases/take_back.py",
        "if verdict == Verdict.UNKNOWN]",
        "if False]",
        "tests/crashes/test_way_back_waits.py::test_it_is_noted_and_goes_on_by_itself[refund-of-all-retried]",
    ),
    Guard(
        "drain on SIGTERM", "shared/rpc/server.py",
        "await server.stop(service.grace_s)",
        "await server.stop(0)",
        "tests/server/test_drain.py::test_payment_service_finishes_a_payment_in_flight",
    ),
    Guard(
        "a stranger's order is absent", "payment_service/usecases/pay_orders.py",
        "if order is None or not command.caller.owns(order.customer_id):",
        "if order is None:",
        "tests/access/test_batches.py::test_of_one_order_each_is_told_their_own",
    ),
    Guard(
        "a stranger's payment is not answered with", "payment_service/usecases/ownership.py",
        "return [thing if thing and is_theirs(caller, thing, owner_of) else None for caller, thing in asked]",
        "return [thing for _, thing in asked]",
        "tests/access/test_batches.py::test_without_order_service_a_stranger_is_told_what_all_are",
    ),
    Guard(
        "money leaves its owner's account only", "payment_service/domain/ledger.py",
        "(owned := accounts.get(account_id)) is None or owned.owner_id != owner_id:",
        "accounts.get(account_id) is None:",
        "tests/access/test_leaks.py::test_an_order_on_anothers_account_is_one_on_none",
    ),
    Guard(
        "others' payments are not read", STATEMENTS,
        ".where(accounts.c.owner_id == owner_id)",
        ".where(sa.true())",
        "tests/access/test_lists.py::test_payments[merchant]",
    ),
    Guard(
        "a stranger cancels nothing", "order_service/storage/orders.py",
        "orders.c.status == OrderStatus.UNPAID, *_is(among))",
        "orders.c.status == OrderStatus.UNPAID)",
        "tests/access/test_walk.py::test_foreign_is_as_absent[CancelOrder-merchant]",
    ),
    Guard(
        "request ids of each caller", "payment_service/rpc/requests.py",
        "RequestKey(caller.name, method",
        "RequestKey(caller.role.value, method",
        "tests/access/test_replays.py::test_two_clerks_have_two_spaces_of_request_ids",
    ),
    Guard(
        "a role that is not in a method's row", "shared/rpc/guard.py",
        "        if scope is None:\n",
        "        if False:\n",
        "tests/security/test_guard.py::test_a_role_that_is_not_in_the_row",
    ),
    Guard(
        "a method without a row does not start", "shared/rpc/registrar.py",
        "handlers.keys() ^ self._access.keys()",
        "self._access.keys() - handlers.keys()",
        "tests/security/test_exposure.py::test_a_method_without_a_row_does_not_start",
    ),
    Guard(
        "one algorithm of tokens", "shared/rpc/tokens.py",
        "algorithms=[ALGORITHM]",
        'algorithms=[ALGORITHM, "HS256"]',
        "tests/security/test_tokens.py::test_a_bad_one[HS256 with the public key]",
    ),
    Guard(
        "strangers want TLS", "shared/config.py",
        "if self.insecure or not beyond:",
        "if True:",
        "tests/security/test_exposure.py::test_any_other_address_wants_tls_and_keys[0.0.0.0:1]",
    ),
    Guard(
        "reconcile looks twice", "payment_service/usecases/reconcile.py",
        " if now.get(p.subject) == p",
        "",
        "tests/restore/test_beside_traffic.py::test_what_changed_between_its_two_looks_is_no_divergence",
    ),
    Guard(
        "a payment is for its order", "payment_service/domain/charges.py",
        "and not _is_for(payment, order):",
        "and False:",
        "tests/restore/test_reused_id.py::test_anothers_payment_pays_no_other_order",
    ),
    Guard(
        "the name in order_service's certificate", "payment_service/main.py",
        "name=settings.order_service_name,",
        'name="",',
        "tests/security/test_false_identity.py::test_an_order_service_of_another_name_is_not_believed",
    ),
]  # fmt: skip
