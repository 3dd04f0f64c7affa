"""What is not there: NOT_FOUND with the reason of what is missing, and nothing is made by asking for it."""

import uuid

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness.money import put
from tests.harness.services import Services
from tests.harness.stubs import Stubs
from tests.rpc.common import ABSENT, nothing_changes, refusal


async def test_what_is_absent_is_not_found(running: Services, stubs: Stubs) -> None:
    get_order = order_service_pb2.GetOrderRequest(order_id="never")
    cancel = order_service_pb2.CancelOrderRequest(order_id="never")
    account = account_pb2.GetAccountRequest(account_id="never")
    entries = account_pb2.ListEntriesRequest(account_id="never")
    payment = payment_service_pb2.GetPaymentRequest(payment_id=str(uuid.uuid4()))
    async with nothing_changes(running):
        await refusal(stubs.orders.GetOrder(get_order), ABSENT, "ORDER_NOT_FOUND")
        await refusal(stubs.orders.CancelOrder(cancel), ABSENT, "ORDER_NOT_FOUND")
        await refusal(stubs.payments.GetAccount(account), ABSENT, "ACCOUNT_NOT_FOUND")
        await refusal(stubs.payments.ListEntries(entries), ABSENT, "ACCOUNT_NOT_FOUND")
        await refusal(put(stubs, "never", 5, request_id="to-nobody"), ABSENT, "ACCOUNT_NOT_FOUND")
        await refusal(stubs.payments.GetPayment(payment), ABSENT, "PAYMENT_NOT_FOUND")


async def test_a_batch_leaves_out_what_is_absent(stubs: Stubs) -> None:
    request = order_service_pb2.BatchGetOrdersRequest(order_ids=["never", "nor-this"])
    assert not (await stubs.orders.BatchGetOrders(request)).orders
