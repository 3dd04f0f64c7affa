"""What a forked process does: become a service, as `python -m <module>` would."""

import os
import runpy
import sys
from multiprocessing.connection import Connection


def serve(module: str, env: dict[str, str], log: str, held: Connection, out: Connection) -> None:
    """Run until killed, or until whoever holds the other end of `held` is gone. `out` gets what it prints."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for source, target in ((held.fileno(), 0), (out.fileno(), 1), (descriptor, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(env)
    _arm(env["PAYONCE_FAILPOINT"])
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _arm(failpoint: str) -> None:
    """The failpoint is read when modules are imported, and here they were before. Each that has it is told.

    Should one be missed, the process would live, and its cell be a violation.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("shared.") and "ARMED" in vars(module):
            vars(module)["ARMED"] = failpoint
