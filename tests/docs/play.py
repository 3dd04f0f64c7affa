"""A page played as a reader would: from its first block to its last, on a pair of its own."""

import ast
import asyncio
import contextlib
import inspect
import io
import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.docs.blocks import CONSOLE, PYTHON, Block, Decision
from tests.docs.shell import Shell, assert_says, shell
from tests.harness.services import ROOT, environment
from tests.harness.up import Up, found_grpcurl, up
from tests.server.standard import free_port

ASKS_SERVICES = ("127.0.0.1:5005", "payonce ", "from_environment", "grpcurl ")
OWN = re.compile(r"127\.0\.0\.1:(5006\d)")
DATA = re.compile(r"(?<![\w/])\.payonce(?=[/\s])")
BIN = Path(sys.executable).parent


@dataclass
class Stage:
    """Where a page is played."""

    env: Mapping[str, str]
    data: str
    pair: Up | None
    shell: Shell
    folder: Path
    instead: dict[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)  # what the page's Python has defined
    ports: dict[str, int] = field(default_factory=lambda: defaultdict(free_port))  # of the page's own processes

    def aimed(self, text: str) -> str:
        """The page's text, with what is there instead of what it names."""
        here = self.pair.aimed(text) if self.pair else text
        for named, given in self.instead.items():
            here = here.replace(named, given)
        here = OWN.sub(lambda found: f"127.0.0.1:{self.ports[found[1]]}", here)
        return DATA.sub(self.data, here).replace(".venv/bin/", f"{BIN}/")


async def play(
    blocks: Sequence[Block], decided: Sequence[Decision], *more: str, instead: Mapping[str, str] | None = None
) -> None:
    """Run them in their order. `more` is for `payonce up`; `instead` has what is here for what the page names."""
    text = "".join(block.text for block in blocks)
    wants_pair = any(word in text for word in ASKS_SERVICES)
    async with staged(blocks, wants_pair=wants_pair, wants_grpcurl="grpcurl " in text, more=more) as stage:
        stage.instead |= instead or {}
        for block in blocks:
            try:
                await _decided(stage, block, [decision for decision in decided if decision.about(block)])
            except Exception as error:
                error.add_note(f"{block.where}, on a pair of its own:\n{block.text}")
                raise


async def _decided(stage: Stage, block: Block, decided: Sequence[Decision]) -> None:
    text = {decision.kind: stage.aimed(decision.text) for decision in decided}
    if "before" in text:
        await stage.shell.run(text["before"])
    if "refused" in text:
        for command in block.text.splitlines():
            assert text["refused"] in await stage.shell.run(stage.aimed(command), may_fail=True)
    elif "varies" in text:
        assert text["varies"] in await stage.shell.run(stage.aimed(block.text))
    else:
        await _play(stage, block)


@contextlib.asynccontextmanager
async def staged(
    blocks: Sequence[Block], *, wants_pair: bool, wants_grpcurl: bool, more: Sequence[str]
) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        path = [str(BIN), *([str(Path(found_grpcurl()).parent)] if wants_grpcurl else []), os.environ["PATH"]]
        data, own = (stack.enter_context(tempfile.TemporaryDirectory(prefix="payonce-page-")) for _ in range(2))
        Path(data).chmod(0o755)  # PostgreSQL does not run as root, and must get in
        pair = await stack.enter_async_context(up(data, *more)) if wants_pair else None
        quiet = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}  # of pytest's plugins that a reader does not have
        env = environment({"PATH": ":".join(path), "PAYONCE_DATA_DIR": data, **quiet})
        if pair:
            env |= {"PAYONCE_ORDER_ADDRESS": pair.orders, "PAYONCE_PAYMENT_ADDRESS": pair.payments}
        # Who saves files is in a project of their own; everybody else in a checkout of this one.
        folder = Path(own) if any(block.file for block in blocks) else ROOT
        yield Stage(env, data, pair, await stack.enter_async_context(shell(env, folder)), folder)


async def _play(stage: Stage, block: Block) -> None:
    text = stage.aimed(block.text)
    if block.file:
        (stage.folder / block.file).write_text(text)
    elif block.language in CONSOLE:
        await stage.shell.console(text)
    else:
        ran = _python(stage, block, text) if block.language in PYTHON else stage.shell.run(text)
        said = await ran
        if block.says is not None:
            assert_says(said, stage.aimed(block.says))


async def _python(stage: Stage, block: Block, text: str) -> str:
    """With `await` at its top level or without; what it printed."""
    code = compile(text, block.where, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(io.StringIO()) as said, mock.patch.dict(os.environ, stage.env):
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, stage.names)  # noqa: S307 - our own page
        else:  # without a loop around it, as in a script
            await asyncio.to_thread(eval, code, stage.names)
    return said.getvalue()
