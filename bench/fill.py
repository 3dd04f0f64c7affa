"""Accounts, orders and a past of payments, written by SQL as the services would have left them."""

from concurrent.futures import ThreadPoolExecutor

from bench.database import Postgres
from bench.shop import (
    CURRENCY,
    CUSTOMER_SQL,
    CUSTOMERS,
    DEPOSIT_MINOR,
    MERCHANT_SQL,
    MERCHANTS,
    PRICE_MINOR,
    SCATTER,
    SYSTEM_ACCOUNT,
    order_id_sql,
    ticket_sql,
)

PAST = "past"
ONE_MERCHANT = "m-one"
# The n-th payment and transfer of the past: ids in the order of time, as UUIDv7 are.
_ID = "('{0}' || lpad(to_hex(n), 8, '0') || '70008000' || lpad(to_hex(n * {1} & 4294967295), 12, '0'))::uuid"
PAYMENT_ID = _ID.format("0190", SCATTER)
TRANSFER_ID = _ID.format("0191", SCATTER)
DEPOSIT_ID = _ID.format("0180", SCATTER)
# What is written in one transaction has one time.
OPENED = "timestamptz '2026-01-01 00:00Z'"
PAID = f"{OPENED} + (n + 1) * interval '1 millisecond'"


def accounts(postgres: Postgres, database: str, past: int) -> None:
    """The accounts as `past` payments leave them, which must be a multiple of 1,000; and the deposits."""
    each = past // CUSTOMERS
    postgres.execute(
        database,
        f"""INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor, last_sequence, created_at)
            SELECT {CUSTOMER_SQL}, {CUSTOMER_SQL}, 'customer', '{CURRENCY}',
                   {DEPOSIT_MINOR - each * PRICE_MINOR}, {1 + each}, {OPENED}
              FROM generate_series(0, {CUSTOMERS - 1}) n
             UNION ALL
            SELECT {MERCHANT_SQL}, {MERCHANT_SQL}, 'merchant', '{CURRENCY}', {each * PRICE_MINOR}, {each}, {OPENED}
              FROM generate_series(0, {MERCHANTS - 1}) n
             UNION ALL
            SELECT '{ONE_MERCHANT}', '{ONE_MERCHANT}', 'merchant', '{CURRENCY}', 0, 0, {OPENED}
             UNION ALL
            SELECT '{SYSTEM_ACCOUNT}', 'system', 'system', '{CURRENCY}', {-DEPOSIT_MINOR * CUSTOMERS}, {CUSTOMERS},
                   {OPENED}""",
        f"""INSERT INTO transfers (transfer_id, kind, source_account_id, source_sequence,
                                   target_account_id, target_sequence, created_at)
            SELECT {DEPOSIT_ID}, 'deposit', '{SYSTEM_ACCOUNT}', n + 1, {CUSTOMER_SQL}, 1, {OPENED}
              FROM generate_series(0, {CUSTOMERS - 1}) n ORDER BY n""",
        f"""INSERT INTO entries (account_id, sequence, transfer_id, kind, currency, amount_minor, balance_after_minor,
                                 created_at)
            SELECT leg.*, {OPENED} FROM generate_series(0, {CUSTOMERS - 1}) n, LATERAL (VALUES
                   ('{SYSTEM_ACCOUNT}', n + 1, {DEPOSIT_ID}, 'deposit', '{CURRENCY}', {-DEPOSIT_MINOR},
                    (n + 1) * {-DEPOSIT_MINOR}),
                   ({CUSTOMER_SQL}, 1, {DEPOSIT_ID}, 'deposit', '{CURRENCY}', {DEPOSIT_MINOR}, {DEPOSIT_MINOR})
                   ) AS leg""",
        f"""INSERT INTO requests (caller, method, request_id, fingerprint, response, created_at)
            SELECT 'anyone', 'Deposit', {CUSTOMER_SQL},
                   jsonb_build_object('account_id', {CUSTOMER_SQL}, 'amount.currency_code', '{CURRENCY}',
                                      'amount.minor_units', {DEPOSIT_MINOR}),
                   jsonb_build_object('account_id', {CUSTOMER_SQL}, 'sequence', 1, 'transfer_id', {DEPOSIT_ID}),
                   {OPENED}
              FROM generate_series(0, {CUSTOMERS - 1}) n""",
    )


def orders(postgres: Postgres, database: str, series: str, numbers: range) -> None:
    """Unpaid orders. Those of the series `one…` are all of one merchant."""
    merchant = f"'{ONE_MERCHANT}'" if series.startswith("one") else MERCHANT_SQL
    postgres.execute(
        database,
        f"""INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                description)
            SELECT {order_id_sql(series)}, {CUSTOMER_SQL}, {CUSTOMER_SQL}, {merchant}, '{CURRENCY}', {PRICE_MINOR}, ''
              FROM generate_series({numbers.start}, {numbers.stop - 1}) n""",
    )


def tickets(postgres: Postgres, database: str, numbers: range) -> None:
    """Unused tickets, payee and amount open."""
    postgres.execute(
        database,
        f"""INSERT INTO tickets (subject, caller, payer_account_id, expires_at)
            SELECT 'ticket:' || encode(sha256(convert_to({ticket_sql()}, 'UTF8')), 'hex'), 'anyone', {CUSTOMER_SQL},
                   now() + interval '1 day'
              FROM generate_series({numbers.start}, {numbers.stop - 1}) n""",
    )


def past(postgres: Postgres, orders_database: str, payments_database: str, count: int) -> None:
    """`count` orders that were paid, with all that is written for them but the seals: the sealer does its own."""
    series = f"generate_series(0, {count - 1}) n"
    order = order_id_sql(PAST)
    work = [
        (
            orders_database,
            f"""INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                    description, status, payment_id, created_at, paid_at)
                SELECT {order}, {CUSTOMER_SQL}, {CUSTOMER_SQL}, {MERCHANT_SQL}, '{CURRENCY}', {PRICE_MINOR}, '',
                       'paid', {PAYMENT_ID}, {PAID}, {PAID} FROM {series}""",
        ),
        (
            payments_database,
            f"""INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor,
                                      captured_minor, state, created_at)
                SELECT 'order:' || {order}, {PAYMENT_ID}, {CUSTOMER_SQL}, {MERCHANT_SQL}, '{CURRENCY}', {PRICE_MINOR},
                       {PRICE_MINOR}, 'succeeded', {PAID} FROM {series}""",
        ),
        (
            payments_database,
            f"""INSERT INTO history (subject, payment_id, event, actor, amount_minor, created_at)
                SELECT 'order:' || {order}, {PAYMENT_ID}, e.event, e.actor, {PRICE_MINOR}, {PAID}
                  FROM {series}, (VALUES ('charged', 'anyone'), ('confirmed', 'completer')) AS e (event, actor)""",
        ),
        (
            payments_database,
            f"""INSERT INTO transfers (transfer_id, kind, payment_id, source_account_id, source_sequence,
                                       target_account_id, target_sequence, created_at)
                SELECT {TRANSFER_ID}, 'charge', {PAYMENT_ID}, {CUSTOMER_SQL}, n / {CUSTOMERS} + 2,
                       {MERCHANT_SQL}, n / {MERCHANTS} + 1, {PAID} FROM {series}""",
        ),
        (
            payments_database,
            f"""INSERT INTO entries (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor,
                                     balance_after_minor, created_at)
                SELECT leg.*, {PAID} FROM {series}, LATERAL (VALUES
                       ({CUSTOMER_SQL}, n / {CUSTOMERS} + 2, {TRANSFER_ID}, 'charge', {PAYMENT_ID}, '{CURRENCY}',
                        {-PRICE_MINOR}, {DEPOSIT_MINOR} - (n / {CUSTOMERS} + 1) * {PRICE_MINOR}),
                       ({MERCHANT_SQL}, n / {MERCHANTS} + 1, {TRANSFER_ID}, 'charge', {PAYMENT_ID}, '{CURRENCY}',
                        {PRICE_MINOR}, (n / {MERCHANTS} + 1) * {PRICE_MINOR})) AS leg""",
        ),
    ]
    with ThreadPoolExecutor(2) as pool:  # a connection each; no table waits for another
        list(pool.map(lambda each: postgres.execute(*each), work))
    for database in (orders_database, payments_database):
        postgres.execute(database, "VACUUM ANALYZE")  # as autovacuum would have, long ago
