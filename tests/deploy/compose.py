"""The compose file, brought up under a project name of its own."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.needs import missing
from tests.server.standard import free_port

FILE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
SHOP = Path(__file__).parent / "shop.py"
UP_TIMEOUT_S = 600
# As /proc/net/tcp has them.
ORDER_PORT, ESTABLISHED, LOOPBACK = 50051, "01", "0100007F"


def command() -> list[str]:
    """`docker compose`, or the older program of that name."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0
    ):
        return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    return missing("docker compose: neither the plugin nor docker-compose is installed")


@dataclass(frozen=True)
class Project:
    """Everything of one `up`."""

    name: str
    env: dict[str, str]

    def compose(self, *words: str, timeout_s: float = UP_TIMEOUT_S) -> str:
        """What it printed. Fails with what it said."""
        ended = subprocess.run(
            [*command(), "--project-name", self.name, "--file", str(FILE), *words],
            env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=timeout_s,
        )  # fmt: skip
        assert ended.returncode == 0, f"{words}: {ended.stdout[-3000:]} {ended.stderr[-3000:]}"
        return ended.stdout

    def containers(self, service: str) -> list[str]:
        """The ids of those that run."""
        return self.compose("ps", "--quiet", service).split()

    def token(self, role: str, sub: str) -> str:
        words = ("-m", "payonce.cli", "token", "--role", role, "--sub", sub, "--key", "/certificates/token-key.pem",
                 "--ttl-s", "1800")  # fmt: skip
        return self.compose("run", "--rm", "-T", "client", *words).split()[-1]

    def shop(self) -> list[str]:
        """The words before those of shop.py itself."""
        given = {"TOKEN_ALICE": self.token("customer", "alice"), "TOKEN_CLERK": self.token("backoffice", "clerk")}
        words = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        return ["run", "--rm", "-T", *words, "-v", f"{SHOP}:/shop.py:ro", "client", "/shop.py"]

    def callers_of(self, container: str) -> int:
        """How many machines are connected with an order_service: each of its callers, if they take turns."""
        ended = subprocess.run(
            ["docker", "exec", container, "cat", "/proc/net/tcp", "/proc/net/tcp6"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows = [line.split() for line in ended.stdout.splitlines() if ":" in line]
        here = [
            row[2].rpartition(":")[0] for row in rows if row[1].endswith(f":{ORDER_PORT:04X}") and row[3] == ESTABLISHED
        ]
        return len({address for address in here if not address.endswith(LOOPBACK)})

    def query(self, database: str, text: str) -> str:
        """One value, asked as the administrator."""
        words = ("exec", "-T", "database", "psql", "-U", "postgres", "-At", "-d", database, "-c", text)
        return self.compose(*words).strip()

    def scraped(self) -> dict[str, set[str]]:
        """What Prometheus thinks of each instance, by job."""
        url = "http://127.0.0.1:9090/api/v1/targets?state=active"
        fetch = f"import urllib.request as r; print(r.urlopen('{url}').read().decode())"
        network = self.containers("prometheus")[0]
        ended = subprocess.run(
            ["docker", "run", "--rm", "--network", f"container:{network}", "--entrypoint", "python",
             self.env["PAYMENT_IMAGE"], "-c", fetch],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found: dict[str, set[str]] = {}
        for target in json.loads(ended.stdout)["data"]["activeTargets"]:
            found.setdefault(target["labels"]["job"], set()).add(f"{target['labels']['instance']} {target['health']}")
        return found


@contextlib.contextmanager
def project(images: dict[str, str], prometheus: str) -> Iterator[Project]:
    """Up, and gone again with its volumes, whatever happened."""
    env = {
        **os.environ,
        "ORDER_IMAGE": images["order_service"],
        "PAYMENT_IMAGE": images["payment_service"],
        "POSTGRES_IMAGE": os.environ.get("TEST_POSTGRES_IMAGE", "postgres:18"),
        "PROMETHEUS_IMAGE": prometheus,
        # As `--profile console`, for every word: `down` else leaves it there.
        "COMPOSE_PROFILES": "console",
        "CONSOLE_PORT": str(free_port()),
    }
    running = Project(f"payonce-test-{secrets.token_hex(4)}", env)
    try:
        running.compose("up", "--detach")
        yield running
    finally:
        running.compose("down", "--volumes", "--remove-orphans")
