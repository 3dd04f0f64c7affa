"""One request_id, one request: each field changed in turn is refused, and named."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message

from payonce.payment.v1 import account_pb2, payment_service_pb2, refund_pb2
from tests.harness.audit import at_rest
from tests.harness.corrections import NEVER
from tests.harness.money import money, order, pay, seed
from tests.harness.refusals import contents, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs

# Another good value, for the fields that take no other word or number.
OTHER: dict[str, Any] = {"payment_id": NEVER, "currency_code": "USD"}
METHODS = ["Deposit", "Withdraw", "RefundPayment"]


def leaves(message: Message, path: str = "") -> Iterator[tuple[str, Message, str]]:
    """Each field that holds a value: its path, and where it stands."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type:
            yield from leaves(getattr(message, field.name), f"{path}{field.name}.")
        else:
            yield f"{path}{field.name}", message, field.name


def changed(request: Message) -> Iterator[tuple[str, Message]]:
    """The request again and again, each time with another field changed; and that field's path."""
    for path, _, _ in leaves(request):
        if path == "request_id":
            continue
        other = type(request)()
        other.CopyFrom(request)
        where, name = next((where, name) for found, where, name in leaves(other) if found == path)
        value = getattr(where, name)
        another = value + 1 if isinstance(value, int) else value + "x"
        setattr(where, name, OTHER.get(name, another))
        yield path, other


async def first_request(stubs: Stubs, method: str) -> Any:
    """A good request to the method, every field set."""
    name = f"o-{method}"
    await seed(stubs, f"{name}-ann", f"{name}-shop")
    if method != "RefundPayment":
        kind = account_pb2.DepositRequest if method == "Deposit" else account_pb2.WithdrawRequest
        return kind(account_id=f"{name}-ann", amount=money(5), request_id=f"{name}-1")
    await order(stubs, f"{name}-1", customer=f"{name}-ann", merchant=f"{name}-shop")
    payment_id = (await pay(stubs, f"{name}-1")).payment.payment_id
    return refund_pb2.RefundPaymentRequest(
        payment_id=payment_id, amount=money(5), request_id=f"{name}-1", reason="broken"
    )


@pytest.mark.parametrize("method", METHODS)
async def test_each_field_changed_is_refused_and_named(running: Services, stubs: Stubs, method: str) -> None:
    request = await first_request(stubs, method)
    call = getattr(stubs.payments, method)
    assert all(getattr(where, name) for _, where, name in leaves(request)), "a field is not tested"
    await call(request)
    await at_rest(running.pair)
    before = contents(running.pair)
    for path, other in changed(request):
        told = await refusal(call(other), "IDEMPOTENCY_KEY_REUSED")
        assert told["fields"] == path
        assert told["request_id"] == request.request_id
    assert contents(running.pair) == before
    await call(request)
    assert contents(running.pair) == before


async def test_a_field_left_out_and_several_changed_are_named(stubs: Stubs) -> None:
    request = await first_request(stubs, "RefundPayment")
    request.request_id = "o-several"
    await stubs.payments.RefundPayment(request)
    other = refund_pb2.RefundPaymentRequest(payment_id=request.payment_id, amount=money(6), request_id="o-several")
    told = await refusal(stubs.payments.RefundPayment(other), "IDEMPOTENCY_KEY_REUSED")
    assert told["fields"].split(",") == ["amount.minor_units", "reason"]


def test_every_rpc_with_a_request_id_is_here() -> None:
    methods = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].methods
    assert sorted(m.name for m in methods if "request_id" in m.input_type.fields_by_name) == sorted(METHODS)
