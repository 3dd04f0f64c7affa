"""What the pages work with. Made once, at start."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from payonce.client import AsyncClient
from payonce.console.identity.visits import Visits
from payonce.console.live.watch import Watch
from payonce.console.tryit.trials import Trials


@dataclass(frozen=True, kw_only=True)
class Parts:
    """`trials` is None where Try it can't be had: it needs the services' processes, and plain text.

    `stopping` is set when the console stops, so that streams end.
    """

    client: AsyncClient
    visits: Visits
    watch: Watch
    trials: Trials | None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def parts(request: Request) -> Parts:
    """Those of the application that answers."""
    return cast(Parts, request.app.state.parts)
