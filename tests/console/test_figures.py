"""The live figures: counts of processes that may start anew, drawn, and sent while one looks."""

import asyncio
import contextlib
import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from payonce.console.live.charts import HEIGHT, TOP, WIDTH, chart
from payonce.console.live.health import Peer
from payonce.console.live.scrape import Reading, reading
from payonce.console.live.watch import KEPT, Moment, Seen, Watch, grown
from payonce.console.words import age, money, since, word
from payonce.payment.v1 import payment_pb2
from tests.console.served import PATIENCE_S, served
from tests.console.visitor import Visitor
from tests.harness.money import money as euros
from tests.harness.money import order, pay
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs


async def test_a_payment_and_its_replays_are_seen(visitor: Visitor, stubs: Stubs) -> None:
    page = await visitor.look("/")
    before = int(re.search(r"([\d]+) double charges prevented", page)[1])  # type: ignore[index]
    await order(stubs, "figures-1")
    for _ in range(4):
        await pay(stubs, "figures-1")
    event = await visitor.told("/events", rf"{before + 3} double charges prevented")
    assert event.count("serving") == 2
    assert "Payments a second, the last two minutes: now" in event


async def test_a_service_that_is_down_is_shown_as_down(postgres: Postgres) -> None:
    async with services(postgres.pair()) as running, served(running) as one, one.visitor() as visitor:
        assert "there are no figures" in (await visitor.told("/events", "(?s)serving.*serving")).lower()
        await running.payments[0].kill()
        event = await visitor.told("/events", "payment_service is down")
        assert "order_service serves" in event
        page = await visitor.look("/")
        assert "payment_service can't be reached" in page
        answer = await visitor.http.get("/payments")
        assert answer.status_code == 503
        assert "Load the page again" in answer.text
        await running.restart_payment()
        await visitor.told("/events", "payment_service serves")


async def test_the_stream_ends_with_the_console(postgres: Postgres) -> None:
    """So that nobody who looks keeps it from stopping."""
    async with services(postgres.pair()) as running, httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(served(running))
            looking = asyncio.create_task(http.get(f"{one.url}/events"))
            async with one.visitor() as visitor:
                await visitor.told("/events", "serv")
        assert (await looking).text.startswith("retry: 2000")


def seen(**counts: float) -> Seen:
    return Seen(serves=True, grown=Reading(**counts), now=Reading(**counts))


def test_what_was_told_before_the_first_look_is_no_rate() -> None:
    watch = Watch(Peer("order_service", "o"), Peer("payment_service", "p"))
    assert watch._moment(seen(charges=500, replays=40)._replace(fresh=True), 2.0) == Moment(replays=40)
    watch.moments.append(Moment(replays=40))
    assert watch._moment(seen(charges=6, replays=2), 2.0) == Moment(charges_per_s=3, replays_per_s=1, replays=42)


def test_a_process_that_was_restarted_counts_anew() -> None:
    before, after = Reading(charges=10, replays=8, oldest_s=4), Reading(charges=12, replays=3)
    assert (grown(before, after).charges, grown(before, after).replays) == (2, 3)
    assert grown(None, after) == after


def test_a_service_that_is_down_leaves_the_backlog_as_it_was() -> None:
    watch = Watch(Peer("order_service", "o"), Peer("payment_service", "p"))
    watch.moments.append(Moment(unconfirmed=3, oldest_s=7))
    down = Seen(serves=False, grown=Reading(), now=None)
    assert watch._moment(down, 1.0) == Moment(unconfirmed=3, oldest_s=7)


def test_a_chart_in_numbers_and_in_words() -> None:
    drawn = chart([0.0, 5.0, 2.5], "Payments a second", digits=1)
    points = [tuple(map(float, point.split(","))) for point in drawn.line.split()]
    assert [y for _, y in points] == [HEIGHT, TOP, pytest.approx((HEIGHT + TOP) / 2, abs=0.1)]
    assert points[-1][0] == WIDTH
    assert drawn.text == "Payments a second, the last two minutes: now 2.5, highest 5.0"
    assert chart([0.0] * KEPT, "x").line.startswith("0.0,")
    assert chart([], "x").line == ""


def test_what_is_read_of_the_metrics() -> None:
    text = """
payonce_history_events_total{event="charged"} 3
payonce_history_events_total{event="captured"} 1
payonce_history_events_total{event="refunded"} 9
payonce_replays_total{method="PayOrder"} 5
payonce_replays_total{method="Deposit"} 7
payonce_request_seconds_count{method="GetPayment",code="OK"} 4
payonce_request_seconds_sum{method="GetPayment",code="OK"} 0.5
payonce_request_seconds_count{method="Check",code="OK"} 99
payonce_unconfirmed 2
payonce_unconfirmed_oldest_age_seconds 1.5
"""
    found = reading(text_string_to_metric_families(text))
    assert found == Reading(calls=4, call_seconds=0.5, charges=4, replays=5, unconfirmed=2, oldest_s=1.5, unfinished=0)


def test_words() -> None:
    assert money(euros(-1_234)) == "−12.34 EUR"
    assert money(euros(123_456_789)) == "1\u202f234\u202f567.89 EUR"
    assert money(euros(5, "JPY")) == "5 JPY"
    assert money(euros(0, "")) == "–"
    assert [age(one) for one in (0, 0.44, 12.6, 185)] == ["0 s", "0.4 s", "13 s", "3 min 5 s"]
    assert word(payment_pb2.PaymentState, payment_pb2.PAYMENT_STATE_SUCCEEDED) == "succeeded"
    assert word(payment_pb2.PaymentState, 99) == "unknown (99)"
    payment = payment_pb2.Payment()
    payment.create_time.FromMilliseconds(1_000)
    payment.refund_time.FromMilliseconds(1_250)
    assert since(payment.refund_time, payment.create_time) == "+250 ms"
    assert since(payment.create_time, payment.refund_time) == ""
