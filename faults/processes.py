"""The service processes of a run: started, watched, killed, and started again whenever they end."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

START_LIMIT_S = 90.0  # of a busy machine
TASKS_LIMIT_S = 1.0
AGAIN_S = 0.05  # a service that can't start, since its database is down, is not started more often


class Child:
    """One process, from its fork to its end."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._nursery = nursery
        self._asked: asyncio.Future[int] | None = None

    async def tasks(self) -> int | None:
        """How many asyncio tasks it has; None when it does not say so in time: it is stopped, or has ended."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().create_future()
        self.send(signal.SIGUSR1)
        done, _ = await asyncio.wait([self._asked], timeout=TASKS_LIMIT_S)
        return self._asked.result() if done else None

    def has(self, tasks: int) -> None:
        """It said so."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(tasks)

    def send(self, number: signal.Signals) -> None:
        """A signal, unless it has ended."""
        if not self.ended.done():
            self._nursery.say({"pid": self.pid, "signal": int(number)})


class Nursery:
    """The process that forks them (`faults.spawn`)."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._births: list[asyncio.Future[Child]] = []
        self._children: dict[int, Child] = {}
        self._listening: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Ready to fork."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "faults.spawn", stdin=PIPE, stdout=PIPE, stderr=log, start_new_session=True
            )
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        if not await self._process.stdout.readline():
            raise RuntimeError(f"no service can be started; see {self._log}")
        self._reading = asyncio.create_task(self._read())

    async def launch(self, module: str, env: Mapping[str, str]) -> Child:
        """A process that may not be listening yet."""
        birth: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._births.append(birth)
        self.say({"module": module, "env": dict(env)})
        return await birth

    def listening(self, address: str) -> asyncio.Event:
        """Set when somebody says that it listens there."""
        return self._listening.setdefault(address, asyncio.Event())

    def say(self, order: dict[str, object]) -> None:
        """One line to the nursery."""
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def close(self) -> None:
        """The end of its stdin is the end of all."""
        if self._process is None or self._process.stdin is None or self._reading is None:
            return
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        try:
            await self._read_on()
        finally:  # whoever waits for something to be said would wait for ever
            gone = RuntimeError(f"no service can be started or watched any more; see {self._log}")
            for birth in self._births:
                birth.set_exception(gone)
            for child in self._children.values():
                child.ended.set_exception(gone)

    async def _read_on(self) -> None:
        assert self._process is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        while line := await self._process.stdout.readline():
            # Several processes write to this pipe, each its line and its line's end one after the other.
            for said in re.findall(rb"\{[^{}]*\}", line):
                self._note(json.loads(said))
            for address in re.findall(rb"listening on (\S+?:\d+)", line):
                self.listening(address.decode()).set()

    def _note(self, said: dict[str, int]) -> None:
        if "started" in said:
            pid = said["started"]
            born = self._children[pid] = Child(self, pid)
            self._births.pop(0).set_result(born)
        elif "tasks" in said:
            if child := self._children.get(said["of"]):
                child.has(said["tasks"])
        else:
            self._children.pop(said["ended"]).ended.set_result(said["status"])


class Service:
    """One service at one address, kept alive: whatever ends it, it is started again."""

    def __init__(self, nursery: Nursery, module: str, address: str, env: Mapping[str, str]) -> None:
        self.module, self.address = module, address
        self.kills = 0
        self.ends: dict[int, int] = {}  # exit status → how often
        self.fired: list[str] = []  # failpoints that it died at
        self.fell: list[int] = []  # exit statuses of those that had listened and were not killed
        self._nursery, self._env = nursery, dict(env)
        self._armed = ""  # the next one will be
        self._running_armed = ""  # the present one is
        self._killed = False  # by us
        self._closing = asyncio.Event()
        self._child: Child | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._up = nursery.listening(address)

    def start(self) -> None:
        """Begin to keep it alive."""
        self._keeping = asyncio.create_task(self._keep())

    async def up(self) -> None:
        """Until it listens."""
        async with asyncio.timeout(START_LIMIT_S):
            await self._up.wait()

    @property
    def child(self) -> Child:
        """The process that there is, or the last one there was."""
        assert self._child is not None  # noqa: S101 - it was up once
        return self._child

    def arm(self, failpoint: str) -> None:
        """SIGKILL; the next one dies by itself at `failpoint`."""
        self._armed = failpoint
        self.send(signal.SIGKILL)

    def disarm(self) -> None:
        """SIGKILL, if it has not got to its failpoint."""
        if self._armed or self._running_armed:
            self._armed = ""
            self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """A signal to the process that there is; nothing while there is none."""
        self._killed |= number is signal.SIGKILL
        if self._child is not None:
            self._child.send(number)

    def ends_by_name(self) -> dict[str, int]:
        """How its processes ended, and how often."""
        return {f"{self.module} {_say(status)}": count for status, count in self.ends.items()}

    async def close(self) -> None:
        """SIGKILL, and no other; this one is not counted."""
        if self._keeping is None:
            return
        self._closing.set()
        for number in (signal.SIGCONT, signal.SIGKILL):
            if self._child is not None:
                self._child.send(number)
        await self._keeping

    async def _keep(self) -> None:
        while not self._closing.is_set():
            armed, self._armed = self._armed, ""
            self._running_armed = armed
            env = {**self._env, "PAYONCE_FAILPOINT": armed} if armed else self._env
            self._up.clear()
            self._child = await self._nursery.launch(self.module, env)
            if self._closing.is_set():  # since then
                self._child.send(signal.SIGKILL)
            status = await asyncio.shield(self._child.ended)
            self._running_armed = ""
            if self._closing.is_set():
                return
            self.ends[status] = self.ends.get(status, 0) + 1
            if status == -signal.SIGKILL:
                self.kills += 1
                if armed and not self._killed:
                    self.fired.append(armed)
            elif status:
                await asyncio.sleep(AGAIN_S)
            if status != -signal.SIGKILL and self._up.is_set():
                self.fell.append(status)
            self._killed = False


def _say(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit {status}"
