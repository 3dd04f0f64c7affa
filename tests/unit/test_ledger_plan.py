"""The ledger's arithmetic, for any accounts and transfers."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from payment_service.domain.ledger import Account, AccountKind, Transfer, TransferKind, plan
from shared.errors import Reason
from shared.money import Money
from shared.rpc.errors import STATUS_OF

NOW = datetime(2026, 1, 1, tzinfo=UTC)
balances = st.integers(0, 10_000)
amounts = st.lists(st.integers(1, 3_000), max_size=20)


def account(name: str, kind: AccountKind, balance: int) -> Account:
    return Account(name, name, kind, Money("EUR", balance), 0, 0, NOW)


@given(balance=balances, wanted=amounts)
def test_what_is_planned_balances(balance: int, wanted: list[int]) -> None:
    accounts = {"a": account("a", AccountKind.CUSTOMER, balance), "b": account("b", AccountKind.MERCHANT, 0)}
    transfers = [
        Transfer(UUID(int=i), TransferKind.CHARGE, "a", "b", Money("EUR", amount), UUID(int=i), (("a", "a"),))
        for i, amount in enumerate(wanted)
    ]
    made = plan(accounts, transfers)
    after = {**accounts, **{a.account_id: a for a in made.accounts}}
    entries = [leg for posted in made.posted for leg in (posted.source, posted.target)]
    assert sum(entry.amount.minor_units for entry in entries) == 0
    assert sum(a.balance.minor_units for a in after.values()) == balance
    assert after["a"].balance.minor_units >= 0
    assert len(made.posted) + len(made.refused) == len(transfers)
    assert all(r.reason == Reason.INSUFFICIENT_FUNDS for r in made.refused)
    for name in accounts:
        legs = [entry for entry in entries if entry.account_id == name]
        assert [leg.sequence for leg in legs] == list(range(1, len(legs) + 1))


def test_every_reason_has_a_status() -> None:
    assert set(STATUS_OF) == set(Reason)
