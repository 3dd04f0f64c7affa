"""A stranger's traceparent is not recorded: not in a span, not in a log line."""

import asyncio
import json

from payonce.payment.v1.payment_service_pb2 import PayOrderRequest
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.security.test_bad_identity import answer
from tests.security.world import Keys, Secured, bearer
from tests.telemetry.collector import collector

PAY = "/payonce.payment.v1.PaymentService/PayOrder"


async def test_only_who_was_let_in_brings_a_trace(postgres: Postgres, keys: Keys) -> None:
    stranger, known = "ab" * 16, "cd" * 16
    async with collector() as (kept, env):
        given = {**keys.settings, **env}
        async with services(postgres.pair(), payment_env=given, order_env=given) as running:
            secured = Secured(running, keys)
            data = PayOrderRequest(order_id="nowhere").SerializeToString()
            good = keys.token("customer", "alice")
            for trace_id, said, expected in ((stranger, "x.y.z", "UNAUTHENTICATED"), (known, good, "NOT_FOUND")):
                brought = (("traceparent", f"00-{trace_id}-{'12' * 8}-01"),)
                address, said_of = secured.addresses[1], (*bearer(said), *brought)
                status, _ = await asyncio.to_thread(answer, address, keys.tls(), PAY, data, said_of)
                assert status == expected
            await kept.until(lambda: kept.trace(bytes.fromhex(known)))
            await running.payments[0].terminate()  # what is left is sent
            lines = [json.loads(line) for line in running.payments[0].stderr.splitlines()]
    assert not kept.trace(bytes.fromhex(stranger))
    refused = next(line for line in lines if line["event"] == "not_authenticated")
    assert refused["trace_id"] != stranger
