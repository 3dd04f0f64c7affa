"""Accounts, tickets, the way back, and what is told of it."""

from typing import Any

from tests.cli.command import Cli, fields
from tests.cli.conftest import PAYER, SHOP


def test_an_account_from_its_opening_to_its_statement(cli: Cli) -> None:
    made = cli.answer("account", "create", "cli-jo", "--currency", "JPY", "--owner", "jo")
    assert (made["owner_id"], made["kind"]) == ("jo", "ACCOUNT_KIND_CUSTOMER")
    put = ("account", "deposit", "cli-jo", "500JPY", "--request-id", "cli-jo-1")
    assert cli.answer(*put) == cli.answer(*put)
    assert cli.answer("account", "withdraw", "cli-jo", "200JPY")["balance_after"]["minor_units"] == "300"
    assert fields(cli.told("account", "get", "cli-jo"))["balance"] == "300 JPY"
    kinds = [(entry["kind"], entry["amount"]["minor_units"]) for entry in cli.answers("statement", "cli-jo")]
    assert kinds == [("TRANSFER_KIND_WITHDRAWAL", "-200"), ("TRANSFER_KIND_DEPOSIT", "500")]
    assert "-200 JPY" in cli.told("statement", "cli-jo")
    assert [account["account_id"] for account in cli.answers("account", "list", "--owner", "jo")] == ["cli-jo"]
    assert cli.refused("account", "withdraw", "cli-jo", "301JPY")["reason"] == "INSUFFICIENT_FUNDS"
    assert cli.answer("account", "create", "cli-kiosk", "--currency", "EUR", "--kind", "merchant")["kind"].endswith(
        "MERCHANT"
    )


def test_a_ticket_pays_once(cli: Cli) -> None:
    ticket = cli.answer("ticket", "create", PAYER, "--payee", SHOP, "--amount", "3.00EUR", "--ttl-s", "600")["ticket"]
    with_it = ("ticket", "pay", ticket, "3.00EUR", "--payee", SHOP)
    first, again = cli.answer(*with_it), cli.answer(*with_it)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["payment"] == again["payment"]
    assert cli.told("ticket", "pay", "-", "3.00EUR", "--payee", SHOP, stdin=f"{ticket}\n").startswith("paid before")
    assert cli.answer("lookup", "--ticket", ticket)["outcome"] == "LOOKUP_OUTCOME_SUCCEEDED"
    error = cli.refused("ticket", "pay", ticket, "3.01EUR", "--payee", SHOP)
    assert (error["reason"], error["metadata"]) == ("TICKET_MISMATCH", {"fields": "amount"})


def test_the_way_back_and_its_timeline(cli: Cli) -> None:
    payment_id = paid(cli, "cli-back")["payment_id"]
    back = ("refund", payment_id, "2.00EUR", "--reason", "one missing", "--request-id", "cli-back-1")
    assert cli.answer(*back) == cli.answer(*back)
    reused = cli.refused("refund", payment_id, "2.50EUR", "--request-id", "cli-back-1")
    assert reused["reason"] == "IDEMPOTENCY_KEY_REUSED"
    assert cli.refused("refund", payment_id, "99.00EUR")["metadata"]["refundable_minor_units"] == "1000"
    assert cli.answer("reverse", "--order", "cli-back", "--reason", "all of it")["state"] == "PAYMENT_STATE_REVERSED"
    explained = cli.answer("explain", "--payment", payment_id)
    assert [refund["reason"] for refund in explained["refunds"]] == ["one missing"]
    head, *lines = cli.told("explain", "--order", "cli-back").splitlines()
    assert head.startswith(f"{payment_id}  REVERSED  12.00 EUR  {PAYER} → {SHOP}")
    told = [line.split()[2] for line in lines]
    assert told == [event["kind"].removeprefix("PAYMENT_EVENT_KIND_") for event in explained["events"]]
    assert any("2.00 EUR" in line and "one missing" in line for line in lines)
    assert cli.answer("payment", "get", payment_id)["state"] == "PAYMENT_STATE_REVERSED"


def test_a_reservation_is_charged_in_part_or_given_up(cli: Cli) -> None:
    for order_id in ("cli-held", "cli-void"):
        cli.told("order", "create", order_id, "10.00EUR", "--payer", PAYER, "--payee", SHOP)
    held = cli.answer("authorize", "cli-held", "--expect", "10.00EUR")
    assert held["state"] == "PAYMENT_STATE_AUTHORIZED"
    assert cli.refused("pay", "cli-held")["reason"] == "PAYMENT_AUTHORIZED"
    captured = cli.answer("capture", held["payment_id"], "6.00EUR")
    assert captured["payment"]["captured_amount"]["minor_units"] == "600"
    given_up = cli.answer("void", cli.answer("authorize", "cli-void")["payment_id"], "--reason", "out of stock")
    assert given_up["state"] == "PAYMENT_STATE_VOIDED"
    states = cli.answers("payment", "list", "--payee", SHOP, "--state", "voided", "--order", "cli-void")
    assert [payment["payment_id"] for payment in states] == [given_up["payment_id"]]


def test_what_nobody_tried_to_pay_is_known_as_that(cli: Cli) -> None:
    looked = cli.answer("lookup", "--order", "cli-never")
    assert (looked["outcome"], looked["safe_to_retry"]) == ("LOOKUP_OUTCOME_NOT_SEEN", True)
    assert cli.told("explain", "--order", "cli-never") == "no attempt to pay left anything\n"


def paid(cli: Cli, order_id: str) -> dict[str, Any]:
    """Its payment, of 12.00 EUR."""
    cli.told("order", "create", order_id, "12.00EUR", "--payer", PAYER, "--payee", SHOP)
    payment: dict[str, Any] = cli.answer("pay", order_id)["payment"]
    return payment
