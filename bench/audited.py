"""No figure without an audit: what was measured must have been right."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def audit(urls: Mapping[str, str]) -> str:
    """`payonce verify` on two databases at rest; the line that it ends with. RuntimeError when anything is wrong."""
    variables = {"ORDER_DATABASE_URL": urls["orders"], "PAYMENT_DATABASE_URL": urls["payments"]}
    verify = [str(Path(sys.executable).with_name("payonce")), "verify"]
    ended = subprocess.run(verify, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"the audit found something:\n{ended.stdout}{ended.stderr}")
    return ended.stdout.strip().splitlines()[-1]
