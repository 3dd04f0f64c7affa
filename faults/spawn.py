"""Starts services in a tenth of a second: `python -m faults.spawn`, a JSON line in for each.

It has imported what the services stand on, and forks. The services' own code, and with it the environment that arms
a failpoint, is imported by the child. What is started so is `python -m payment_service`, but for the second that
importing other people's packages takes; ten thousand starts are otherwise three hours of nothing else.
And it answers SIGUSR1 with the number of its asyncio tasks.
"""

import asyncio
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
from typing import Any

# Of Python's own library only what these need: all that a service has imported, one by one, and asyncio is confused.
OTHERS = {
    "alembic", "google", "grpc", "grpc_health", "grpc_reflection", "iso4217", "payonce", "psycopg", "psycopg_binary",
    "pydantic", "pydantic_settings", "sqlalchemy", "structlog", "uvloop",
}  # fmt: skip
LOADED = "import sys, payment_service.main, order_service.main; print(*sys.modules)"
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Until the end of stdin; then everything that still runs is killed."""
    _import_others()
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    _say({"ready": 1})
    children: set[int] = set()
    lines = b""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready:
            os.read(awake, 4096)
            _reap(children)
        if 0 in ready:
            data = os.read(0, 65_536)
            if not data:
                break
            *whole, lines = (lines + data).split(b"\n")
            for line in whole:
                _obey(json.loads(line), children)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _import_others() -> None:
    # Asked of another process: what this one has imported itself its children would share, failpoints included.
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=True, stdout=subprocess.PIPE, text=True)
    for name in sorted(loaded.stdout.split(), key=lambda name: name.count(".")):  # a package before its modules
        if name.partition(".")[0] in OTHERS:
            with contextlib.suppress(ImportError):  # a part that comes with its whole only, and is there by then
                importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _obey(order: dict[str, Any], children: set[int]) -> None:
    if "signal" in order:
        # Here and not where it was thought of: until it is reaped here, a pid is nobody else's.
        if order["pid"] in children:
            os.kill(order["pid"], order["signal"])
        return
    pid = os.fork()
    if pid == 0:
        _become(order["module"], order["env"])
    children.add(pid)
    _say({"started": pid})


def _become(module: str, env: dict[str, str]) -> None:
    """Run the service in this fresh child; never returns."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, _say_tasks)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(env)
    sys.argv = [module]
    status = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - what a process that ends so prints
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _say_tasks(*_: object) -> None:
    """In the child, in its main thread, where its loop runs: there are tasks only while one does."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no loop yet, or no more
        return
    _say({"tasks": len(tasks), "of": os.getpid()})


def _reap(children: set[int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.discard(pid)
        _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
