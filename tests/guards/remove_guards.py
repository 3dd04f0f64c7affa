"""Removes each guard in turn, in a copy of the source, and expects its test, and no other thing, to go red.

Run it as `python -m tests.guards.remove_guards`; the last line is `guards: removed=N caught=N`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guards.guards import GUARDS, Guard

ROOT = Path(__file__).parents[2]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="payonce-guards-") as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".git", ".venv", ".payonce", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=ignored)
        tests = sorted({guard.test for guard in GUARDS})
        # With every guard in its place all of them pass: what is red later is red because a guard is gone.
        whole = run(copy, *tests)
        if whole.returncode != 0 or not re.search(rf"\b{len(tests)} passed", whole.stdout):
            sys.exit(f"guards: not green before anything is removed:\n{whole.stdout}{whole.stderr}")
        print(f"green with all guards: {len(tests)} tests", flush=True)
        found = [caught(copy, guard) for guard in GUARDS]
    print(f"guards: removed={len(found)} caught={sum(found)}")
    sys.exit(0 if all(found) else 1)


def caught(copy: Path, guard: Guard) -> bool:
    """Whether the guard's own test fails without it, and by failing, not because something broke on the way."""
    file = copy / guard.file
    source = file.read_text()
    if source.count(guard.present) != 1:
        sys.exit(f"guards: {guard.name}: its line is not in {guard.file} exactly once")
    file.write_text(source.replace(guard.present, guard.removed))
    try:
        ended = run(copy, guard.test)
    finally:
        file.write_text(source)
    lines = ended.stdout.splitlines()
    failed = any(line == f"FAILED {guard.test}" or line.startswith(f"FAILED {guard.test} ") for line in lines)
    broken = any(line.startswith("ERROR") for line in lines)
    red = ended.returncode == 1 and failed and not broken
    if red:
        print(f"caught      {guard.name}: FAILED {guard.test}", flush=True)
    else:
        print(f"NOT CAUGHT  {guard.name}: {guard.test}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}", flush=True)
    return red


def run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Pytest in the copy, with the copy's modules; no bytecode, so that a changed file is never taken for the old."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-rfE", "--tb=line", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
