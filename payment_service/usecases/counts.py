"""What this service counts beside what both do (`shared.telemetry.metrics`)."""

from prometheus_client import Counter

from shared.telemetry.metrics import REGISTRY

CHECKS = Counter(
    "payonce_completer_checks", "Payments whose order the completer asked about, and whether it is confirmed now.",
    ["result"], registry=REGISTRY,
)  # fmt: skip
