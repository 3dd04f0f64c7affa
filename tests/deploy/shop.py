"""Runs in the compose file's `client`: an order, and ten callers who pay it at once, each on a connection of his own.

`python shop.py ORDER_ID TIMES`, with TOKEN_ALICE and TOKEN_CLERK: each pays that often. A line for every answer: the
payment's id, `charged` or `replayed`.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import grpc

from payonce.order.v1 import order_service_pb2, order_service_pb2_grpc
from payonce.payment.v1 import account_pb2, payment_service_pb2, payment_service_pb2_grpc
from payonce.type.v1.money_pb2 import Money
from shared.rpc.client import CONNECT, service_config

FILES = Path("/certificates")
ADDRESSES = {"order": "order_service:50051", "payment": "payment_service:50052"}
CALLERS = 10
TIMEOUT_S = 60


def channel(of: str) -> grpc.aio.Channel:
    """TLS with the client's certificate, and turns among a name's addresses, as payonce's own client."""
    ca, key, cert = ((FILES / name).read_bytes() for name in ("ca.pem", "client-key.pem", "client.pem"))
    name = f"payonce.{of}.v1.{of.capitalize()}Service"
    config = ("grpc.service_config", service_config([name], attempts=5))
    options: list[tuple[str, Any]] = [*CONNECT, config, ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.secure_channel(ADDRESSES[of], grpc.ssl_channel_credentials(ca, key, cert), options=options)


def token(who: str) -> list[tuple[str, str]]:
    """Given with each call. As grpc's call credentials, which a thread of its own asks for, a channel that is closed
    now and then waits for ever.
    """
    return [("authorization", f"Bearer {os.environ[f'TOKEN_{who}']}")]


async def furnish(order_id: str) -> None:
    """Accounts, a deposit, the order; what is there already stays as it is."""
    clerk = token("CLERK")
    async with channel("payment") as payments, channel("order") as orders:
        stub: Any = payment_service_pb2_grpc.PaymentServiceStub(payments)
        for name, kind in (("alice", account_pb2.ACCOUNT_KIND_CUSTOMER), ("shop", account_pb2.ACCOUNT_KIND_MERCHANT)):
            account = account_pb2.CreateAccountRequest(account_id=name, owner_id=name, currency_code="EUR", kind=kind)
            await stub.CreateAccount(account, metadata=clerk, timeout=TIMEOUT_S)
        euro = Money(currency_code="EUR", minor_units=1_000)
        deposit = account_pb2.DepositRequest(
            account_id="alice", amount=Money(currency_code="EUR", minor_units=100_000), request_id="for-the-test"
        )
        await stub.Deposit(deposit, metadata=clerk, timeout=TIMEOUT_S)
        order = order_service_pb2.CreateOrderRequest(
            order_id=order_id, customer_id="alice", payer_account_id="alice", payee_account_id="shop", amount=euro
        )
        await order_service_pb2_grpc.OrderServiceStub(orders).CreateOrder(order, metadata=clerk, timeout=TIMEOUT_S)


async def pay(order_id: str, times: int) -> None:
    async with channel("payment") as payments:
        stub: Any = payment_service_pb2_grpc.PaymentServiceStub(payments)
        for _ in range(times):
            request = payment_service_pb2.PayOrderRequest(order_id=order_id)
            call = stub.PayOrder(request, metadata=token("ALICE"), timeout=TIMEOUT_S)
            payment_id = (await call).payment.payment_id
            replayed = dict(await call.trailing_metadata()).get("idempotent-replayed") == "true"
            print(payment_id, "replayed" if replayed else "charged", flush=True)


async def main(order_id: str, times: int) -> None:
    await furnish(order_id)
    await asyncio.gather(*(pay(order_id, times) for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
