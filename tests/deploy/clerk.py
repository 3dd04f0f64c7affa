"""A clerk of this machine at the compose file's console: over TLS, by its published port, with a token."""

import re
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from tests.console.visitor import Forms
from tests.deploy.compose import Project

PATIENCE_S = 120
SIGN_IN = "/sign-in"
SERVICE = re.compile(r'<li data-serves="(yes|no)">\s*<strong>(\w+)</strong>')
T = TypeVar("T")
BOTH = {"order_service": "yes", "payment_service": "yes"}


def looks(running: Project) -> None:
    """The development authority vouches for it; under another name, or without a token, nothing is shown."""
    url = f"https://localhost:{running.env['CONSOLE_PORT']}"
    authority = running.compose("exec", "-T", "console", "cat", "/certificates/ca.pem")
    context = ssl.create_default_context(cadata=authority)
    with httpx.Client(base_url=url, verify=context, trust_env=False, timeout=PATIENCE_S) as http:
        page = until(lambda: reached(http))
        assert page.status_code == 200
        led = http.get(SIGN_IN, headers={"host": "payonce.attacker.example"})
        assert (led.status_code, led.text) == (400, "Invalid host header")
        assert http.get("/").status_code == 303

        fields = {**Forms(page.text).found[SIGN_IN], "token": running.token("backoffice", "carla")}
        answer = http.post(SIGN_IN, data=fields, headers={"origin": url})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/"), answer.text
        assert "carla, until" in until(lambda: overview(http))


def reached(http: httpx.Client) -> httpx.Response | None:
    """The sign-in page; None while nobody listens yet. A certificate that is no good is no reason to wait."""
    try:
        return http.get(SIGN_IN)
    except httpx.TransportError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise
        return None


def overview(http: httpx.Client) -> str | None:
    """It; None while it does not say that both services serve."""
    text = http.get("/").text
    return text if {name: serves for serves, name in SERVICE.findall(text)} == BOTH else None


def until(look: Callable[[], T | None]) -> T:
    """What is found, in the end."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        assert time.monotonic() < deadline, "not in time"
        time.sleep(1)
    return found
