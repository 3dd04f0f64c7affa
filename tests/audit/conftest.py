"""One world, built once, its services stopped; a test that tampers gets a copy."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy.engine import make_url

from tests.audit.world import build
from tests.harness.audit import at_rest
from tests.harness.postgres import Pair, Postgres
from tests.harness.services import services
from tests.harness.stubs import Stubs

Copy = Callable[[str], Pair]
numbers = count(1)


@pytest.fixture(scope="session")
async def world(postgres: Postgres) -> Pair:
    pair = postgres.pair()
    async with services(pair) as both, Stubs(both.order.address, both.payments[0].address) as stubs:
        await build(stubs, pair)
        await at_rest(pair)
    return pair


@pytest.fixture
def copy(postgres: Postgres, world: Pair) -> Copy:
    """The world with one of its databases, `orders` or `payments`, copied."""

    def make(name: str) -> Pair:
        source = world.orders_url if name == "orders" else world.payments_url
        made = postgres._create(f"copied_{name}_{next(numbers)}", str(make_url(source).database))
        return Pair(made, world.payments_url) if name == "orders" else Pair(world.orders_url, made)

    return make
