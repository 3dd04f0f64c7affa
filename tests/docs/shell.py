"""A bash that goes on from block to block, as a reader's terminal does."""

import asyncio
import contextlib
import os
import re
import signal
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

LIMIT_S = 180.0
END = "\x1e"  # ends what a block says; nothing prints it by itself
FREE = re.compile(r"\s*…\s*")


class Shell:
    """Variables and functions stay; the first command that fails ends a block, except where its output is expected."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._block = folder / "block"

    async def run(self, text: str, *, may_fail: bool = False) -> str:
        """What it printed, errors included."""
        self._block.write_text(text)
        strict = "set +e" if may_fail else "set -eo pipefail"
        await self._say(f"{strict}; source {self._block} </dev/null; set +e; printf '{END}'\n")
        assert self._process.stdout
        try:
            said = await asyncio.wait_for(self._process.stdout.readuntil(END.encode()), LIMIT_S)
        except asyncio.IncompleteReadError as ended:
            raise AssertionError(f"failed: {text}\n{ended.partial.decode()}") from ended
        return said.decode().removesuffix(END)

    async def console(self, text: str) -> None:
        """Lines after `$` are commands, the others what they print."""
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            said = await self.run(command, may_fail=bool(expected.strip()))
            if expected.strip():
                assert_says(said, expected)

    async def _say(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(text.encode())
        await self._process.stdin.drain()


@contextlib.asynccontextmanager
async def shell(env: Mapping[str, str], folder: Path) -> AsyncIterator[Shell]:
    """Started in `folder`."""
    process = await asyncio.create_subprocess_exec(
        "bash", "--norc", env=dict(env), cwd=folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT, limit=2**22,
        start_new_session=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="payonce-block-") as own:
        try:
            yield Shell(process, Path(own))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # what it left in the background, too
            await process.wait()


def assert_says(said: str, expected: str) -> None:
    """`…` stands for anything, or nothing; spaces beside it, and at the ends of lines, don't count."""
    pattern = ".*?".join(re.escape(part) for part in FREE.split(_trimmed(expected)))
    assert re.fullmatch(pattern, _trimmed(said), re.DOTALL), f"said:\n{said}\nexpected:\n{expected}"


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
