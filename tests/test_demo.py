"""`payonce demo`, as a user runs it."""

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAST_LINE = re.compile(
    r"demo: orders=20 requests=(\d+) replies_lost=(\d+) crashes=1 charges=20 double_charges=0 ledger=balanced"
)


async def test_the_demo_ends_with_its_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payonce.cli", "demo", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    found = LAST_LINE.fullmatch(out.decode().splitlines()[-1])
    assert process.returncode == 0
    assert found, out.decode()
    assert re.fullmatch(r"verify: payments=20 .* violations=0", out.decode().splitlines()[-2])
    requests, lost = map(int, found.groups())
    # Requests are tries. Each caller has an answer; one that came after its caller's deadline makes one more.
    assert requests - lost >= 200
    assert lost > 20
    assert LAST_LINE.search((ROOT / "README.md").read_text())
