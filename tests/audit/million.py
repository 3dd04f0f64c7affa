"""How long `payonce verify` takes, and what memory it wants. Not a part of the suite.

Run it as `python -m tests.audit.million [payments]`.

Makes a pair of databases with that many paid orders by SQL, has a payment_service seal them, and runs the command.
"""

import asyncio
import os
import subprocess
import sys
import time

import psycopg

from tests.audit.world import SEALED
from tests.harness.postgres import Pair, Postgres, raw, rows
from tests.harness.services import services

CUSTOMERS, MERCHANTS, AMOUNT = 1_000, 100, 100
# Payment i is of customer i % CUSTOMERS to merchant i % MERCHANTS; all are of one moment, so that now() is their time.
LEDGER = """
INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor, last_sequence)
SELECT 'c' || c, 'c' || c, 'customer', 'EUR', 0, 1 + {n} / {c} FROM generate_series(0, {c} - 1) AS c
 UNION ALL
SELECT 'm' || m, 'm' || m, 'merchant', 'EUR', {a} * {n} / {m}, {n} / {m} FROM generate_series(0, {m} - 1) AS m
 UNION ALL
SELECT 'system:deposits:EUR', 'system', 'system', 'EUR', -{a} * {n}, {c};
CREATE TEMP TABLE posted AS
SELECT md5('deposit' || c)::uuid AS id, 'deposit' AS kind, NULL::uuid AS payment, 'system:deposits:EUR' AS source,
       c + 1 AS source_sequence, -{a} * {n} / {c} * (c + 1) AS source_after, 'c' || c AS target, 1 AS target_sequence,
       {a} * {n} / {c} AS amount, {a} * {n} / {c} AS target_after
  FROM generate_series(0::bigint, {c} - 1) AS c
 UNION ALL
SELECT md5('charge' || i)::uuid, 'charge', md5('payment' || i)::uuid, 'c' || i % {c}, 2 + i / {c},
       {a} * ({n} / {c} - i / {c} - 1), 'm' || i % {m}, 1 + i / {m}, {a}, {a} * (1 + i / {m})
  FROM generate_series(0::bigint, {n} - 1) AS i;
INSERT INTO transfers (transfer_id, kind, payment_id, source_account_id, source_sequence, target_account_id,
                       target_sequence)
SELECT id, kind, payment, source, source_sequence, target, target_sequence FROM posted;
INSERT INTO entries (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor, balance_after_minor)
SELECT source, source_sequence, id, kind, payment, 'EUR', -amount, source_after FROM posted
 UNION ALL
SELECT target, target_sequence, id, kind, payment, 'EUR', amount, target_after FROM posted;
INSERT INTO requests (caller, method, request_id, fingerprint, response)
SELECT 'anyone', 'Deposit', target,
       jsonb_build_object('account_id', target, 'amount.currency_code', 'EUR', 'amount.minor_units', amount),
       jsonb_build_object('account_id', target, 'sequence', target_sequence, 'transfer_id', id)
  FROM posted WHERE kind = 'deposit';
INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor, captured_minor,
                      state)
SELECT 'order:o' || i, md5('payment' || i)::uuid, 'c' || i % {c}, 'm' || i % {m}, 'EUR', {a}, {a}, 'succeeded'
  FROM generate_series(0::bigint, {n} - 1) AS i;
INSERT INTO history (subject, payment_id, event, actor, amount_minor)
SELECT subject, payment_id, event, 'anyone', {a} FROM payments, unnest(ARRAY['charged', 'confirmed']) AS event;
"""
ORDERS = """
INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor, description,
                    status, payment_id, paid_at)
SELECT 'o' || i, 'c' || i % {c}, 'c' || i % {c}, 'm' || i % {m}, 'EUR', {a}, '', 'paid', md5('payment' || i)::uuid,
       now()
  FROM generate_series(0::bigint, {n} - 1) AS i;
"""


def fill(url: str, statements: str, payments: int) -> None:
    filled = statements.format(n=payments, c=CUSTOMERS, m=MERCHANTS, a=AMOUNT)
    with psycopg.connect(raw(url)) as connection:
        connection.execute(filled.encode())
    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


async def seal(pair: Pair) -> None:
    async with services(pair):
        while not rows(pair.payments_url, SEALED)[0][0]:
            await asyncio.sleep(1)


def main() -> None:
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    postgres = Postgres()
    pair = postgres.pair()
    for url, statements in ((pair.payments_url, LEDGER), (pair.orders_url, ORDERS)):
        began = time.monotonic()
        fill(url, statements, payments)
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    asyncio.run(seal(pair))
    print("sealed", flush=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "payonce.cli", "verify"]
    given = {"ORDER_DATABASE_URL": pair.orders_url, "PAYMENT_DATABASE_URL": pair.payments_url}
    process = subprocess.Popen(command, env={**os.environ, **given})
    _, status, usage = os.wait4(process.pid, 0)
    print(
        f"verify ended with {os.waitstatus_to_exitcode(status)} after {time.monotonic() - began:.1f} s; "
        f"peak RSS {usage.ru_maxrss // 1024} MB"
    )
    postgres.close()


if __name__ == "__main__":
    main()
