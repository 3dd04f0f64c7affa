"""What the command says: tables for people; with --json one document, or one a line, for scripts."""

import errno
import functools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.progress import Progress, ProgressColumn

from payonce.cli.render import details, fields, listing

WIDE = 10_000  # the terminal wraps what is wider than it is; rich would cut it, and an id must stay whole


class Told(Console):
    """One that says when nobody reads it: rich would end the program, with the exit status of a refusal."""

    def on_broken_pipe(self) -> None:
        """BrokenPipeError."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


class Say:
    """Results go to stdout; errors, notes and progress to stderr. Colours on a terminal alone."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        # What services and people wrote is text, never markup.
        plain = functools.partial(Told, markup=False, emoji=False, highlight=False)
        self.out = plain(width=WIDE)
        self.err = plain(stderr=True, soft_wrap=True)

    def one(self, message: Message, headline: str = "") -> None:
        """A message, whole."""
        if self.as_json:
            _document(self.out, in_json(message))
        else:
            self._headline(headline)
            self.out.print(details(fields(message)))

    def many(self, messages: Iterable[Message], columns: Sequence[str]) -> None:
        """A list: to people in these columns."""
        if not self.as_json:
            self.out.print(listing(messages, columns))
            return
        for message in messages:
            _document(self.out, in_json(message))

    def figures(self, values: Mapping[str, Any], headline: str = "") -> None:
        """What no message of `protos/` is; there may be messages in it."""
        if self.as_json:
            _document(self.out, {name: _in_json(value) for name, value in values.items()})
        else:
            self._headline(headline)
            self.out.print(details(pair for name, value in values.items() for pair in _pairs(name, value)))

    def note(self, text: str) -> None:
        """Beside the result."""
        if self.as_json:
            _document(self.err, {"note": text})
        else:
            self.err.print(text, style="dim")

    def progress(self, *columns: ProgressColumn) -> Progress:
        """How far it is, while it goes on; on a terminal alone."""
        return Progress(*columns, console=self.err, disable=not self.err.is_terminal)

    def failure(self, what: Mapping[str, Any], lines: Iterable[tuple[str, str]]) -> None:
        """Why there is no result, and what to do next: `what` for scripts, `lines` for people."""
        if self.as_json:
            _document(self.err, {"error": what})
            return
        for name, text in lines:
            style = {"next": "bold", "error": "red", "refused": "red"}.get(name, "dim")
            self.err.print(f"{name}:", style=style, end=" ")
            self.err.print(text)

    def _headline(self, text: str) -> None:
        if text:
            self.out.print(text, style="bold")


def in_json(message: Message) -> dict[str, Any]:
    """Protobuf's canonical JSON, with the names of `protos/`, and with what is false, zero or empty."""
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def _document(console: Console, value: Mapping[str, Any]) -> None:
    print(json.dumps(value), file=console.file, flush=True)


def _in_json(value: Any) -> Any:
    return in_json(value) if isinstance(value, Message) else value


def _pairs(name: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Message):
        return fields(value, f"{name}.")
    if isinstance(value, Mapping):
        return [(f"{name}.{key}", str(each)) for key, each in value.items()]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    return [(name, str(value))]
