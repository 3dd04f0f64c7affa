"""Every command and snippet of README.md and docs/ is run, page by page, or left out for a reason that is written down.

The table is decisions.toml beside this file. What is run: sh must end well, a block `text` or `json` right after is what
it prints; console shows commands after `$` and what they print; python may use `await`, and is saved when it begins with
`# name.py`.
"""

import subprocess
from pathlib import Path

import pytest

from tests.docs.blocks import Block, Decision, blocks, decisions, pages
from tests.docs.play import play
from tests.docs.shell import assert_says
from tests.harness.needs import missing
from tests.harness.services import ROOT

TABLE = decisions()


def decided(block: Block, kind: str) -> bool:
    return any(decision.kind == kind and decision.about(block) for decision in TABLE)


def played(page: str) -> list[Block]:
    return [block for block in blocks(page) if not decided(block, "left_out")]


@pytest.mark.parametrize("page", [page for page in pages() if played(page)])
async def test_a_page_does_what_it_says(page: str) -> None:
    all_of_it = played(page)
    if any(decided(block, "docker") for block in all_of_it):
        needs_docker()
    secure = [block for block in all_of_it if decided(block, "secure")]
    if plain := [block for block in all_of_it if block not in secure]:
        await play(plain, TABLE)
    if secure:
        await play(secure, TABLE, "--secure")


@pytest.mark.parametrize("decision", TABLE, ids=lambda decision: f"{decision.page}:{decision.begins[:20]}")
def test_the_table_is_about_what_is_there(decision: Decision) -> None:
    found = [block for block in blocks(decision.page) if decision.about(block)]
    assert len(found) == 1 or (found and decision.kind == "secure")
    assert decision.reason
    if decision.kind == "left_out":
        assert (ROOT / decision.text.partition("::")[0]).exists(), "what runs it instead"
        for line in found[0].text.splitlines():
            if line.startswith("make "):
                exists(line)


def exists(command: str) -> None:
    """There is such a target, with these variables."""
    dry = subprocess.run(["bash", "-c", command.replace("make", "make --dry-run", 1)], cwd=ROOT, capture_output=True)
    assert dry.returncode == 0, dry.stderr.decode()


def needs_docker() -> None:
    try:
        subprocess.run(["docker", "info"], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        missing("docker: no engine answers")


def test_a_block_is_found_with_what_it_says() -> None:
    page = "# One\n\n```sh\nls\n```\n\n```text\nout\n```\n\n```sql\nSELECT\n```\n\n## Two\n\n```python\n# a.py\n1\n```\n"
    shown, saved = blocks("page.md", page)
    assert (shown.section, shown.line, shown.text, shown.says) == ("One", 3, "ls\n", "out\n")
    assert (saved.section, saved.file, saved.says) == ("Two", "a.py", None)


@pytest.mark.parametrize("wrong", ["```sh\nfalse\n```", "```sh\necho a\n```\n\n```text\nb\n```", "```console\n$ echo a\nb\n```",
                                   "```python\n1 / 0\n```", "```sh\nX=1\n```\n\n```sh\ntest $X = 2\n```"])  # fmt: skip
async def test_a_page_that_says_something_wrong_is_noticed(wrong: str) -> None:
    with pytest.raises((AssertionError, ZeroDivisionError)):
        await play(blocks("page.md", wrong), [])


async def test_a_page_goes_on_from_block_to_block(tmp_path: Path) -> None:
    page = "```sh\nX=1\nsay() { echo $X; }\n```\n\n```python\nn = 1\n```\n\n```python\nprint(n)\n```\n\n```text\n1\n```\n\n"
    await play(blocks("page.md", f"{page}```console\n$ say\n1\n$ echo a; false\n…\n```"), [])


def test_anything_may_stand_where_it_is_left_open() -> None:
    assert_says("id 17\na\nb\n", "id …\n…\n")
    with pytest.raises(AssertionError):
        assert_says("id 17\n", "name …\n")
