"""`payonce demo` and `payonce up`, as a user runs them."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAST_LINE = re.compile(
    r"demo: orders=20 requests=(\d+) replies_lost=(\d+) crashes=1 charges=20 double_charges=0 ledger=balanced"
)


def grpcurl() -> str | None:
    return shutil.which("grpcurl", path=f"{os.environ.get('PATH')}:{Path.home() / 'go' / 'bin'}")


async def test_the_demo_ends_with_its_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payonce.cli", "demo", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    found = LAST_LINE.fullmatch(out.decode().splitlines()[-1])
    assert process.returncode == 0
    assert found, out.decode()
    requests, lost = map(int, found.groups())
    assert requests - lost == 200  # one answer for each caller
    assert lost > 20


async def test_the_readmes_commands_by_hand() -> None:
    found = grpcurl()
    if found is None:
        pytest.skip("no grpcurl on PATH: go install github.com/fullstorydev/grpcurl/cmd/grpcurl@latest")
    section = (ROOT / "README.md").read_text().partition("## By hand with grpcurl")[2].partition("\n## ")[0]
    commands = [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]
    with tempfile.TemporaryDirectory(prefix="payonce-up-") as folder:
        Path(folder).chmod(0o755)
        up = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "payonce.cli", "up", "--order-port", "0", "--payment-port", "0", "--data", folder,
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        assert up.stdout
        ports = [(await asyncio.wait_for(up.stdout.readline(), 60)).decode().split()[-1] for _ in range(2)]
        answers = []
        for command in commands:
            aimed = command.replace("127.0.0.1:50051", ports[0]).replace("127.0.0.1:50052", ports[1])
            words = [found, *shlex.split(aimed)[1:]]
            run = await asyncio.create_subprocess_exec(
                *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            out, err = await run.communicate()
            answers.append((out + err).decode())
        up.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(up.wait(), 30) == 0
    *_, first, again, refused = answers
    payment_id = json.loads(first)["payment"]["payment_id"]
    assert payment_id in again
    assert "idempotent-replayed: true" in again
    assert '"reason": "ORDER_NOT_FOUND"' in refused
