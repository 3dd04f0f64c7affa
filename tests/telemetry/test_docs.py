"""docs/telemetry.md and docs/alarms.md say what there is: no more, and no less."""

import re
from pathlib import Path

from tests.telemetry.expressions import NAMES, panels
from tests.telemetry.observed import ALERTS, FILES
from tests.telemetry.table import table

DOCS = Path(__file__).parents[2] / "docs"


def test_every_metric_stands_in_the_table() -> None:
    lines = (DOCS / "telemetry.md").read_text().splitlines()
    first = lines.index("| metric | kind | labels | what it tells |")
    written = lines[first : lines.index("", first)]
    assert written == table(), "\n".join(table())


def test_every_alarm_is_explained() -> None:
    text = (DOCS / "alarms.md").read_text()
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == NAMES
    runbooks = re.findall(r"^ +runbook: (\S+)$", ALERTS.read_text(), re.MULTILINE)
    assert runbooks == [f"docs/alarms.md#{name.lower()}" for name in NAMES]


def test_what_is_asked_for_is_documented() -> None:
    """Every name in a query or an alert is one of the table's, or Prometheus's own."""
    names = {name for line in table()[2:] for name in re.findall(r"^\| `(\w+)`", line)}
    asked = " ".join([*(query for _, query in panels()), ALERTS.read_text()])
    found = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\b(?:payonce|process)_\w+", asked)}
    groups = {"payonce_promise", "payonce_service", "payonce_resources"}
    audit = {"payonce_audit_passed", "payonce_audit_timestamp_seconds"}  # of `payonce verify --metrics`
    assert found - groups - audit <= names
    assert audit <= found
    assert (FILES / "prometheus.yml").exists()
