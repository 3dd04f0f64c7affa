"""How a command ends: its exit status, and what it says to do next."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest
import typer

from payonce.cli.exits import MEANING, Exit
from payonce.cli.failures import exits
from payonce.cli.hints import NEXT
from payonce.cli.say import Say
from payonce.cli.session import Session
from payonce.client.reasons import CLASS_OF
from shared.errors import Reason
from tests.cli.command import LIMIT_S, PAYONCE, Cli
from tests.harness.services import ROOT, environment


@pytest.fixture
def nobody() -> Iterator[socket.socket]:
    """Calls get there, and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LIMIT_S)
        yield listening


def at(listening: socket.socket) -> str:
    return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An address where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{bound.getsockname()[1]}"


def test_every_reason_has_a_hint() -> None:
    assert set(NEXT) == set(CLASS_OF) == set(Reason)
    assert set(MEANING) == set(Exit)


def test_no_answer_is_unknown_and_names_the_request_id(cli: Cli, closed: str) -> None:
    away = cli.but(PAYONCE_PAYMENT_ADDRESS=closed)
    error = away.refused("account", "deposit", "a", "1EUR", "--within-s", "1", status=3)
    assert error["code"] in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert "payonce up" in error["next"]
    assert f"--request-id {error['request_id']}" in error["next"]
    said = away.run("account", "deposit", "a", "1EUR", "--within-s", "1", "--request-id", "mine")
    assert (said.status, said.out) == (3, "")
    assert said.err.startswith("unknown: ")
    assert "--request-id mine" in said.err


def test_an_answer_that_does_not_come_is_unknown(cli: Cli, nobody: socket.socket) -> None:
    error = cli.refused("account", "get", "a", "--payment-address", at(nobody), "--timeout-s", "0.5", status=3)
    assert error["reason"] == ""


def test_ctrl_c_says_how_to_go_on(cli: Cli, nobody: socket.socket) -> None:
    env = environment(cli.but(PAYONCE_PAYMENT_ADDRESS=at(nobody)).settings)
    words = [str(PAYONCE), "account", "deposit", "a", "1EUR", "--request-id", "mine", "--within-s", "60"]
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True, cwd=ROOT) as waiting:
        nobody.accept()[0].close()
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=LIMIT_S)
    assert waiting.returncode == Exit.INTERRUPTED
    assert err.startswith("interrupted: ")
    assert "--request-id mine" in err


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize("err_too", [False, True])
def test_an_answer_that_nobody_reads_is_unknown(cli: Cli, more: tuple[str, ...], err_too: bool) -> None:
    """It was done, so the status is not that of a refusal."""
    reads, writes = os.pipe()
    os.close(reads)
    words = [str(PAYONCE), "account", "create", "unread", "--currency", "EUR", *more]
    with os.fdopen(writes, "w") as unread:
        err = unread if err_too else subprocess.PIPE
        ended = subprocess.run(
            words, env=environment(cli.settings), stdout=unread, stderr=err, text=True, timeout=LIMIT_S, check=False
        )
    assert ended.returncode == Exit.UNKNOWN
    if not err_too:
        assert "Broken pipe" in ended.stderr
        assert "happens once" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert cli.answer("account", "get", "unread")["account_id"] == "unread"


def test_a_token_that_no_header_can_carry_is_not_sent_and_not_shown(cli: Cli) -> None:
    said = cli.but(PAYONCE_TOKEN="se.cr\net").run("order", "get", "a")  # noqa: S106 - no secret
    assert (said.status, said.out) == (4, "")
    assert "PAYONCE_TOKEN" in said.err
    assert "se.cr" not in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("lookup",),
        ("explain", "--order", "a", "--payment", "b"),
        ("order", "list", "--status", "lost"),
    ],
)
def test_a_wrong_command_line_is_usage(cli: Cli, words: tuple[str, ...]) -> None:
    said = cli.run(*words)
    assert (said.status, said.out) == (2, "")
    assert "Error" in said.err


def test_a_wrong_setting_is_usage_and_is_named(cli: Cli) -> None:
    error = cli.refused("order", "get", "a", "--tls-ca", "/no/such/file", status=2)
    assert "PAYONCE_TLS_CA" in error["message"]
    assert "PAYONCE_TIMEOUT_S" in cli.but(PAYONCE_TIMEOUT_S="soon").run("order", "get", "a").err


def test_a_word_that_is_no_text_is_usage(cli: Cli) -> None:
    assert "UTF-8" in cli.refused("order", "get", "\udcff", status=2)["message"]


def test_options_go_before_the_command_too(cli: Cli) -> None:
    said = cli.run("--json", "--payment-address", "127.0.0.1:1", "lookup", "--order", "a", *reached(cli))
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("{")


def reached(cli: Cli) -> tuple[str, str]:
    """What stands behind the command counts."""
    return "--payment-address", cli.settings["PAYONCE_PAYMENT_ADDRESS"]


def test_help_has_the_exit_statuses_and_completion_is_there(cli: Cli) -> None:
    told = cli.told("--help")
    for status, meaning in MEANING.items():
        assert f"{status:d}  {meaning[:20]}" in told
    assert "--install-completion" in told
    completed = cli.but(_PAYONCE_COMPLETE="complete_bash", COMP_WORDS="payonce order c", COMP_CWORD="2")
    assert completed.run().out.split() == ["create", "cancel"]


def test_what_nobody_foresaw_is_unknown_and_not_a_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session({}, Say(as_json=False))
    session.named("mine")
    with pytest.raises(typer.Exit) as ended, exits(session):
        raise RuntimeError("out of nowhere")
    assert ended.value.exit_code == Exit.UNKNOWN
    said = capsys.readouterr().err
    assert "RuntimeError: out of nowhere" in said
    assert "--request-id mine" in said


@pytest.mark.parametrize("its_own", [typer.Exit(1), typer.Abort(), typer.BadParameter("not so")])
def test_the_command_lines_own_ways_to_end_stay(its_own: Exception) -> None:
    with pytest.raises(type(its_own)) as ended, exits(Session({}, Say(as_json=False))):
        raise its_own
    assert ended.value is its_own
