"""The protocol holds in every seed; a seed is always the same run; without a guard the simulation finds it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation.plan import POISONS
from simulation.run import run
from simulation.shrink import Shrinker
from simulation.without import GUARDS, without
from simulation.world import CRASH
from tests.harness.commit import commit

ROOT = Path(__file__).parents[2]
SEEDS = 300
LIMIT_S = 60.0  # whatever hangs is to be seen
WITHIN = 3000  # seeds; the rarest takes about five hundred
STORIES = """
import hashlib
from simulation.install import installed
from simulation.run import run
with installed():
    print(hashlib.sha256(repr([run(seed, tell=True).story for seed in range(15)]).encode()).hexdigest())
"""


@pytest.mark.usefixtures("simulated")
def test_nothing_is_violated() -> None:
    results = [run(seed) for seed in range(SEEDS)]
    assert {result.seed: result.violations for result in results if result.violations} == {}
    assert sum(result.crashes for result in results) > SEEDS / 10
    sites = {site for result in results for site, _ in result.choices}
    poison = {one.subject for result in results for one in result.plan.operations if one.kind == "pay_batch"}
    assert poison == set(range(POISONS))
    # Every kind of fault was among them.
    assert {"step", "together", "session", "answer", "commit", "orphan", "network", "late"} <= sites
    assert any(value <= CRASH for result in results for (site, _), value in result.choices.items() if site == "step")


def test_a_seed_is_always_the_same() -> None:
    """Also in another process, where sets are in another order."""
    stories = {
        subprocess.run(
            [sys.executable, "-c", STORIES],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(stories) == 1


@pytest.mark.usefixtures("simulated")
@pytest.mark.parametrize("name", GUARDS)
def test_without_a_guard_it_is_found(name: str) -> None:
    with without(name):
        assert any(run(seed).violations for seed in range(WITHIN))


@pytest.mark.usefixtures("simulated")
def test_a_violation_shrinks_to_what_makes_it() -> None:
    with without("order ends"):
        found = next(result for seed in range(WITHIN) if (result := run(seed)).violations)
        small = Shrinker(found, steps=400).shrink()
        again = run(small.seed, plan=small.plan, kept=small.choices)
    assert again.violations == small.violations
    assert again.violations[0].split()[0] == found.violations[0].split()[0]
    # A payment, and somebody who takes it back; hardly anything out of the ordinary.
    assert len(small.plan.operations) <= 2
    assert len(small.choices) <= 3


@pytest.mark.parametrize(
    ("arguments", "status", "last"),
    [
        ([], 0, r"simulation: seeds=40 steps=\d+ crashes=\d+ violations=0 commits=1 seeds_per_s=\d+"),
        (
            ["--without", "order ends"],
            1,
            r"simulation: seeds=40 steps=\d+ crashes=\d+ violations=[1-9]\d* commits=1 seeds_per_s=\d+",
        ),
    ],
)
def test_the_command(arguments: list[str], status: int, last: str) -> None:
    command = [sys.executable, "-m", "simulation", "--seeds", "40", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    assert re.fullmatch(last, ended.stdout.splitlines()[-1])
    assert ("VIOLATION" in ended.stdout) == bool(status)


def test_slices_add_up_and_no_seed_is_run_twice(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "seeds.jsonl"

    def last(seeds: int, *arguments: str) -> str:
        command = [
            sys.executable,
            "-m",
            "simulation",
            "--steps",
            "20",
            "--jobs",
            "1",
            "--seeds",
            str(seeds),
            *arguments,
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[-1]

    whole = last(250)
    assert last(250, "--keep", str(kept), "--minutes", "0").startswith("simulation: seeds=100 ")
    in_slices = last(250, "--keep", str(kept))
    assert in_slices.rpartition(" ")[0] == whole.rpartition(" ")[0]
    again = last(250, "--keep", str(kept))
    assert again == f"{whole.rpartition(' ')[0]} seeds_per_s=0"
    assert len(kept.read_text().splitlines()) == 3
    kept.write_text(kept.read_text().replace(f'"commit": "{commit()}"', '"commit": "another"', 1))
    assert " commits=2 " in last(250, "--keep", str(kept))


def test_ctrl_c_ends_it_and_says_what_was_run(tmp_path: Path) -> None:
    kept = tmp_path / "seeds.jsonl"
    command = [sys.executable, "-m", "simulation", "--steps", "20", "--jobs", "2", "--seeds", "1000000"]
    with subprocess.Popen(
        [*command, "--keep", str(kept)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, preexec_fn=heard,  # noqa: PLW1509 - it takes no lock
    ) as running:  # fmt: skip
        try:
            until = time.monotonic() + LIMIT_S
            while not (kept.exists() and kept.read_text()):
                assert time.monotonic() < until
                time.sleep(0.05)
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does it: the processes that help get it too
            said, _ = running.communicate(timeout=LIMIT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):  # there is nobody any more, as it should be
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 130, said
    assert re.fullmatch(r"simulation: seeds=\d+00 steps=\d+ crashes=\d+ violations=0 commits=1 seeds_per_s=\d+\n", said)


def heard() -> None:
    """Whoever is started in the background of a shell ignores SIGINT from birth."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
