"""The first page: how both services do, and the newest payments."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from payonce.client import errors
from payonce.console.live.charts import HEIGHT, WIDTH, chart
from payonce.console.live.watch import EVERY_S, Moment, Watch
from payonce.console.parts import parts
from payonce.console.stream import stream
from payonce.console.views import fragment, page
from payonce.payment.v1 import payment_pb2

NEWEST = 8


async def overview(request: Request) -> Response:
    """A page also when a service is down: that is what it is for."""
    its = parts(request)
    newest: Sequence[payment_pb2.Payment] | None
    try:
        newest = (await its.client.list_payments(page_size=NEWEST)).payments
    except errors.Unavailable:
        newest = None
    return page(request, "overview.html", newest=newest, panel=_values(its.watch))


async def overview_events(request: Request) -> Response:
    """Its figures, again and again."""
    watch = parts(request).watch

    async def draw() -> str:
        return fragment("panel.html", panel=_values(watch))

    return stream(request, draw, every_s=EVERY_S)


def _values(watch: Watch) -> dict[str, object]:
    moments = list(watch.moments)
    return {
        "states": watch.states,
        "measured": watch.measured,
        "now": moments[-1] if moments else Moment(),
        "charges": chart([one.charges_per_s for one in moments], "Payments a second", digits=1),
        "replays": chart([one.replays_per_s for one in moments], "Replays a second", digits=1),
        "oldest": chart([one.oldest_s for one in moments], "Seconds since the oldest unconfirmed payment"),
        "width": WIDTH,
        "height": HEIGHT,
    }
