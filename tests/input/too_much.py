"""gRPC that is too much, or for nobody: what a client's library lets through."""

from collections.abc import Sequence
from typing import Any

import grpc
import pytest

from shared.rpc.limits import MESSAGE_LIMIT, METADATA_LIMIT
from tests.input.judge import refusal

PAYMENTS = "/payonce.payment.v1.PaymentService"
GET = f"{PAYMENTS}/GetPayment"
MB = 1024 * 1024
Kind = tuple[str, str]  # status and reason; without a reason it is the transport's
Metadata = Sequence[tuple[str, str | bytes]]
UNKNOWN_METHOD = ("UNIMPLEMENTED", "")
TOO_MUCH = ("RESOURCE_EXHAUSTED", "")
INVALID = ("INVALID_ARGUMENT", "INVALID_REQUEST")
OURS: Metadata = [("idempotent-replayed", "true"), ("x-bin", b"\xff\0"), ("traceparent", "'; DROP TABLE orders --")]

# What is sent, as path, message and metadata; and the answer.
CALLS: dict[str, tuple[str, bytes, Metadata, Kind]] = {
    "a method that there is not": (f"{PAYMENTS}/Rob", b"", (), UNKNOWN_METHOD),
    "a service that there is not": ("/x.Y/Z", b"", (), UNKNOWN_METHOD),
    "a path of 4 kB": ("/" + "x" * 4_000 + "/y", b"", (), UNKNOWN_METHOD),
    "a message above 128 KiB": (GET, b"\x0a" * (MESSAGE_LIMIT + 1), (), TOO_MUCH),
    "a message of 64 MB": (GET, bytes(64 * MB), (), TOO_MUCH),
    "a header of 8 KiB": (GET, b"", [("x", "y" * METADATA_LIMIT)], TOO_MUCH),
    "a header of 64 kB": (GET, b"", [("x", "y" * 64_000)], TOO_MUCH),
    "1,000 headers": (GET, b"", [(f"x-{i}", "y") for i in range(1_000)], TOO_MUCH),
    "headers that the services themselves use": (GET, b"", OURS, INVALID),
}


def send(channel: grpc.Channel, path: str, data: bytes, metadata: Metadata = ()) -> Kind:
    """Which refusal comes back."""
    call: Any = channel.unary_unary(path)
    with pytest.raises(grpc.RpcError) as caught:
        call(data, metadata=tuple(metadata), timeout=30)
    return refusal(caught.value).kind
