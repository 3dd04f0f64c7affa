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


def channel(of: str, who: str) -> grpc.aio.Channel:
    """TLS with the client's certificate, a token, and turns among a name's addresses, as payonce's own client."""
    ca, key, cert = ((FILES / name).read_bytes() for name in ("ca.pem", "client-key.pem", "client.pem"))
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(ca, key, cert), grpc.access_token_call_credentials(os.environ[f"TOKEN_{who}"])
    )
    name = f"payonce.{of}.v1.{of.capitalize()}Service"
    config = ("grpc.service_config", service_config([name], timeout_s=60, attempts=5))
    options: list[tuple[str, Any]] = [*CONNECT, config, ("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.secure_channel(ADDRESSES[of], credentials, options=options)


async def furnish(order_id: str) -> None:
    """Accounts, a deposit, the order; what is there already stays as it is."""
    async with channel("payment", "CLERK") as payments, channel("order", "CLERK") as orders:
        stub: Any = payment_service_pb2_grpc.PaymentServiceStub(payments)
        for name, kind in (("alice", account_pb2.ACCOUNT_KIND_CUSTOMER), ("shop", account_pb2.ACCOUNT_KIND_MERCHANT)):
            await stub.CreateAccount(
                account_pb2.CreateAccountRequest(account_id=name, owner_id=name, currency_code="EUR", kind=kind)
            )
        euro = Money(currency_code="EUR", minor_units=1_000)
        deposit = Money(currency_code="EUR", minor_units=100_000)
        await stub.Deposit(account_pb2.DepositRequest(account_id="alice", amount=deposit, request_id="for-the-test"))
        request = order_service_pb2.CreateOrderRequest(
            order_id=order_id, customer_id="alice", payer_account_id="alice", payee_account_id="shop", amount=euro
        )
        await order_service_pb2_grpc.OrderServiceStub(orders).CreateOrder(request)


async def pay(order_id: str, times: int) -> None:
    async with channel("payment", "ALICE") as payments:
        stub: Any = payment_service_pb2_grpc.PaymentServiceStub(payments)
        for _ in range(times):
            call = stub.PayOrder(payment_service_pb2.PayOrderRequest(order_id=order_id))
            payment_id = (await call).payment.payment_id
            replayed = dict(await call.trailing_metadata()).get("idempotent-replayed") == "true"
            print(payment_id, "replayed" if replayed else "charged", flush=True)


async def main(order_id: str, times: int) -> None:
    await furnish(order_id)
    await asyncio.gather(*(pay(order_id, times) for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
