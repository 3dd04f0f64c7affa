"""An account that somebody keeps locked for long fails those who pay from it, and none of their batch."""

from payonce.payment.v1 import batch_pb2
from tests.harness.audit import at_rest, audit
from tests.harness.locks import held
from tests.harness.money import TIMEOUT_S, order, seed
from tests.harness.postgres import Pair
from tests.harness.services import services
from tests.harness.stubs import Stubs

HEALTHY = 24
STUCK = 3  # of the batch's last ones, so that each is in another part of it


async def test_a_stuck_account_fails_none_of_its_neighbours(pair: Pair) -> None:
    async with services(pair) as s, Stubs(s.order.address, s.payments[0].address) as stubs:
        await seed(stubs, "alice", "shop", 10**6)
        await seed(stubs, "bob", "shop", 10**6)
        names = {f"healthy-{i}": "alice" for i in range(HEALTHY)}
        names |= {f"stuck-{i}": "bob" for i in range(STUCK)}
        for name, customer in names.items():
            await order(stubs, name, 1_000, customer=customer, merchant="shop")
        asked = sorted(names, key=lambda name: name.rpartition("-")[2])  # the stuck ones among the others
        request = batch_pb2.BatchPayOrdersRequest(orders=[batch_pb2.OrderToPay(order_id=name) for name in asked])
        with held(pair.payments_url, "SELECT FROM accounts WHERE account_id = 'bob' FOR UPDATE"):
            answer = await stubs.payments.BatchPayOrders(request, timeout=TIMEOUT_S)
        said = {name: outcome.error.reason for name, outcome in zip(asked, answer.outcomes, strict=True)}
        assert {name: why for name, why in said.items() if names[name] == "alice"} == dict.fromkeys(
            (name for name in names if names[name] == "alice"), ""
        )
        assert {why for name, why in said.items() if names[name] == "bob"} <= {
            "PAYMENT_IN_PROGRESS", "DATABASE_CONTENTION"
        }  # fmt: skip
        again = await stubs.payments.BatchPayOrders(request, timeout=TIMEOUT_S)
        assert not any(outcome.HasField("error") for outcome in again.outcomes)
        await at_rest(pair)
    audit(pair)
