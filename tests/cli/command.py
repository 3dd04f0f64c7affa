"""The installed command `payonce`, as people and scripts run it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.harness.services import ROOT, Services, environment

PAYONCE = Path(sys.executable).with_name("payonce")
LIMIT_S = 240


class Said(NamedTuple):
    """What one run said, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """With these settings."""

    settings: Mapping[str, str]

    @classmethod
    def of(cls, running: Services, **settings: str) -> "Cli":
        addresses = {
            "PAYONCE_ORDER_ADDRESS": running.order.address,
            "PAYONCE_PAYMENT_ADDRESS": running.payments[0].address,
        }
        return cls({**addresses, **settings})

    def but(self, **settings: str) -> "Cli":
        return Cli({**self.settings, **settings})

    def run(self, *words: str, stdin: str = "") -> Said:
        env = environment(self.settings)
        ended = subprocess.run(
            [PAYONCE, *words],
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            cwd=ROOT,
            check=False,
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def told(self, *words: str, stdin: str = "") -> str:
        """What people read of a run that went well, and had nothing to say besides."""
        said = self.run(*words, stdin=stdin)
        assert (said.status, said.err) == (0, ""), said
        return said.out

    def answer(self, *words: str) -> dict[str, Any]:
        """The one document of a run that went well."""
        (found,) = self.answers(*words)
        return found

    def answers(self, *words: str) -> list[dict[str, Any]]:
        """A document a line."""
        return [json.loads(line) for line in self.told(*words, "--json").splitlines()]

    def refused(self, *words: str, status: int = 1) -> dict[str, Any]:
        """The error, for scripts; nothing else is said."""
        said = self.run(*words, "--json")
        assert (said.status, said.out) == (status, ""), said
        (line,) = said.err.splitlines()
        error = json.loads(line)["error"]
        assert error["exit_status"] == status
        assert isinstance(error, dict)
        return error


def fields(text: str) -> dict[str, str]:
    """What `name  value` lines say."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if "  " in line)
    return {name: value.strip() for name, value in pairs}
