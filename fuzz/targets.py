"""What is fuzzed: from bytes to a command for a use case, or to a refusal that a caller may see. Nothing else may come.

Every RPC of both services goes through its own servicer, whose use cases are replaced; a new one is covered by itself.
"""

import asyncio
import base64
import json
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, cast

import grpc
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

from order_service.rpc.servicer import OrderServicer
from payment_service.rpc.servicer import PaymentServicer
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_service_pb2
from payonce.type.v1.money_pb2 import Money
from shared.callers import DEVELOPER
from shared.errors import PayonceError, Reason
from shared.rpc import paging
from shared.rpc.access import set_caller
from shared.rpc.errors import STATUS_OF, trailing_metadata

METADATA_LIMIT = 8 * 1024  # what gRPC's clients take, unless told otherwise
GOOD = {"payment_id": "01a21206-24f3-767b-8719-1d30e587edc1", "ticket": "A" * 22, "currency_code": "EUR"}


class Reached(BaseException):
    """A use case was called. No `except Exception` on the way takes it for trouble."""


class UseCase:
    """Stands for all of them."""

    def __getattr__(self, name: str) -> "UseCase":
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        raise Reached


class Caller:
    """A context of a call, as far as a servicer looks at it."""

    def time_remaining(self) -> None:
        return None


def targets() -> list[tuple[MethodDescriptor, Any]]:
    """Each method, and the servicer's own for it."""
    use = cast("Any", UseCase())
    servicers = {
        order_service_pb2.DESCRIPTOR: OrderServicer(use),
        payment_service_pb2.DESCRIPTOR: PaymentServicer(use, ticket_ttl_s=1.0, authorization_ttl=timedelta(days=1)),
    }
    return [
        (method, getattr(servicer, method.name))
        for file, servicer in servicers.items()
        for service in file.services_by_name.values()
        for method in service.methods
    ]


TARGETS = targets()
LISTS = [target for target in TARGETS if "page_token" in target[0].input_type.fields_by_name]
LOOP = asyncio.new_event_loop()


def request(data: bytes) -> str:
    """The first byte chooses the method, the rest is its request: what came of it."""
    if not data:
        return "nothing"
    method, handle = TARGETS[data[0] % len(TARGETS)]
    try:
        message = GetMessageClass(method.input_type).FromString(data[1:])
    except DecodeError:
        return "no message"
    return _outcome(handle(message, Caller()))


def page_token(data: bytes) -> str:
    """A page token that is right but for its position, which is what `data` says; of each List method in turn."""
    if not data:
        return "nothing"
    method, handle = LISTS[data[0] % len(LISTS)]
    return _outcome(handle(forged(method, data[1:]), Caller()))


def forged(method: MethodDescriptor, position: bytes) -> Any:
    """The request of a List method for the page after a `position`: the values of a JSON array, without its brackets.

    A token is not signed: whoever has one can make another.
    """
    message: Any = GetMessageClass(method.input_type)()
    fill(message)
    question = json.dumps(paging._question(message)).encode()  # noqa: SLF001 - as a forger would learn it
    message.page_token = base64.urlsafe_b64encode(b"[" + question + b"," + position + b"]").decode()
    return message


def fill(message: Message) -> None:
    """Set every field to something that passes; of a oneof, the first."""
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if not (oneof and message.WhichOneof(oneof.name)):
            _fill_field(message, field)


def _fill_field(message: Message, field: Any) -> None:
    if field.message_type is Money.DESCRIPTOR:
        getattr(message, field.name).CopyFrom(Money(currency_code="EUR", minor_units=5))
    elif field.message_type and field.is_repeated:
        fill(getattr(message, field.name).add())
    elif field.message_type:
        fill(getattr(message, field.name))
    elif field.type == FieldDescriptor.TYPE_STRING and field.name != "page_token":
        value = GOOD.get(field.name, field.name.replace("_", "-"))  # a payer is not the payee
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


def _outcome(handling: Coroutine[Any, Any, object]) -> str:
    """`reached`, or the refusal's reason; whatever else is raised is a bug, and so is an answer."""
    set_caller(DEVELOPER)
    try:
        answer = LOOP.run_until_complete(handling)
    except Reached:
        return "reached"
    except PayonceError as error:
        _assert_told(error)
        return error.reason
    raise AssertionError(f"answered without a use case: {answer}")


def _assert_told(error: PayonceError) -> None:
    """The refusal fits into a caller's metadata, and reads there as it was meant."""
    assert error.reason == Reason.INVALID_REQUEST, error.reason
    metadata = dict(trailing_metadata(error))
    assert sum(len(name) + len(value) + 32 for name, value in metadata.items()) < METADATA_LIMIT
    status = status_pb2.Status.FromString(cast("bytes", metadata["grpc-status-details-bin"]))
    assert grpc.StatusCode.INVALID_ARGUMENT is STATUS_OF[error.reason]
    assert status.message == error.message
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert info.reason == error.reason
    assert status.details[1].Unpack(bad)
    assert bad.field_violations
