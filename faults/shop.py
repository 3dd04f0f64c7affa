"""Accounts, and money on them, before the first fault."""

import asyncio
from random import Random

from faults.calls import CURRENCY
from faults.planned import Shape
from payonce.payment.v1 import account_pb2
from tests.harness.money import create_account, put
from tests.harness.stubs import Stubs


async def open_shop(stubs: Stubs, shape: Shape) -> None:
    """Customers, some poor, and merchants."""
    kinds = {f"customer-{i}": account_pb2.ACCOUNT_KIND_CUSTOMER for i in range(shape.customers)}
    kinds |= {f"merchant-{i}": account_pb2.ACCOUNT_KIND_MERCHANT for i in range(shape.merchants)}
    await asyncio.gather(*(_open(stubs, name, kind) for name, kind in kinds.items()))


async def _open(stubs: Stubs, name: str, kind: account_pb2.AccountKind.ValueType) -> None:
    request = account_pb2.CreateAccountRequest(account_id=name, owner_id=name, currency_code=CURRENCY, kind=kind)
    await create_account(stubs, request)
    if kind == account_pb2.ACCOUNT_KIND_CUSTOMER:
        amount = Random(name).choice((2_000, 100_000, 10_000_000))
        await put(stubs, name, amount, CURRENCY, request_id=f"opening-{name}")
