"""What is checked: what must hold, what must be seen to happen, and what must break without its guard."""

from dataclasses import dataclass

NOTHING_BREAKS = "holds"
BREAKS = "broken"


@dataclass(frozen=True, slots=True)
class Run:
    """One search through a model: `expected` says how it must end."""

    name: str
    claim: str
    expected: str = NOTHING_BREAKS
    flags: tuple[str, ...] = ()
    file: str = "payonce.pml"

    @property
    def is_liveness(self) -> bool:
        """Whether it looks for a run that goes on for ever and never gets there, not for a wrong state."""
        return self.claim == "i16"


# One PayOrder is enough to show what these show, in a story that is no longer than need be.
ONE = ("ONE_PAYER",)


def protocol(*, full: bool) -> list[Run]:
    """The protocol as it is; the search for endless runs has a second PayOrder too when `full`."""
    fewer = () if full else ONE
    return [
        Run("I1–I6, I8–I11, in every state", "safety"),
        Run("I16, when all is healed" + ("" if full else ", one PayOrder"), "i16", flags=("HEALS", *fewer)),
    ]


# Each claim says that something never happens; it must be seen to happen, or the runs above prove little.
REACHED = [
    Run("an order is paid and confirmed", "never_paid", BREAKS, ONE),
    Run("… and a part of it refunded", "never_paid_in_part", BREAKS, ONE),
    Run("… and all of it refunded", "never_refunded", BREAKS, ONE),
    Run("a paid order is reversed by request", "never_reversed", BREAKS, ONE),
    Run("a payment is reversed because the flip was refused", "never_refused", BREAKS, ONE),
    Run("a tombstone comes before its payment", "never_forbidden", BREAKS, ONE),
    Run("a flip is under way when its money is back", "never_late", BREAKS, ONE),
]

NAIVE = [
    Run("two callers at once", "", BREAKS, ("TWO_CALLERS",), "naive.pml"),
    Run("a crash between debit and flip", "", BREAKS, ("CRASHES",), "naive.pml"),
]


def _guard(flag: str, name: str, claim: str, *more: str) -> Run:
    """Without this guard the claim must break; one PayOrder shows it, but for the claim itself."""
    return Run(name, claim, BREAKS, (flag, *(more or ONE)))


GUARDS = [
    Run("the claim", "i2", BREAKS, ("NO_CLAIM",)),
    _guard("CLAIM_LET_GO", "what was reversed or voided keeps its claim", "i2"),
    _guard("NO_TOMBSTONE", "the tombstone", "i1"),
    _guard("NO_CONDITIONAL_FLIP", "the flip's WHERE status = 'unpaid'", "i10"),
    _guard("NO_ALREADY_DONE", "ALREADY_DONE by this payment is not REFUSED", "i6"),
    _guard("REVERSE_ON_UNKNOWN", "an unknown flip never reverses", "i8"),
    _guard("CONFIRM_ON_UNKNOWN", "an unknown flip never confirms", "i6"),
    _guard("NO_GIVE_BACK_FIRST", "the order ends before the money goes back", "i6"),
    _guard("MOVE_ON_UNKNOWN", "no money goes back on an unknown answer", "i6"),
    _guard("NO_FINAL_UNPAID", "MarkOrdersRefunded ends an UNPAID order too", "i6"),
    _guard("NO_MOVE_ONCE", "a correction is completed once", "i9"),
    _guard("NO_AMOUNT_COMPARE", "a correction begins only on the amount that was read", "i9"),
    _guard("NO_COMPLETER", "the completer asks again", "i16", "HEALS", *ONE),
    _guard("NO_CARRY_ON", "the completer carries on what was begun", "i16", "HEALS", *ONE),
]
