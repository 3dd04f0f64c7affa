"""The command line, as docs/cli.md tells it.

Commands, their words and what they do are Typer's; the exit statuses are the code's table.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.main import get_command

from guide.marked import marked
from payonce.cli.app import app
from payonce.cli.command import OPTIONS, SETTINGS
from payonce.cli.exits import MEANING
from payonce.cli.words import WITHIN_S

EVERYWHERE = {option.name for option in OPTIONS} | {"help", "within_s"}


def pages() -> dict[str, str]:
    """The page, by its name in docs/."""
    return {"cli.md": marked("cli.md", "commands", tables())}


def tables() -> str:
    """Markdown: the commands, what all that call the services take, and how they end."""
    return "\n".join(
        [
            "## Commands\n",
            _table(("command", "what it does"), _commands(get_command(app), "payonce")),
            "## Options of all commands that call the services\n",
            _table(("option", "variable", "meaning"), _options()),
            "## Exit statuses\n",
            _table(("status", "meaning"), ((f"{status:d}", meaning) for status, meaning in MEANING.items())),
        ]
    )


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _commands(command: Any, path: str) -> Iterator[tuple[str, ...]]:
    if inner := getattr(command, "commands", None):
        for name, each in inner.items():
            yield from _commands(each, f"{path} {name}")
        return
    words = [_word(parameter) for parameter in command.params if parameter.name not in EVERYWHERE]
    meaning = " ".join(command.help.partition("\n\n")[0].split())
    yield f"`{' '.join([path, *words])}`", meaning


def _word(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        word = _value(parameter)
    else:
        # Of a flag that is on unless told otherwise, the word that turns it off.
        name = parameter.secondary_opts[0] if parameter.is_flag and parameter.default else parameter.opts[0]
        word = name if parameter.is_flag else f"{name} {_value(parameter)}"
    return word if parameter.required else f"[{word}]"


def _value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if issubclass(kind, Enum):
        return "\\|".join(str(each.value) for each in kind)
    return parameter.metavar or ("N" if kind is int else parameter.name.upper())


def _options() -> Iterator[tuple[str, ...]]:
    yield "`--json`", "", "for scripts: one JSON document, or one a line for lists; errors too, on stderr"
    yield "`--within-s SECONDS`", "", f"of what changes something: asked again until there is an answer; {WITHIN_S:g}"
    for name, (metavar, meaning) in SETTINGS.items():
        yield f"`--{name.replace('_', '-')} {metavar}`", f"`PAYONCE_{name.upper()}`", meaning
