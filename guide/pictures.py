"""docs/pictures/: what happens between the callers, the two services and their databases."""

from guide.sequence import Arrow, Note, Step, draw

CALLER, FIRST, SECOND = "caller", "first request", "the same again"
PAYMENTS, ORDERS = "payment_service", "order_service"


def pages() -> dict[str, str]:
    """Each picture, by its name in docs/."""
    drawn = {
        "usual": draw("The pattern as it is usually told", [CALLER, PAYMENTS, ORDERS], USUAL),
        "two-at-once": draw("Hole 1: two requests at once", [FIRST, SECOND, PAYMENTS, ORDERS], TWO_AT_ONCE),
        "crash": draw("Hole 2: a crash between the debit and the flip", [CALLER, PAYMENTS, ORDERS], CRASH),
        "claim": draw("The claim closes hole 1", [FIRST, SECOND, PAYMENTS, ORDERS], CLAIM),
        "completer": draw("The claim and the completer close hole 2", [CALLER, PAYMENTS, ORDERS], COMPLETER),
        "way-back": draw("On the way back the order comes first", [CALLER, PAYMENTS, ORDERS], WAY_BACK),
    }
    return {f"pictures/{name}.svg": svg for name, svg in drawn.items()}


STATUS = Arrow(PAYMENTS, ORDERS, "which status?")
UNPAID = Arrow(ORDERS, PAYMENTS, "unpaid", back=True)
FLIP = Note(ORDERS, "UPDATE … SET 'paid'\nWHERE status = 'unpaid'")
MONEY = "one transaction:\nclaim, debit, ledger"

USUAL: list[Step] = [
    Arrow(CALLER, PAYMENTS, "pay the order"),
    STATUS,
    UNPAID,
    Note(PAYMENTS, "debit, ledger"),
    Arrow(PAYMENTS, ORDERS, "flip it"),
    FLIP,
    Arrow(PAYMENTS, CALLER, "paid", back=True, lost=True),
    Arrow(CALLER, PAYMENTS, "pay the order, again"),
    STATUS,
    Arrow(ORDERS, PAYMENTS, "paid", back=True),
    Arrow(PAYMENTS, CALLER, "the stored result", back=True),
]
TWO_AT_ONCE: list[Step] = [
    Arrow(FIRST, PAYMENTS, "pay the order"),
    Arrow(SECOND, PAYMENTS, "pay the order"),
    Arrow(PAYMENTS, ORDERS, "which status? (twice)"),
    Arrow(ORDERS, PAYMENTS, "unpaid (twice)", back=True),
    Note(PAYMENTS, "debit for the first"),
    Note(PAYMENTS, "debit for the second:\ncharged twice", "bad"),
    Arrow(PAYMENTS, ORDERS, "flip it (twice)"),
    Note(ORDERS, "one UPDATE finds a row:\nthe order is safe,\nthe money is not"),
]
CRASH: list[Step] = [
    Arrow(CALLER, PAYMENTS, "pay the order"),
    STATUS,
    UNPAID,
    Note(PAYMENTS, "debit, ledger"),
    Note(PAYMENTS, "crash", "bad"),
    Arrow(CALLER, PAYMENTS, "pay the order, again"),
    STATUS,
    Arrow(ORDERS, PAYMENTS, "still unpaid", back=True),
    Note(PAYMENTS, "debit again:\ncharged twice", "bad"),
]
CLAIM: list[Step] = [
    Arrow(FIRST, PAYMENTS, "pay the order"),
    Arrow(SECOND, PAYMENTS, "pay the order"),
    Arrow(PAYMENTS, ORDERS, "which status? (twice)"),
    Arrow(ORDERS, PAYMENTS, "unpaid (twice)", back=True),
    Note(PAYMENTS, f"first, {MONEY}"),
    Note(PAYMENTS, "second: its claim inserts\nno row, so it reads\nthe first one's payment", "good"),
    Arrow(PAYMENTS, ORDERS, "flip it, for this payment"),
    FLIP,
    Arrow(PAYMENTS, FIRST, "payment 1", back=True),
    Arrow(PAYMENTS, SECOND, "payment 1, replayed", back=True),
]
COMPLETER: list[Step] = [
    Arrow(CALLER, PAYMENTS, "pay the order"),
    STATUS,
    UNPAID,
    Note(PAYMENTS, f"{MONEY},\nnoted as unconfirmed"),
    Note(PAYMENTS, "crash", "bad"),
    Note(PAYMENTS, "the completer, anywhere:\nwhat is unconfirmed?", "good"),
    Arrow(PAYMENTS, ORDERS, "flip it, for payment 1"),
    FLIP,
    Arrow(ORDERS, PAYMENTS, "done", back=True),
    Arrow(CALLER, PAYMENTS, "pay the order, again"),
    Arrow(PAYMENTS, CALLER, "payment 1, replayed", back=True),
]
WAY_BACK: list[Step] = [
    Arrow(PAYMENTS, ORDERS, "flip it (slow)", lost=True),
    Arrow(CALLER, PAYMENTS, "reverse it"),
    Note(PAYMENTS, "first the intent,\none committed row"),
    Arrow(PAYMENTS, ORDERS, "end the order"),
    Note(ORDERS, "unpaid → cancelled,\npaid → refunded:\nboth are final"),
    Arrow(ORDERS, PAYMENTS, "done", back=True),
    Note(PAYMENTS, "then the money goes back"),
    Arrow(PAYMENTS, ORDERS, "the slow flip arrives late"),
    Note(ORDERS, "refused: the order\nis not unpaid any more", "good"),
    Arrow(PAYMENTS, CALLER, "reversed", back=True),
]
