"""A seed in words."""

from collections.abc import Mapping, Sequence

from faults.checks.base import Violation
from faults.run import Result

SHOWN = 5  # violations; all of them are counted
CALLS = 60


def schedule(result: Result) -> str:
    """What was planned for the seed."""
    plan = result.plan
    shape, habits = plan.shape, plan.habits
    deadlines = ", ".join(f"{deadline_s:g} s" for deadline_s in habits.timeouts_s)
    head = [
        f"seed {plan.seed}, {plan.seconds:g} s, rate {plan.rate:g}, {plan.clients} clients",
        f"{shape.payments} payment_services, {shape.orders} order_services",
        f"{shape.customers} customers, {shape.merchants} merchants",
        f"settings: {_pairs(plan.settings)}",
        f"stories: {_pairs(habits.kinds)}",
        f"deadlines: {deadlines}",
        f"{habits.retrying:.0%} send again, {habits.hanging_up:.0%} hang up, {habits.twice:.0%} ask both processes",
        f"mix: {_pairs(plan.mix)}",
    ]
    return "\n".join([*head, *(fault.line() for fault in plan.faults)])


def _pairs(of: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in of.items())


def shown(violations: Sequence[Violation]) -> list[Violation]:
    """The first of each invariant, those of one thing first, and a few more."""
    in_order = sorted(violations, key=lambda violation: violation.story is None)
    first = {violation.text.split()[0]: violation for violation in reversed(in_order)}
    rest = [violation for violation in in_order if violation not in first.values()]
    return [*first.values(), *rest][: max(SHOWN, len(first))]


def told(result: Result) -> str:
    """A line; when something is wrong, the seed, the schedule, and the smallest history that shows it."""
    only = f", {kind} alone" if (kind := result.plan.alone) else ""
    rest = f"{len(result.violations)} violations, {result.unexplained_answers} unexplained"
    line = (
        f"seed {result.plan.seed}{only}: {result.requests:,} requests, {len(result.injected)} faults,"
        f" {result.kills} kills,"
        f" {result.counts['db_crashes']} db crashes, {result.ambiguous_commits} ambiguous commits,"
        f" {result.replies_lost} replies lost, {result.counts['parked']} parked;"
        f" nothing unfinished {result.quiet_after_s:.1f} s after healing; {rest}"
    )
    if not result.violations and not result.unexplained:
        return line
    lines = [line]
    for violation in shown(result.violations):
        calls = result.of(violation.story)
        lines += ["", violation.text, *(f"  {call.line()}" for call in calls[:CALLS])]
        if len(calls) > CALLS:
            lines.append(f"  and {len(calls) - CALLS} more")
    for what, unexplained in result.unexplained.items():
        lines += ["", f"unexplained, {len(unexplained)} times: {what}", f"  {unexplained[0].line()}"]
        lines += [f"  with {fault.line().strip()}" for fault in result.around(unexplained[0])]
    return "\n".join([*lines, "", "the schedule:", schedule(result), ""])
