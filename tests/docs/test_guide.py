"""The guide as a site: it builds without a warning, needs nobody else, and what is generated in it is current."""

import ast
import importlib.util
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from guide.advice import ADVICE
from guide.generated import generated
from guide.marked import DOCS, NotMarkedError, marked
from payonce.client import Client, PayonceError, settings
from shared.errors import Reason
from tests.harness.needs import missing
from tests.harness.services import ROOT

ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe|source)[^>]*(?:src|href)=["'](?:https?:)?//""")
LINKED = re.compile(r"\[`(?P<name>\w+)`\]\(\.\./(?P<file>[\w/]+\.py)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("sphinx") is None or importlib.util.find_spec("furo") is None:
        missing("no Sphinx: make .venv/guide.done")
    out = tmp_path_factory.mktemp("guide")
    built = build(DOCS, out)
    assert built.returncode == 0, built.stderr
    return out


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """As `make guide` does."""
    words = ["-m", "sphinx", "-W", "--keep-going", "--quiet", "-b", "html", "-d", f"{out}/.doctrees"]
    return subprocess.run([sys.executable, *words, source, out], capture_output=True, text=True, check=False, cwd=ROOT)


def test_every_page_is_there(site: Path) -> None:
    pages = [page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")]
    assert [page for page in pages if not (site / page).exists()] == []


def test_a_page_that_is_named_is_linked(site: Path) -> None:
    text = (site / "reliability.html").read_text()
    assert 'href="faults.html"' in text
    assert 'href="decisions/0013-seals.html"' in text


def test_it_needs_nobody_else(site: Path) -> None:
    """No fonts, scripts or pictures of others: it works from file://, without a network."""
    for page in site.rglob("*.html"):
        assert not ELSEWHERE.search(page.read_text()), page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style.read_text()), style


def test_a_broken_link_is_noticed(site: Path, tmp_path: Path) -> None:
    assert site
    for broken in ("[a](no-such-page.md)", "`docs/no-such-page.md`", "[a](index.md#no-such-section)", "![a](no.svg)"):
        (tmp_path / "index.md").write_text(f"# One\n\n{broken}\n")
        (tmp_path / "conf.py").write_text(
            f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
            "extensions = ['myst_parser', 'guide.links']\nmyst_heading_anchors = 4\nnitpicky = True\n"
        )
        assert build(tmp_path, tmp_path / "out").returncode != 0, broken


@pytest.mark.parametrize("name", generated())
def test_what_is_generated_is_current(name: str) -> None:
    assert (DOCS / name).read_text() == generated()[name], "the code changed: make docs"


def test_a_page_without_the_marks_is_noticed() -> None:
    with pytest.raises(NotMarkedError, match=r"pattern\.md"):
        marked("pattern.md", "settings", "a table")


def test_every_reason_is_explained() -> None:
    assert set(ADVICE) == set(Reason)


def test_the_clients_page_has_its_arguments_its_variables_and_its_kinds_of_error() -> None:
    text = (DOCS / "client.md").read_text()
    arguments = set(inspect.signature(Client).parameters)
    variables = set(re.findall(r"PAYONCE_\w+", inspect.getsource(settings)))
    kinds = {kind.__name__ for kind in PayonceError.__subclasses__()}
    assert [name for name in arguments | variables | kinds if f"`{name}`" not in text] == []


def test_the_lines_that_close_the_holes_are_where_the_page_says() -> None:
    linked = [(found["name"], found["file"]) for found in LINKED.finditer((DOCS / "pattern.md").read_text())]
    assert len(linked) >= 10
    for name, file in linked:
        assert name in defined(ROOT / file) or name in names_in_sql(ROOT / file), (name, file)


def defined(file: Path) -> set[str]:
    """Functions, classes and constants of a module."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def names_in_sql(file: Path) -> set[str]:
    return set(re.findall(r"CREATE UNIQUE INDEX (\w+)", file.read_text()))


def test_the_figures_of_the_comparison_are_those_of_the_benchmark() -> None:
    text = " ".join((DOCS / "comparison.md").read_text().split())
    measured = json.loads((ROOT / "bench" / "out" / "latest.json").read_text())
    rate = {name: f"{round(figure['rate']):,}" for name, figure in measured["figures"].items()}
    ratio = {one["name"]: one["value"] for one in measured["ratios"]}
    alone = measured["figures"]["pay_spread@1"]["p50_ms"]
    for said in (
        f"make {rate['dbos@16']} payments a second",
        f"where payonce makes {rate['pay_spread@256']}, one by one",
        f"{rate['pgbench_spread@32']} payments a second, each a transaction of its own",
        f"and {rate['pgbench_one_merchant@32']} when all pay one merchant",
        f"payonce, through both services, {rate['pay_spread@256']} and {rate['pay_one_merchant@256']}",
        f"One payment alone takes {round(alone)} ms",
        f"of `make bench`, {measured['about']['date']}",
    ):
        assert said in text, said
    assert round(ratio["echo round trips in one payment alone"]) == 20, "the page says twenty times"
