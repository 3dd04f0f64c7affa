"""`payonce up`: both services and the console in one terminal; with `--secure` over TLS, with tokens."""

import asyncio
import contextlib
import os
import random
from pathlib import Path

from payonce.console.main import console
from payonce.console.settings import ConsoleSettings
from payonce.dev_certs import client_settings, dev_certs, settings
from payonce.ports import free_port
from payonce.processes import Pair
from payonce.welcome import welcome
from shared.config import load
from shared.errors import StartupError

DATABASE_URL = {"orders": "ORDER_DATABASE_URL", "payments": "PAYMENT_DATABASE_URL"}
METRICS = ("ORDER_METRICS_LISTEN", "PAYMENT_METRICS_LISTEN")


async def up(
    folder: Path,
    *,
    order_port: int | None = None,
    payment_port: int | None = None,
    console_port: int | None = None,
    with_console: bool = True,
    secure: bool = False,
) -> None:
    """Run until cancelled. StartupError when a service does not start, or ends by itself.

    A port that is not given is the one of ORDER_LISTEN, PAYMENT_LISTEN, PAYONCE_CONSOLE_LISTEN; databases elsewhere are
    used as the services would, by ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, and migrated.
    """
    urls = {name: url for name, variable in DATABASE_URL.items() if (url := os.environ.get(variable))}
    certs = folder / "dev-certs" if secure else None
    metrics = _metrics()
    pair = Pair(
        folder,
        order_listen=_listen(order_port, "ORDER_LISTEN", 50051),
        payment_listen=_listen(payment_port, "PAYMENT_LISTEN", 50052),
        urls=urls,
        environment={**metrics, **(_secured(certs) if certs else {})},
    )
    try:
        await pair.start()
        beside = _console(pair, console_port, metrics, certs) if with_console else contextlib.nullcontext("")
        async with beside as url:
            print(welcome(pair, url, [DATABASE_URL[name] for name in urls], certs), flush=True)
            raise StartupError(f"{await pair.ended()} ended by itself; see {folder / 'services.log'}")
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):  # the terminal may be what is gone
            print("stopping", flush=True)
        raise
    finally:
        await pair.close()


def _secured(certs: Path) -> dict[str, str]:
    dev_certs(certs)
    # So that grpcurl needs no .proto files here either.
    return {**settings(certs), "ORDER_REFLECTION": "true", "PAYMENT_REFLECTION": "true"}


def _metrics() -> dict[str, str]:
    """Where the services tell them: as the environment says, or at ports that stay free while one is down."""
    given = {name: os.environ.get(name) for name in METRICS}
    return {name: listen or f"127.0.0.1:{free_port(random.SystemRandom())}" for name, listen in given.items()}


def _console(
    pair: Pair, port: int | None, metrics: dict[str, str], certs: Path | None
) -> contextlib.AbstractAsyncContextManager[str]:
    environ = {"PAYONCE_ORDER_ADDRESS": pair.order_address, "PAYONCE_PAYMENT_ADDRESS": pair.payment_address}
    order_metrics, payment_metrics = ((metrics[name],) for name in METRICS)
    given: dict[str, object] = {"order_metrics": order_metrics, "payment_metrics": payment_metrics}
    if port is not None:
        given["listen"] = f"127.0.0.1:{port}"
    if certs:
        environ |= client_settings(certs)
        given |= {"tls_certificate": certs / "console.pem", "tls_key": certs / "console-key.pem"}
    return console(environ, load(ConsoleSettings).model_copy(update=given), pair)


def _listen(port: int | None, variable: str, default: int) -> str:
    given = os.environ.get(variable) if port is None else None
    return given or f"127.0.0.1:{default if port is None else port}"
