"""Withdraw and ListAccounts."""

from payonce.payment.v1 import account_pb2
from tests.harness.answers import replayed
from tests.harness.audit import at_rest
from tests.harness.corrections import withdraw
from tests.harness.money import balance, money, put, seed
from tests.harness.pages import pages
from tests.harness.refusals import ABSENT, contents, refusal
from tests.harness.services import Services
from tests.harness.stubs import Stubs


async def test_a_withdrawal_happens_once(stubs: Stubs) -> None:
    await seed(stubs, "w1-ann", "w1-shop", deposit=100)
    first_call = withdraw(stubs, "w1-ann", 70, "w1-a")
    first = await first_call
    assert not await replayed(first_call)
    entry = first.entry
    assert (entry.kind, entry.amount, entry.balance_after, entry.sequence, entry.payment_id) == (
        account_pb2.TRANSFER_KIND_WITHDRAWAL, money(-70), money(30), 2, "",
    )  # fmt: skip
    call = withdraw(stubs, "w1-ann", 70, "w1-a")
    assert await call == first
    assert await replayed(call)
    assert await balance(stubs, "w1-ann") == 30


async def test_a_request_id_is_its_methods_own(stubs: Stubs) -> None:
    await seed(stubs, "w2-ann", "w2-shop", deposit=0)
    await put(stubs, "w2-ann", 70, request_id="w2-same")
    call = withdraw(stubs, "w2-ann", 70, "w2-same")
    await call
    assert not await replayed(call)
    assert await balance(stubs, "w2-ann") == 0


async def test_more_than_there_is_moves_nothing_and_uses_no_request_id_up(running: Services, stubs: Stubs) -> None:
    await seed(stubs, "w3-ann", "w3-shop", deposit=70)
    await at_rest(running.pair)
    before = contents(running.pair)
    await refusal(withdraw(stubs, "w3-ann", 71, "w3-a"), "INSUFFICIENT_FUNDS")
    await refusal(withdraw(stubs, "w3-shop", 1, "w3-a"), "INSUFFICIENT_FUNDS")
    await refusal(withdraw(stubs, "w3-ann", 1, "w3-a", "USD"), "CURRENCY_MISMATCH")
    await refusal(withdraw(stubs, "w3-nobody", 1, "w3-a"), "ACCOUNT_NOT_FOUND", ABSENT)
    assert contents(running.pair) == before
    await put(stubs, "w3-ann", 1, request_id="w3-more")
    await withdraw(stubs, "w3-ann", 71, "w3-a")
    assert await balance(stubs, "w3-ann") == 0


async def test_accounts_are_listed_by_id_and_owner(stubs: Stubs) -> None:
    for account in ("w4-c", "w4-a", "w4-b"):
        request = account_pb2.CreateAccountRequest(account_id=account, owner_id="w4-ann", currency_code="EUR")
        await stubs.payments.CreateAccount(request)
    await put(stubs, "w4-b", 5, request_id="w4-in")
    asked = account_pb2.ListAccountsRequest(owner_id="w4-ann", page_size=2)
    found = await pages(stubs.payments.ListAccounts, asked, "accounts")
    assert [[one.account_id for one in page] for page in found] == [["w4-a", "w4-b"], ["w4-c"]]
    assert found[0][1] == await stubs.payments.GetAccount(account_pb2.GetAccountRequest(account_id="w4-b"))


async def test_the_outside_world_is_no_account_of_anybody(stubs: Stubs) -> None:
    await seed(stubs, "w5-ann", "w5-shop", deposit=5)
    everybody = await pages(stubs.payments.ListAccounts, account_pb2.ListAccountsRequest(page_size=7), "accounts")
    ids = [one.account_id for page in everybody for one in page]
    assert {"w5-ann", "w5-shop"} <= set(ids)
    assert ids == sorted(set(ids), key=str.encode)
    assert not [one for one in ids if ":" in one]
    assert not [one for page in everybody for one in page if one.owner_id == "system"]
