"""A round in which nothing was measured says so."""

from typing import Any

import pytest

from bench.load import Round, measure


@pytest.mark.parametrize("size", [1, 100])
async def test_no_call_within_the_window(size: int) -> None:
    async def call(_: Any) -> None:
        pytest.fail("there is nothing to call for")

    asked = Round(kind="pay", address="", in_flight=2, limit=0, size=size, warm_s=0.25, window_s=1.5)
    with pytest.raises(RuntimeError, match=r"no call of pay .*window of 1\.5 s after 0\.25 s; 0 ended in all"):
        await measure(call, asked)
