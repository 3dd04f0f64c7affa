"""What this service counts beside what both do (`shared.telemetry.metrics`)."""

from prometheus_client import Counter

from payment_service.domain.history import EventKind
from shared.telemetry.metrics import EVENTS, REGISTRY

CHECKS = Counter(
    "payonce_completer_checks", "Payments whose order the completer asked about, and whether it is confirmed now.",
    ["result"], registry=REGISTRY,
)  # fmt: skip
for _result in ("confirmed", "left"):
    CHECKS.labels(_result)
# Confirming writes its lines itself (`storage.payments.CONFIRM`), and CHECKS and `payonce_unconfirmed` tell of it.
for _kind in EventKind:
    if _kind is not EventKind.CONFIRMED:
        EVENTS.labels(_kind)
