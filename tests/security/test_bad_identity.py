"""Over the wire: who does not belong there gets nothing, changes nothing, is logged without the token; others go on."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import account_pb2, payment_service_pb2
from tests.harness.money import money, order
from tests.harness.refusals import contents
from tests.input.canary import Canary
from tests.input.judge import refusal
from tests.security.bad_tokens import BAD
from tests.security.world import Keys, Metadata, Secured, bearer

MARK = "/payonce.order.v1.OrderService/MarkOrdersPaid"
HEALTH = "/grpc.health.v1.Health/Check"
DEPOSIT = "/payonce.payment.v1.PaymentService/Deposit"
CANCEL = "/payonce.order.v1.OrderService/CancelOrder"
MONEY = account_pb2.DepositRequest(account_id="alice", amount=money(1), request_id="none").SerializeToString()
CANCELS = order_service_pb2.CancelOrderRequest(order_id="kept").SerializeToString()
UNAUTHENTICATED = "UNAUTHENTICATED"


@pytest.fixture(scope="module")
async def kept(secured: Secured) -> str:
    async with secured.stubs(secured.keys.caller("backoffice", "carla")) as stubs:
        return (await order(stubs, "kept", 5)).order_id


def answer(
    address: str, credentials: grpc.ChannelCredentials | None, path: str, data: bytes, metadata: Metadata = ()
) -> tuple[str, str]:
    """Status and reason of what a stranger sent, who has a connection of its own."""
    own = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    opened = grpc.secure_channel(address, credentials, own) if credentials else grpc.insecure_channel(address, own)
    with opened as channel:
        call: Any = channel.unary_unary(path)
        try:
            call(data, metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            return refusal(error).kind
    return "OK", ""


@pytest.fixture
def nothing_changed(secured: Secured, kept: str, canary: Canary) -> Iterator[None]:
    """But for what the canary does, whose orders have names of their own."""
    before = others(secured)
    assert any(kept in row for row in before[0])
    yield
    canary.pays()
    assert others(secured) == before


def others(secured: Secured) -> tuple[list[str], int]:
    """The orders that are not the canary's, and how many deposits there were."""
    found = contents(secured.running.pair)
    orders = [row for (row,) in found["orders"] if "canary-" not in row]
    return orders, sum("deposit" in row for (row,) in found["transfers"])


@pytest.mark.usefixtures("nothing_changed")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_token(secured: Secured, name: str) -> None:
    make, expected, why = BAD[name]
    said = make(secured.keys)
    length = len(secured.logged())
    for address, path, data in zip(secured.addresses, (CANCEL, DEPOSIT), (CANCELS, MONEY), strict=True):
        answered = answer(address, secured.keys.tls(), path, data, bearer(said))
        assert answered == (UNAUTHENTICATED, expected)
    lines = [line for line in secured.logged().splitlines() if '"not_authenticated"' in line]
    assert sum(why in json.loads(line)["why"] for line in lines) >= 2
    assert len(said) < 10 or said not in secured.logged()
    assert len(secured.logged()) > length


@pytest.mark.usefixtures("nothing_changed")
def test_no_token_and_two_tokens(secured: Secured) -> None:
    good = bearer(secured.keys.token("backoffice", "carla"))
    for metadata in ((), good + good):
        answered = answer(secured.addresses[1], secured.keys.tls(), DEPOSIT, MONEY, metadata)
        assert answered == (UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert "no token, and no service's certificate" in secured.logged()


@pytest.mark.usefixtures("nothing_changed")
@pytest.mark.parametrize("role", ["customer", "merchant"])
def test_a_token_of_another_role(secured: Secured, role: str) -> None:
    said = secured.keys.token(role, "mallory")
    answered = answer(secured.addresses[1], secured.keys.tls(), DEPOSIT, MONEY, bearer(said))
    assert answered == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
    logged = [json.loads(line) for line in secured.logged().splitlines() if '"role_not_allowed"' in line]
    assert ("Deposit", f"{role}:mallory") in [(line["method"], line["caller"]) for line in logged]
    assert said not in secured.logged()


@pytest.mark.usefixtures("nothing_changed")
@pytest.mark.parametrize("role", ["customer", "merchant", "backoffice", ""])
def test_orders_are_marked_by_payment_service_alone(secured: Secured, role: str) -> None:
    """Another name in the certificate, whatever the token says."""
    payment = order_service_pb2.OrderPayment(order_id="kept", payment_id="00000000-0000-7000-8000-000000000000")
    data = order_service_pb2.MarkOrdersPaidRequest(payments=[payment]).SerializeToString()
    said = bearer(secured.keys.token(role, "alice")) if role else ()
    for who in ("client", "order_service"):
        answered = answer(secured.addresses[0], secured.keys.tls(who), MARK, data, said)
        assert answered[0] == ("PERMISSION_DENIED" if role else UNAUTHENTICATED)


def test_a_service_is_known_by_its_certificate(secured: Secured) -> None:
    data = order_service_pb2.BatchGetOrdersRequest(order_ids=["none"]).SerializeToString()
    path = "/payonce.order.v1.OrderService/BatchGetOrders"
    assert answer(secured.addresses[0], secured.keys.tls("payment_service"), path, data) == ("OK", "")
    # With a token it is whom the token names: what a customer may not do, it does not do for one.
    marks = order_service_pb2.MarkOrdersPaidRequest().SerializeToString()
    said = bearer(secured.keys.token("customer", "alice"))
    answered = answer(secured.addresses[0], secured.keys.tls("payment_service"), MARK, marks, said)
    assert answered == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")


@pytest.mark.usefixtures("nothing_changed")
@pytest.mark.parametrize("how", ["plain text", "no certificate", "another authority"])
def test_a_stranger_does_not_get_in(secured: Secured, keys: Keys, other: Keys, how: str) -> None:
    roots = keys.read("ca.pem")
    stranger = grpc.ssl_channel_credentials(roots, other.read("client-key.pem"), other.read("client.pem"))
    credentials = {"plain text": None, "no certificate": keys.tls(""), "another authority": stranger}[how]
    said = bearer(keys.token("backoffice", "carla"))
    for address, path, data in zip(secured.addresses, (CANCEL, DEPOSIT), (CANCELS, MONEY), strict=True):
        assert answer(address, credentials, path, data, said) == ("UNAVAILABLE", "")
        assert answer(address, credentials, HEALTH, b"") == ("UNAVAILABLE", "")


def test_health_needs_no_token(secured: Secured) -> None:
    for address in secured.addresses:
        assert answer(address, secured.keys.tls(), HEALTH, b"") == ("OK", "")


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_is_off(secured: Secured, version: str) -> None:
    path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    for address in secured.addresses:
        said = bearer(secured.keys.token("backoffice", "carla"))
        assert answer(address, secured.keys.tls(), path, b"", said) == ("UNIMPLEMENTED", "")


async def test_a_payment_over_tls_is_confirmed(secured: Secured) -> None:
    """payment_service shows its certificate to order_service."""
    async with secured.stubs(secured.keys.caller("backoffice", "carla")) as stubs:
        await order(stubs, "over-tls", 5)
    async with secured.stubs(secured.keys.caller("customer", "alice")) as stubs:
        answered = await stubs.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id="over-tls"), timeout=20)
        assert answered.order_confirmed
