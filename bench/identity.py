"""What it costs to know who calls: `python -m bench.identity`. Not part of `make bench`.

A real server and a real client, over loopback. In the server's handler the guard is asked many times over about that
one call; and whole calls are made, one after the other, in plain text without a guard, and over TLS with a token. All
of it is processor time: a machine that is busy with other things hardly shows.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
import uvloop

from order_service.config import OrderSettings
from payonce.dev_certs import PAYMENT_SERVICE_NAME, dev_certs
from payonce.tokens import read_key, token
from shared.callers import Role, Scope
from shared.rpc.exposure import Exposure, expose
from shared.rpc.guard import Context
from shared.rpc.registrar import Registrar
from shared.rpc.tokens import tokens

ROW: Mapping[Role, Scope] = {Role.CUSTOMER: Scope.OWN, Role.SERVICE: Scope.ANY}
ACCESS = {"Ask": ROW}
TIMES = 20_000
CALLS = 2_000
ROUNDS = 5
Ask = Callable[[], Awaitable[bytes]]


async def main() -> None:
    """Print one line for each figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dev_certs(folder)
        secured = OrderSettings(
            tls_cert=folder / "order_service.pem",
            tls_key=folder / "order_service-key.pem",
            tls_ca=folder / "ca.pem",
            token_keys=folder / "jwks.json",
            service_names=(PAYMENT_SERVICE_NAME,),
            rate_limit=1e9,
        )
        said = token(read_key(folder / "token-key.pem"), role="customer", sub="alice")
        plain, plain_server = await served(expose(OrderSettings(), ACCESS))
        tls, tls_server = await served(expose(secured, ACCESS))
        as_client, as_service = (credentials(folder, who) for who in ("client", "payment_service"))
        async with (
            grpc.aio.insecure_channel(plain) as nobody,
            grpc.aio.secure_channel(tls, as_client) as client,
            grpc.aio.secure_channel(tls, as_service) as service,
        ):
            asks: dict[str, Ask] = {
                "plain text, nobody is asked": asking(nobody),
                "TLS and a token": asking(client, ("authorization", f"Bearer {said}")),
                "TLS and a service's certificate": asking(service),
            }
            for what, ask in list(asks.items())[1:]:
                asked = float(await ask())
                print(f"guard, {what}: {asked:.1f} us a call")
            rounds = {what: [await timed(ask) for _ in range(ROUNDS)] for what, ask in asks.items()}
            for what, medians in rounds.items():
                print(f"whole call, {what}: {statistics.median(medians):.0f} us")
        known = tokens(secured)
        assert known  # noqa: S101 - their keys were given
        began = time.thread_time()
        for _ in range(ROUNDS * 100):
            known._verified(f"Bearer {said}")  # noqa: SLF001 - the part that remembers nothing
        print(f"a token seen for the first time: {(time.thread_time() - began) / ROUNDS * 1e4:.0f} us")
        await plain_server.stop(None)
        await tls_server.stop(None)


async def served(exposure: Exposure) -> tuple[str, grpc.aio.Server]:
    """The address of a server that answers with what the guard takes, in microseconds."""

    async def ask(request: bytes, context: Context) -> bytes:
        if exposure.guard is None or not measuring:
            return request
        measuring.pop()
        began = time.thread_time()
        for _ in range(TIMES):
            exposure.guard.admit(context, "Ask", ACCESS)
        return str((time.thread_time() - began) / TIMES * 1e6).encode()

    measuring = [True, True]
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(ask, request_deserializer=bytes, response_serializer=bytes)
    generic = grpc.method_handlers_generic_handler("b.B", {"Ask": handler})
    Registrar(server, access=exposure.access, guard=exposure.guard).add_generic_rpc_handlers([generic])
    if exposure.credentials:
        port = server.add_secure_port("127.0.0.1:0", exposure.credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return f"127.0.0.1:{port}", server


def asking(channel: grpc.aio.Channel, *metadata: tuple[str, str]) -> Ask:
    """One call after the other."""
    method: Any = channel.unary_unary("/b.B/Ask")
    return lambda: method(b"", metadata=metadata)


def credentials(folder: Path, who: str) -> grpc.ChannelCredentials:
    """With that certificate."""
    ca, key, cert = ((folder / name).read_bytes() for name in ("ca.pem", f"{who}-key.pem", f"{who}.pem"))
    return grpc.ssl_channel_credentials(ca, key, cert)


async def timed(ask: Ask) -> float:
    """Processor time of one call, client and server together, in microseconds."""
    began = time.process_time()
    for _ in range(CALLS):
        await ask()
    return (time.process_time() - began) / CALLS * 1e6


if __name__ == "__main__":
    uvloop.run(main())
