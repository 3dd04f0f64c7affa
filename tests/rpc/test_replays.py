"""The same request again: the same answer, marked as a replay; the same id with other content: refused."""

from payonce.order.v1 import order_pb2, order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness.answers import replayed
from tests.harness.money import balance, money, order, pay, pay_confirmed, pay_marked, seed
from tests.harness.stubs import Stubs
from tests.rpc.common import FAILED, TAKEN, refusal


async def test_a_second_payment_is_a_replay(stubs: Stubs) -> None:
    await seed(stubs, "r-ann", "r-shop")
    await order(stubs, "r-1", customer="r-ann", merchant="r-shop")
    first, mark = await pay_marked(stubs, "r-1", money(1_000))
    assert not mark
    assert (await pay(stubs, "r-1")).payment == first.payment
    assert (await pay_marked(stubs, "r-1"))[1]
    found = await stubs.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=first.payment.payment_id))
    assert found == first.payment
    await pay_confirmed(stubs, "r-1")
    cancel = order_service_pb2.CancelOrderRequest(order_id="r-1")
    await refusal(stubs.orders.CancelOrder(cancel), FAILED, "ORDER_ALREADY_PAID")


async def test_an_order_is_created_once(stubs: Stubs) -> None:
    request = order_service_pb2.CreateOrderRequest(
        order_id="c-1", customer_id="c-ann", payer_account_id="c-ann", payee_account_id="c-shop", amount=money(5)
    )
    first = stubs.orders.CreateOrder(request)
    made = await first
    again = stubs.orders.CreateOrder(request)
    assert await again == made
    assert [await replayed(call) for call in (first, again)] == [False, True]
    for field, value in (
        ("customer_id", "c-bob"),
        ("payer_account_id", "c-bob"),
        ("payee_account_id", "c-other"),
        ("amount", money(6)),
        ("description", "another"),
    ):
        other = order_service_pb2.CreateOrderRequest()
        other.CopyFrom(request)
        other.MergeFrom(order_service_pb2.CreateOrderRequest(**{field: value}))  # type: ignore[arg-type]
        info = await refusal(stubs.orders.CreateOrder(other), TAKEN, "ORDER_ALREADY_EXISTS")
        assert info.metadata["fields"] == field
    assert await stubs.orders.GetOrder(order_service_pb2.GetOrderRequest(order_id="c-1")) == made


async def test_an_account_is_created_once(stubs: Stubs) -> None:
    request = account_pb2.CreateAccountRequest(account_id="a-ann", owner_id="a-ann", currency_code="EUR")
    first = stubs.payments.CreateAccount(request)
    made = await first
    again = stubs.payments.CreateAccount(request)
    assert await again == made
    assert [await replayed(call) for call in (first, again)] == [False, True]
    other = account_pb2.CreateAccountRequest(account_id="a-ann", owner_id="a-bob", currency_code="USD")
    info = await refusal(stubs.payments.CreateAccount(other), TAKEN, "ACCOUNT_ALREADY_EXISTS")
    assert info.metadata["fields"] == "owner_id,currency_code"


async def test_an_order_is_cancelled_once(stubs: Stubs) -> None:
    await order(stubs, "x-1", customer="x-ann", merchant="x-shop")
    cancel = order_service_pb2.CancelOrderRequest(order_id="x-1")
    first = stubs.orders.CancelOrder(cancel)
    assert (await first).status == order_pb2.ORDER_STATUS_CANCELLED
    again = stubs.orders.CancelOrder(cancel)
    assert await again == await first
    assert [await replayed(call) for call in (first, again)] == [False, True]


async def test_a_deposit_happens_once(stubs: Stubs) -> None:
    await seed(stubs, "d-ann", "d-shop", deposit=0)
    request = account_pb2.DepositRequest(account_id="d-ann", amount=money(70), request_id="d-1")
    first = stubs.payments.Deposit(request)
    made = await first
    again = stubs.payments.Deposit(request)
    assert await again == made
    assert [await replayed(call) for call in (first, again)] == [False, True]
    other = account_pb2.DepositRequest(account_id="d-ann", amount=money(71), request_id="d-1")
    info = await refusal(stubs.payments.Deposit(other), FAILED, "IDEMPOTENCY_KEY_REUSED")
    assert info.metadata["fields"] == "amount.minor_units"
    assert await balance(stubs, "d-ann") == 70
