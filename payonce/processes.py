"""The two services as processes, over the embedded PostgreSQL of this one or over databases elsewhere."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from shared.embedded import EmbeddedPostgres
from shared.errors import StartupError

FREE_PORT = "127.0.0.1:0"
PREFIX = {"orders": "ORDER_", "payments": "PAYMENT_"}
OF_A_DATABASE = ("MIGRATION_URL", "APP_ROLE", "READ_ROLE")
STOP_LIMIT_S = 30.0  # for draining; more is a hang
PORT_OPTION = {"order_service": "--order-port or ORDER_LISTEN", "payment_service": "--payment-port or PAYMENT_LISTEN"}


class Pair:
    """order_service and payment_service. Their logs go to `folder/services.log`.

    `urls` names databases that are elsewhere, `orders` or `payments`; the embedded PostgreSQL has the others.
    `environment` has settings of the services besides.
    """

    def __init__(
        self,
        folder: Path,
        *,
        order_listen: str = FREE_PORT,
        payment_listen: str = FREE_PORT,
        urls: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        given = urls or {}
        self._environment = environment or {}
        self._log_path = folder / "services.log"
        self._log = _open(self._log_path)
        self._log_start = self._log.tell()
        missing = [name for name in ("orders", "payments") if name not in given]
        self._database = EmbeddedPostgres(folder) if missing else None
        embedded = {name: self._database.create(name) for name in missing} if self._database else {}
        self.urls = {**embedded, **given}
        self._embedded = frozenset(embedded)
        self.order_address = order_listen
        self.payment_address = payment_listen
        self.payment: Process | None = None
        self._serving: dict[str, Process] = {}
        self._launched: list[Process] = []
        self._crashing = asyncio.Lock()

    async def start(self) -> None:
        """Migrate both databases, start both services. StartupError with the service's own line."""
        await asyncio.gather(self._migrate("order_service"), self._migrate("payment_service"))
        _, address = await self._serve("order_service", {"ORDER_LISTEN": self.order_address})
        self.order_address = _reachable(address)
        await self.start_payment()

    async def start_payment(self) -> None:
        """Start payment_service, again on the same port."""
        given = {"PAYMENT_LISTEN": self.payment_address, "PAYMENT_ORDER_SERVICE": self.order_address}
        self.payment, address = await self._serve("payment_service", given)
        self.payment_address = _reachable(address)

    async def kill_payment(self) -> int:
        """SIGKILL, as a crash would; its exit status."""
        if self.payment is None:
            raise StartupError("payment_service is not running")
        self.payment.send_signal(signal.SIGKILL)
        return await self.payment.wait()

    async def crash_payment(self) -> None:
        """Kill payment_service and start it again. For `ended`, it has not ended by itself."""
        async with self._crashing:
            await self.kill_payment()
            await self.start_payment()

    async def ended(self) -> str:
        """Wait until one of them ends by itself; its name."""
        while True:
            waits = {asyncio.create_task(process.wait()): name for name, process in self._serving.items()}
            watched = dict(self._serving)
            done, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
            name = waits[done.pop()]
            async with self._crashing:
                if self._serving[name] is watched[name]:
                    return name

    async def close(self) -> None:
        """Drain both, payment_service first, then let go of the database."""
        for process in reversed(self._launched):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._log.close()
        if self._database:
            self._database.close()

    async def _migrate(self, module: str) -> None:
        process = await self._launch(module, {}, "migrate")
        if await process.wait() != 0:
            raise StartupError(self._last_line(module))

    async def _serve(self, module: str, given: dict[str, str]) -> tuple[Process, str]:
        process = await self._launch(module, given)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        line = (await process.stdout.readline()).decode()
        if not line:
            await process.wait()
            raise StartupError(self._last_line(module))
        self._serving[module] = process
        return process, line.split()[-1]

    async def _launch(self, module: str, given: dict[str, str], *arguments: str) -> Process:
        urls = {"ORDER_DATABASE_URL": self.urls["orders"], "PAYMENT_DATABASE_URL": self.urls["payments"]}
        # A session of its own: Ctrl-C in the terminal is for us, and we drain them in order. Should we be killed,
        # their stdin ends, and so do they.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            env={**self._inherited(), **self._environment, **urls, **given, "PAYONCE_STOP_AT_EOF": "1"},
            stdin=PIPE, stdout=PIPE, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        self._launched.append(process)
        return process

    def _inherited(self) -> dict[str, str]:
        """The environment, without what is meant for databases elsewhere where ours are used."""
        foreign = {f"{PREFIX[name]}{setting}" for name in self._embedded for setting in OF_A_DATABASE}
        return {name: value for name, value in os.environ.items() if name not in foreign}

    def _last_line(self, module: str) -> str:
        with self._log_path.open() as log:
            log.seek(self._log_start)  # before it are earlier runs
            lines = [line.strip() for line in log if line.startswith(f"{module}: ")]
        if not lines:
            return f"{module} did not start; see {self._log_path}"
        hint = f" Choose another with {PORT_OPTION[module]}." if "cannot listen" in lines[-1] else ""
        return lines[-1] + hint


def _open(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a")
    except OSError as error:
        raise StartupError(f"{path} can't be written ({error.strerror}): set PAYONCE_DATA_DIR") from error


def _reachable(address: str) -> str:
    """Where to call a service that listens everywhere."""
    host, _, port = address.rpartition(":")
    return f"127.0.0.1:{port}" if host in ("0.0.0.0", "[::]") else address  # noqa: S104 - it is compared
