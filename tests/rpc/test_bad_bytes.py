"""Bytes that are no message (F32), at every method of both services: INVALID_ARGUMENT, and nothing is changed."""

from typing import Any

import pytest

from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_service_pb2
from tests.harness.services import Services
from tests.harness.stubs import Stubs
from tests.rpc.common import INVALID, nothing_changes, refusal

SERVICES = [
    order_service_pb2.DESCRIPTOR.services_by_name["OrderService"],
    payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"],
]
JUNK = [
    b"".join(tag + b"\x02\xff\xfe" for tag in (b"\x0a", b"\x12", b"\x1a")),  # fields 1 to 3, no UTF-8
    b"\x0a\x7fabc",  # field 1, longer than what follows
    b"\xff" * 40,
    b"\x0a",
]


METHODS = [
    pytest.param(service.file.package, f"/{service.full_name}/{method.name}", id=method.name)
    for service in SERVICES
    for method in service.methods
]


@pytest.mark.parametrize(("package", "path"), METHODS)
async def test_bytes_that_are_no_message(running: Services, stubs: Stubs, package: str, path: str) -> None:
    channel = stubs.order_channel if package == "payonce.order.v1" else stubs.payment_channel
    call: Any = channel.unary_unary(path)
    async with nothing_changes(running):
        for junk in JUNK:
            await refusal(call(junk), INVALID, "INVALID_REQUEST")
