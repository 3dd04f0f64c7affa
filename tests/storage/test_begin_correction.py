"""On the way back the row decides: of two corrections that read the same payment, one takes it."""

from payment_service.domain.payments import order_subject
from payment_service.storage import payments
from shared.database import Connection, Database
from shared.ids import new_id
from tests.harness.books import owe
from tests.harness.postgres import Pair


async def test_one_correction_takes_a_payment_back(pair: Pair) -> None:
    owe(pair.payments_url, "order-1")
    database = Database(pair.payments_url, pool_size=1, application="test")
    subject = order_subject("order-1")
    payment = (await database.read(lambda c: payments.by_subjects(c, [subject])))[subject]

    async def begin(connection: Connection) -> bool:
        left = payment.captured_minor - payment.refunded_minor
        return await payments.begin_correction(connection, payment, new_id(), left) is not None

    assert [await database.transact(begin), await database.transact(begin)] == [True, False]
    await database.close()
