"""A database at revision 0001, with a row of each kind, comes to the newest revision and stays consistent."""

from importlib import resources

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from payonce.order.v1 import order_pb2
from payonce.payment.v1 import history_pb2, payment_pb2
from tests.harness.audit import at_rest, audit
from tests.harness.corrections import explain, payment, refund, reverse
from tests.harness.ledger import net
from tests.harness.money import balance, pay, status
from tests.harness.postgres import Pair, Postgres, migrated, raw, rows
from tests.harness.refusals import refusal
from tests.harness.services import services
from tests.harness.stubs import Stubs

IDS = {
    name: f"01900000-0000-7000-8000-00000000000{i}"
    for i, name in enumerate(("deposit", "paid", "declined", "reversed", "unconfirmed"), 1)
}
TRANSFERS = [  # kind, payment, source, target, amount
    ("deposit", None, "system:deposits:EUR", "alice", 10_000),
    ("charge", "paid", "alice", "shop", 1_000),
    ("charge", "reversed", "alice", "shop", 300),
    ("reversal", "reversed", "shop", "alice", 300),
    ("charge", "unconfirmed", "alice", "shop", 70),
]
PAYMENTS = [  # state, reason, amount; confirmed, reversed
    ("paid", "succeeded", None, 1_000, "now()", "NULL"),
    ("declined", "declined", "INSUFFICIENT_FUNDS", 99_000, "NULL", "NULL"),
    ("reversed", "reversed", "ORDER_CANCELLED", 300, "NULL", "now()"),
    ("unconfirmed", "succeeded", None, 70, "NULL", "NULL"),
]
ORDERS = [("paid", "paid", 1_000), ("declined", "unpaid", 99_000), ("reversed", "cancelled", 300),
          ("unconfirmed", "unpaid", 70)]  # fmt: skip


def upgrade(url: str, package: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "storage" / "migrations"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def at_0001(postgres: Postgres) -> Pair:
    """Both databases as the first revision left them."""
    pair = Pair(postgres.empty(), postgres.empty())
    upgrade(pair.orders_url, "order_service", "0001")
    upgrade(pair.payments_url, "payment_service", "0001")
    with psycopg.connect(raw(pair.orders_url)) as orders, psycopg.connect(raw(pair.payments_url)) as payments:
        write_orders(orders)
        write_payments(payments)
        write_ledger(payments)
        write_request(payments)
    return pair


def write_orders(connection: psycopg.Connection) -> None:
    for order_id, state, amount in ORDERS:
        connection.execute(
            """INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                   description, status, payment_id, paid_at, cancelled_at)
               VALUES (%s, 'alice', 'alice', 'shop', 'EUR', %s, 'an old one', %s, %s,
                       CASE WHEN %s = 'paid' THEN now() END, CASE WHEN %s = 'cancelled' THEN now() END)""",
            (order_id, amount, state, IDS[order_id] if state == "paid" else None, state, state),
        )


def write_payments(connection: psycopg.Connection) -> None:
    for name, state, why, amount, confirmed, undone in PAYMENTS:
        query = f"""INSERT INTO payments (order_id, payment_id, payer_account_id, payee_account_id, currency,
                                          amount_minor, state, state_reason, confirmed_at, reversed_at)
                    VALUES (%s, %s, 'alice', 'shop', 'EUR', %s, %s, %s, {confirmed}, {undone})"""
        connection.execute(query.encode(), (name, IDS[name], amount, state, why))


def write_ledger(connection: psycopg.Connection) -> None:
    accounts: dict[str, list[int]] = {"alice": [], "shop": [], "system:deposits:EUR": []}
    for kind, name, source, target, amount in TRANSFERS:
        payment_id = IDS[name] if name else None
        transfer = connection.execute(
            "INSERT INTO transfers (transfer_id, kind, payment_id) VALUES (gen_random_uuid(), %s, %s)"
            " RETURNING transfer_id",
            (kind, payment_id),
        ).fetchone()
        assert transfer
        for account, change in ((source, -amount), (target, amount)):
            accounts[account].append(change)
            connection.execute(
                """INSERT INTO entries (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor,
                                        balance_after_minor) VALUES (%s, %s, %s, %s, %s, 'EUR', %s, %s)""",
                (account, len(accounts[account]), transfer[0], kind, payment_id, change, sum(accounts[account])),
            )
    for account, kind in (("alice", "customer"), ("shop", "merchant"), ("system:deposits:EUR", "system")):
        connection.execute(
            """INSERT INTO accounts (account_id, owner_id, kind, currency, balance_minor, last_sequence)
               VALUES (%s, %s, %s, 'EUR', %s, %s)""",
            (account, account, kind, sum(accounts[account]), len(accounts[account])),
        )


def write_request(connection: psycopg.Connection) -> None:
    """The deposit was asked for."""
    connection.execute(
        """INSERT INTO requests (caller, method, request_id, fingerprint, response)
           VALUES ('anyone', 'Deposit', 'an-old-one',
                   '{"account_id": "alice", "amount.currency_code": "EUR", "amount.minor_units": 10000}',
                   '{"account_id": "alice", "sequence": 1}')"""
    )


def comes_to_head(postgres: Postgres) -> Pair:
    pair = at_0001(postgres)
    before = rows(pair.payments_url, "SELECT e::text FROM entries e ORDER BY 1")
    migrated("orders", pair.orders_url)
    migrated("payments", pair.payments_url)
    assert rows(pair.payments_url, "SELECT e::text FROM entries e ORDER BY 1") == before
    return pair


def test_what_the_new_columns_and_tables_say_of_old_rows(postgres: Postgres) -> None:
    url = comes_to_head(postgres).payments_url
    found = rows(url, "SELECT subject, captured_minor, refunded_minor, correction_id IS NULL FROM payments ORDER BY 1")
    assert found == [
        ("order:declined", 0, 0, True),
        ("order:paid", 1_000, 0, True),
        ("order:reversed", 300, 0, False),
        ("order:unconfirmed", 70, 0, True),
    ]
    legs = """SELECT transfers.kind, source_account_id, target_account_id, s.amount_minor, t.amount_minor FROM transfers
                JOIN entries s ON (s.account_id, s.sequence) = (source_account_id, source_sequence)
                JOIN entries t ON (t.account_id, t.sequence) = (target_account_id, target_sequence)
               WHERE s.transfer_id = transfers.transfer_id AND t.transfer_id = transfers.transfer_id"""
    expected = [(kind, source, target, -amount, amount) for kind, _, source, target, amount in TRANSFERS]
    assert sorted(rows(url, legs)) == sorted(expected)
    corrections = """SELECT c.subject, c.kind, c.amount_minor, c.state_reason, completed_at = p.reversed_at
                       FROM corrections c JOIN payments p USING (subject, payment_id, correction_id)"""
    assert rows(url, corrections) == [("order:reversed", "reversal", 300, "ORDER_CANCELLED", True)]


async def test_the_services_go_on_with_old_rows(postgres: Postgres) -> None:
    pair = comes_to_head(postgres)
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await at_rest(pair)  # the unconfirmed one is flipped
        assert await status(stubs, "unconfirmed") == order_pb2.ORDER_STATUS_PAID
        audit(pair)

        await refusal(pay(stubs, "reversed"), "ORDER_CANCELLED")
        assert (await pay(stubs, "paid")).payment.payment_id == IDS["paid"]
        found = await explain(stubs, order_id="reversed")
        kinds = [
            history_pb2.PaymentEventKind.Name(event.kind).removeprefix("PAYMENT_EVENT_KIND_") for event in found.events
        ]
        assert kinds == ["CHARGED", "REVERSAL_BEGUN", "REVERSED"]
        assert [event.reason for event in found.events] == ["", "ORDER_CANCELLED", "ORDER_CANCELLED"]

        await refund(stubs, IDS["paid"], 400, "after")
        await reverse(stubs, order_id="paid")
        assert (await payment(stubs, IDS["paid"])).state == payment_pb2.PAYMENT_STATE_REVERSED
        assert net(pair, IDS["paid"]) == {"alice": 0, "shop": 0}
        await reverse(stubs, order_id="declined")
        await refusal(pay(stubs, "declined"), "PAYMENT_VOIDED")
        assert await balance(stubs, "alice") == 9_930
        await at_rest(pair)
    audit(pair)


# subject; state, captured, refunded, confirmed_at, expires_at, correction_id; whether it is unconfirmed
AT_0003 = [
    ("order:paid", "'succeeded', 5, 0, now(), NULL, NULL", False),
    ("order:flip-unknown", "'succeeded', 5, 0, NULL, NULL, NULL", True),
    ("order:authorized", "'authorized', 0, 0, NULL, now() + interval '1 day', NULL", False),
    ("order:captured", "'succeeded', 4, 0, NULL, now() + interval '1 day', NULL", True),
    ("order:part-refunded", "'succeeded', 5, 2, now(), NULL, NULL", False),
    ("order:being-reversed", "'succeeded', 5, 0, NULL, NULL, gen_random_uuid()", True),
    ("ticket:used", "'succeeded', 5, 0, now(), NULL, NULL", False),
]


def test_what_was_unconfirmed_at_0003_still_is(postgres: Postgres) -> None:
    url = postgres.empty()
    upgrade(url, "payment_service", "0003")
    with psycopg.connect(raw(url), autocommit=True) as connection:
        for subject, values, _ in AT_0003:
            query = f"""INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency,
                                              amount_minor, state, captured_minor, refunded_minor, confirmed_at,
                                              expires_at, correction_id)
                        VALUES (%s, gen_random_uuid(), 'a', 'b', 'EUR', 5, {values})"""
            connection.execute(query.encode(), [subject])
    before = rows(url, "SELECT subject, payment_id, state, captured_minor, refunded_minor FROM payments ORDER BY 1")
    migrated("payments", url)
    assert rows(url, "SELECT subject FROM unconfirmed ORDER BY 1") == sorted((s,) for s, _, left in AT_0003 if left)
    assert rows(url, "SELECT count(*) FROM unconfirmed JOIN payments USING (subject, payment_id)") == [(3,)]
    after = rows(url, "SELECT subject, payment_id, state, captured_minor, refunded_minor FROM payments ORDER BY 1")
    assert sorted(after) == sorted(before)
