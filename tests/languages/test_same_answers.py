"""Any gRPC client gets the same answers: Go and Node, with nothing but the protos, are told what Python is told."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from payonce.payment.v1 import payment_pb2, payment_service_pb2
from tests.harness.answers import detail
from tests.harness.money import order, pay_marked, seed
from tests.harness.services import Services
from tests.harness.stubs import Stubs
from tests.languages.callers import built, go, node


@pytest.mark.parametrize("language", [go, node])
async def test_they_are_told_what_python_is_told(
    running: Services, stubs: Stubs, language: Callable[[], list[str]]
) -> None:
    command = await asyncio.to_thread(language)
    name = f"lang-{language.__name__}"
    await seed(stubs, f"{name}-ann", f"{name}-shop")
    await order(stubs, name, customer=f"{name}-ann", merchant=f"{name}-shop")
    told = await answers([*command, running.payments[0].address, name])
    again, replayed = await pay_marked(stubs, name)
    assert replayed
    state = payment_pb2.PaymentState.Name(again.payment.state)
    assert told["paid"] == [
        {"payment_id": again.payment.payment_id, "state": state, "replayed": replayed} for replayed in (False, True)
    ]
    absent, invalid = told["refusals"]
    assert normal(absent) == await refusal(stubs, "no-such-order")
    assert normal(invalid) == await refusal(stubs, "no order id")
    assert absent["reason"] == "ORDER_NOT_FOUND"
    assert absent["metadata"] == {"order_id": "no-such-order"}
    assert invalid["violations"]
    built(command)


async def answers(command: list[str]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return dict(json.loads(out))


async def refusal(stubs: Stubs, order_id: str) -> dict[str, Any]:
    """What Python gets."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.payments.PayOrder(payment_service_pb2.PayOrderRequest(order_id=order_id))
    info = detail(caught.value, error_details_pb2.ErrorInfo)
    violations: list[str] = []
    if info.reason == "INVALID_REQUEST":
        bad = detail(caught.value, error_details_pb2.BadRequest)
        violations = [f"{one.field}: {one.description}" for one in bad.field_violations]
    code = caught.value.code().name
    return normal({"code": code, "reason": info.reason, "metadata": dict(info.metadata), "violations": violations})


def normal(told: dict[str, Any]) -> dict[str, Any]:
    """Go writes NotFound for NOT_FOUND."""
    return {**told, "code": told["code"].replace("_", "").lower()}
