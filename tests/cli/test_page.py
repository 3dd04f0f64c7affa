"""docs/cli.md: its commands work as they stand there."""

import os
import re
import subprocess

from tests.cli.command import LIMIT_S, PAYONCE, Cli
from tests.harness.services import ROOT, environment
from tests.security.world import Keys

TEXT = (ROOT / "docs" / "cli.md").read_text()
# Names of this test's own: others use the same pair.
NAMES = {"alice": "cli-alice", "shop": "cli-books", "order-": "cli-walk-", "deposit-2026": "cli-2026"}
VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[-0-9]{10} [0-9:.]{12}Z|(?<=requests {11})\d+|(?<=lost {7})\d+"
)


def test_the_five_minutes_and_the_script(cli: Cli) -> None:
    walk = renamed(TEXT.partition("## Five minutes")[2].partition("## With TLS")[0])
    said = bash(cli, walk)
    for block in re.findall(r"```text\n(.*?)```", walk, re.DOTALL):
        for line in block.splitlines():
            assert spaced(line) in spaced(said), line


def test_the_commands_with_tls(secure: Cli, keys: Keys) -> None:
    section = TEXT.partition("## With TLS and tokens")[2].partition("\n## ")[0]
    said = bash(secure, section.replace(".payonce/dev-certs", str(keys.folder)))
    assert "paid" in said.splitlines()
    assert secure.answer("explain", "--order", "order-9")["events"][0]["actor"] == "customer:bob"


def bash(cli: Cli, section: str) -> str:
    """What its shell blocks say, pasted one after the other."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    env = environment({**cli.settings, "PATH": f"{PAYONCE.parent}:{os.environ['PATH']}"})
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said


def renamed(text: str) -> str:
    for name, own in NAMES.items():
        text = re.sub(rf"\b{name}", own, text)
    return text


def spaced(text: str) -> str:
    """With what differs from run to run, and how far columns stand apart, left out."""
    return re.sub(r" +", " ", VARYING.sub("*", text))
