"""What a log line carries: the trace and the ids it belongs to, and never a secret."""

import asyncio
import json
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider

from payonce.payment.v1 import payment_service_pb2
from payonce.payment.v1.ticket_pb2 import PayWithTicketRequest
from shared.telemetry import calls
from shared.telemetry.loglines import REDACTED, with_trace, without_secrets
from shared.telemetry.switch import SWITCH
from tests.harness.money import order, pay, seed
from tests.harness.postgres import Postgres, raw
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.telemetry.collector import collector

PASSWORD = "hunter2-and-more"  # noqa: S105 - nobody's
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"  # noqa: S105 - nobody's


@pytest.mark.parametrize(
    "key",
    [
        "authorization", "Authorization", "token", "access_token", "page_token", "ticket", "ticket_secret", "password",
        "db_password", "database_url", "ORDER_DATABASE_URL", "url", "client_secret", "cookie", "jwt", "dsn",
        "private_key", "credentials",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["plain", 12, ["a"], {"a": "b"}, b"bytes", None])
def test_a_key_that_sounds_like_a_secret_loses_its_value(key: str, value: Any) -> None:
    assert without_secrets(None, "", {key: value, "order_id": "o-1"}) == {key: REDACTED, "order_id": "o-1"}


@pytest.mark.parametrize(
    "text",
    [
        f"connection to postgresql+psycopg://payonce:{PASSWORD}@db.internal:5432/orders failed",
        f"amqp://someone:{PASSWORD}@host",
        f"metadata: authorization: Bearer {PASSWORD}",
        f"Basic {PASSWORD}",
        f"could not parse {TOKEN}",
        f"host=db user=payonce password={PASSWORD} dbname=orders",
    ],
)
@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: [t], lambda t: {"of": {"it": t}}, ValueError], ids=str)
def test_a_secret_within_a_text_is_cut_out(text: str, wrap: Any) -> None:
    line = without_secrets(None, "", {"event": "trouble", "exception": wrap(text)})
    assert PASSWORD not in str(line)
    assert TOKEN not in str(line)
    assert REDACTED in str(line)


@pytest.mark.parametrize(
    "line",
    [
        {"event": "corrected", "kind": "refund", "subject": "order:o-1", "payment_id": "01a2", "items": 3},
        {"event": "flip.unknown", "subject": "ticket:5f2a", "left": 0.5, "serving": True, "nothing": None},
        {"event": "listening", "address": "127.0.0.1:50051", "see": "https://example.org/a@b"},
    ],
)
def test_everything_else_stays(line: dict[str, Any]) -> None:
    assert without_secrets(None, "", dict(line)) == line


async def test_the_ids_of_the_call_and_its_trace() -> None:
    span = TracerProvider().get_tracer("test").start_span("x").get_span_context()

    async def handle(_: Any, __: Any) -> Any:
        from opentelemetry import context, trace

        context.attach(trace.set_span_in_context(trace.NonRecordingSpan(span)))
        return with_trace(None, "", {"event": "within"})

    request = payment_service_pb2.PayOrderRequest(order_id="o-7")
    line = await calls.observed(handle, "/p.S/PayOrder")(request, None)  # type: ignore[arg-type]
    ids = {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}", "order_id": "o-7"}
    assert line == {"event": "within", **ids}
    ticket = PayWithTicketRequest(ticket="secret-ticket", payee_account_id="shop")
    assert "secret-ticket" not in str(await calls.observed(handle, "/p.S/PayWithTicket")(ticket, None))  # type: ignore[arg-type]


async def test_a_call_that_is_not_recorded_has_ids_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in each of its lines, in what it starts too, and no other call's."""
    monkeypatch.setattr(SWITCH, "tracer", TracerProvider().get_tracer("test"))

    async def handle(_: Any, __: Any) -> Any:
        async def elsewhere() -> Any:
            return with_trace(None, "", {})

        return [await asyncio.create_task(elsewhere()), with_trace(None, "", {})]

    handler = calls.observed(handle, "/p.S/PayOrder")
    request = payment_service_pb2.PayOrderRequest(order_id="o-8")
    calls_of_two: Any = [await asyncio.create_task(handler(request, None)) for _ in range(2)]  # type: ignore[arg-type]
    first, second = calls_of_two
    assert first[0] == first[1]
    assert set(first[0]) == {"trace_id", "span_id", "order_id"}
    assert first[0]["trace_id"] != second[0]["trace_id"]


async def test_a_service_says_where_its_lines_belong(postgres: Postgres) -> None:
    """An error that nobody foresaw, in a real service: its line names the order and the trace, and the caller's id."""
    pair = postgres.pair()
    async with (
        collector() as (kept, env),
        services(pair, payment_env=env) as both,
        Stubs(both.order.address, both.payments[0].address) as stubs,
    ):
        await seed(stubs)
        await order(stubs, "traced")
        await pay(stubs, "traced")
        broken = await breaks(pair.payments_url, stubs)
        lines = [json.loads(line) for line in both.payments[0].stderr.splitlines()]
        line = next(line for line in lines if line["event"] == "unforeseen")
        assert line["order_id"] == broken
        trace_id, span_id = bytes.fromhex(line["trace_id"]), bytes.fromhex(line["span_id"])
        await kept.until(lambda: span_id in kept.trace(trace_id))  # those inside it may be sent before
        assert all(set(line) >= {"timestamp", "level", "service"} for line in lines)


async def breaks(url: str, stubs: Stubs) -> str:
    """Look up an order's payment without the table: nobody foresaw that. The order's id."""
    import grpc
    import psycopg

    with psycopg.connect(raw(url), autocommit=True) as connection:
        connection.execute("ALTER TABLE payments RENAME TO gone")
    request = payment_service_pb2.LookupPaymentRequest(order_id="nowhere-to-look")
    with pytest.raises(grpc.aio.AioRpcError, match="Internal error"):
        await stubs.payments.LookupPayment(request, timeout=20)
    return "nowhere-to-look"


def test_the_processors_are_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    from shared import logs

    before = structlog.get_config()
    try:
        logs.configure("test_service")
        structlog.get_logger().warning("said", password=PASSWORD, text=f"postgresql://u:{PASSWORD}@h/d")
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
    said = capsys.readouterr().err
    assert "said" in said
    assert PASSWORD not in said
