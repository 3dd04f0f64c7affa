"""One alone that waited too long is told so, unless it had no time to wait: then it is to be run once more."""

from types import SimpleNamespace
from typing import Any

import pytest

from payment_service.usecases import charge
from shared.database import ContendedError
from shared.errors import PayonceError, Reason
from shared.hurry import HURRIED


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(*_: Any) -> None:
        raise ContendedError

    monkeypatch.setattr(charge, "charge", waits)


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize(("is_hurried", "count"), [(True, 1), (True, 2), (False, 2)])
async def test_it_is_split_or_run_once_more(is_hurried: bool, count: int) -> None:
    attempts: Any = [SimpleNamespace(subject=f"order:{i}") for i in range(count)]
    token = HURRIED.set(is_hurried)
    try:
        with pytest.raises(ContendedError):
            await charge.charge_or_split(None, attempts)  # type: ignore[arg-type]
    finally:
        HURRIED.reset(token)


@pytest.mark.usefixtures("locked")
async def test_who_had_time_is_told_that_another_is_at_it() -> None:
    attempts: Any = [SimpleNamespace(subject="order:1")]
    outcome = (await charge.charge_or_split(None, attempts))["order:1"]  # type: ignore[arg-type,index]
    assert isinstance(outcome, PayonceError)
    assert outcome.reason == Reason.PAYMENT_IN_PROGRESS
