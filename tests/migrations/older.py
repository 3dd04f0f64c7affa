"""An older version of this repository: the code of a commit, in a folder of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.services import ROOT, Environment

# The first that was meant to outlive a change of the schema. It has never heard of order_service's revision 0004.
COMMIT = "e0fd43bf2e2e60a8d026e59369a797f5be2b1c27"


def older(folder: Path) -> Environment:
    """Its code there, with what it generates from its own protos; what makes `python -m` take it."""
    archived = subprocess.run(["git", "-C", str(ROOT), "archive", COMMIT], capture_output=True, check=False)
    if archived.returncode != 0:
        # Not a failure in CI either: what a clone was given of the history is not for a test to set up.
        pytest.skip(f"no commit {COMMIT[:7]} here, in a shallow clone perhaps: {archived.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archived.stdout, check=True)
    env: Environment = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "hatch_build.py"], cwd=folder, check=True, env=dict(env), capture_output=True)
    taken = [sys.executable, "-c", "import order_service; print(order_service.__file__)"]
    found = subprocess.run(taken, env=dict(env), check=True, capture_output=True, text=True).stdout.strip()
    assert Path(found).is_relative_to(folder)
    assert not list(folder.glob("order_service/storage/migrations/versions/0004*"))
    return env
