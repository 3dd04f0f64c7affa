"""`payonce up`, as a user runs it: every command that README and `up` itself offer, on data that survive a restart."""

import ast
import asyncio
import contextlib
import io
import json
import os
import re
import shlex
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import pytest

from tests.harness.up import Up, found_grpcurl, up

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
TAKE_BACK = "### Tickets, refunds, reversal, authorization"
SECURE = "### With TLS and tokens"
PAY = "payonce.payment.v1.PaymentService/PayOrder"


@pytest.fixture(scope="module")
def grpcurl() -> str:
    return found_grpcurl()


async def test_every_command_that_is_offered_works(grpcurl: str) -> None:
    section = README.partition("## By hand with grpcurl")[2].partition("\n### ")[0]
    with tempfile.TemporaryDirectory(prefix="payonce-up-") as folder:
        Path(folder).chmod(0o755)
        async with up(folder) as first:
            answers = [await run(grpcurl, first.aimed(command)) for command in commands(section)]
            assert_readme(answers)
            paid = json.loads(answers[4])["payment"]
            assert_taken_back(await script(grpcurl, first.aimed(README.partition(TAKE_BACK)[2].partition("\n### ")[0])))
            # As the README says for order-2: created as order-1, and paid.
            second_order = [first.aimed(command).replace("order-1", "order-2") for command in commands(section)[3:5]]
            made = [await run(grpcurl, command) for command in second_order]
        async with up(folder) as second:
            offered = commands("\n".join(second.lines))
            assert_paid_twice([await run(grpcurl, command) for command in offered])
            said = await python_sample(second)
            assert said.split() == [json.loads(made[1])["payment"]["payment_id"], "True"]
            # What was paid before the restart is known after it.
            looked = json.loads(await run(grpcurl, second.aimed(commands(section)[6])))
            assert looked["payment"]["payment_id"] == paid["payment_id"]
            assert looked["outcome"] == "LOOKUP_OUTCOME_REVERSED"


async def test_every_command_that_is_offered_with_tls_works(grpcurl: str) -> None:
    text = README.partition(SECURE)[2].partition("\n## ")[0]
    allowed, refused = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    with tempfile.TemporaryDirectory(prefix="payonce-up-") as folder:
        Path(folder).chmod(0o755)
        async with up(folder, "--secure") as secured:
            here = secured.aimed(f"{allowed}\x00{refused}").replace(".payonce/dev-certs", f"{folder}/dev-certs")
            allowed, refused = here.split("\x00")
            *_, paid = await script(grpcurl, f"```sh\n{allowed}```")
            assert paid["payment"]["state"] == "PAYMENT_STATE_SUCCEEDED"
            assert paid["order_confirmed"]
            function = allowed.partition("\nas backoffice")[0]
            for command in refused.splitlines():
                assert '"reason": "ROLE_NOT_ALLOWED"' in await bash(grpcurl, f"{function}\n{command}")
            function, *offered = [line for line in secured.lines if line.startswith("as")]
            assert_paid_twice([await bash(grpcurl, f"{function}\n{command}") for command in offered])


async def bash(grpcurl: str, text: str) -> str:
    """All that it says, whatever comes of it."""
    path = f"{Path(grpcurl).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", text, env={**os.environ, "PATH": path}, cwd=ROOT, stdout=PIPE, stderr=STDOUT
    )
    out, _ = await process.communicate()
    return out.decode()


def assert_readme(answers: list[str]) -> None:
    *created, first, again, looked, refused = answers
    assert_paid_twice([*created, first, again])
    assert json.loads(looked)["safe_to_retry"] is False  # which is left out unless asked for
    assert '"reason": "ORDER_NOT_FOUND"' in refused


def assert_paid_twice(answers: list[str]) -> None:
    """Two accounts, a deposit, an order; paid, and paid again."""
    assert len(answers) == 6
    *created, first, again = answers
    assert all(json.loads(answer) for answer in created)
    assert "idempotent-replayed" not in first
    assert json.loads(first)["payment"]["payment_id"] in again
    assert "idempotent-replayed: true" in again


def assert_taken_back(answers: list[dict[str, Any]]) -> None:
    """A ticket used twice, a refund sent twice, a reversal, its explanation; an authorization, captured in part."""
    ticket, again, refund, refund_again, reversal, explained, _order, account, captured = answers
    assert ticket == again
    assert refund == refund_again
    assert reversal["payment"]["state"] == "PAYMENT_STATE_REVERSED"
    kinds = [event["kind"].removeprefix("PAYMENT_EVENT_KIND_") for event in explained["events"]]
    # When it is noted as confirmed is the completer's affair: at any time until it is taken back, or then no more.
    assert [kind for kind in kinds if kind != "CONFIRMED"] == ["CHARGED", "REFUNDED", "REVERSAL_BEGUN", "REVERSED"]
    assert kinds.count("CONFIRMED") <= 1
    assert (kinds[0], kinds[-1]) == ("CHARGED", "REVERSED")
    # 50.00 paid in, 3.00 paid with the ticket, order-1 given back, 10.00 reserved.
    assert account["balance"]["minor_units"] == "4700"
    assert account["available_balance"]["minor_units"] == "3700"
    assert captured["payment"]["captured_amount"]["minor_units"] == "600"


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("grpcurl -plaintext ")]


async def run(grpcurl: str, command: str) -> str:
    words = [grpcurl, *shlex.split(command)[1:]]
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return (out + err).decode()


async def script(grpcurl: str, section: str) -> list[dict[str, Any]]:
    """What the section's shell blocks print, pasted one after the other: a JSON object for each answer."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    path = f"{Path(grpcurl).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", blocks, env={**os.environ, "PATH": path}, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()
    found, rest = [], out.decode().strip()
    while rest:
        answer, end = json.JSONDecoder().raw_decode(rest)
        found.append(answer)
        rest = rest[end:].strip()
    return found


async def python_sample(running: Up) -> str:
    """What the README's Python prints."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 1
    code = compile(running.aimed(blocks[0]), "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        await eval(code, {})  # noqa: S307 - our own README
    return said.getvalue()
