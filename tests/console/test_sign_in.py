"""Signing in: the services decide whose token is good, and nothing is shown before."""

import html
import re
import time
from http.cookies import SimpleCookie

import pytest

from payonce.console.identity.visits import SESSIONS_LIMIT, Session, Visits
from payonce.console.settings import ConsoleSettings
from shared.errors import StartupError
from tests.console.served import Served
from tests.console.visitor import Visitor
from tests.harness.corrections import explain
from tests.harness.money import order, pay, seed
from tests.harness.stubs import Stubs
from tests.security.world import Keys

PATHS = ["/", "/events", "/orders", "/payments/x", "/accounts", "/search?q=x", "/try-it"]


async def sign_in(stranger: Visitor, token: str, **fields: str) -> str:
    """Where it leads; empty, when it does not."""
    answer = await stranger.fill_in("/sign-in", "/sign-in", token=token, **fields)
    return str(answer.headers.get("location", ""))


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_shown_before(stranger: Visitor, path: str) -> None:
    answer = await stranger.http.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


async def test_a_form_before_is_not_taken(stranger: Visitor) -> None:
    answer = await stranger.send("/payments/x/reverse", {"reason": "r"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_a_clerk_signs_in_looks_and_signs_out(stranger: Visitor, keys: Keys) -> None:
    await stranger.look("/sign-in")
    before = dict(stranger.http.cookies)
    assert await sign_in(stranger, f" {keys.token('backoffice', 'carla')}\n", next="/orders") == "/orders"
    assert dict(stranger.http.cookies) != before, "a cookie that was there before is worth nothing"
    page = await stranger.look("/orders")
    assert re.search(r"carla, until <time", page)
    form = await stranger.form("/", "/sign-out")
    kept = dict(stranger.http.cookies)
    assert (await stranger.send("/sign-out", form)).headers["location"] == "/sign-in"
    stranger.http.cookies.update(kept)
    assert (await stranger.http.get("/")).status_code == 303, "the session is over, whoever kept the cookie"


async def test_the_cookie(stranger: Visitor, keys: Keys) -> None:
    token = keys.token("backoffice", "carla")
    answer = await stranger.fill_in("/sign-in", "/sign-in", token=token)
    (name, cookie), *rest = SimpleCookie(answer.headers["set-cookie"]).items()
    assert not rest
    assert name == "__Host-payonce"
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert token not in answer.headers["set-cookie"]


@pytest.mark.parametrize("role", ["customer", "merchant"])
async def test_another_role_does_not_get_in(stranger: Visitor, keys: Keys, role: str) -> None:
    answer = await stranger.fill_in("/sign-in", "/sign-in", token=keys.token(role, "alice"))
    assert answer.status_code == 401
    assert "not of the role backoffice" in answer.text
    assert (await stranger.http.get("/")).status_code == 303


async def test_a_token_that_is_no_good(stranger: Visitor, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> None:
    others = Keys.new(tmp_path_factory.mktemp("others"))
    expired = keys.token("backoffice", "carla", ttl_s=-60)
    for token, said in (
        ("nonsense", "This is no token"),
        ("a.b.c", "This is no token"),
        (others.token("backoffice", "carla"), "don't take this token"),
        (expired, "has expired"),
    ):
        answer = await stranger.fill_in("/sign-in", "/sign-in", token=token)
        assert answer.status_code == 401
        assert said in html.unescape(answer.text)
        assert token not in answer.text


@pytest.mark.parametrize("target", ["https://attacker.example/", "//attacker.example", "/\\attacker.example", "x"])
async def test_it_leads_to_no_other_site(stranger: Visitor, keys: Keys, target: str) -> None:
    assert await sign_in(stranger, keys.token("backoffice", "carla"), next=target) == "/"


async def test_who_acts_is_in_the_history(stranger: Visitor, secured: Served, keys: Keys) -> None:
    """The token goes with each call: the services know the clerk, not the console."""
    shown = keys.caller("backoffice", "seeder")
    addresses = (secured.running.order.address, secured.running.payments[0].address)
    async with Stubs(*addresses, credentials=shown.tls, token=shown.token) as stubs:
        await seed(stubs)
        await order(stubs, "whose-1")
        payment_id = (await pay(stubs, "whose-1")).payment.payment_id
        await sign_in(stranger, keys.token("backoffice", "carla"))
        path = f"/payments/{payment_id}/reverse"
        await stranger.send(path, {**await stranger.form(path, f"{path}/review"), "reason": "wrong"})
        actors = {event.actor for event in (await explain(stubs, payment_id=payment_id)).events}
    assert "backoffice:carla" in actors


def test_a_session_ends_with_its_token() -> None:
    now = time.time()
    visits = Visits(login=True, clock=lambda: now)
    visit = visits.sign_in(Session("t", "carla", now + 10))
    assert visits.stands(visit)
    now += 10
    assert not visits.stands(visit)
    assert visits.find(visit.key).session is None


def test_there_are_only_so_many_sessions() -> None:
    visits = Visits(login=True)
    first = visits.sign_in(Session("t", "carla", 9e9))
    for _ in range(SESSIONS_LIMIT):
        visits.sign_in(Session("t", "carla", 9e9))
    assert not visits.stands(first)


@pytest.mark.parametrize("key", [None, "", "short", "x" * 10_000])
def test_a_cookie_that_is_none_of_ours_is_replaced(key: str | None) -> None:
    assert Visits(login=False).find(key).key not in (key, "")


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"listen": "0.0.0.0:50080"}, ("_CONSOLE_TLS_CERTIFICATE", "_CONSOLE_TLS_KEY", "_CONSOLE_HOSTS", "_TLS_CA")),
        ({"listen": "192.0.2.1:50080"}, ("_CONSOLE_TLS_CERTIFICATE", "_CONSOLE_TLS_KEY", "_TLS_CA")),
        ({"listen": "192.0.2.1:50080", "tls_certificate": "c"}, ("_CONSOLE_TLS_KEY", "_TLS_CA")),
        ({"tls_certificate": "c", "tls_key": "k"}, ("_TLS_CA",)),
        ({"hosts": ("console.example",)}, ("_TLS_CA",)),
    ],
)
def test_it_does_not_start_where_strangers_could_look(given: dict[str, object], lacking: tuple[str, ...]) -> None:
    with pytest.raises(StartupError) as refused:
        ConsoleSettings(**given).require_safe(services_have_tls=False)  # type: ignore[arg-type]
    named = str(refused.value).partition(": set ")[2].split(", ")
    assert named == [f"PAYONCE{name}" for name in lacking]


def test_loopback_is_open() -> None:
    ConsoleSettings().require_safe(services_have_tls=False)
    assert ConsoleSettings().open
