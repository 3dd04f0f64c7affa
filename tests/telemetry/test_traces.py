"""One payment is one trace, from its caller to both databases; what travels together is linked together."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import TypeAlias

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from payonce.client import AsyncClient
from payonce.payment.v1.payment_service_pb2 import PayOrderRequest
from payonce.payment.v1.ticket_pb2 import CreateTicketRequest, PayWithTicketRequest
from tests.harness.locks import held, somebody_waits
from tests.harness.money import TIMEOUT_S, money, order, orders, pay, pay_once, seed
from tests.harness.postgres import Postgres
from tests.harness.services import Services, services
from tests.harness.stubs import Stubs
from tests.telemetry.collector import Collector, attributes, collector

PAY = "PaymentService/PayOrder"
BATCH = "batch pay_orders"
# Each with what stands above it, by service.
PATH = [
    ("payment_service", PAY),
    ("payment_service", BATCH),
    ("payment_service", "transaction PayOrders._own"),
    ("payment_service", "OrderService/BatchGetOrders"),
    ("order_service", "OrderService/BatchGetOrders"),
    ("order_service", "transaction Orders.batch_get"),
    ("payment_service", "transaction charge"),
    ("payment_service", "OrderService/MarkOrdersPaid"),
    ("order_service", "OrderService/MarkOrdersPaid"),
    ("order_service", "transaction Orders._take"),
]
Traced: TypeAlias = tuple[Collector, Services, Stubs]


@pytest.fixture(scope="module")
async def traced(postgres: Postgres) -> AsyncIterator[Traced]:
    """Both services, sending every trace."""
    async with (
        collector() as (kept, env),
        services(postgres.pair(), payment_env=env, order_env=env) as both,
        Stubs(both.order.address, both.payments[0].address) as stubs,
    ):
        await seed(stubs, deposit=9_000_000)
        yield kept, both, stubs


@pytest.fixture
def provider() -> Iterator[InMemorySpanExporter]:
    """A caller who has OpenTelemetry set up. The API allows one provider in a process, so it is taken back by hand."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    once = trace._TRACER_PROVIDER_SET_ONCE
    trace.set_tracer_provider(provider)
    yield exporter
    trace._TRACER_PROVIDER = None
    once._done = False


async def test_one_payment_is_one_trace(traced: Traced, provider: InMemorySpanExporter) -> None:
    kept, both, stubs = traced
    await order(stubs, "one-trace")
    async with AsyncClient(both.order.address, both.payments[0].address) as client:
        with trace.get_tracer("a shop").start_as_current_span("checkout") as checkout:
            paid = await client.pay_order("one-trace")
    trace_id = checkout.get_span_context().trace_id.to_bytes(16, "big")
    await kept.until(lambda: len(kept.trace(trace_id)) >= len(PATH))
    spans = kept.trace(trace_id)
    assert sorted((service, span.name.rpartition(".v1.")[2]) for service, span in spans.values()) == sorted(PATH)
    # Callers and called, all the way up to the shop's own span.
    by_name = {(service, span.name.rpartition(".v1.")[2]): span for service, span in spans.values()}
    call = next(span for span in provider.get_finished_spans() if span.name.endswith(PAY))
    assert call.context
    assert call.parent
    assert call.parent.span_id == checkout.get_span_context().span_id
    pay_order, batch = by_name[PATH[0]], by_name[PATH[1]]
    assert int.from_bytes(pay_order.parent_span_id, "big") == call.context.span_id
    assert batch.parent_span_id == pay_order.span_id
    for service, name in (PATH[2], PATH[3], PATH[6], PATH[7]):
        assert by_name[service, name].parent_span_id == batch.span_id
    for ours, theirs, their_transaction in (PATH[3:6], PATH[7:10]):
        assert by_name[theirs].parent_span_id == by_name[ours].span_id
        assert by_name[their_transaction].parent_span_id == by_name[theirs].span_id
    told = attributes(pay_order.attributes)
    assert told["payonce.order_id"] == "one-trace"
    assert told["payonce.payment_id"] == paid.payment.payment_id
    assert told["payonce.outcome"] == "OK"


async def test_what_travels_together_is_linked(traced: Traced) -> None:
    """Eight orders at once, behind one whose batch waits at a lock: some travel together, each with its own trace."""
    kept, both, stubs = traced
    first, *others = await orders(stubs, 9, prefix="linked")
    with held(both.pair.orders_url, f"SELECT FROM orders WHERE order_id = '{first}' FOR UPDATE"):
        waiting = [asyncio.create_task(pay(stubs, first))]
        await somebody_waits(both.pair.orders_url)
        # The second lane is taken by the first of them, so that the rest gather.
        waiting += [asyncio.create_task(pay(stubs, order_id)) for order_id in others]
        paid = await asyncio.gather(*waiting[1:])
    await waiting[0]
    assert len({answer.payment.payment_id for answer in paid}) == len(others)

    def calls() -> dict[str, Span]:
        return {
            str(about["payonce.order_id"]): span
            for span in kept.named(PAY)
            if (about := attributes(span.attributes)).get("payonce.order_id") in others
        }

    def batches() -> list[Span]:
        parents = {span.span_id for span in calls().values()}
        return [span for span in kept.named(BATCH) if span.parent_span_id in parents]

    await kept.until(lambda: len(calls()) == len(others) and len(batches()) == len(others))
    assert len({span.trace_id for span in calls().values()}) == len(others)  # nobody's trace is another's
    together = [span for span in batches() if attributes(span.attributes)["payonce.batch.size"] != 1]
    assert together
    done = [span for span in together if any(child.parent_span_id == span.span_id for _, child in kept.spans)]
    for batch in done:
        of_batch = [span for span in together if any(link.span_id == batch.span_id for link in span.links)]
        size = int(attributes(batch.attributes)["payonce.batch.size"])
        assert len(of_batch) == size - 1  # from each other payment's trace to where it was done …
        assert {link.span_id for link in batch.links} == {span.parent_span_id for span in of_batch}  # … and back
    assert sum(int(attributes(batch.attributes)["payonce.batch.size"]) for batch in done) == len(together)


async def test_a_replay_and_a_refusal_say_so(traced: Traced) -> None:
    kept, _, stubs = traced
    await order(stubs, "told-twice")
    await order(stubs, "too-much", 10_000_000)
    await pay(stubs, "told-twice")
    await pay(stubs, "told-twice")
    with pytest.raises(grpc.aio.AioRpcError, match="enough money"):
        await pay_once(stubs, "too-much")

    def told(order_id: str) -> list[dict[str, str | int | bool]]:
        every = [attributes(span.attributes) for span in kept.named(PAY)]
        return [about for about in every if about.get("payonce.order_id") == order_id]

    await kept.until(lambda: len(told("told-twice")) == 2 and told("too-much"))
    assert [about.get("payonce.replayed", False) for about in told("told-twice")] == [False, True]
    assert told("too-much")[0]["payonce.outcome"] == "INSUFFICIENT_FUNDS"
    assert told("too-much")[0]["rpc.grpc.status_code"] == 9  # FAILED_PRECONDITION


async def test_no_secret_and_no_amount_is_told(traced: Traced) -> None:
    kept, _, stubs = traced
    ticket = (
        await stubs.payments.CreateTicket(CreateTicketRequest(payer_account_id="alice"), timeout=TIMEOUT_S)
    ).ticket
    amount = money(1_234_567)  # of so many digits that no id has them by chance
    request = PayWithTicketRequest(ticket=ticket, payee_account_id="shop", amount=amount)
    metadata = (("authorization", "Bearer not-for-everybody"),)
    await stubs.payments.PayWithTicket(request, timeout=TIMEOUT_S, metadata=metadata)
    await kept.until(lambda: kept.named("PaymentService/PayWithTicket"))
    told = [str(value) for _, span in kept.spans for value in attributes(span.attributes).values()]
    told += [f"{span.name} {span.status.message} {span.events}" for _, span in kept.spans]
    assert "PayWithTicket" in told
    for secret in (ticket, "not-for-everybody", "1234567", "alice"):
        assert not [text for text in told if secret in text]


async def test_metrics_go_to_the_collector_too(traced: Traced) -> None:
    kept, _, stubs = traced
    await order(stubs, "counted")
    await pay(stubs, "counted")

    def points() -> dict[tuple[str, str], int]:
        metric = kept.metrics.get(("payment_service", "payonce_request_seconds"))
        every = metric.histogram.data_points if metric else ()
        labels = [(attributes(point.attributes), point) for point in every]
        return {(str(about["method"]), str(about["code"])): point.count for about, point in labels}

    await kept.until(lambda: points().get(("PayOrder", "OK")))
    metric = kept.metrics["payment_service", "payonce_request_seconds"]
    for point in metric.histogram.data_points:
        assert sum(point.bucket_counts) == point.count
        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
        assert point.sum > 0
    events = kept.metrics["payment_service", "payonce_history_events"].sum
    assert events.is_monotonic
    assert {str(attributes(p.attributes)["event"]) for p in events.data_points if p.as_double} >= {"charged"}


async def test_the_callers_decision_is_kept(traced: Traced) -> None:
    """W3C: with the flag off, nothing of it is recorded, here or further down."""
    kept, _, stubs = traced
    await order(stubs, "unseen")
    unseen, seen = "ab" * 16, "cd" * 16
    for trace_id, flag in ((unseen, "00"), (seen, "01")):
        metadata = (("traceparent", f"00-{trace_id}-{'12' * 8}-{flag}"),)
        await stubs.payments.PayOrder(PayOrderRequest(order_id="unseen"), timeout=TIMEOUT_S, metadata=metadata)
    await kept.until(lambda: kept.trace(bytes.fromhex(seen)))
    assert not kept.trace(bytes.fromhex(unseen))


async def test_a_part_is_recorded_and_the_rest_is_told_not_to(postgres: Postgres) -> None:
    """At ratio 0: nothing of a call without a trace, or with what is none; all of one that brings one."""
    async with collector() as (kept, env):
        env |= {"OTEL_TRACES_SAMPLER": "", "OTEL_TRACES_SAMPLER_ARG": "0"}
        async with (
            services(postgres.pair(), payment_env=env, order_env=env) as both,
            Stubs(both.order.address, both.payments[0].address) as stubs,
        ):
            await seed(stubs)
            await order(stubs, "not-recorded")
            await pay(stubs, "not-recorded")
            no_trace = (("traceparent", "00-no-trace-01"),)
            await stubs.payments.PayOrder(
                PayOrderRequest(order_id="not-recorded"), timeout=TIMEOUT_S, metadata=no_trace
            )
            wanted = "ef" * 16
            metadata = (("traceparent", f"00-{wanted}-{'12' * 8}-01"),)
            await stubs.payments.PayOrder(
                PayOrderRequest(order_id="not-recorded"), timeout=TIMEOUT_S, metadata=metadata
            )
            await kept.until(lambda: kept.named(PAY))
            await both.payments[0].terminate()  # what is left is sent
            assert "already shutdown" not in both.payments[0].stderr
            await both.order.terminate()
    assert {span.trace_id.hex() for _, span in kept.spans} == {wanted}


async def test_with_nothing_said_what_comes_now_and_then_is_recorded(postgres: Postgres) -> None:
    async with collector() as (kept, env):
        env |= {"OTEL_TRACES_SAMPLER": ""}
        async with (
            services(postgres.pair(), payment_env=env, order_env=env) as both,
            Stubs(both.order.address, both.payments[0].address) as stubs,
        ):
            await seed(stubs)
            # Setting up the shop took this second's. A new order each time: order_service is not asked about a replay.
            numbers = itertools.count()
            async with asyncio.timeout(TIMEOUT_S):
                while not kept.named(PAY):
                    order_id = f"now-and-then-{next(numbers)}"
                    await order(stubs, order_id, amount=1)
                    await pay(stubs, order_id)
            paid = kept.named(PAY)[0].trace_id
            await kept.until(lambda: any(service == "order_service" for service, _ in kept.trace(paid).values()))
