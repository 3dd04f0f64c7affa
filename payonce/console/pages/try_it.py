"""Try it: make an order, hammer its Pay button with trouble switched on, and watch requests against charges."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from payonce.console.forms import FieldError, Form, amount
from payonce.console.parts import parts
from payonce.console.stream import stream
from payonce.console.tryit.shop import CURRENCY, new_order_id
from payonce.console.tryit.trial import Trial, Trouble
from payonce.console.tryit.trials import Trials
from payonce.console.views import at, fragment, page, see

EVERY_S = 0.25
HAMMER = 20  # presses at once
PRICE = "12.00"
DOTS_LIMIT = 600  # drawn; the number beside them is exact


async def try_it(request: Request) -> Response:
    """What it is, and a form for an order."""
    return _start(request, {"amount": PRICE, "order_id": new_order_id()})


async def begin(request: Request, form: Form) -> Response:
    """The order, and its page."""
    try:
        wanted = amount(form.get("amount", ""), CURRENCY)
    except FieldError as error:
        return _start(request, form, str(error))
    order_id = form.get("order_id", "")
    await _trials(request).begin(parts(request).client, order_id, wanted)
    return see(at("try-it", order_id))


async def trial(request: Request) -> Response:
    """Its Pay button, and what came of it so far."""
    one = _trial(request)
    await one.count()
    return page(request, "trial.html", trial=one, hammer=HAMMER, dots_limit=DOTS_LIMIT)


async def trial_events(request: Request) -> Response:
    """The same, while it changes."""
    one = _trial(request)

    async def draw() -> str:
        await one.count()
        return fragment("score.html", trial=one, dots_limit=DOTS_LIMIT)

    return stream(request, draw, every_s=EVERY_S)


async def press(request: Request, form: Form) -> Response:
    """Pay, once or twenty times at once. Nobody waits here for the answers."""
    one = _trial(request)
    trouble = Trouble(lose_replies="lose_replies" in form, crash="crash" in form, two_tabs="two_tabs" in form)
    one.press(HAMMER if form.get("times") == "hammer" else 1, trouble)
    return see(at("try-it", one.order_id))


def _start(request: Request, form: Form, error: str = "") -> Response:
    trials = parts(request).trials
    past = trials.newest_first() if trials else []
    return page(request, "try_it.html", status=400 if error else 200, form=form, error=error, past=past)


def _trials(request: Request) -> Trials:
    trials = parts(request).trials
    if trials is None:
        raise HTTPException(404, "Try it is part of `payonce up`, which has the services' processes.")
    return trials


def _trial(request: Request) -> Trial:
    found = _trials(request).find(request.path_params["order_id"])
    if found is None:
        raise HTTPException(404, "No such order was made here since the console started. Make a new one with Try it.")
    return found
