"""What a payment costs in statements is read from PostgreSQL's log; the bench believes this reading."""

from bench.counting import tally

BATCH = """\
payments|7|LOG:  statement: BEGIN
payments|7|LOG:  execute _pg3_1:
\t    UPDATE accounts SET balance_minor = 1
payments|7|LOG:  execute _pg3_2: SELECT 2
payments|7|LOG:  statement: COMMIT
"""
ALONE = """\
orders|8|LOG:  execute _pg3_3:
\t    UPDATE orders
\t       SET status = 'paid'
orders|8|LOG:  execute _pg3_4: SELECT orders.order_id
orders|8|LOG:  statement: UPDATE orders SET status = 'cancelled'
"""
PING = "orders|9|LOG:  statement: SELECT 1\n"


def test_statements_transactions_and_those_that_write() -> None:
    assert tally((BATCH + ALONE + PING).splitlines(keepends=True)) == {
        ("payments", "statements"): 4,
        ("payments", "transactions"): 1,
        ("payments", "commits"): 1,
        ("orders", "statements"): 3,
        ("orders", "transactions"): 3,
        ("orders", "commits"): 2,
    }
