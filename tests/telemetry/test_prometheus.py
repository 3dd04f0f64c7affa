"""Two real services under a little traffic, scraped by a real Prometheus: every query finds what it asks for."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from payonce.outcome import write_outcome
from payonce.payment.v1 import batch_pb2
from payonce.payment.v1.ticket_pb2 import CreateTicketRequest, PayWithTicketRequest
from tests.harness.locks import held
from tests.harness.money import TIMEOUT_S, money, order, orders, pay, pay_marked, pay_once, seed
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.server.standard import free_port
from tests.telemetry.expressions import NAMES, alert, panels
from tests.telemetry.observed import Prometheus, prometheus, promtool, textfile

# One of the targets is not there. (What has to last before it is an alarm, promtool's tests see fire.)
FIRING = {"PayonceServiceDown"}
# At the traffic of the test. Of every other alert the test holds that it stays silent.
MAY_FIRE = {*FIRING, "PayonceErrorRatio", "PayonceReplaysSpike", "PayonceSlow", "PayonceUnconfirmedOld"}
STUCK = "never-flipped"


@pytest.fixture(scope="module")
async def observed(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """Paid, paid again, declined, with a ticket; and one order that somebody holds, so that its flip never comes."""
    order_metrics, payment_metrics, nobody = (f"127.0.0.1:{free_port()}" for _ in range(3))
    audit = tmp_path_factory.mktemp("audit") / "payonce_audit.prom"
    write_outcome(audit, passed=True)
    env = {"ORDER_METRICS_LISTEN": order_metrics, "PAYMENT_METRICS_LISTEN": payment_metrics}
    with textfile(audit) as node:
        jobs = {"order_service": [order_metrics, nobody], "payment_service": [payment_metrics], "node": [node]}
        async with (
            services(postgres.pair(), payment_env=env, order_env=env) as both,
            prometheus(jobs) as scraping,
            Stubs(both.order.address, both.payments[0].address) as stubs,
        ):
            await seed(stubs, deposit=1_000_000)
            await order(stubs, STUCK)
            await order(stubs, "too-much", 10_000_000)
            with held(both.pair.orders_url, f"SELECT FROM orders WHERE order_id = '{STUCK}' FOR UPDATE"):
                assert not (await pay(stubs, STUCK)).order_confirmed
                traffic = asyncio.create_task(trade(stubs))
                yield scraping
                assert not traffic.done(), traffic
                traffic.cancel()


async def trade(stubs: Stubs) -> None:
    """A little of everything, for as long as somebody looks."""
    for day in itertools.count():
        ids = await orders(stubs, 4, amount=10, prefix=f"day-{day}")
        await asyncio.gather(*(pay(stubs, order_id) for order_id in ids))
        assert (await pay_marked(stubs, ids[0]))[1]
        batch = batch_pb2.BatchPayOrdersRequest(orders=[batch_pb2.OrderToPay(order_id=ids[0])])
        assert (await stubs.payments.BatchPayOrders(batch, timeout=TIMEOUT_S)).outcomes
        with pytest.raises(grpc.aio.AioRpcError, match="enough money"):
            await pay_once(stubs, "too-much")
        request = CreateTicketRequest(payer_account_id="alice")
        ticket = (await stubs.payments.CreateTicket(request, timeout=TIMEOUT_S)).ticket
        paying = PayWithTicketRequest(ticket=ticket, payee_account_id="shop", amount=money(1))
        await stubs.payments.PayWithTicket(paying, timeout=TIMEOUT_S)
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(("title", "query"), panels())
async def test_every_panel_shows_something(observed: Prometheus, title: str, query: str) -> None:
    assert title
    # A number: what did not happen in the window has the quantile NaN, which compares with nothing.
    assert await observed.until(f"abs({query}) < Inf")


async def test_every_alert_looks_at_something(observed: Prometheus) -> None:
    """What it compares exists, so a name is never wrong; and of all of them those fire that should."""
    rules = [alert(rule) for rule in await observed.rules()]
    assert sorted(rule.name for rule in rules) == sorted(NAMES)
    firing = set()
    for rule in rules:
        try:
            await observed.until(rule.measured)
        except TimeoutError:
            pytest.fail(f"{rule.name} looks at nothing: {rule.measured}")
        if await observed.query(rule.expression):
            firing.add(rule.name)
    assert firing >= FIRING
    assert firing <= MAY_FIRE


async def test_what_happened_is_what_is_told(observed: Prometheus) -> None:
    """The numbers themselves, where the traffic is known."""
    ask = observed.until
    assert await ask('payonce_replays_total{method="PayOrder"} >= 1')
    assert await ask('payonce_replays_total{method="BatchPayOrders"} >= 1')
    declined = 'payonce_refusals_total{method="PayOrder", reason="INSUFFICIENT_FUNDS"}'
    assert await ask(f"{declined} >= 1")
    # A scrape reads one after the other, so there may be one between.
    refused = 'payonce_request_seconds_count{method="PayOrder", code="FAILED_PRECONDITION"}'
    assert await ask(f"abs({declined} - on (method) {refused}) <= 1")
    assert await ask(
        f'abs({declined} - ignoring (method, reason, event) payonce_history_events_total{{event="declined"}}) <= 1'
    )
    assert await ask("payonce_unconfirmed >= 1")
    assert await ask("payonce_unconfirmed_oldest_age_seconds > 5")
    assert await ask('payonce_completer_checks_total{result="left"} >= 1')
    assert await ask('payonce_pool_size{pool="calls", job="payment_service"} == 8')
    assert await ask("payonce_audit_passed == 1")


def test_the_files_are_as_prometheus_wants_them() -> None:
    for words in (("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml")):
        checked = promtool(*words)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    tested = promtool("test", "rules", "alerts.test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    text = (Path(__file__).parents[2] / "deploy" / "observability" / "alerts.test.yml").read_text()
    for name in NAMES:
        assert f"alertname: {name}\n" in text
