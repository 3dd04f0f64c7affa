"""`payonce order` and `payonce pay`."""

import pytest
import typer

from payonce.cli.amounts import amount
from payonce.type.v1.money_pb2 import Money
from tests.cli.command import Cli, fields
from tests.cli.conftest import PAYER, SHOP
from tests.harness.money import order
from tests.harness.stubs import Stubs

TO = ("--payer", PAYER, "--payee", SHOP)


def test_an_order_is_made_paid_and_paid_again(cli: Cli) -> None:
    made = cli.answer("order", "create", "cli-o1", "12.00EUR", *TO, "--description", "books")
    assert made["amount"] == {"currency_code": "EUR", "minor_units": "1200"}
    assert (made["customer_id"], made["description"], made["merchant_id"]) == (PAYER, "books", "")
    assert cli.answer("order", "create", "cli-o1", "12 EUR", *TO, "--description", "books") == made
    first = cli.answer("pay", "cli-o1", "--expect", "12.00 EUR")
    again = cli.answer("pay", "cli-o1")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["payment"] == again["payment"]
    assert cli.answer("order", "get", "cli-o1")["payment_id"] == first["payment"]["payment_id"]


def test_people_read_fields_and_whole_ids(cli: Cli) -> None:
    told = cli.told("order", "create", "cli-o2", "7.05EUR", *TO)
    assert fields(told) | {"amount": "7.05 EUR", "status": "UNPAID", "order_id": "cli-o2"} == fields(told)
    paid = cli.told("pay", "cli-o2")
    assert paid.startswith("paid\n")
    payment_id = fields(paid)["payment.payment_id"]
    assert len(payment_id) == 36
    assert cli.told("pay", "cli-o2").startswith("paid before: this is that payment\n")
    assert "\x1b" not in paid
    listed = cli.but(COLUMNS="40").told("order", "list", "--customer", PAYER, "--all")
    assert payment_id in listed
    assert "7.05 EUR" in listed


def test_an_order_that_is_cancelled_is_never_paid(cli: Cli) -> None:
    cli.told("order", "create", "cli-o3", "1EUR", *TO)
    assert cli.answer("order", "cancel", "cli-o3")["status"] == "ORDER_STATUS_CANCELLED"
    error = cli.refused("pay", "cli-o3")
    assert (error["code"], error["reason"]) == ("FAILED_PRECONDITION", "ORDER_CANCELLED")
    assert "payonce order create" in error["next"]
    said = cli.run("pay", "cli-o3")
    assert (said.status, said.out) == (1, "")
    refused, *_, following = said.err.splitlines()
    assert refused.startswith("refused: ORDER_CANCELLED: ")
    assert following == f"next: {error['next']}"


async def test_a_list_says_when_there_is_more(cli: Cli, stubs: Stubs) -> None:
    for i in range(3):
        await order(stubs, f"cli-many-{i}", 100, customer="cli-many", merchant=SHOP)
    whose = ("order", "list", "--customer", "cli-many")
    assert [found["order_id"] for found in cli.answers(*whose)] == ["cli-many-2", "cli-many-1", "cli-many-0"]
    assert len(cli.answers(*whose, "--limit", "1", "--all")) == 3
    some = cli.run(*whose, "--limit", "2", "--json")
    assert (some.status, len(some.out.splitlines())) == (0, 2)
    assert "--all" in some.err
    assert cli.told(*whose, "--limit", "3", "--status", "paid").split()[0] == "order_id"  # a heading, and nothing else


@pytest.mark.parametrize(
    ("text", "currency", "minor_units"),
    [
        ("12.00EUR", "EUR", 1200),
        ("12.5 EUR", "EUR", 1250),
        ("12EUR", "EUR", 1200),
        ("7JPY", "JPY", 7),
        ("0.001KWD", "KWD", 1),
    ],
)
def test_an_amount_is_exact(text: str, currency: str, minor_units: int) -> None:
    assert amount(text) == Money(currency_code=currency, minor_units=minor_units)


@pytest.mark.parametrize(
    "text",
    ["12", "12.00", "12.005EUR", "12,00EUR", "1.5JPY", "1.00eur", "1.00XAU", "0EUR", "9999999999999999.00EUR", "١EUR"],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        amount(text)


def test_a_wrong_amount_says_how_to_write_it(cli: Cli) -> None:
    said = cli.run("order", "create", "cli-none", "12,00", *TO)
    assert (said.status, said.out) == (2, "")
    assert "12.00EUR" in said.err
    assert cli.refused("order", "get", "cli-none")["reason"] == "ORDER_NOT_FOUND"


def test_another_amount_than_expected_is_refused(cli: Cli) -> None:
    cli.told("order", "create", "cli-o4", "3.00EUR", *TO)
    assert cli.refused("pay", "cli-o4", "--expect", "3.01EUR")["reason"] == "AMOUNT_MISMATCH"
    assert cli.answer("order", "get", "cli-o4")["status"] == "ORDER_STATUS_UNPAID"


def test_the_violations_of_a_request_are_named(cli: Cli) -> None:
    error = cli.refused("order", "get", "bad/id")
    assert [violation["field"] for violation in error["violations"]] == ["order_id"]
    assert "order_id: must be" in cli.run("order", "get", "bad/id").err
