"""What the login of payment_service may do: what the statements beside this file do. A test takes each away in turn."""

from shared.grants import Grant, Grants

GRANTS = Grants(
    {
        "accounts": Grant(insert=True, update=("balance_minor", "held_minor", "last_sequence")),
        "transfers": Grant(insert=True),
        "entries": Grant(insert=True),
        "payments": Grant(
            insert=True,
            update=(
                "state", "state_reason", "reversed_at", "captured_minor", "refunded_minor", "refunded_at",
                "correction_id",
            ),
            delete=True,  # a claim, by the transaction that made it; the guard lets no other
        ),
        "unconfirmed": Grant(insert=True, update=("check_at", "checks"), delete=True),
        "tickets": Grant(insert=True, update=("status", "payment_id")),
        "corrections": Grant(insert=True, update=("completed_at", "check_at", "checks")),
        "history": Grant(insert=True),
        "requests": Grant(insert=True, update=("response",)),
        "seals": Grant(insert=True),
        "seal_heads": Grant(update=("block", "position", "hash")),
    }
)  # fmt: skip
