"""Who imports the client keeps the environment that they had; whoever comes first, gRPC's core is silent."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import importlib.abc, json, os, sys
class Look(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "grpc":
            seen.append(os.environ.get("GRPC_VERBOSITY"))
seen, before = [], dict(os.environ)
sys.meta_path.insert(0, Look())
import {module}
print(json.dumps([seen, before == dict(os.environ)]))
"""
ASKED = {"GRPC_VERBOSITY": "DEBUG"}
SECURE = {"ORDER_TLS_CERT": "x", "PAYMENT_TLS_CERT": "x"}


@pytest.mark.parametrize(
    ("module", "given", "verbosity"),
    [
        ("payonce", {}, []),
        ("payonce.client", SECURE | {"MYAPP_TLS_CERT": "x", "GRPC_VERBOSITY": "NONE"}, ["NONE"]),
        ("payonce.cli", {}, ["NONE"]),
        ("payonce.console.main", {}, ["NONE"]),
        ("order_service.main", {"PAYMENT_TLS_CERT": "x"}, ["NONE"]),
        ("order_service.main", {"ORDER_TLS_CERT": "x", "GRPC_VERBOSITY": "NONE"}, [None]),
        ("payment_service.main", SECURE | ASKED, ["DEBUG"]),
    ],
)
def test_what_grpc_reads_and_what_is_left(module: str, given: dict[str, str], verbosity: list[str | None]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GRPC_")} | given
    command = [sys.executable, "-c", PROGRAM.format(module=module)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [verbosity, True]
