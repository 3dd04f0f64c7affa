"""The compose file on a Docker engine: it is brought up, pays, loses an instance of each service, and pays again.

The console, which is a profile of its own, looks on.
"""

import subprocess
import time

from tests.deploy import clerk
from tests.deploy.compose import FILE, Project, project

TIMES = 40
CHARGES = "SELECT count(*) FROM transfers WHERE kind = 'charge'"
UNCONFIRMED = "SELECT count(*) FROM unconfirmed"
PAID = "SELECT string_agg(order_id, ' ' ORDER BY order_id) FROM orders WHERE status = 'paid'"
PATIENCE_S = 120


def test_it_pays_and_pays_again_when_instances_are_killed(images: dict[str, str], prometheus: str) -> None:
    with project(images, prometheus) as running:
        assert {name: len(running.containers(name)) for name in images} == {"order_service": 2, "payment_service": 2}
        clerk.looks(running)
        shop = running.shop()
        one_payment(running.compose(*shop, "order-1", "3").split("\n"), 3)
        # Both payment_services, and the console.
        assert [running.callers_of(one) for one in running.containers("order_service")] == [3, 3]
        assert scraped(running)

        one_payment(killed_in_the_middle(running, [*shop, "order-2", str(TIMES)]), TIMES)
        until(running, UNCONFIRMED, "0")
        assert running.query("payments", CHARGES) == "2"
        assert running.query("orders", PAID) == "order-1 order-2"
        one_payment(running.compose(*shop, "order-3", "3").split("\n"), 3)
        until(running, UNCONFIRMED, "0")
        assert " violations=0" in running.compose("run", "--rm", "-T", "verify")


def one_payment(answers: list[str], times: int) -> None:
    """Each of ten callers was answered each time: with the same payment, which one of them made."""
    found = [line.split() for line in answers if line.endswith((" charged", " replayed"))]
    assert len(found) == 10 * times, answers
    assert len({payment_id for payment_id, _ in found}) == 1
    # One whose answer was lost asks again, and is told that it is a replay.
    assert sum(how == "charged" for _, how in found) <= 1


def killed_in_the_middle(running: Project, shop: list[str]) -> list[str]:
    """One instance of each is killed while everybody pays; what the callers were told, all of them, in the end."""
    from tests.deploy.compose import command

    # Without a buffer: communicate() knows nothing of what readline() would have read ahead.
    paying = subprocess.Popen(
        [*command(), "--project-name", running.name, "--file", str(FILE), *shop],
        env=running.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
    )  # fmt: skip
    assert paying.stdout
    lines = [paying.stdout.readline().decode().strip()]  # somebody was answered: they are under way
    for service in ("payment_service", "order_service"):
        subprocess.run(["docker", "kill", running.containers(service)[0]], check=True, capture_output=True)
    said, trouble = paying.communicate(timeout=PATIENCE_S)
    assert paying.returncode == 0, trouble[-3000:]
    return [*lines, *said.decode().split("\n")]


def until(running: Project, query: str, answer: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (found := running.query("payments", query)) != answer:
        assert time.monotonic() < deadline, found
        time.sleep(1)


def scraped(running: Project) -> bool:
    """Prometheus finds both instances of both by their names, and reads them."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = running.scraped()
        up = {job: sum(one.endswith(" up") for one in instances) for job, instances in found.items()}
        if up == {"order_service": 2, "payment_service": 2}:
            return True
        assert time.monotonic() < deadline, found
        time.sleep(1)
