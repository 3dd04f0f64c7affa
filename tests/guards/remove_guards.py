"""Removes each guard in turn, in a copy of the source, and expects its test to go red.

Run it as `python -m tests.guards.remove_guards`; the last line is `guards: removed=N caught=N`.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAYMENTS = "payment_service/storage/migrations/versions/0001_payments.py"


@dataclass(frozen=True)
class Guard:
    name: str
    file: str
    present: str  # must stand there exactly once
    removed: str
    test: str


GUARDS = [
    Guard("claim index", PAYMENTS, "payments_claim ON payments (order_id) WHERE",
          "payments_claim ON payments (order_id, payment_id) WHERE",
          "tests/storage/test_schema_guards.py"),
    Guard("overdraft check", PAYMENTS, "CHECK (kind <> 'customer' OR balance_minor >= 0)", "CHECK (true)",
          "tests/storage/test_schema_guards.py"),
    Guard("conditional WHERE of the flip", "order_service/storage/orders.py",
          "       AND orders.status = 'unpaid'\n", "",
          "tests/storage/test_flip.py"),
    Guard("append-only trigger", PAYMENTS, "CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE",
          "CREATE TRIGGER entries_append_only BEFORE TRUNCATE", "tests/storage/test_schema_guards.py"),
    Guard("payment transitions", PAYMENTS, "BEFORE UPDATE OR DELETE ON payments", "BEFORE DELETE ON payments",
          "tests/storage/test_schema_guards.py"),
    Guard("funds check", "payment_service/domain/ledger.py",
          "source.balance.minor_units < transfer.amount.minor_units and not may_go_below_zero", "False",
          "tests/unit/test_ledger_plan.py"),
    Guard("fingerprint compare", "payment_service/usecases/once.py", "if fingerprint[name] != earlier.get(name)",
          "if False", "tests/rpc/test_answers.py"),
]  # fmt: skip


def caught(guard: Guard) -> bool:
    """Whether the guard's test fails without it."""
    with tempfile.TemporaryDirectory(prefix="payonce-guard-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".payonce", ".*_cache"))
        source = (copy / guard.file).read_text()
        if source.count(guard.present) != 1:
            sys.exit(f"guards: {guard.name}: its line is not in {guard.file} exactly once")
        (copy / guard.file).write_text(source.replace(guard.present, guard.removed))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", guard.test]
        run = subprocess.run(command, cwd=copy, env=environment(copy), capture_output=True, text=True, check=False)
        if run.returncode not in (0, 1):
            sys.exit(f"guards: {guard.name}: the tests did not run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        return run.returncode == 1


def environment(copy: Path) -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(copy)}


def main() -> None:
    found = []
    for guard in GUARDS:
        found.append(caught(guard))
        print(f"{'caught' if found[-1] else 'NOT CAUGHT'}  {guard.name}  ({guard.test})", flush=True)
    print(f"guards: removed={len(found)} caught={sum(found)}")
    sys.exit(0 if all(found) else 1)


if __name__ == "__main__":
    main()
