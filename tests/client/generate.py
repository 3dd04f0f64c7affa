"""`make client`: the sync client's methods are the async one's, without async and await."""

import subprocess
import sys
from pathlib import Path

import unasync

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "payonce" / "client"
WORDS = {"_async": "_sync", "AsyncClient": "Client", "aiter": "iter", "anext": "next"}


def generate(into: Path) -> None:
    """Write the package `_sync` into that folder."""
    sources = sorted((CLIENT / "_async").glob("*.py"))
    rule = unasync.Rule(fromdir=str(CLIENT / "_async"), todir=str(into / "_sync"), additional_replacements=WORDS)
    unasync.unasync_files([str(path) for path in sources], [rule])
    (into / "_sync" / "__init__.py").write_text('"""Made of `_async` by `make client`; never edited."""\n')
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        words = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", str(ROOT / "pyproject.toml")]
        subprocess.run([*words, str(into / "_sync")], check=True)


if __name__ == "__main__":
    generate(CLIENT)
