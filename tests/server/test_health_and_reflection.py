"""Health says whether calls are welcome; reflection says what can be called, and what the errors carry."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from tests.harness.locks import held, somebody_waits
from tests.harness.postgres import Pair
from tests.harness.services import Services
from tests.server.standard import (
    NOT_SERVING,
    SERVICES,
    SERVING,
    channel,
    database_url,
    free_port,
    launched,
    owner_url,
    settings,
    watching,
)

each_service = pytest.mark.parametrize("module", list(SERVICES))
each_version = pytest.mark.parametrize("version", ["v1", "v1alpha"])


@each_service
async def test_not_serving_until_the_database_answers(pair: Pair, module: str) -> None:
    url = owner_url(pair, module)
    address = f"127.0.0.1:{free_port()}"
    with held(url, "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE") as lock:
        async with (
            launched(module, settings(module, DATABASE_URL=database_url(pair, module), LISTEN=address)) as running,
            watching(address, SERVICES[module]) as changes,
        ):
            await somebody_waits(url)  # the service wants to know whether the schema is what it needs
            assert await anext(changes) == NOT_SERVING
            lock.rollback()
            assert await anext(changes) == SERVING
            await running.listening()
            assert running.address == address


@each_service
async def test_health_by_name(running: Services, module: str) -> None:
    async with channel(address_of(running, module)) as opened:
        stub = health_pb2_grpc.HealthStub(opened)
        for name in ("", SERVICES[module]):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
            assert answer.status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=10)
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND


@each_version
@each_service
async def test_reflection_lists_the_services(running: Services, module: str, version: str) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="*")
    answer = await reflect(address_of(running, module), version, request)
    names = {service.name for service in answer.list_services_response.service}
    assert {SERVICES[module], "grpc.health.v1.Health"} <= names
    assert {f"grpc.reflection.{each}.ServerReflection" for each in ("v1", "v1alpha")} <= names


@each_version
@each_service
@pytest.mark.parametrize("symbol", ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"])
async def test_reflection_knows_the_error_details(running: Services, module: str, version: str, symbol: str) -> None:
    assert symbol.rpartition(".")[2] in await messages_beside(running, module, version, symbol)


@each_version
@each_service
async def test_reflection_describes_every_service_it_lists(running: Services, module: str, version: str) -> None:
    address = address_of(running, module)
    listed = await reflect(address, version, reflection_pb2.ServerReflectionRequest(list_services="*"))
    for service in listed.list_services_response.service:
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=service.name)
        answer = await reflect(address, version, request)
        assert answer.WhichOneof("message_response") == "file_descriptor_response", service.name


def address_of(running: Services, module: str) -> str:
    return running.order.address if module == "order_service" else running.payments[0].address


async def messages_beside(running: Services, module: str, version: str, symbol: str) -> set[str]:
    """The messages of the file that defines `symbol`."""
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
    answer = await reflect(address_of(running, module), version, request)
    files = answer.file_descriptor_response.file_descriptor_proto
    parsed = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in files]
    return {message.name for file in parsed for message in file.message_type}


async def reflect(address: str, version: str, request: reflection_pb2.ServerReflectionRequest) -> Any:
    """One question and its answer; v1 has the messages of v1alpha."""
    async with channel(address) as opened:
        ask = opened.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        call = ask(iter([request]), timeout=10)
        return await asyncio.wait_for(anext(aiter(call)), 10)
