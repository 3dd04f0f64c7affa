"""The same three steps as a DBOS workflow, a process that answers rounds as `bench.load` does.

As its documentation advises: async workflows in one process, the workflow's id is what makes it happen once, database
steps are transactions of a datasource so that their checkpoint commits with them, pools large enough, little logging.
"""

import os
from typing import Any

import sqlalchemy as sa
import uvloop
from dbos import DBOS, AsyncSQLAlchemyDatasource, SetWorkflowID

from bench.load import Measured, Round, answer_rounds, measure
from bench.shop import order_id

POOL_SIZE = 20
URL = os.environ["BENCH_FLOW_URL"]
SYSTEM_URL = os.environ["BENCH_DBOS_URL"]
READ = sa.text("SELECT payer_account_id, payee_account_id, amount_minor FROM orders WHERE order_id = :order_id")
CLAIM = sa.text(
    """
    INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor,
                          captured_minor, state)
    VALUES ('order:' || :order_id, uuidv7(), :payer, :payee, 'EUR', :amount, :amount, 'succeeded')
        ON CONFLICT DO NOTHING RETURNING payment_id::text
    """
)
MOVE = sa.text(
    """
    UPDATE accounts SET balance_minor = balance_minor + :amount, last_sequence = last_sequence + 1
     WHERE account_id = :account_id RETURNING balance_minor, last_sequence
    """
)
POST = sa.text(
    """
    WITH head AS (
         INSERT INTO transfers (transfer_id, kind, payment_id, source_account_id, source_sequence,
                                target_account_id, target_sequence)
         VALUES (uuidv7(), 'charge', CAST(:payment_id AS uuid), :payer, :payer_sequence, :payee, :payee_sequence)
      RETURNING transfer_id),
         line AS (
         INSERT INTO history (subject, payment_id, event, actor, amount_minor)
         VALUES ('order:' || :order_id, CAST(:payment_id AS uuid), 'charged', 'anyone', :amount))
    INSERT INTO entries (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor,
                         balance_after_minor)
    SELECT leg.account_id, leg.sequence, head.transfer_id, 'charge', CAST(:payment_id AS uuid), 'EUR', leg.amount,
           leg.after
      FROM head, (VALUES (:payer, CAST(:payer_sequence AS bigint), -CAST(:amount AS bigint),
                          CAST(:payer_after AS bigint)),
                         (:payee, :payee_sequence, :amount, :payee_after)) AS leg (account_id, sequence, amount, after)
    """
)
FLIP = sa.text(
    """
    UPDATE orders SET status = 'paid', payment_id = CAST(:payment_id AS uuid), paid_at = now()
     WHERE order_id = :order_id AND status = 'unpaid'
    """
)


async def main() -> None:
    """Launch, then answer rounds."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": SYSTEM_URL,
            "sys_db_pool_size": POOL_SIZE,
            "log_level": "ERROR",
        }
    )
    books = await AsyncSQLAlchemyDatasource.create(URL, engine_kwargs={"pool_size": POOL_SIZE, "max_overflow": 0})

    @books.transaction(isolation_level="READ COMMITTED")
    async def read(order: str) -> list[Any]:
        row = (await books.sql_session().execute(READ, {"order_id": order})).one()
        return list(row)

    @books.transaction(isolation_level="READ COMMITTED")
    async def charge(order: str, payer: str, payee: str, amount: int) -> str:
        session = books.sql_session()
        values = {"order_id": order, "payer": payer, "payee": payee, "amount": amount}
        payment_id = (await session.execute(CLAIM, values)).scalar_one()
        source = (await session.execute(MOVE, {"account_id": payer, "amount": -amount})).one()
        target = (await session.execute(MOVE, {"account_id": payee, "amount": amount})).one()
        legs = {
            "payment_id": payment_id,
            "payer_after": source[0], "payer_sequence": source[1],
            "payee_after": target[0], "payee_sequence": target[1],
        }  # fmt: skip
        await session.execute(POST, {**values, **legs})
        return str(payment_id)

    @books.transaction(isolation_level="READ COMMITTED")
    async def flip(order: str, payment_id: str) -> None:
        await books.sql_session().execute(FLIP, {"order_id": order, "payment_id": payment_id})

    @DBOS.workflow()
    async def pay(order: str) -> str:
        payer, payee, amount = await read(order)
        payment_id = str(await charge(order, payer, payee, amount))
        await flip(order, payment_id)
        return payment_id

    async def one_round(asked: Round) -> Measured:
        async def call(n: int) -> None:
            order = order_id(asked.series, n)
            with SetWorkflowID(order):
                await pay(order)

        return await measure(call, asked)

    DBOS.launch()
    await answer_rounds(one_round)
    DBOS.destroy()


if __name__ == "__main__":
    uvloop.run(main())
