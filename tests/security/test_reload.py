"""Certificates, authorities and keys are replaced while the services run and are used: nobody restarts anything."""

import asyncio
import tempfile
from pathlib import Path

import grpc

from payonce.dev_certs import dev_certs
from payonce.payment.v1 import payment_service_pb2
from tests.harness.money import order, seed
from tests.harness.postgres import Postgres
from tests.harness.refusals import outcome
from tests.harness.services import services
from tests.harness.stubs import Stubs
from tests.security.world import Keys, Secured

LIMIT_S = 60.0


async def test_everything_is_renewed_without_a_restart(postgres: Postgres) -> None:
    with tempfile.TemporaryDirectory(prefix="payonce-reload-") as folder:
        keys = Keys.new(Path(folder))
        async with services(postgres.pair(), payment_env=keys.settings, order_env=keys.settings) as running:
            secured = Secured(running, keys)
            async with secured.stubs(keys.caller("backoffice", "carla")) as clerk:
                await seed(clerk)
            as_begun = [running.order, *running.payments]
            before = keys.caller("backoffice", "carla")
            async with secured.stubs(before) as stubs:
                assert await paid(stubs, "first")
            # Another authority, other certificates, another key for tokens.
            dev_certs(keys.folder)
            async with secured.stubs(keys.caller("backoffice", "carla")) as stubs:
                assert await until_paid(stubs, "second")
                # payment_service's connection was there before; the next one is made with what is in the files now.
                await running.restart_order()
                assert await until_paid(stubs, "third")
            async with secured.stubs(before) as stranger:
                request = payment_service_pb2.GetPaymentRequest(payment_id="x")
                assert await outcome(stranger.payments.GetPayment(request, timeout=20)) == "UNAVAILABLE"
            for process in as_begun:
                assert "files.taken" in process.stderr


async def until_paid(stubs: Stubs, order_id: str) -> bool:
    """Once both have seen the new files, which each looks at when it is called."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await paid(stubs, order_id)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED):
                    raise
                await asyncio.sleep(0.1)


async def paid(stubs: Stubs, order_id: str) -> bool:
    """And flipped by payment_service, which calls order_service with what is in the files now."""
    await order(stubs, order_id)
    request = payment_service_pb2.PayOrderRequest(order_id=order_id)
    return (await stubs.payments.PayOrder(request, timeout=20)).order_confirmed
