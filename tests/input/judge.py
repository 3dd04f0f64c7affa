"""One request as bytes, its answer, and whether that is one which the RPC's documentation lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

from guide.documented import documented
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_service_pb2
from payonce.payment.v1.batch_pb2 import PayOrderError
from shared.errors import Reason
from shared.rpc.limits import MESSAGE_LIMIT

TIMEOUT_S = 30.0
OK = ("OK", "")
TOO_LARGE = ("RESOURCE_EXHAUSTED", "")  # the transport's own, before any of our code: no reason
# What no answer tells: SQL, libraries, places in our code.
INTERNALS = (
    "select ", "insert ", "update ", "delete ", "column", "constraint", "relation ", "psycopg", "sqlalchemy",
    "traceback", ".py", "exception", "object at 0x", "postgresql",
)  # fmt: skip
SERVICES: list[ServiceDescriptor] = [
    *order_service_pb2.DESCRIPTOR.services_by_name.values(),
    *payment_service_pb2.DESCRIPTOR.services_by_name.values(),
]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]


@dataclass(frozen=True)
class Answer:
    """`status` and `reason`; what is `told` besides; the message when the status is OK."""

    status: str
    reason: str
    told: str
    message: Message | None = None

    @property
    def kind(self) -> tuple[str, str]:
        return self.status, self.reason


def path_of(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def ask(channel: grpc.Channel, method: MethodDescriptor, data: bytes) -> Answer:
    """Send the bytes as they are."""
    try:
        call: Any = channel.unary_unary(path_of(method))
        answered = call(data, timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        return refusal(error)
    message = GetMessageClass(method.output_type)()
    message.ParseFromString(answered)
    return Answer(*OK, "", message)


def refusal(error: Any) -> Answer:
    """The answer that an exception of gRPC's stands for."""
    metadata = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    reason = ""
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            assert info.domain == "payonce"
            reason = info.reason
    return Answer(error.code().name, reason, f"{error.details()} {status}")


@cache
def allowed(method: str) -> frozenset[tuple[str, str]]:
    """What the method may answer. INTERNAL is documented too, and never meant to be seen."""
    return documented()[method] - {("INTERNAL", "INTERNAL")} | {OK}


def assert_documented(method: MethodDescriptor, data: bytes, answer: Answer) -> None:
    """Only what is documented, with no internals in it, nor in an outcome of a batch."""
    shown = f"{method.name} {data[:300].hex()} ({len(data)} bytes): {answer.kind} {answer.told[:500]}"
    if len(data) > MESSAGE_LIMIT:
        assert answer.kind == TOO_LARGE, shown
        return
    assert answer.kind in allowed(method.full_name), shown
    assert answer.reason in (*Reason, ""), shown
    assert not [word for word in INTERNALS if word in answer.told.lower()], shown
    for inner in _outcomes(answer.message) if answer.message else ():
        kind = (grpc_status(inner.code), inner.reason)
        assert kind in allowed(method.full_name), (shown, inner)
        assert not [word for word in INTERNALS if word in inner.message.lower()], (shown, inner)


def grpc_status(number: int) -> str:
    return next(code.name for code in grpc.StatusCode if code.value[0] == number)


def _outcomes(message: Message) -> Iterator[PayOrderError]:
    """The errors within an OK answer, wherever they stand."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated and field.message_type else [value]:
            if isinstance(one, PayOrderError):
                yield one
            elif isinstance(one, Message):
                yield from _outcomes(one)
