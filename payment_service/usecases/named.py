"""What a log line calls a payment, so that it is found by its order (docs/telemetry.md)."""

from uuid import UUID

from payment_service.domain.payments import Subject, order_of


def named(subject: Subject, payment_id: UUID) -> dict[str, str]:
    """Its ids; a ticket's payment has no `order_id`."""
    order_id = order_of(subject)
    return {"subject": subject, "payment_id": str(payment_id), **({"order_id": order_id} if order_id else {})}
