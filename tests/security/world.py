"""A pair that speaks TLS and asks for tokens, and the callers that it knows."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from cryptography.hazmat.primitives.asymmetric import ec

from payonce.dev_certs import dev_certs, settings
from payonce.tokens import read_key, token
from tests.harness.services import Services
from tests.harness.stubs import Stubs

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Keys:
    """What `payonce dev-certs` writes, in a folder."""

    folder: Path

    @classmethod
    def new(cls, folder: Path) -> "Keys":
        dev_certs(folder)
        return cls(folder)

    @property
    def settings(self) -> Mapping[str, str]:
        return settings(self.folder)

    @property
    def signer(self) -> ec.EllipticCurvePrivateKey:
        return read_key(self.folder / "token-key.pem")

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def tls(self, who: str = "client") -> grpc.ChannelCredentials:
        """With the certificate of `who`; with none when that is empty."""
        own = (self.read(f"{who}-key.pem"), self.read(f"{who}.pem")) if who else (None, None)
        return grpc.ssl_channel_credentials(self.read("ca.pem"), *own)

    def token(self, role: str, sub: str, ttl_s: int = 3600) -> str:
        return token(self.signer, role=role, sub=sub, ttl_s=ttl_s)

    def caller(self, role: str, sub: str) -> "Shown":
        """A client's certificate, and a token for this person."""
        return Shown(self.tls(), self.token(role, sub))


class Shown(NamedTuple):
    """What a caller shows of themselves."""

    tls: grpc.ChannelCredentials
    token: str = ""

    def for_blocking(self) -> grpc.ChannelCredentials:
        """For channels that are not grpc.aio's, whose close call credentials can lock up."""
        return grpc.composite_channel_credentials(self.tls, grpc.access_token_call_credentials(self.token))


@dataclass(frozen=True)
class Secured:
    """The pair, and the keys that it runs with."""

    running: Services
    keys: Keys

    @property
    def addresses(self) -> tuple[str, str]:
        return self.running.order.address, self.running.payments[0].address

    def stubs(self, shown: Shown) -> Stubs:
        return Stubs(*self.addresses, credentials=shown.tls, token=shown.token)

    def logged(self) -> str:
        return "".join(process.stderr for process in (self.running.order, *self.running.payments))


def bearer(said: str) -> Metadata:
    return (("authorization", f"Bearer {said}"),)


def claims(**changed: Any) -> dict[str, Any]:
    """Of a token that is good; a claim that is changed to None is left out."""
    now = int(time.time())
    good = {"sub": "alice", "role": "customer", "aud": "payonce", "nbf": now, "exp": now + 300}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}
