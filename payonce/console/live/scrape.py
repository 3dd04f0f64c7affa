"""One process's counters, as its Prometheus endpoint tells them (docs/telemetry.md)."""

from collections.abc import Iterable
from typing import NamedTuple

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

# History lines that say that money left a payer's account.
CHARGES = ("charged", "captured")
# Methods of which a second answer would else have been a second charge.
PAYING = ("PayOrder", "BatchPayOrders", "PayWithTicket", "CapturePayment")

HEALTH = ("Check", "Watch")  # asked by us, each second


class Reading(NamedTuple):
    """Counts since that process started, health checks left out; the backlog is everybody's, as it stands."""

    calls: float = 0.0
    call_seconds: float = 0.0
    charges: float = 0.0
    replays: float = 0.0
    unconfirmed: float = 0.0
    oldest_s: float = 0.0
    unfinished: float = 0.0


async def scrape(http: httpx.AsyncClient, address: str) -> Reading | None:
    """None when nobody answers there, or answers with something else."""
    try:
        answer = await http.get(f"http://{address}/metrics")
        answer.raise_for_status()
        return reading(text_string_to_metric_families(answer.text))
    except (httpx.HTTPError, ValueError):
        return None


def reading(families: Iterable[Metric]) -> Reading:
    """What we show of it."""
    found = dict.fromkeys(Reading._fields, 0.0)
    for family in families:
        for sample in family.samples:
            field = _field(sample.name, sample.labels)
            if field:
                found[field] += sample.value
    return Reading(**found)


def _field(name: str, labels: dict[str, str]) -> str:
    method = labels.get("method")
    match name:
        case "payonce_request_seconds_count" if method not in HEALTH:
            return "calls"
        case "payonce_request_seconds_sum" if method not in HEALTH:
            return "call_seconds"
        case "payonce_history_events_total" if labels.get("event") in CHARGES:
            return "charges"
        case "payonce_replays_total" if method in PAYING:
            return "replays"
        case "payonce_unconfirmed":
            return "unconfirmed"
        case "payonce_unconfirmed_oldest_age_seconds":
            return "oldest_s"
        case "payonce_corrections_unfinished":
            return "unfinished"
    return ""
