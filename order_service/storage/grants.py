"""What the login of order_service may do: what the statements beside this file do. A test takes each away in turn."""

from shared.grants import Grant, Grants

GRANTS = Grants(
    {"orders": Grant(insert=True, update=("status", "payment_id", "paid_at", "cancelled_at", "refunded_at"))},
    audit=("freeze_orders()",),
)
