"""`python -m fuzz.requests`: libFuzzer on the requests of every RPC, and on page tokens; its options may follow.

It ends with status 0 when it found nothing in the time given (`-max_total_time=60`), else with the bytes that broke it.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["order_service", "payment_service", "shared"], enable_loader_override=False):
    from google.protobuf.message_factory import GetMessageClass

    from fuzz.mutation import mutate
    from fuzz.targets import TARGETS, fill, page_token, request


def one_input(data: bytes) -> None:
    """The first byte chooses: a request, or the position within a page token."""
    (page_token if data[:1] == b"\xff" else request)(data[1:] if data[:1] == b"\xff" else data)


def seeds(folder: Path) -> None:
    """A request of each kind that passes, and a few page tokens, to begin with."""
    for i, (method, _) in enumerate(TARGETS):
        message = GetMessageClass(method.input_type)()
        fill(message)
        (folder / method.name).write_bytes(bytes([i]) + message.SerializeToString())
    for i, position in enumerate(
        [b'"a"', b"1", b'"2026-01-01T00:00:00+00:00","a"', b"null", b"[]", b"1e400", b"[" * 9]
    ):
        (folder / f"token-{i}").write_bytes(b"\xff" + bytes([i % 4]) + position)


def main() -> None:
    """Fuzz until the time is up or something breaks."""
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        atheris.Setup([*sys.argv, folder], one_input, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
