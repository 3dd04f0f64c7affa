"""BatchPayOrders: an outcome for each order, in the order given."""

import grpc
import pytest

from payonce.payment.v1 import batch_pb2
from tests.harness.answers import reason
from tests.harness.money import balance, money, order, pay, seed
from tests.harness.stubs import Stubs


def batch(*orders: batch_pb2.OrderToPay) -> batch_pb2.BatchPayOrdersRequest:
    return batch_pb2.BatchPayOrdersRequest(orders=orders)


def to_pay(order_id: str, expected: int | None = None) -> batch_pb2.OrderToPay:
    return batch_pb2.OrderToPay(order_id=order_id, expected_amount=None if expected is None else money(expected))


async def test_outcomes_stand_in_the_order_given_and_one_refused_hinders_nobody(stubs: Stubs) -> None:
    await seed(stubs, "batch-ann", "batch-shop", deposit=2_500)
    for i in range(3):
        await order(stubs, f"batch-{i}", 1_000, customer="batch-ann", merchant="batch-shop")
    before = await pay(stubs, "batch-1")
    asked = batch(
        to_pay("batch-0"),
        to_pay("batch-absent"),
        to_pay("batch-1"),
        to_pay("batch-0"),
        to_pay("batch-2", 7),
        to_pay("batch-2"),
    )
    found = (await stubs.payments.BatchPayOrders(asked)).outcomes

    assert [one.error.reason for one in found] == [
        "", "ORDER_NOT_FOUND", "", "", "AMOUNT_MISMATCH", "INSUFFICIENT_FUNDS",
    ]  # fmt: skip
    assert [one.replayed for one in found] == [False, False, True, True, False, False]
    assert [one.order_confirmed for one in found] == [True, False, True, True, False, False]
    assert found[2].payment == before.payment
    assert found[0].payment == found[3].payment
    assert found[1].error.code == grpc.StatusCode.NOT_FOUND.value[0]
    assert found[4].error.metadata["fields"] == "expected_amount"
    assert await balance(stubs, "batch-ann") == 500

    again = (await stubs.payments.BatchPayOrders(asked)).outcomes
    assert [one.payment for one in again] == [one.payment for one in found]
    assert [one.replayed for one in again] == [True, False, True, True, False, False]
    assert await balance(stubs, "batch-ann") == 500


@pytest.mark.parametrize("orders", [[], [to_pay("x")] * 1_001, [to_pay("good"), to_pay("")], [to_pay("good", 0)]])
async def test_a_batch_that_is_not_as_documented_is_refused_whole(
    stubs: Stubs, orders: list[batch_pb2.OrderToPay]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.payments.BatchPayOrders(batch(*orders))
    assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
