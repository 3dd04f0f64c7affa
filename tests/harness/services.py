"""The two services as what they are in production: processes."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.harness.postgres import Pair

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 90.0  # whatever hangs is to be seen; on a machine that is busy a start takes long
Environment = Mapping[str, str]


class DidNotStartError(Exception):
    """The process ended, or said nothing, before it listened."""


def environment(given: Environment) -> dict[str, str]:
    """Ours, without what would configure a service by accident."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("ORDER_", "PAYMENT_", "PAYONCE_", "OTEL_"))}
    return {**own, "PYTHONPATH": str(ROOT), "PAYMENT_ORDER_TIMEOUT_S": "8", **given}  # the machine may be busy


class Running:
    """One service process, from its start to its end."""

    def __init__(self, module: str, process: Process, stderr: Path) -> None:
        self.module = module
        self.process = process
        self._stderr = stderr
        self.address = ""

    @classmethod
    async def launch(cls, module: str, env: Environment, *arguments: str) -> "Running":
        """A process that may not be listening yet."""
        handle, name = tempfile.mkstemp(prefix=f"{module}-", suffix=".stderr")
        with os.fdopen(handle, "wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, *arguments,
                env=environment(env), stdin=DEVNULL, stdout=PIPE, stderr=stderr,
            )  # fmt: skip
        return cls(module, process, Path(name))

    @classmethod
    async def start(cls, module: str, env: Environment) -> "Running":
        """A process that listens."""
        running = await cls.launch(module, env)
        await running.listening()
        return running

    async def listening(self) -> None:
        """Wait for the line that says where it listens."""
        assert self.process.stdout
        line = (await asyncio.wait_for(self.process.stdout.readline(), START_TIMEOUT_S)).decode()
        if not line.startswith(f"{self.module} listening on "):
            await self.process.wait()
            raise DidNotStartError(f"{self.module}: {line!r}, {self.stderr}")
        self.address = line.split()[-1]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    async def wait(self, timeout_s: float = 30.0) -> int:
        """Its exit status; -9 when it was killed."""
        return await asyncio.wait_for(self.process.wait(), timeout_s)

    async def kill(self) -> None:
        """SIGKILL: nothing is cleaned up."""
        self._signal(signal.SIGKILL)
        await self.wait()

    async def terminate(self) -> int:
        """SIGTERM, and wait for it to drain."""
        self._signal(signal.SIGTERM)
        return await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def forget(self) -> None:
        await self.kill()
        self._stderr.unlink(missing_ok=True)


class Services:
    """An order_service and its payment_services, over one pair of databases."""

    order: Running
    payments: list[Running]

    def __init__(self, pair: Pair, payment_env: Environment, order_env: Environment) -> None:
        self.pair = pair
        self.payments = []
        self._payment_env = dict(payment_env)
        self._order_env = dict(order_env)
        self._all: list[Running] = []

    async def start(self, payment_processes: int) -> None:
        self.order = await self._start_order("127.0.0.1:0", self._order_env)
        self.payments = await asyncio.gather(
            *(self._start_payment("127.0.0.1:0", self._payment_env) for _ in range(payment_processes))
        )

    async def restart_order(self, env: Environment | None = None) -> Running:
        """End it by SIGKILL when it still runs, start it again on the same port; `env` instead of the first one."""
        await self.order.kill()
        self.order = await self._start_order(self.order.address, self._order_env if env is None else env)
        return self.order

    async def restart_payment(self, i: int = 0, env: Environment | None = None) -> Running:
        """The same for payment_service number `i`."""
        await self.payments[i].kill()
        address = self.payments[i].address
        self.payments[i] = await self._start_payment(address, self._payment_env if env is None else env)
        return self.payments[i]

    async def close(self) -> None:
        await asyncio.gather(*(running.forget() for running in self._all))

    async def _start_order(self, listen: str, env: Environment) -> Running:
        return await self._start(
            "order_service", {"ORDER_DATABASE_URL": self.pair.orders_login, "ORDER_LISTEN": listen, **env}
        )

    async def _start_payment(self, listen: str, env: Environment) -> Running:
        given = {
            "PAYMENT_DATABASE_URL": self.pair.payments_login,
            "PAYMENT_LISTEN": listen,
            "PAYMENT_ORDER_SERVICE": self.order.address,
            **env,
        }
        return await self._start("payment_service", given)

    async def _start(self, module: str, env: Environment) -> Running:
        running = await Running.launch(module, env)
        self._all.append(running)
        await running.listening()
        return running


@contextlib.asynccontextmanager
async def services(
    pair: Pair,
    payment_processes: int = 1,
    payment_env: Environment | None = None,
    order_env: Environment | None = None,
) -> AsyncIterator[Services]:
    """Both services running; gone, whatever happened, at the end."""
    running = Services(pair, payment_env or {}, order_env or {})
    try:
        await running.start(payment_processes)
        yield running
    finally:
        await running.close()
