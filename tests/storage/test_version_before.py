"""order_service of revision 0003 on the tables of 0004 (F27) makes, reads and flips orders, which have no merchant."""

import uuid

import psycopg
import pytest

from order_service.domain.orders import Filter, OrderStatus
from order_service.usecases.orders import Orders
from shared.callers import DEVELOPER, Caller, Role, Scope
from shared.database import Database
from shared.errors import PayonceError
from tests.harness.postgres import Pair, raw

# As its statements were sent.
COLUMNS = """order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor, description, status,
             payment_id, created_at, paid_at, cancelled_at, refunded_at"""
CREATE = f"""INSERT INTO orders (order_id, customer_id, payer_account_id, payee_account_id, currency, amount_minor,
                                description)
             VALUES ('old', 'ann', 'ann', 'shop', 'EUR', 5, '') ON CONFLICT (order_id) DO NOTHING RETURNING {COLUMNS}"""
FLIP = (
    "UPDATE orders SET status = 'paid', payment_id = %s, paid_at = now() WHERE order_id = 'old' AND status = 'unpaid'"
)


async def test_the_version_before_works_beside_this_one(pair: Pair) -> None:
    database = Database(pair.orders_url, pool_size=2, application="test")
    orders = Orders(database)
    with psycopg.connect(raw(pair.orders_url), autocommit=True) as old:
        created = old.execute(CREATE.encode()).fetchone()
        assert created
        assert len(created) == len(COLUMNS.split(","))
        found = await orders.get("old", DEVELOPER)
        assert (found.content.merchant_id, found.status) == (None, OrderStatus.UNPAID)
        # Sent again, to this version: the same order.
        assert await orders.create(found.content, DEVELOPER) == (found, True)
        assert old.execute(FLIP.encode(), [uuid.uuid4()]).rowcount == 1
    assert (await orders.get("old", DEVELOPER)).status == OrderStatus.PAID
    for subject in ("shop", ""):
        merchant = Caller(Role.MERCHANT, subject, Scope.OWN)
        assert await orders.newest(Filter(), merchant, before=None, limit=10) == []
        with pytest.raises(PayonceError, match="no such order"):
            await orders.get("old", merchant)
    await database.close()
