"""Known vulnerabilities of what the locks name, by pip-audit; and a clear word where its data can't be had."""

import json
import subprocess
import sys
from typing import Any, NamedTuple

from supply.locks import AUDITED

UNREACHABLE = ("ConnectionError", "ServiceError", "Timeout", "Max retries", "ProxyError", "SSLError", "HTTPError")


class Audit(NamedTuple):
    """What was found; what nobody could look up."""

    vulnerable: list[str]
    unchecked: list[str]
    checked: int


def judge(report: dict[str, Any]) -> Audit:
    """From pip-audit's JSON. A package that the service does not know counts as not checked."""
    packages = {(one["name"], one.get("version")): one for one in report["dependencies"]}.values()
    return Audit(
        [f"{one['name']} {one['version']}: {vuln['id']}" for one in packages for vuln in one.get("vulns", ())],
        [one["name"] for one in packages if "skip_reason" in one],
        sum("skip_reason" not in one for one in packages),
    )


def say(audit: Audit) -> tuple[str, int]:
    """The lines to print, and the exit status."""
    lines = [f"vulnerable: {one}" for one in audit.vulnerable]
    if audit.unchecked:
        what = ", ".join(audit.unchecked) if audit.checked else "nothing, the data can't be had here"
        lines.append(f"audit: NOT CHECKED: {what}")
    found, skipped = len(audit.vulnerable), len(audit.unchecked)
    lines.append(f"audit: checked={audit.checked} not_checked={skipped} vulnerabilities={found}")
    return "\n".join(lines), 1 if audit.vulnerable else 0


def run() -> int:
    """Ask, print, and return the exit status: 1 for a vulnerability, 0 also where the service can't be reached."""
    locks = [word for lock in AUDITED for word in ("--requirement", str(lock))]
    command = [sys.executable, "-m", "pip_audit", *locks, "--require-hashes", "--disable-pip"]
    ended = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )
    try:
        audit = judge(json.loads(ended.stdout))
    except ValueError:
        if not any(sign in ended.stderr for sign in UNREACHABLE):
            print(ended.stderr, file=sys.stderr)
            return ended.returncode or 1
        audit = Audit([], [lock.name for lock in AUDITED], 0)
    text, status = say(audit)
    print(text)
    return status
