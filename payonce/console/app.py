"""The console's addresses, and what each request passes on its way."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from payonce.client import errors
from payonce.console.forms import action
from payonce.console.headers import SecurityHeaders
from payonce.console.identity.gate import Gate
from payonce.console.pages import accounts, corrections, orders, overview, payments, search, sign_in, try_it
from payonce.console.parts import Parts
from payonce.console.refusals import failed, refused

STATIC = Path(__file__).parent / "static"
ROUTES: Sequence[BaseRoute] = (
    Route("/", overview.overview),
    Route("/events", overview.overview_events),
    Route("/orders", orders.orders),
    Route("/orders/{order_id}", orders.order),
    Route("/payments", payments.payments),
    Route("/payments/{payment_id}", payments.payment),
    *corrections.REFUND.routes(),
    *corrections.REVERSE.routes(),
    Route("/accounts", accounts.accounts),
    Route("/accounts/{account_id}", accounts.account),
    Route("/search", search.search),
    Route("/try-it", try_it.try_it),
    action("/try-it", try_it.begin),
    Route("/try-it/{order_id}", try_it.trial),
    Route("/try-it/{order_id}/events", try_it.trial_events),
    action("/try-it/{order_id}/pay", try_it.press),
    Route("/sign-in", sign_in.sign_in_form),
    action("/sign-in", sign_in.sign_in),
    action("/sign-out", sign_in.sign_out),
    Mount("/static", StaticFiles(directory=STATIC)),
)


def application(parts: Parts, hosts: Sequence[str]) -> Starlette:
    """The console, for requests to those host names alone: another name that leads here is another site's trick."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with parts.watch.running():
            yield
        if parts.trials:
            await parts.trials.close()
        await parts.client.close()

    made = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(Gate, visits=parts.visits),
        ],
        exception_handlers={errors.PayonceError: refused, HTTPException: failed},
        lifespan=lifespan,
    )
    made.state.parts = parts
    return made
