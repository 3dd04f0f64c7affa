"""What to do next, for each reason that a service gives: one table."""

from collections.abc import Mapping

AGAIN = "Run the same command again: it happens once."
LATER = "Run the same command again, a little later: it happens once."
TRANSPORT = (
    "Is it running (payonce up), and is it there? --order-address and --payment-address, or PAYONCE_ORDER_ADDRESS and "
    "PAYONCE_PAYMENT_ADDRESS, say where it is; PAYONCE_TLS_CA makes it TLS. Then run the same command again: it "
    "happens once."
)
TOKEN = "Set PAYONCE_TOKEN or PAYONCE_TOKEN_FILE; `payonce token` makes tokens for development."  # noqa: S105
EXPLAIN = "`payonce explain` tells what happened to it, and why."
NEW_ORDER = "Make a new order, with another id: `payonce order create`."
NEW_TICKET = "Make a new one: `payonce ticket create`."

NEXT: Mapping[str, str] = {
    "INVALID_REQUEST": "Correct what is named, and send it again. Nothing was touched.",
    "ORDER_NOT_FOUND": "Is the id right? `payonce order list` has those that you may see.",
    "ACCOUNT_NOT_FOUND": "Is the id right? `payonce account list` has those that you may see.",
    "PAYMENT_NOT_FOUND": "Is the id right? `payonce payment list` has those that you may see.",
    "TICKET_NOT_FOUND": "Is it whole, 22 characters? `payonce ticket create` makes a new one.",
    "ORDER_ALREADY_EXISTS": "Choose another id; `payonce order get` shows the one that has this.",
    "ACCOUNT_ALREADY_EXISTS": "Choose another id; `payonce account get` shows the one that has this.",
    "ORDER_ALREADY_PAID": "Nothing is owed. To give the money back: `payonce refund` or `payonce reverse`.",
    "ORDER_CANCELLED": NEW_ORDER,
    "ORDER_REFUNDED": NEW_ORDER,
    "PAYMENT_AUTHORIZED": "The amount is reserved: `payonce capture` charges it, `payonce void` releases it.",
    "PAYMENT_CAPTURED": "It is charged. To give the money back: `payonce refund` or `payonce reverse`.",
    "PAYMENT_DECLINED": f"Nothing moved by it. {EXPLAIN}",
    "PAYMENT_REFUNDED": f"It was given back in full: there is nothing left to do. {EXPLAIN}",
    "PAYMENT_REVERSED": f"It was undone, for good; to pay after all, make a new order or ticket. {EXPLAIN}",
    "PAYMENT_VOIDED": f"It never charges. {EXPLAIN} {NEW_ORDER}",
    "AUTHORIZATION_EXPIRED": f"The reservation is over, nothing was charged. {NEW_ORDER}",
    "TICKET_EXPIRED": NEW_TICKET,
    "TICKET_MISMATCH": "Pay to the account, and the amount, that the ticket was made or used for.",
    "REFUND_EXCEEDS_PAYMENT": "Refund at most what is left of it: `payonce payment get` shows captured and refunded.",
    "INSUFFICIENT_FUNDS": "Nothing moved. Put money in, `payonce account deposit`, and run the same command again.",
    "AMOUNT_MISMATCH": "Look what it costs: `payonce order get`, or for an authorization `payonce payment get`.",
    "CURRENCY_MISMATCH": "Use the currency of the account: `payonce account get` shows it.",
    "ACCOUNT_KIND_MISMATCH": "A customer account pays, a merchant account is paid: `payonce account get` shows which.",
    "BALANCE_LIMIT_EXCEEDED": "The receiving account is full. Take money out of it first: `payonce account withdraw`.",
    "IDEMPOTENCY_KEY_REUSED": "Choose another --request-id, or leave it out; or send what was sent with it before.",
    "PAYMENT_IN_PROGRESS": LATER,
    "ORDER_SERVICE_UNAVAILABLE": LATER,
    "DATABASE_UNAVAILABLE": LATER,
    "DATABASE_CONTENTION": AGAIN,
    "STARTING": LATER,
    "SHUTTING_DOWN": LATER,
    "NOT_AUTHENTICATED": TOKEN,
    "TOKEN_EXPIRED": f"Call with a new one. {TOKEN}",
    "ROLE_NOT_ALLOWED": "Call with a token of another role: docs/access.md says who may call what.",
    "RATE_LIMITED": LATER,
    "OVERLOADED": LATER,
    "INTERNAL": f"{AGAIN} If it stays, its error_id is in the service's log.",
}
# Of the transport: the name of a status is all that it says.
NEXT_OF_STATUS: Mapping[str, str] = {
    "UNAVAILABLE": TRANSPORT,
    "DEADLINE_EXCEEDED": TRANSPORT,
}


def next_of(reason: str) -> str:
    """What to do about a reason; about a status, where there is no reason."""
    return NEXT.get(reason) or NEXT_OF_STATUS.get(reason, AGAIN)
