"""Edits by a superuser, behind the backs of all triggers. Each returns what names its victim."""

OF = "(SELECT payment_id FROM payments WHERE subject = 'order:o-{}' AND state <> 'declined')"
PAYMENT = "UPDATE payments SET {} WHERE subject = 'order:o-{}' RETURNING payment_id::text"
CORRECTION = "UPDATE corrections SET {} WHERE subject = 'order:o-{}' RETURNING payment_id::text"
ENDED = "UPDATE corrections SET {} WHERE subject = 'order:o-reversed' RETURNING payment_id::text"
HISTORY = (
    "UPDATE history SET {} WHERE subject = 'order:o-reversed' AND event = '{}' RETURNING 'order:o-reversed ' || event"
)
ACCOUNT = "UPDATE accounts SET {} WHERE account_id = 'alice' RETURNING account_id"
TRANSFER = (
    "UPDATE transfers SET {} WHERE kind = 'charge' AND payment_id = "
    + OF.format("paid")
    + " RETURNING transfer_id::text"
)
LEG = (
    "UPDATE entries SET {} WHERE kind = 'charge' AND amount_minor > 0 AND payment_id = "
    + OF.format("paid")
    + " RETURNING transfer_id::text"
)
TICKET = "UPDATE tickets SET {} WHERE {} RETURNING subject"
USED = "amount_minor = 250"
DEPOSIT = "UPDATE requests SET {} WHERE request_id = 'again' RETURNING request_id"
REFUND = "UPDATE requests SET {} WHERE request_id = 'part' RETURNING request_id"
BLOCK = "UPDATE seals SET {} WHERE chain = '{}' AND block = 1 RETURNING 'seals ' || chain || ' block 1'"
HEAD = "UPDATE seal_heads SET {} WHERE chain = 'history' RETURNING 'seal_heads history'"
ORDER = "UPDATE orders SET {} WHERE order_id = 'o-{}' RETURNING order_id"

ACCOUNTS = [
    ACCOUNT.format("balance_minor = balance_minor + 1"),
    ACCOUNT.format("held_minor = held_minor - 1"),
    ACCOUNT.format("last_sequence = last_sequence + 1"),
    ACCOUNT.format("currency = 'USD'"),
    ACCOUNT.format("kind = 'merchant'"),
    "UPDATE accounts SET owner_id = 'mallory' WHERE account_id = 'alice' RETURNING " + OF.format("paid") + "::text",
    "DELETE FROM accounts WHERE account_id = 'alice' RETURNING account_id",
]
TRANSFERS = [
    TRANSFER.format("kind = 'refund'"),
    TRANSFER.format("payment_id = gen_random_uuid()"),
    TRANSFER.format("created_at = created_at - interval '1 hour'"),
    TRANSFER.format("source_sequence = source_sequence + 1"),
    TRANSFER.format("target_account_id = 'alice'"),
    TRANSFER.format("transfer_id = gen_random_uuid()"),
    (
        "WITH old AS (SELECT min(position) AS position FROM transfers) UPDATE transfers SET position = DEFAULT FROM old"
        " WHERE transfers.position = old.position RETURNING 'transfers position ' || old.position"
    ),
    "DELETE FROM transfers WHERE position = 3 RETURNING 'transfers position 3'",
    (
        "INSERT INTO transfers OVERRIDING SYSTEM VALUE SELECT gen_random_uuid(), kind, payment_id, created_at,"
        " position, source_account_id, source_sequence, target_account_id, target_sequence FROM transfers"
        " WHERE position = 4 RETURNING transfer_id::text"
    ),
]
ENTRIES = [
    LEG.format("amount_minor = amount_minor + 1"),
    LEG.format("balance_after_minor = balance_after_minor + 1"),
    LEG.format("currency = 'USD'"),
    LEG.format("created_at = created_at - interval '1 hour'"),
    LEG.format("kind = 'refund'"),
    LEG.format("payment_id = NULL"),
    (
        "UPDATE entries SET transfer_id = gen_random_uuid() WHERE account_id = 'alice' AND sequence = 2"
        " RETURNING 'alice/2'"
    ),
    "UPDATE entries SET balance_after_minor = -1 WHERE account_id = 'alice' AND sequence = 2 RETURNING 'alice/2'",
    "UPDATE entries SET sequence = 1000 WHERE account_id = 'alice' AND sequence = 2 RETURNING transfer_id::text",
    "DELETE FROM entries WHERE account_id = 'alice' AND sequence = 2 RETURNING transfer_id::text",
    (
        "INSERT INTO entries SELECT account_id, 1000, transfer_id, kind, payment_id, currency, amount_minor,"
        " balance_after_minor, created_at FROM entries WHERE account_id = 'alice' AND sequence = 2"
        " RETURNING 'alice/1000'"
    ),
    # Everything agrees with everything, but for the seals.
    (
        "WITH e AS (UPDATE entries SET created_at = created_at - interval '1 day' WHERE account_id IN"
        " ('alice', 'system:deposits:EUR') AND kind = 'deposit' RETURNING 1), r AS (UPDATE requests SET created_at ="
        " created_at - interval '1 day' WHERE method = 'Deposit' AND fingerprint ->> 'account_id' = 'alice'"
        " RETURNING 1) UPDATE transfers SET created_at = created_at - interval '1 day' WHERE kind = 'deposit'"
        " AND target_account_id = 'alice' RETURNING transfer_id::text"
    ),
]
PAYMENTS = [
    PAYMENT.format("state = 'refunded', refunded_minor = captured_minor", "paid"),
    PAYMENT.format("state = 'declined', captured_minor = 0, state_reason = 'INSUFFICIENT_FUNDS'", "paid"),
    PAYMENT.format("amount_minor = amount_minor + 1", "paid"),
    PAYMENT.format("amount_minor = amount_minor + 1", "held"),
    PAYMENT.format("captured_minor = captured_minor - 1", "captured"),
    PAYMENT.format("refunded_minor = refunded_minor + 1", "part"),
    PAYMENT.format("payer_account_id = 'poor'", "paid"),
    PAYMENT.format("payee_account_id = 'elsewhere'", "paid"),
    PAYMENT.format("currency = 'USD'", "paid"),
    PAYMENT.format("created_at = created_at + interval '1 microsecond'", "paid"),
    "INSERT INTO unconfirmed (subject, payment_id) SELECT 'order:o-paid', "
    + OF.format("paid")
    + " RETURNING payment_id::text",
    "INSERT INTO unconfirmed (subject, payment_id) VALUES ('order:o-x', gen_random_uuid()) RETURNING payment_id::text",
    PAYMENT.format("reversed_at = reversed_at - interval '1 hour'", "reversed"),
    PAYMENT.format("refunded_at = now()", "paid"),
    PAYMENT.format("expires_at = created_at - interval '1 hour'", "held"),
    PAYMENT.format("expires_at = now()", "paid"),
    PAYMENT.format("correction_id = NULL", "reversed"),
    PAYMENT.format("correction_id = gen_random_uuid()", "paid"),
    PAYMENT.format("state_reason = 'ORDER_CANCELLED'", "reversed"),
    PAYMENT.format("state_reason = 'ORDER_CANCELLED'", "poor"),
    PAYMENT.format("payment_id = gen_random_uuid()", "paid"),
    PAYMENT.format("subject = 'order:o-unpaid'", "paid"),
    PAYMENT.format("subject = 'order:o-nowhere'", "paid"),
    "DELETE FROM payments WHERE subject = 'order:o-paid' RETURNING payment_id::text",
    (
        "INSERT INTO payments SELECT 'order:o-paid', payment_id, payer_account_id, payee_account_id, currency,"
        " amount_minor, 'succeeded', NULL, created_at, NULL, amount_minor FROM payments"
        " WHERE subject = 'order:o-unpaid' OR subject = 'order:o-poor' RETURNING payment_id::text"
    ),
]
TICKETS = [
    TICKET.format("status = 'unused', payment_id = NULL", USED),
    TICKET.format("payment_id = gen_random_uuid()", USED),
    TICKET.format("expires_at = created_at + interval '1 microsecond'", USED),
    TICKET.format("expires_at = now() + interval '1 day'", "status = 'expired'"),
    TICKET.format("status = 'used', payment_id = gen_random_uuid()", "status = 'expired'"),
    TICKET.format("payer_account_id = 'shop'", "status = 'expired'"),
    TICKET.format("currency = 'USD'", "status = 'expired'"),
    "UPDATE tickets SET amount_minor = 251 WHERE amount_minor = 250 RETURNING payment_id::text",
    "UPDATE tickets SET payee_account_id = 'other' WHERE amount_minor = 250 RETURNING payment_id::text",
    "UPDATE tickets SET payer_account_id = 'poor' WHERE amount_minor = 250 RETURNING payment_id::text",
    "UPDATE tickets SET subject = 'ticket:other' WHERE amount_minor = 250 RETURNING payment_id::text",
    "DELETE FROM tickets WHERE amount_minor = 250 RETURNING payment_id::text",
]
CORRECTIONS = [
    CORRECTION.format("amount_minor = amount_minor + 1", "part"),
    CORRECTION.format("kind = 'reversal', state_reason = 'REVERSAL_REQUESTED'", "part"),
    CORRECTION.format("reason = 'something else'", "part"),
    CORRECTION.format("created_at = created_at - interval '1 hour'", "part"),
    CORRECTION.format("completed_at = NULL", "part"),
    CORRECTION.format("currency = 'USD'", "part"),
    ENDED.format("amount_minor = amount_minor - 1"),
    ENDED.format("actor = 'nobody'"),
    ENDED.format("state_reason = 'ORDER_CANCELLED'"),
    ENDED.format("completed_at = completed_at + interval '1 microsecond'"),
    ENDED.format("payment_id = gen_random_uuid()"),
    (
        "UPDATE corrections SET correction_id = gen_random_uuid() WHERE subject = 'order:o-part'"
        " RETURNING correction_id::text"
    ),
    "UPDATE corrections SET subject = 'order:o-paid' WHERE subject = 'order:o-part' RETURNING correction_id::text",
    "DELETE FROM corrections WHERE subject = 'order:o-reversed' RETURNING payment_id::text",
    "DELETE FROM corrections WHERE subject = 'order:o-part' RETURNING payment_id::text",
    (
        "INSERT INTO corrections SELECT subject, gen_random_uuid(), payment_id, 'refund', currency, 1, NULL, '',"
        " 'anyone', now(), now() FROM payments WHERE subject = 'order:o-paid' RETURNING payment_id::text"
    ),
]
HISTORIES = [
    HISTORY.format("event = 'refunded'", "reversed").replace("|| event", "|| event || ' of payment ' || payment_id"),
    HISTORY.format("actor = 'nobody'", "charged"),
    HISTORY.format("reason = 'because'", "charged"),
    HISTORY.format("amount_minor = 1", "charged"),
    HISTORY.format("created_at = created_at - interval '1 hour'", "charged"),
    "UPDATE history SET payment_id = gen_random_uuid() WHERE subject = 'order:o-paid' RETURNING payment_id::text",
    (
        "UPDATE history SET subject = 'order:o-unpaid' WHERE subject = 'order:o-paid' AND event = 'charged'"
        " RETURNING payment_id::text"
    ),
    "DELETE FROM history WHERE subject = 'order:o-paid' AND event = 'confirmed' RETURNING payment_id::text",
    (
        "INSERT INTO history (subject, position, payment_id, event, actor, amount_minor) OVERRIDING SYSTEM VALUE"
        " SELECT subject, 0, payment_id, 'confirmed', 'nobody', 1 FROM payments WHERE subject = 'order:o-reversed'"
        " RETURNING payment_id::text"
    ),
]
REQUESTS = [
    DEPOSIT.format("fingerprint = fingerprint || '{\"amount.minor_units\": 501}'"),
    DEPOSIT.format('fingerprint = fingerprint || \'{"account_id": "poor"}\''),
    DEPOSIT.format("response = response || '{\"sequence\": 1}'"),
    DEPOSIT.format("response = NULL"),
    DEPOSIT.format("method = 'Withdraw'"),
    DEPOSIT.format("created_at = created_at - interval '1 hour'"),
    REFUND.format('fingerprint = fingerprint || \'{"reason": "another"}\''),
    REFUND.format('fingerprint = fingerprint || \'{"payment_id": "no uuid"}\''),
    REFUND.format('response = response || \'{"correction_id": "no uuid"}\''),
    REFUND.format("caller = 'nobody'"),
    "DELETE FROM requests WHERE request_id = 'again' RETURNING response ->> 'transfer_id'",
    "DELETE FROM requests WHERE request_id = 'part' RETURNING response ->> 'correction_id'",
    (
        "INSERT INTO requests SELECT caller, method, 'copied', fingerprint, response, created_at FROM requests"
        " WHERE request_id = 'again' RETURNING response ->> 'transfer_id'"
    ),
]
SEALS = [
    BLOCK.format("hash = sha256('x')", "transfers"),
    BLOCK.format("digests[1] = sha256('x')", "transfers"),
    BLOCK.format("positions[1] = 0", "history"),
    BLOCK.format("positions[1] = positions[1] + 100000", "history"),
    BLOCK.format("block = -1", "history"),
    "DELETE FROM seals WHERE chain = 'history' AND block = 1 RETURNING 'seals history block 1'",
    (
        "DELETE FROM seals WHERE chain = 'history' AND block = (SELECT max(block) FROM seals WHERE chain = 'history')"
        " RETURNING 'seal_heads history'"
    ),
    (
        "UPDATE seals SET chain = 'transfers', block = 1000 WHERE chain = 'history' AND block = 1"
        " RETURNING 'seals history block 1'"
    ),
]
HEADS = [
    HEAD.format("hash = sha256('x')"),
    HEAD.format("block = block - 1"),
    HEAD.format("position = position - 1"),
    "DELETE FROM seal_heads WHERE chain = 'history' RETURNING 'seal_heads history'",
]
ORDERS = [
    ORDER.format("status = 'paid', payment_id = gen_random_uuid(), paid_at = now()", "unpaid"),
    ORDER.format("status = 'cancelled', payment_id = NULL", "paid"),
    ORDER.format("status = 'cancelled', payment_id = NULL, paid_at = NULL, cancelled_at = now()", "paid"),
    ORDER.format("status = 'unpaid', payment_id = NULL, paid_at = NULL", "paid"),
    ORDER.format("status = 'refunded', refunded_at = now()", "paid"),
    ORDER.format("status = 'paid', refunded_at = NULL", "whole"),
    ORDER.format("status = 'unpaid', cancelled_at = NULL", "voided"),
    ORDER.format("payment_id = gen_random_uuid()", "paid"),
    ORDER.format("paid_at = NULL", "paid"),
    ORDER.format("cancelled_at = now()", "paid"),
    ORDER.format("amount_minor = amount_minor + 1", "paid"),
    ORDER.format("currency = 'USD'", "paid"),
    ORDER.format("payer_account_id = 'poor'", "paid"),
    ORDER.format("payee_account_id = 'other'", "poor"),
    ORDER.format("customer_id = 'mallory'", "held"),
    "UPDATE orders SET order_id = 'renamed' WHERE order_id = 'o-paid' RETURNING order_id",
    "DELETE FROM orders WHERE order_id = 'o-paid' RETURNING 'order ' || order_id",
]
IN_PAYMENTS = {
    "accounts": ACCOUNTS,
    "transfers": TRANSFERS,
    "entries": ENTRIES,
    "payments": PAYMENTS,
    "tickets": TICKETS,
    "corrections": CORRECTIONS,
    "history": HISTORIES,
    "requests": REQUESTS,
    "seals": SEALS,
    "seal_heads": HEADS,
}
