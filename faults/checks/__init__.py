"""The checks of histories against the books. Numbers as in DESIGN section 6.

`audit` has what the databases tell by themselves (I2 to I12, I15); here is what callers were told.
"""

from collections.abc import Sequence

from faults.books import Books
from faults.checks.acknowledged import acknowledged, refunds_within_charge
from faults.checks.answers import final, first_once, no_secrets, replays_equal
from faults.checks.base import Checker, Violation
from faults.checks.grounds import declined_for_want, grounded
from faults.checks.one import one_payment, reversed_for_a_reason
from faults.checks.refusals import cancelled_keeps_nothing, refused_moved_nothing, refused_requests_left_nothing
from faults.checks.told import as_asked, confirmed, looked_up
from faults.history import History

CHECKERS: Sequence[Checker] = (
    acknowledged,
    refunds_within_charge,
    one_payment,
    reversed_for_a_reason,
    replays_equal,
    first_once,
    final,
    no_secrets,
    refused_moved_nothing,
    refused_requests_left_nothing,
    cancelled_keeps_nothing,
    grounded,
    declined_for_want,
    as_asked,
    confirmed,
    looked_up,
)


def check(history: History, books: Books) -> list[Violation]:
    """Everything that is wrong."""
    return [violation for checker in CHECKERS for violation in checker(history, books)]
