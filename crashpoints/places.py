"""Which points each request passes, written down: the matrix holds the code to it, and the code holds it complete."""

from collections.abc import Iterable

from crashpoints.points import ORDER, PAYMENT, STEPS, Point, points

Places = frozenset[Point]


def steps(transaction: str, *inside: str) -> list[str]:
    """The points of one transaction."""
    return [f"begun:{transaction}", *inside, f"commit_sent:{transaction}", f"committed:{transaction}"]


def answered(method: str) -> list[str]:
    return [f"request_received:{method}", f"reply_sent:{method}"]


def _at(service: str, *names: Iterable[str]) -> Places:
    return frozenset(Point(service, name) for some in names for name in some)


CHARGE = steps("charge", "claim_inserted", "entries_inserted")
FLIP = ["mark_orders_paid_sent", "mark_orders_paid_returned"]
CONFIRM = steps("confirm")  # in the background, soon after the answer
ORDER_ENDS = ["mark_orders_refunded_sent", "mark_orders_refunded_returned", "orders_ended"]
BEGIN_ENDING = steps("begin_ending", "correction_begun")
READ = answered("BatchGetOrders")
# One statement, which commits by itself: there is no BEGIN and no COMMIT to die at.
FLIPPED = [*answered("MarkOrdersPaid"), "mark_orders_paid_committed"]
ENDED = [*answered("MarkOrdersRefunded"), "mark_orders_refunded_committed"]

PAYING = _at(PAYMENT, ["orders_read"], CHARGE, FLIP, CONFIRM) | _at(ORDER, READ, FLIPPED)
CAPTURING = _at(PAYMENT, answered("CapturePayment"), steps("capture", "entries_inserted", "captured"), FLIP)
REVERSING = _at(PAYMENT, answered("ReversePayment"))

PASSES: dict[str, Places] = {
    "PayOrder": PAYING | _at(PAYMENT, answered("PayOrder")),
    "BatchPayOrders": PAYING | _at(PAYMENT, answered("BatchPayOrders")),
    "PayWithTicket": _at(PAYMENT, answered("PayWithTicket"), CHARGE, ["tickets_used"]),
    # A reservation has no entries.
    "AuthorizePayment": _at(PAYMENT, answered("AuthorizePayment"), ["orders_read"], steps("charge", "claim_inserted"))
    | _at(ORDER, READ),
    "CapturePayment": CAPTURING | _at(PAYMENT, CONFIRM) | _at(ORDER, FLIPPED),
    "CapturePayment, order cancelled": CAPTURING
    | _at(PAYMENT, steps("reversal", "correction_begun"))
    | _at(ORDER, FLIPPED),
    "VoidAuthorization": _at(PAYMENT, answered("VoidAuthorization"), BEGIN_ENDING, ORDER_ENDS, steps("void"))
    | _at(ORDER, ENDED),
    "RefundPayment in full": _at(
        PAYMENT,
        answered("RefundPayment"),
        steps("RefundPayment", "correction_begun"),
        ORDER_ENDS,
        steps("refund", "entries_inserted"),
    )
    | _at(ORDER, ENDED),
    "RefundPayment in part": _at(
        PAYMENT, answered("RefundPayment"), steps("RefundPayment", "entries_inserted", "refund_written")
    ),
    "ReversePayment of an order": REVERSING
    | _at(PAYMENT, BEGIN_ENDING, ORDER_ENDS, steps("reversal", "entries_inserted"))
    | _at(ORDER, ENDED),
    "ReversePayment before the payment": REVERSING
    | _at(PAYMENT, steps("tombstone"), ORDER_ENDS, steps("void"))
    | _at(ORDER, READ, ENDED),
    "ReversePayment of a ticket": REVERSING | _at(PAYMENT, BEGIN_ENDING, steps("reversal", "entries_inserted")),
    "Deposit": _at(PAYMENT, answered("Deposit"), steps("Deposit", "entries_inserted")),
    "Withdraw": _at(PAYMENT, answered("Withdraw"), steps("Withdraw", "entries_inserted")),
    "CancelOrder": _at(ORDER, answered("CancelOrder"), steps("")),
}

# What payment_service passes by itself, soon after it started, whatever it is asked: completer and sealer.
BY_ITSELF = _at(PAYMENT, steps(""), steps("expire"), steps("seal_number"), steps("seal"))

# No request that moves money passes these: they are other requests'.
READS = {
    PAYMENT: ["GetPayment", "ListPayments", "LookupPayment", "ExplainPayment", "GetAccount", "ListAccounts",
              "ListEntries", "CreateAccount", "CreateTicket"],
    ORDER: ["GetOrder", "ListOrders", "CreateOrder"],
}  # fmt: skip
NOWHERE = frozenset(
    Point(service, name) for service, methods in READS.items() for method in methods for name in answered(method)
) | _at(PAYMENT, steps("create_ticket"), steps("backlog"))  # the backlog is read where somebody reads metrics alone


def placed() -> Places:
    """Every point that has a place here."""
    return frozenset().union(*PASSES.values(), BY_ITSELF, NOWHERE)


def misplaced() -> list[str]:
    """Points of the code that have no place here, and places without a point."""
    there, written = points(), placed()
    return [
        *(
            f"{point.name} of {point.service} has no place in crashpoints/places.py"
            for point in sorted(there - written)
        ),
        *(f"{point.name} of {point.service} is no point of the code" for point in sorted(written - there)),
    ]


def reached(way: str) -> list[Point]:
    """Where a process dies when it is asked this, in an order that is the same each time."""
    return sorted(PASSES[way])


def not_reached(way: str) -> list[Point]:
    """Where it must not."""
    return sorted(placed() - PASSES[way] - BY_ITSELF)


__all__ = ["BY_ITSELF", "NOWHERE", "PASSES", "STEPS", "misplaced", "not_reached", "placed", "reached"]
