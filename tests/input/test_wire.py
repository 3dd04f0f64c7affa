"""F32, F33: what is no gRPC, and gRPC that is too much, while another caller pays; and memory stays flat."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import grpc
import psutil  # type: ignore[import-untyped]
import pytest

from tests.harness.audit import quiet
from tests.harness.money import seed
from tests.harness.postgres import Postgres, rows
from tests.harness.services import ROOT, Services, services
from tests.harness.stubs import Stubs
from tests.input.canary import Canary
from tests.input.garbage import GARBAGE, answers, half_open
from tests.input.table import table
from tests.input.too_much import CALLS, INVALID, MB, PAYMENTS, send


@dataclass(frozen=True)
class Scene:
    running: Services
    canary: Canary

    @property
    def addresses(self) -> list[str]:
        return [self.running.order.address, self.running.payments[0].address]


@pytest.fixture(scope="module")
async def both(postgres: Postgres) -> AsyncIterator[Services]:
    async with services(postgres.pair()) as running:
        async with Stubs(running.order.address, running.payments[0].address) as stubs:
            await seed(stubs, deposit=10**9)
        yield running


@pytest.fixture(scope="module")
def scene(both: Services) -> Iterator[Scene]:
    with Canary(both.order.address, both.payments[0].address) as canary:
        yield Scene(both, canary)


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_grpc(scene: Scene, name: str) -> None:
    data, expected = GARBAGE[name]
    for address in scene.addresses:
        assert answers(address, data) in expected
    scene.canary.pays()


def test_connections_that_never_go_on(scene: Scene) -> None:
    opened = [connection for address in scene.addresses for connection in half_open(address, 200)]
    scene.canary.pays(5)
    for connection in opened:
        connection.close()


@pytest.mark.parametrize("name", CALLS)
def test_grpc_that_is_too_much(scene: Scene, name: str) -> None:
    path, data, metadata, expected = CALLS[name]
    with grpc.insecure_channel(scene.running.payments[0].address) as channel:
        assert send(channel, path, data, metadata) == expected
    scene.canary.pays()


def test_memory_is_flat(scene: Scene) -> None:
    """Measured over 15,000: it goes up and down by 14 MB, and nowhere. Kept, these 3,000 requests would be 120 MB."""
    large = b"\x0a\xa0\x8d\x06" + b"x" * 100_000
    bad = [b"\x0a\x7fabc", b"\xff" * 40, b"\x0a\x02\xff\xfe", large, large]
    process = psutil.Process(scene.running.payments[0].process.pid)
    with grpc.insecure_channel(scene.running.payments[0].address) as channel:

        def thousand() -> int:
            for i in range(1_000):
                method = ("GetPayment", "PayOrder")[i % 2]
                assert send(channel, f"{PAYMENTS}/{method}", bad[i % len(bad)]) == INVALID
            return int(process.memory_info().rss)

        first, *later = [thousand() for _ in range(4)]
    assert later[-1] < first + 48 * MB, (first, later)
    scene.canary.pays()


async def test_afterwards_only_the_canary_has_paid(both: Services, scene: Scene) -> None:
    scene.canary.stop()
    await quiet(both.pair)
    assert rows(both.pair.payments_url, "SELECT count(*), sum(amount_minor) FROM payments")[0] == (
        scene.canary.paid,
        scene.canary.paid,
    )
    for process in (both.order, *both.payments):
        assert "unforeseen" not in process.stderr
        assert "Traceback" not in process.stderr


def test_the_page_for_people_says_what_is_tested() -> None:
    page = (ROOT / "docs" / "bad-input.md").read_text()
    assert table() in page
