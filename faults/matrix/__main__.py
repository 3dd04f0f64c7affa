"""`python -m faults.matrix FILE…`: writes docs/observed.md, and holds it to docs/reliability.md.

The files are what `python -m faults --alone` and `python -m crashpoints` keep. Last line:
`matrix: kinds=N points=N answers=N undocumented=0 violations=0`; exit status 1 when anything was told that is not
documented, and when a seed had a violation: the page is written all the same, and names it.
"""

import argparse
import sys
from pathlib import Path

from faults.matrix.observed import observed
from faults.matrix.page import page
from faults.matrix.promised import PAGE, promised

OUT = PAGE.parent / "observed.md"


def main() -> int:
    """How many answers are not documented, and how many violations there were."""
    parser = argparse.ArgumentParser(prog="python -m faults.matrix")
    parser.add_argument("files", nargs="+", type=Path, help="seeds.jsonl, crash-points.jsonl")
    parser.add_argument("--out", type=Path, default=OUT, help="the page (default: docs/observed.md)")
    given = parser.parse_args()
    found, promise = observed(file for file in given.files if file.exists()), promised(PAGE.read_text())
    if not found.answers:
        parser.error("there is nothing in these files")
    given.out.write_text(page(found, promise))
    wrong = list(found.undocumented(promise))
    for line in wrong:
        print(f"undocumented {line}")
    print(f"the page: {given.out}")
    kinds = len({line["kinds"][0] for line in found.seeds})
    violations = sum(int(line["violations"]) for line in found.seeds)
    print(
        f"matrix: kinds={kinds} points={len(found.points)} answers={found.answers} undocumented={len(wrong)}"
        f" violations={violations}"
    )
    return len(wrong) + violations


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
