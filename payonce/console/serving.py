"""The console over HTTP, in this process's loop, until its block ends."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn

from payonce.console.app import application
from payonce.console.parts import Parts
from payonce.console.settings import ConsoleSettings
from shared.errors import StartupError

GRACE_S = 3  # for answers under way; streams end by themselves


class Server(uvicorn.Server):
    """One that leaves signals to the program that it is a part of, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: `payonce.signals` has them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve."""
        await super().startup(sockets)
        self.up.set()


@contextlib.asynccontextmanager
async def serving(parts: Parts, settings: ConsoleSettings) -> AsyncIterator[str]:
    """Serve in the block; the console's URL. StartupError when the port, or a file, is no good."""
    with _listening(settings.listen) as listener:
        server = Server(_config(parts, settings))
        running = asyncio.create_task(server.serve([listener]))
        await asyncio.wait({running, up := asyncio.create_task(server.up.wait())}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        try:
            yield _url(settings, listener)
        finally:
            parts.stopping.set()
            server.should_exit = True
            await running


def _config(parts: Parts, settings: ConsoleSettings) -> uvicorn.Config:
    config = uvicorn.Config(
        application(parts, settings.host_names),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        config.load()
    except OSError as error:  # SSLError is one
        raise StartupError(f"PAYONCE_CONSOLE_TLS_CERTIFICATE, PAYONCE_CONSOLE_TLS_KEY: {error}") from None
    return config


def _listening(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        raise StartupError(
            f"the console cannot listen on {address} ({os.strerror(error.errno or 0)}). "
            "Choose another with --console-port or PAYONCE_CONSOLE_LISTEN."
        ) from None


def _url(settings: ConsoleSettings, listener: socket.socket) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    host = settings.hosts[0] if settings.hosts else settings.listen.rpartition(":")[0]
    return f"{scheme}://{host}:{listener.getsockname()[1]}"
