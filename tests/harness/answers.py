"""Reading what came back besides the message: error details and trailing metadata."""

from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

M = TypeVar("M", bound=Message)
DETAILS = (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo)


def details(error: grpc.aio.AioRpcError) -> list[Message]:
    """The google.rpc details of an error, unpacked."""
    metadata = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    found: list[Message] = []
    for packed in status.details:
        for kind in DETAILS:
            if packed.Is(kind.DESCRIPTOR):
                found.append(detail := kind())
                packed.Unpack(detail)
    return found


def detail(error: grpc.aio.AioRpcError, kind: type[M]) -> M:
    """The one detail of that kind."""
    found = [candidate for candidate in details(error) if isinstance(candidate, kind)]
    assert len(found) == 1, f"{kind.__name__}: {found}, {error}"
    return found[0]


def reason(error: grpc.aio.AioRpcError) -> str:
    """ErrorInfo's reason; empty when the server sent no ErrorInfo (the error is the transport's)."""
    found = [d for d in details(error) if isinstance(d, error_details_pb2.ErrorInfo)]
    if not found:
        return ""
    assert found[0].domain == "payonce"
    return str(found[0].reason)


async def replayed(call: grpc.aio.UnaryUnaryCall[Any, Any]) -> bool:
    """Whether the answer says that it was given before."""
    return dict(await call.trailing_metadata() or ()).get("idempotent-replayed") == "true"
