"""A certificate of the right authority is not enough: it has to be of the service that is called, and of today."""

from datetime import timedelta

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payonce import dev_certs as made
from payonce.payment.v1 import payment_service_pb2
from tests.harness.answers import reason
from tests.harness.books import transfers
from tests.harness.money import order, seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.security.test_bad_identity import HEALTH, answer
from tests.security.world import Keys, Secured


async def test_an_order_service_of_another_name_is_not_believed(postgres: Postgres, keys: Keys) -> None:
    env = {**keys.settings, "PAYMENT_ORDER_SERVICE_NAME": "another"}
    async with services(postgres.pair(), payment_env=env, order_env=keys.settings) as running:
        secured = Secured(running, keys)
        async with secured.stubs(keys.caller("backoffice", "carla")) as clerk:
            await seed(clerk)
            await order(clerk, "order", 5)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await clerk.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id="order"), timeout=20)
        assert reason(caught.value) == "ORDER_SERVICE_UNAVAILABLE"
        assert transfers(running.pair, "charge") == 0


def test_an_expired_certificate_does_not_get_in(secured: Secured, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in secured.addresses:
        assert answer(address, of_the_authority(keys), HEALTH, b"") == ("OK", "")
    monkeypatch.setattr(made, "VALID_FOR", timedelta(seconds=-60))
    for address in secured.addresses:
        assert answer(address, of_the_authority(keys), HEALTH, b"") == ("UNAVAILABLE", "")


def of_the_authority(keys: Keys) -> grpc.ChannelCredentials:
    """A client's certificate that is made now, by the authority whom both services believe."""
    key = load_pem_private_key(keys.read("ca-key.pem"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = made.Authority(key, x509.load_pem_x509_certificate(keys.read("ca.pem")))
    cert, own = authority.issue("client", [x509.DNSName("client")], made.CALLS)
    return grpc.ssl_channel_credentials(keys.read("ca.pem"), own, cert)
