"""What a machine may lack. A person's tests skip and say so; in CI a test that did not run is a failure."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip; fail in CI, unless it runs without root and could not have set it up."""
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"CI must run this test: {what}")
    pytest.skip(what)
