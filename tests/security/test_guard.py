"""The guard by itself: whose certificate is a service's, and what decides when there are two."""

from collections.abc import Mapping
from typing import Any

import pytest

from order_service.config import OrderSettings
from shared.callers import Caller, Role, Scope
from shared.errors import PayonceError, Reason
from shared.rpc.guard import Guard
from shared.rpc.tokens import tokens
from tests.security.world import Keys, Metadata, bearer

URI, HOST = "spiffe://payonce.dev/payment_service", "payment.example"
ROW = {Role.SERVICE: Scope.ANY, Role.CUSTOMER: Scope.OWN}


class Call:
    """What grpc tells of one."""

    def __init__(self, certified: Mapping[str, list[bytes]], metadata: Metadata = ()) -> None:
        self._certified = certified
        self._metadata = metadata

    def auth_context(self) -> Mapping[str, list[bytes]]:
        return self._certified

    def invocation_metadata(self) -> Metadata:
        return self._metadata

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"


@pytest.fixture
def guard(keys: Keys) -> Guard:
    return Guard(tokens(OrderSettings(token_keys=keys.folder / "jwks.json")), (URI, HOST), None)


def admitted(guard: Guard, call: Call) -> Caller:
    asked: Any = call
    return guard.admit(asked, "Method", {"Method": ROW})


@pytest.mark.parametrize(("kind", "name"), [("peer_uri", URI), ("peer_dns", HOST)])
def test_a_service(guard: Guard, kind: str, name: str) -> None:
    certified = {kind: [b"another", name.encode()]}
    assert admitted(guard, Call(certified)) == Caller(Role.SERVICE, name, Scope.ANY)


@pytest.mark.parametrize(
    "certified",
    [
        {},
        {"peer_dns": [URI.encode()]},
        {"peer_uri": [HOST.encode()]},
        {"x509_common_name": [HOST.encode()], "x509_subject": [f"CN={HOST}".encode()]},
        {"peer_email": [HOST.encode()], "x509_subject_alternative_name": [HOST.encode(), URI.encode()]},
        {"peer_uri": [f"{URI}/more".encode(), f"{URI}\0".encode(), URI.upper().encode(), b""]},
        {"peer_dns": [f"x.{HOST}".encode(), b"*.example", b"*", HOST[:-1].encode(), b"\xff\xfe"]},
    ],
)
def test_what_is_almost_its_name(guard: Guard, certified: Mapping[str, list[bytes]]) -> None:
    with pytest.raises(PayonceError) as caught:
        admitted(guard, Call(certified))
    assert caught.value.reason is Reason.NOT_AUTHENTICATED


def test_a_token_decides_before_a_certificate(guard: Guard, keys: Keys) -> None:
    certified = {"peer_uri": [URI.encode()]}
    assert admitted(guard, Call(certified, bearer(keys.token("customer", "alice")))) == Caller(
        Role.CUSTOMER, "alice", Scope.OWN
    )
    with pytest.raises(PayonceError) as caught:  # and a bad one is not made good by it
        admitted(guard, Call(certified, bearer("x.y.z")))
    assert caught.value.reason is Reason.NOT_AUTHENTICATED


def test_a_role_that_is_not_in_the_row(guard: Guard, keys: Keys) -> None:
    with pytest.raises(PayonceError) as caught:
        admitted(guard, Call({}, bearer(keys.token("merchant", "shop"))))
    assert caught.value.reason is Reason.ROLE_NOT_ALLOWED


def test_no_subject_of_a_token_is_a_services_name(guard: Guard, keys: Keys) -> None:
    assert admitted(guard, Call({}, bearer(keys.token("customer", HOST)))).role is Role.CUSTOMER
