"""The console's parts list."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from payonce.client import AsyncClient
from payonce.client.settings import from_environ
from payonce.console.identity.visits import Visits, token
from payonce.console.live.health import Peer
from payonce.console.live.watch import Watch
from payonce.console.parts import Parts
from payonce.console.serving import serving
from payonce.console.settings import ConsoleSettings
from payonce.console.tryit.stage import Stage
from payonce.console.tryit.trials import Trials
from shared.config import load


@contextlib.asynccontextmanager
async def console(
    environ: Mapping[str, str], settings: ConsoleSettings, stage: Stage | None = None
) -> AsyncIterator[str]:
    """The console in the block; its URL. StartupError says what to set.

    `environ` says where the services are, and the TLS to them, as it does for a client; a token in it is not used,
    since whoever looks at the console brings one. With a `stage` there is Try it.
    """
    target = from_environ(environ)
    settings.require_safe(services_have_tls=target.credentials is not None)
    login = not settings.open or target.credentials is not None
    client = AsyncClient(
        target.order_address,
        target.payment_address,
        timeout_s=target.timeout_s,
        credentials=target.credentials,
        token=token if login else None,
    )
    peers = (
        Peer("order_service", target.order_address, settings.order_metrics),
        Peer("payment_service", target.payment_address, settings.payment_metrics),
    )
    parts = Parts(
        client=client,
        visits=Visits(login=login),
        watch=Watch(*peers, target.credentials),
        # Through TLS the proxy can't count requests, nor lose the reply of one.
        trials=Trials(stage) if stage and not login else None,
    )
    async with serving(parts, settings) as url:
        yield url


async def serve(environ: Mapping[str, str]) -> None:
    """`payonce console`: until cancelled."""
    async with console(environ, load(ConsoleSettings)) as url:
        print(f"the console is at {url}", flush=True)
        await asyncio.Event().wait()
