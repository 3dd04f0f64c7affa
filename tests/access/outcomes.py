"""All that a caller is told, as bytes to be compared."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import grpc
from google.rpc import error_details_pb2

from tests.harness.answers import details


class Outcome(NamedTuple):
    """Status, text, trailing metadata (with the error's details) and message; and the error's reason."""

    code: grpc.StatusCode
    text: str
    metadata: tuple[tuple[str, bytes], ...]
    message: bytes
    reason: str

    def without(self, names: Mapping[str, str]) -> "Outcome":
        """With what the request named under other names of the same lengths: in protobuf the lengths are told too."""
        text, metadata, message = self.text, self.metadata, self.message
        for name, other in names.items():
            assert len(name) == len(other)
            text = text.replace(name, other)
            metadata = tuple((key, value.replace(name.encode(), other.encode())) for key, value in metadata)
            message = message.replace(name.encode(), other.encode())
        return Outcome(self.code, text, metadata, message, self.reason)


async def outcome(call: Any) -> Outcome:
    """Of one call, whatever comes of it."""
    try:
        message: bytes = (await call).SerializeToString(deterministic=True)
    except grpc.aio.AioRpcError as error:
        infos = [one for one in details(error) if isinstance(one, error_details_pb2.ErrorInfo)]
        reason = infos[0].reason if infos else ""
        return Outcome(error.code(), error.details() or "", _plain(error.trailing_metadata()), b"", reason)
    return Outcome(grpc.StatusCode.OK, "", _plain(await call.trailing_metadata()), message, "")


def _plain(metadata: Any) -> tuple[tuple[str, bytes], ...]:
    return tuple((key, value if isinstance(value, bytes) else value.encode()) for key, value in metadata or ())
