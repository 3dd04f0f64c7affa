"""Every command and snippet of README.md and docs/ is run, page by page, or left out for a reason that is written down.

The table is decisions.toml beside this file. Of what is run: sh must end well, and a block `text` or `json` right
after it is what it prints; console shows commands after `$`, and what they print; python may use `await`, and is saved
when it begins with `# name.py`.
"""

import os
import subprocess

import pytest

from tests.docs.blocks import Block, Decision, blocks, decisions, hidden, pages
from tests.docs.play import play
from tests.docs.shell import assert_says
from tests.harness.services import ROOT

TABLE = decisions()


def stage_of(block: Block) -> str:
    """secure or docker, as the table says, or plain."""
    return next((decision.kind for decision in TABLE if decision.section and decision.about(block)), "plain")


def played(page: str, stage: str) -> list[Block]:
    """What is run there. Files are what the page's later blocks need, so they are saved on every stage."""
    left_out = [decision for decision in TABLE if decision.kind == "left_out"]
    run = [block for block in blocks(page) if not any(decision.about(block) for decision in left_out)]
    if not any(stage_of(block) == stage for block in run):
        return []
    return [block for block in run if block.file or stage_of(block) == stage]


PLAYED = [(page, stage) for page in pages() for stage in ("plain", "secure", "docker") if played(page, stage)]


@pytest.mark.parametrize(("page", "stage"), PLAYED)
async def test_a_page_does_what_it_says(page: str, stage: str, request: pytest.FixtureRequest) -> None:
    instead = {}
    if stage == "docker":
        own: dict[str, str] = request.getfixturevalue("images")
        postgres = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:18-alpine")
        given = ", ".join(repr(name) for name in (own["order_service"], own["payment_service"], postgres))
        instead = {"PayonceContainer()": f"PayonceContainer({given})"}
    await play(played(page, stage), TABLE, *(["--secure"] if stage == "secure" else []), instead=instead)


@pytest.mark.parametrize("page", pages())
def test_no_command_is_hidden_from_this(page: str) -> None:
    assert hidden(page) == []


def test_a_hidden_command_is_seen() -> None:
    for wrong in (fence("", "make up"), fence("zsh", "ls"), fence("text", "$ ls"), "a list:\n\n    ls\n"):
        assert hidden("page.md", wrong), wrong
    assert not hidden("page.md", fence("", "demo: orders=20") + fence("sh", "ls"))


@pytest.mark.parametrize("decision", TABLE, ids=lambda decision: f"{decision.page}:{decision.begins[:20]}")
def test_the_table_is_about_what_is_there(decision: Decision) -> None:
    found = [block for block in blocks(decision.page) if decision.about(block)]
    assert len(found) == 1 or (found and decision.section)
    assert decision.reason
    if decision.kind == "left_out":
        assert (ROOT / decision.text.partition("::")[0]).exists(), "what runs it instead"
        for line in found[0].text.splitlines():
            if line.startswith("make "):
                exists(line)


def exists(command: str) -> None:
    """There is such a target, with these variables."""
    words = ["bash", "-c", command.replace("make", "make --dry-run", 1)]
    dry = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert dry.returncode == 0, dry.stderr.decode()


def fence(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n\n"


def test_a_block_is_found_with_what_it_says() -> None:
    one = fence("sh", "ls") + fence("text", "out") + fence("sql", "SELECT")
    shown, saved = blocks("page.md", f"# One\n\n{one}## Two\n\n{fence('python', '# a.py')}")
    assert (shown.section, shown.line, shown.text, shown.says) == ("One", 3, "ls\n", "out\n")
    assert (saved.section, saved.file, saved.says) == ("Two", "a.py", None)


WRONG = {
    "it fails": fence("sh", "false"),
    "it says something else": fence("sh", "echo a") + fence("text", "b"),
    "it says something else, in a console": fence("console", "$ echo a\nb"),
    "it raises": fence("python", "1 / 0"),
    "it prints something else": fence("python", "print(1)") + fence("text", "2"),
    "a variable is another": fence("sh", "X=1") + fence("sh", "test $X = 2"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_page_that_says_something_wrong_is_noticed(what: str) -> None:
    with pytest.raises((AssertionError, ZeroDivisionError)):
        await play(blocks("page.md", WRONG[what]), [])


async def test_a_page_goes_on_from_block_to_block() -> None:
    shell = fence("sh", "X=1\nsay() { echo $X; }") + fence("console", "$ say\n1\n$ echo a; false\n…")
    python = fence("python", "n = 1") + fence("python", "print(n)") + fence("text", "1")
    await play(blocks("page.md", shell + python), [])


def test_anything_may_stand_where_it_is_left_open() -> None:
    assert_says("id 17\na\nb\n", "id …\n…\n")
    with pytest.raises(AssertionError):
        assert_says("id 17\n", "name …\n")
