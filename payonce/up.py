"""`payonce up`: both services in one terminal, with commands to paste."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from payonce.processes import Pair
from shared.errors import StartupError

PAYMENTS = "payonce.payment.v1.PaymentService"
ORDERS = "payonce.order.v1.OrderService"


DATABASE_URL = {"orders": "ORDER_DATABASE_URL", "payments": "PAYMENT_DATABASE_URL"}


async def up(folder: Path, *, order_port: int | None = None, payment_port: int | None = None) -> None:
    """Run until cancelled. StartupError when a service does not start, or ends by itself.

    A port that is not given is the one of ORDER_LISTEN, PAYMENT_LISTEN; databases elsewhere are used as the services
    would, by ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, and migrated.
    """
    urls = {name: url for name, variable in DATABASE_URL.items() if (url := os.environ.get(variable))}
    pair = Pair(
        folder,
        order_listen=_listen(order_port, "ORDER_LISTEN", 50051),
        payment_listen=_listen(payment_port, "PAYMENT_LISTEN", 50052),
        urls=urls,
    )
    try:
        await pair.start()
        print(_welcome(pair, [DATABASE_URL[name] for name in urls]), flush=True)
        raise StartupError(f"{await pair.ended()} ended by itself; see {folder / 'services.log'}")
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):  # the terminal may be what is gone
            print("stopping", flush=True)
        raise
    finally:
        await pair.close()


def _listen(port: int | None, variable: str, default: int) -> str:
    given = os.environ.get(variable) if port is None else None
    return given or f"127.0.0.1:{default if port is None else port}"


def _welcome(pair: Pair, elsewhere: list[str]) -> str:
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
            *(f"{variable} is used as given, and migrated" for variable in elsewhere),
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
