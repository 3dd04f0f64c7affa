"""The fenced blocks of README.md and docs/, and what is decided about each: run, or left out for a reason."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.harness.services import ROOT

TABLE = Path(__file__).with_name("decisions.toml")
SHELL, PYTHON, CONSOLE = {"sh", "bash", "shell"}, {"python", "py"}, {"console", "shell-session", "pycon"}
OUTPUT = {"text", "json"}
TOLD = {"", "sql", "mermaid", "{toctree}"}  # read, never copied into a terminal
COMMAND = re.compile(r"^(?:\$ |(?:make|payonce|python3?|pip|grpcurl|docker|go|npm|curl|export) )", re.MULTILINE)
SAVED = "# "  # a Python block that begins with `# name.py` is a file


@dataclass(frozen=True)
class Block:
    """One block that a reader may copy."""

    page: str
    section: str
    line: int
    language: str
    text: str
    says: str | None  # the output that stands right after it

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name to save it by, when it is a file."""
        first = self.text.partition("\n")[0]
        is_file = (
            self.language in PYTHON and first.startswith(SAVED) and first.endswith(".py") and first.count(" ") == 1
        )
        return first.removeprefix(SAVED) if is_file else None


@dataclass(frozen=True)
class Decision:
    """A line of the table: which block it is about, what is decided, why."""

    page: str
    begins: str
    reason: str
    kind: str  # left_out, before, refused, varies, secure or docker
    text: str = ""  # left_out: what runs it instead; before: what is run first; refused, varies: what it says always

    @property
    def section(self) -> bool:
        """Whether it is about all blocks below a heading."""
        return self.kind in {"secure", "docker"}

    def about(self, block: Block) -> bool:
        place = block.section if self.section else block.text
        return block.page == self.page and place.startswith(self.begins)


def pages() -> list[str]:
    """Every page that a reader may read."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [str(path.relative_to(ROOT)) for path in found]


def blocks(page: str, source: str | None = None) -> list[Block]:
    """What can be copied from a page, in its order."""
    tokens = MarkdownIt().parse((ROOT / page).read_text() if source is None else source)
    found, section = [], ""
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            section = tokens[i + 1].content
        language = token.info.strip().split(" ")[0]
        if token.type == "fence" and language in SHELL | PYTHON | CONSOLE:
            after = tokens[i + 1] if i + 1 < len(tokens) else None
            says = after.content if after and after.type == "fence" and after.info.strip() in OUTPUT else None
            line = token.map[0] + 1 if token.map else 0
            found.append(Block(page, section, line, language, token.content, says))
    return found


def hidden(page: str, source: str | None = None) -> list[str]:
    """Blocks that look like commands, or are in a language that nobody has thought of, and are not run."""
    tokens = MarkdownIt().parse((ROOT / page).read_text() if source is None else source)
    found = []
    for token in tokens:
        language = token.info.strip().split(" ")[0]
        is_run = language in SHELL | PYTHON | CONSOLE
        is_known = language in OUTPUT | TOLD and not COMMAND.search(token.content)
        if token.type == "code_block" or (token.type == "fence" and not is_run and not is_known):
            found.append(token.content)
    return found


def decisions() -> list[Decision]:
    """The table."""
    return list(_decisions(tomllib.loads(TABLE.read_text())))


def _decisions(table: dict[str, list[dict[str, str]]]) -> Iterator[Decision]:
    for kind, lines in table.items():
        for line in lines:
            text = line.get("instead") or line.get("run") or line.get("says") or ""
            yield Decision(line["page"], line["begins"], line["reason"], kind, text)
