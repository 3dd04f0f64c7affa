"""Secure by default: what strangers can reach does not start without TLS and tokens, and says what to set."""

from collections.abc import Mapping
from typing import Any

import pytest

from order_service.config import OrderSettings
from order_service.rpc.access import ACCESS as ORDER_ACCESS
from payment_service.config import PaymentSettings
from payment_service.rpc.access import ACCESS as PAYMENT_ACCESS
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_service_pb2
from shared.callers import Role, Scope
from shared.config import INSECURE, load
from shared.errors import StartupError
from shared.rpc.access import AccessTable
from shared.rpc.exposure import expose, require_safe
from shared.rpc.registrar import Registrar
from tests.harness.postgres import Pair
from tests.security.world import Keys
from tests.server.standard import PREFIX, SERVICES, database_url, launched, settings
from tests.server.test_startup_trouble import only_line

each_service = pytest.mark.parametrize("module", list(SERVICES))
LOOPBACK = ["127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "localhost:1"]
OTHERS = ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "order_service:1", "localhost.example:1", "128.0.0.1:1"]


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_development(address: str) -> None:
    require_safe(OrderSettings(listen=address))
    require_safe(PaymentSettings(listen=address, order_service=address))
    assert expose(OrderSettings(listen=address), ORDER_ACCESS).guard is None


@pytest.mark.parametrize("address", OTHERS)
def test_any_other_address_wants_tls_and_keys(address: str) -> None:
    payments = (PaymentSettings(listen=address), PaymentSettings(order_service=address))
    for wanted in (OrderSettings(listen=address), *payments):
        with pytest.raises(StartupError) as caught:
            require_safe(wanted)
        for name in ("tls_cert", "tls_key", "tls_ca", "token_keys"):
            assert wanted.variable(name) in str(caught.value)
        assert f"{wanted.variable('insecure')}={INSECURE}" in str(caught.value)


@pytest.mark.parametrize("address", OTHERS)
def test_or_that_it_is_said_in_so_many_words(address: str) -> None:
    require_safe(OrderSettings(listen=address, insecure=INSECURE))
    require_safe(PaymentSettings(listen=address, order_service=address, insecure=INSECURE))


def test_in_other_words_it_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_INSECURE", "true")
    with pytest.raises(StartupError, match=f"ORDER_INSECURE: it must be {INSECURE}"):
        load(OrderSettings)


@pytest.mark.parametrize("name", ["tls_cert", "tls_key", "tls_ca", "token_keys"])
@pytest.mark.parametrize("listen", [LOOPBACK[0], OTHERS[0]])
def test_half_of_tls_is_none(keys: Keys, name: str, listen: str) -> None:
    whole = given(keys)
    with pytest.raises(StartupError, match=f"set ORDER_{name.upper()}$"):
        require_safe(OrderSettings(**{**whole, name: None}, listen=listen, insecure=INSECURE))
    require_safe(OrderSettings(**whole, listen=listen))


def test_whom_order_service_takes_for_a_service_has_to_be_said(keys: Keys) -> None:
    """Else no payment could ever be confirmed."""
    with pytest.raises(StartupError, match="ORDER_SERVICE_NAMES"):
        expose(OrderSettings(**given(keys)), ORDER_ACCESS)
    assert expose(PaymentSettings(**given(keys, "payment_service")), PAYMENT_ACCESS).credentials


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tls_key": "client-key.pem"}, "the key is not the certificate's"),
        ({"tls_key": "ca.pem"}, "the key is no PEM"),
        ({"tls_cert": "jwks.json"}, "the certificates are no PEM"),
        ({"tls_ca": "client-key.pem"}, "the certificates are no PEM"),
        ({"tls_ca": "none.pem"}, "can't be read"),
    ],
)
def test_files_that_do_not_go_together(keys: Keys, changed: Mapping[str, str], why: str) -> None:
    paths = {name: keys.folder / file for name, file in changed.items()}
    with pytest.raises(StartupError, match=why):
        expose(OrderSettings(**{**given(keys), **paths}, service_names=("x",)), ORDER_ACCESS)


@each_service
async def test_the_process_says_it_in_one_line(pair: Pair, module: str) -> None:
    line = await only_line(module, settings(module, DATABASE_URL=database_url(pair, module), LISTEN="0.0.0.0:0"))
    assert f"set {PREFIX[module]}_TLS_CERT, " in line


@each_service
async def test_workers_are_not_even_started(pair: Pair, module: str) -> None:
    env = settings(module, DATABASE_URL=database_url(pair, module), LISTEN="0.0.0.0:0")
    assert f"set {PREFIX[module]}_TLS_CERT, " in await only_line(module, env, "--workers", "2")


@pytest.mark.parametrize("words", ["reconcile", "reconcile --apply"])
async def test_reconcile_wants_it_as_serving_does(pair: Pair, words: str) -> None:
    """It tells order_service what to do, and believes what that says."""
    env = settings("payment_service", DATABASE_URL=pair.payments_login, ORDER_SERVICE="10.0.0.1:1")
    assert "set PAYMENT_TLS_CERT, " in await only_line("payment_service", env, *words.split())


@each_service
async def test_where_it_is_said_to_be_private_it_starts(pair: Pair, module: str) -> None:
    env = settings(module, DATABASE_URL=database_url(pair, module), LISTEN="0.0.0.0:0", INSECURE=INSECURE)
    async with launched(module, env) as running:
        await running.listening()
        assert running.address.startswith("0.0.0.0:")
        assert "everybody_may_do_everything" in running.stderr


def test_a_method_without_a_row_does_not_start() -> None:
    tables: list[AccessTable] = [{}, {"A": {}, "B": {Role.CUSTOMER: Scope.OWN}, "C": {}}]
    for access in tables:
        with pytest.raises(StartupError, match=r"test.Test and its access table differ: (A, B|C)"):
            Registrar(None, access=access).add_registered_method_handlers("test.Test", {"A": None, "B": None})  # type: ignore[arg-type]
    Registrar(None, access={"A": {}}).add_registered_method_handlers("test.Test", {"A": None})  # type: ignore[arg-type]


def test_the_tables_are_of_the_services() -> None:
    for service, access in (
        (order_service_pb2.DESCRIPTOR.services_by_name["OrderService"], ORDER_ACCESS),
        (payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"], PAYMENT_ACCESS),
    ):
        assert set(service.methods_by_name) == set(access)


def given(keys: Keys, service: str = "order_service") -> dict[str, Any]:
    """The settings of TLS, by field."""
    return {
        "tls_cert": keys.folder / f"{service}.pem",
        "tls_key": keys.folder / f"{service}-key.pem",
        "tls_ca": keys.folder / "ca.pem",
        "token_keys": keys.folder / "jwks.json",
    }
