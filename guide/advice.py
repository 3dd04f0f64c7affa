"""For each reason: what it means, and what the caller should do. The one place where that is written."""

from typing import NamedTuple

from shared.errors import Reason


class Advice(NamedTuple):
    """Two sentences for people."""

    meaning: str
    do: str


R = Reason
AGAIN = "Send the same request again after the delay in `RetryInfo`. It cannot charge twice."
FINAL = "Stop: this will never succeed. "
ADVICE: dict[Reason, Advice] = {
    R.INVALID_REQUEST: Advice(
        "A field is not as documented. Nothing was touched.",
        "Correct the fields that `BadRequest` names. Don't send the same again.",
    ),
    R.ORDER_NOT_FOUND: Advice("There is no such order, or it is somebody else's.", "Check the id, and who calls."),
    R.ACCOUNT_NOT_FOUND: Advice(
        "There is no such account, or it is somebody else's; or the payer is not the order's customer.",
        "Create the account, or correct the order's payer.",
    ),
    R.PAYMENT_NOT_FOUND: Advice("There is no such payment, or it is somebody else's.", "Check the id, and who calls."),
    R.TICKET_NOT_FOUND: Advice(
        "There is no such ticket, or it is somebody else's.", "Check the ticket, and who calls."
    ),
    R.ORDER_ALREADY_EXISTS: Advice(
        "The order id is taken by other content; metadata `fields` names what differs.",
        "If it is a new order, choose another id. If not, send what was sent the first time.",
    ),
    R.ACCOUNT_ALREADY_EXISTS: Advice(
        "The account id is taken by other content; metadata `fields` names what differs.",
        "Choose another id, or send what was sent the first time.",
    ),
    R.ORDER_ALREADY_PAID: Advice(
        "The order is paid: it can't be cancelled, nor paid by another payment.",
        "Treat it as paid. GetOrder names the payment, RefundPayment or ReversePayment gives it back.",
    ),
    R.ORDER_CANCELLED: Advice(
        "The order was cancelled. A charge that had been made was reversed.", FINAL + "Make a new order."
    ),
    R.ORDER_REFUNDED: Advice("The order was paid and given back.", FINAL + "Make a new order."),
    R.PAYMENT_AUTHORIZED: Advice(
        "The amount is reserved, not charged.", "CapturePayment charges it, VoidAuthorization releases it."
    ),
    R.PAYMENT_CAPTURED: Advice(
        "The payment is a charge already.", "Give it back with RefundPayment or ReversePayment."
    ),
    R.PAYMENT_DECLINED: Advice(
        "This attempt was declined: nothing moved.", "Pay the order again; that is a new attempt."
    ),
    R.PAYMENT_REFUNDED: Advice("The payment was given back in full.", FINAL + "Nothing is left to do."),
    R.PAYMENT_REVERSED: Advice("The payment was undone.", FINAL + "Make a new order or ticket."),
    R.PAYMENT_VOIDED: Advice(
        "No money moved, and none ever will: it was voided, or reversed before it came.",
        FINAL + "Make a new order or ticket.",
    ),
    R.AUTHORIZATION_EXPIRED: Advice("The reservation's time was over.", FINAL + "Make a new order."),
    R.TICKET_EXPIRED: Advice("The ticket's time was over before it was used.", "CreateTicket makes a new one."),
    R.TICKET_MISMATCH: Advice(
        "The ticket was made, or used, for another payee or amount; metadata `fields` names them.",
        "Send what the ticket is for, or make a new ticket.",
    ),
    R.REFUND_EXCEEDS_PAYMENT: Advice(
        "More than is left of the payment.", "Give back `refundable_minor_units` of the metadata at most."
    ),
    R.INSUFFICIENT_FUNDS: Advice(
        "The payer has too little money. Nothing moved; the order or ticket stays payable.",
        "Tell the customer. After a deposit, pay the same order again.",
    ),
    R.AMOUNT_MISMATCH: Advice(
        "The amount is not `expected_amount`, or not what was authorized or captured.",
        "Read the order, and ask the customer again before paying.",
    ),
    R.CURRENCY_MISMATCH: Advice(
        "The amount has another currency than the account, the order or the payment.",
        "Correct the request or the order.",
    ),
    R.ACCOUNT_KIND_MISMATCH: Advice(
        "The payer is no customer account, or the payee no merchant account.", "Correct the order's accounts."
    ),
    R.BALANCE_LIMIT_EXCEEDED: Advice("The balance would leave 64 bits.", "Withdraw from that account first."),
    R.IDEMPOTENCY_KEY_REUSED: Advice(
        "The `request_id` was used with other parameters; metadata `fields` names them.",
        "For a new wish take a new `request_id`. For a repetition send what was sent the first time.",
    ),
    R.PAYMENT_IN_PROGRESS: Advice("Another request is paying the same order or ticket, and has not ended.", AGAIN),
    R.ORDER_SERVICE_UNAVAILABLE: Advice(
        "The order service did not answer. Before a charge nothing moved; a way back is noted, and goes on by itself.",
        AGAIN,
    ),
    R.DATABASE_UNAVAILABLE: Advice("The database did not answer.", AGAIN),
    R.DATABASE_CONTENTION: Advice("Too many transactions met at the same rows.", AGAIN),
    R.STARTING: Advice("The server is starting.", AGAIN),
    R.SHUTTING_DOWN: Advice("The server is stopping; another one may answer.", AGAIN),
    R.NOT_AUTHENTICATED: Advice("No token, or one that is not believed.", "Call with a valid token."),
    R.TOKEN_EXPIRED: Advice("The token's time is over.", "Call with a new token."),
    R.ROLE_NOT_ALLOWED: Advice("The caller's role may not call this RPC.", "See `docs/access.md`."),
    R.RATE_LIMITED: Advice("This caller calls too often.", AGAIN),
    R.OVERLOADED: Advice("The queue is full.", AGAIN),
    R.INTERNAL: Advice(
        "Something that nobody foresaw; `error_id` of the metadata is in the server's log.",
        "Send it again once, then ask the operator with the `error_id`.",
    ),
}
