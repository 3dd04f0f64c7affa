"""Every query of the dashboard, and every alert, as they stand in deploy/observability."""

import json
import re
from typing import Any, NamedTuple

from tests.telemetry.observed import ALERTS, FILES

# What Grafana puts in the place of these; shorter than there, since a test has less time.
GRAFANA = {"$__rate_interval": "10s", "$__range": "1h"}
NAMES = re.findall(r"^ +- alert: (\w+)$", ALERTS.read_text(), re.MULTILINE)


class Alert(NamedTuple):
    """`measured` is the expression without what it is compared with: it must have samples where all is well, too."""

    name: str
    expression: str
    measured: str


def alert(rule: Any) -> Alert:
    """As Prometheus tells it."""
    compared = re.fullmatch(r"(.*) (?:<|>|>=) [\d.]+", rule["query"], re.DOTALL)
    assert compared, f"{rule['name']} compares with no number"
    return Alert(rule["name"], rule["query"], compared[1])


def panels() -> list[tuple[str, str]]:
    """(title, query) of each target of the dashboard."""
    board = json.loads((FILES / "dashboard.json").read_text())
    found = []
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"]
            for name, value in GRAFANA.items():
                query = query.replace(name, value)
            assert "$" not in query, query
            found.append((panel["title"], query))
    return found
