"""The two services as processes, over the embedded PostgreSQL of this one."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import TextIO

from shared.embedded import EmbeddedPostgres
from shared.errors import StartupError


class Pair:
    """order_service and payment_service. Their logs go to `folder/services.log`."""

    def __init__(self, folder: Path, *, order_port: int, payment_port: int) -> None:
        self._database = EmbeddedPostgres(folder)
        self._log_path = folder / "services.log"
        self._log: TextIO = self._log_path.open("a")
        self.urls = {name: self._database.create(name) for name in ("orders", "payments")}
        self.order_address = f"127.0.0.1:{order_port}"
        self.payment_address = f"127.0.0.1:{payment_port}"
        self.order: Process | None = None
        self.payment: Process | None = None

    async def start(self) -> None:
        """Migrate both databases, start both services. StartupError with the service's own line."""
        await asyncio.gather(self._migrate("order_service"), self._migrate("payment_service"))
        self.order, self.order_address = await self._serve("order_service", {"ORDER_LISTEN": self.order_address})
        await self.start_payment()

    async def start_payment(self) -> None:
        """Start payment_service, again on the same port."""
        given = {"PAYMENT_LISTEN": self.payment_address, "PAYMENT_ORDER_SERVICE": self.order_address}
        self.payment, self.payment_address = await self._serve("payment_service", given)

    async def kill_payment(self) -> int:
        """SIGKILL, as a crash would; its exit status."""
        if self.payment is None:
            raise StartupError("payment_service is not running")
        self.payment.send_signal(signal.SIGKILL)
        return await self.payment.wait()

    async def ended(self) -> str:
        """Wait until one of them ends by itself; its name."""
        waits = {
            asyncio.create_task(process.wait()): name
            for name, process in (("order_service", self.order), ("payment_service", self.payment))
            if process is not None
        }
        done, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        return waits[done.pop()]

    async def close(self) -> None:
        """Drain both, then let go of the database."""
        for process in (self.payment, self.order):
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
        self._log.close()
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
        return process, line.split()[-1]

    async def _launch(self, module: str, given: dict[str, str], *arguments: str) -> Process:
        urls = {"ORDER_DATABASE_URL": self.urls["orders"], "PAYMENT_DATABASE_URL": self.urls["payments"]}
        # A session of its own: Ctrl-C in the terminal is for us, and we drain them in order.
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            env={**os.environ, **urls, **given}, stdout=PIPE, stderr=self._log, start_new_session=True,
        )  # fmt: skip

    def _last_line(self, module: str) -> str:
        lines = [line for line in self._log_path.read_text().splitlines() if line.startswith(f"{module}: ")]
        return lines[-1] if lines else f"{module} did not start; see {self._log_path}"
