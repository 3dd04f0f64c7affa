"""The gate by itself, before it opens; how it closes is in test_drain.py."""

import grpc

from shared.errors import starting
from shared.rpc.gate import Gate
from shared.rpc.registrar import Registrar
from tests.harness.answers import reason

METHOD = "/test.Test/Answer"


async def serving(gate: Gate) -> tuple[grpc.aio.Server, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]]:
    async def answer(request: bytes, _: object) -> bytes:
        return request

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(answer, request_deserializer=bytes, response_serializer=bytes)
    Registrar(server, gate).add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("test.Test", {"Answer": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, grpc.aio.insecure_channel(f"127.0.0.1:{port}").unary_unary(METHOD)


async def told(call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]) -> str:
    try:
        await call(b"", timeout=10)
    except grpc.aio.AioRpcError as error:
        return f"{error.code().name} {reason(error)}"
    return "OK"


async def test_until_it_opens_callers_are_told_that_the_service_starts() -> None:
    gate = Gate(starting)
    server, call = await serving(gate)
    assert await told(call) == "UNAVAILABLE STARTING"
    gate.open()
    assert await told(call) == "OK"
    await server.stop(None)
