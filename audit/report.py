"""The audit for people: a line for each check, a progress bar on long work, and a last line for machines."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from audit.check import NAMED, Finding
from audit.seals import Chain
from audit.verify import Work, finding_of, verify

COLUMNS = (TextColumn("verify: {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


def report(urls: dict[str, str], *, brief: bool = False, name_at_most: int | None = NAMED) -> bool:
    """Verify and print; whether nothing was found. `brief` prints only the last line and what was found.

    `name_at_most` offenders of each check are named; all with None.
    Raises StartupError when a database can't be reached.
    """
    violations = 0
    rows: dict[str, int] = {}
    # The bar goes to stderr; what is printed meanwhile passes through it only where both are the same terminal.
    terminal = sys.stderr.isatty()
    with Progress(
        *COLUMNS,
        console=Console(stderr=True),
        disable=not terminal,
        transient=True,
        redirect_stdout=terminal and sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task("both databases", total=None)

        def begin(work: Work) -> None:
            rows.update(work.rows)
            bar.update(task, total=work.steps)

        for item in verify(
            urls, name_at_most=name_at_most, begin=begin, advance=lambda steps: _advance(bar, task, steps)
        ):
            finding = finding_of(item)
            violations += finding.violations
            if finding.violations or not brief:
                _print_finding(finding)
            if isinstance(item, Chain) and not brief:
                _print_head(item)
    print(
        f"verify: payments={rows['payments']} transfers={rows['transfers']} entries={rows['entries']} "
        f"violations={violations}",
        flush=True,
    )
    return violations == 0


def _advance(bar: Progress, task: TaskID, steps: int) -> None:
    bar.advance(task, steps)


def _print_finding(finding: Finding) -> None:
    sign = "ok" if finding.violations == 0 else "NO"
    print(f"{sign}  {finding.name}: rows={finding.rows} violations={finding.violations}")
    for named in finding.named:
        print(f"      {named}")
    if finding.violations > len(finding.named):
        print(f"      … and {finding.violations - len(finding.named)} more")
    sys.stdout.flush()


def _print_head(chain: Chain) -> None:
    head = chain.head
    print(
        f"    head of {chain.name}: block={head.block} position={head.position} hash={head.hash.hex() or '-'} "
        f"not_sealed_yet={chain.unsealed}",
        flush=True,
    )
