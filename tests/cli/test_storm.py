"""`payonce pay --times 50 --lose-replies 0.5`: the promise at work. And `payonce bench`."""

import contextlib
import json
import os
import pty
import subprocess

from tests.cli.command import LIMIT_S, PAYONCE, Cli, fields
from tests.cli.conftest import PAYER, SHOP
from tests.harness.services import ROOT, environment

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


def test_on_a_terminal_progress_is_told_while_it_goes_on(cli: Cli) -> None:
    cli.told("order", "create", "cli-live", "1.00EUR", "--payer", PAYER, "--payee", SHOP)
    ours, theirs = pty.openpty()
    words = [str(PAYONCE), "pay", "cli-live", "--times", "3", "--json"]
    env = environment({**cli.settings, "TERM": "xterm"})
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=env, cwd=ROOT) as paying:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError), os.fdopen(ours, "rb", 0) as terminal:  # an error is how it ends
            while some := terminal.read(4096):
                seen += some
        out, _ = paying.communicate(timeout=LIMIT_S)
    assert b"replies lost 0" in seen
    assert b"3/3" in seen
    assert json.loads(out)["charges"] == 1


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
