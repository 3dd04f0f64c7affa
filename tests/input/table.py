"""The table of docs/bad-input.md: what is sent besides requests, and what comes back. Made from the tests' cases."""

from collections.abc import Iterator

from tests.input.garbage import GARBAGE
from tests.input.too_much import CALLS

IN_WORDS = {
    "end": "the connection is closed",
    "GOAWAY": "the connection is closed",
    "PING": "borne",
    "RST_STREAM": "the call is reset",
}


def table() -> str:
    """In Markdown."""
    return "\n".join(["| sent | comes back |", "|---|---|", *_lines()])


def _lines() -> Iterator[str]:
    for name, (*_, (status, reason)) in CALLS.items():
        yield f"| {name} | `{status}`{f' `{reason}`' if reason else ''} |"
    for name, (_, expected) in GARBAGE.items():
        words = sorted({IN_WORDS.get(one, f"`{one}`") for one in expected})
        yield f"| {name} | {' or '.join(words)} |"


if __name__ == "__main__":
    print(table())
