"""Pages: everything once, newest first."""

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2
from tests.harness.money import order, put, seed
from tests.harness.stubs import Stubs


async def test_pages_hold_everything_once(stubs: Stubs) -> None:
    await seed(stubs, "p-ann", "p-shop", deposit=0)
    for i in range(5):
        await put(stubs, "p-ann", i + 1, request_id=f"p-{i}")
        await order(stubs, f"p-{i}", customer="p-ann", merchant="p-shop")
    token, sequences = "", []
    while True:
        page = await stubs.payments.ListEntries(
            account_pb2.ListEntriesRequest(account_id="p-ann", page_size=2, page_token=token)
        )
        sequences += [entry.sequence for entry in page.entries]
        if not (token := page.next_page_token):
            break
    assert sequences == [5, 4, 3, 2, 1]
    token, ids = "", []
    while True:
        listed = await stubs.orders.ListOrders(
            order_service_pb2.ListOrdersRequest(customer_id="p-ann", page_size=2, page_token=token)
        )
        ids += [one.order_id for one in listed.orders]
        if not (token := listed.next_page_token):
            break
    assert ids == ["p-4", "p-3", "p-2", "p-1", "p-0"]
