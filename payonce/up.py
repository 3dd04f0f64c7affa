"""`payonce up`: both services in one terminal, with commands to paste."""

import asyncio
import signal
import time
from pathlib import Path

from payonce.processes import Pair
from shared.errors import StartupError

PAYMENTS = "payonce.payment.v1.PaymentService"
ORDERS = "payonce.order.v1.OrderService"


async def up(folder: Path, *, order_port: int, payment_port: int) -> None:
    """Run until Ctrl-C or SIGTERM. StartupError when a service does not start, or ends by itself."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pair = Pair(folder, order_port=order_port, payment_port=payment_port)
    try:
        await pair.start()
        print(_welcome(pair), flush=True)
        stopped = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(pair.ended())
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            raise StartupError(f"{ended.result()} ended by itself; see {folder / 'services.log'}")
        ended.cancel()
        print("stopping", flush=True)
    finally:
        await pair.close()


def _welcome(pair: Pair) -> str:
    order_id = f"order-{int(time.time())}"  # new at each start, so that its first payment is the first
    money = '"amount":{"currency_code":"EUR","minor_units":1200}'
    commands = [
        _grpcurl(
            pair.payment_address,
            f"{PAYMENTS}/CreateAccount",
            '{"account_id":"alice","owner_id":"alice","currency_code":"EUR"}',
        ),
        _grpcurl(
            pair.payment_address,
            f"{PAYMENTS}/CreateAccount",
            '{"account_id":"shop","owner_id":"shop","currency_code":"EUR","kind":"ACCOUNT_KIND_MERCHANT"}',
        ),
        _grpcurl(
            pair.payment_address,
            f"{PAYMENTS}/Deposit",
            f'{{"account_id":"alice",{money},"request_id":"deposit-{order_id}"}}',
        ),
        _grpcurl(
            pair.order_address,
            f"{ORDERS}/CreateOrder",
            f'{{"order_id":"{order_id}","customer_id":"alice","payer_account_id":"alice",'
            f'"payee_account_id":"shop",{money}}}',
        ),
        _grpcurl(pair.payment_address, f"{PAYMENTS}/PayOrder", f'{{"order_id":"{order_id}"}}'),
        _grpcurl(pair.payment_address, f"{PAYMENTS}/PayOrder", f'{{"order_id":"{order_id}"}}', verbose=True),
    ]
    return "\n".join(
        [
            f"order_service    {pair.order_address}",
            f"payment_service  {pair.payment_address}",
            "",
            "Two accounts, a deposit, an order; pay it, and pay it again:",
            "",
            *commands,
            "",
            "Ctrl-C stops it all; the data stay.",
        ]
    )


def _grpcurl(address: str, method: str, message: str, *, verbose: bool = False) -> str:
    return f"grpcurl -plaintext {'-v ' if verbose else ''}-d '{message}' {address} {method}"
