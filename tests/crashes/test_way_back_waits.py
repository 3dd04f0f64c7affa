"""The order service is out of reach when its order is to end: that is told, noted, and carried out when it is back."""

from collections.abc import AsyncIterator
from functools import partial

import grpc
import pytest
from google.rpc import error_details_pb2

from tests.crashes.stage import Stage, stage, until
from tests.crashes.ways import UNTOUCHED, WAYS, Way, facts_of, insist, ordered, read_facts, reverse
from tests.harness.answers import detail, reason
from tests.harness.audit import quiet
from tests.harness.postgres import Postgres

# Those that find a payment, and so have something to note.
NOTED = [way for way in WAYS if way.in_order_service == ["mark_orders_refunded_committed"] and way.before != UNTOUCHED]


@pytest.fixture(scope="module")
async def there(postgres: Postgres) -> AsyncIterator[Stage]:
    async with stage(postgres) as built:
        yield built


@pytest.mark.parametrize("retries", [True, False], ids=["retried", "left-to-the-completer"])
@pytest.mark.parametrize("way", NOTED, ids=lambda way: way.name.replace(" ", "-"))
async def test_it_is_noted_and_goes_on_by_itself(there: Stage, way: Way, retries: bool) -> None:
    case = await way.prepare(there)
    there.line.cut()
    noted = tuple((kind, False) for kind, _ in way.after.corrections)
    for _ in range(2):  # asking again notes nothing more
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.ask(there.stubs, case)
        assert_unavailable(caught.value)
        # The order first: while it is not known to be final, its money stays where it is.
        assert await read_facts(there.pair, case) == way.before._replace(corrections=noted)
    there.line.mend()
    if not retries:
        await until(lambda: facts_of(there.pair, case) == way.after, "the completer does not carry it out")
    answer, again = await insist(partial(way.ask, there.stubs, case))
    assert again
    assert await read_facts(there.pair, case) == way.after
    assert await insist(partial(way.ask, there.stubs, case)) == (answer, True)
    await quiet(there.pair)


async def test_a_reversal_before_the_payment_notes_nothing(there: Stage) -> None:
    """Without the order nobody knows what would be forbidden: nothing is written, and it has to be sent again."""
    case = await ordered(there)
    there.line.cut()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reverse(there.stubs, case)
    assert_unavailable(caught.value)
    assert await read_facts(there.pair, case) == UNTOUCHED
    there.line.mend()
    answer, _ = await insist(partial(reverse, there.stubs, case))
    assert answer.payment.state_reason == "REVERSAL_REQUESTED"
    await quiet(there.pair)


def assert_unavailable(error: grpc.aio.AioRpcError) -> None:
    assert (error.code(), reason(error)) == (grpc.StatusCode.UNAVAILABLE, "ORDER_SERVICE_UNAVAILABLE")
    assert detail(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
