"""`payonce pay --times 50 --lose-replies 0.5`: the promise at work. And `payonce bench`."""

from tests.cli.command import Cli, fields
from tests.cli.conftest import PAYER, SHOP

STORM = ("--times", "50", "--lose-replies", "0.5", "--seed", "7")


def test_fifty_callers_and_lost_replies_charge_once(cli: Cli) -> None:
    cli.told("order", "create", "cli-storm", "9.00EUR", "--payer", PAYER, "--payee", SHOP)
    before = balance(cli)
    figures = cli.answer("pay", "cli-storm", *STORM)
    assert (figures["callers"], figures["answers"], figures["distinct_payments"]) == (50, 50, 1)
    assert figures["charges"] == 1
    assert figures["replies_lost"] > 0
    assert figures["requests"] - figures["replies_lost"] >= 50
    assert balance(cli) == before - 900
    payment_id = figures["payment_id"]
    assert cli.answer("order", "get", "cli-storm")["payment_id"] == payment_id
    # Of an order that is paid, too; and as people read it.
    told = cli.told("pay", "cli-storm", "--times", "3", "--lose-replies", "0.5")
    assert told.startswith("charged once\n")
    assert fields(told)["payment_id"] == payment_id


def test_a_storm_without_a_charge_fails_and_says_why(cli: Cli) -> None:
    said = cli.run("pay", "cli-no-order", "--times", "3")
    assert said.status == 1
    assert said.out.startswith("NOT charged once\n")
    assert fields(said.out)["refused.ORDER_NOT_FOUND"] == "3"
    assert said.err.startswith("ORDER_NOT_FOUND: Is the id right?")


def test_over_tls_no_reply_is_lost_on_purpose(secure: Cli) -> None:
    said = secure.run("pay", "any", *STORM)
    assert (said.status, said.out) == (2, "")
    assert "TLS" in said.err


def test_bench_pays_its_own_orders_twice(cli: Cli) -> None:
    figures = cli.answer("bench", "--payments", "40", "--at-once", "8")
    assert (figures["payments"], figures["replays"], figures["charges"]) == (40, 40, 40)
    assert all(figures[name] > 0 for name in figures if name.endswith(("_ms", "_per_s")))
    assert figures["payment_p50_ms"] <= figures["payment_p99_ms"]
    assert cli.answer("account", "get", figures["merchant_account"])["balance"]["minor_units"] == "4000"


def balance(cli: Cli) -> int:
    return int(cli.answer("account", "get", PAYER)["balance"]["minor_units"])
