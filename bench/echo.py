"""The ceiling: a gRPC method that gives its request back. Started by `python -m bench`.

grpc.aio on uvloop with the services' options and garbage collector, and nothing of ours around it: no guard, no
health, no reflection.
"""

import asyncio
import sys
from typing import Any

import grpc
import uvloop

from bench.calls import ECHO, ECHO_METHOD
from payonce.payment.v1.payment_service_pb2 import PayOrderRequest
from shared import garbage
from shared.rpc.server import OPTIONS


async def _echo(request: PayOrderRequest, _: Any) -> PayOrderRequest:
    return request


async def main() -> None:
    """Serve until our stdin ends."""
    server = grpc.aio.server(options=OPTIONS)
    method = grpc.unary_unary_rpc_method_handler(
        _echo,
        request_deserializer=PayOrderRequest.FromString,
        response_serializer=PayOrderRequest.SerializeToString,
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(ECHO, {ECHO_METHOD: method})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    garbage.settle()
    print(f"echo listening on 127.0.0.1:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)


if __name__ == "__main__":
    uvloop.run(main())
