"""Around every method: whatever a handler does, the caller gets a documented status and nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn

import grpc
import structlog

from shared.database import ContendedError
from shared.errors import PayonceError, Reason, contended
from shared.failpoints import ARMED, failpoint
from shared.ids import new_id
from shared.rpc.errors import STATUS_OF, trailing_metadata
from shared.rpc.gate import Gate

log = structlog.get_logger()
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Context], Awaitable[Any]]


class Malformed:
    """Stands for a request whose bytes are no message."""


def mark_replayed(context: Context, replayed: bool) -> None:
    """Say in the trailing metadata that this answer was given before."""
    if replayed:
        context.set_trailing_metadata((("idempotent-replayed", "true"),))


class Registrar:
    """What services register with: the server gets to know every unary method of theirs wrapped.

    grpc.aio would send an uncaught exception's text to the caller as UNKNOWN. An interceptor of grpc.aio's could see to
    that too, but costs a coroutine in each call.
    """

    def __init__(self, server: grpc.aio.Server, gate: Gate | None = None) -> None:
        self._server = server
        self._gate = gate

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Wrap, and hand on."""
        self._server.add_generic_rpc_handlers([_Wrapped(one, self._gate) for one in handlers])

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Generated code registers its methods twice; once is enough."""


class _Wrapped(grpc.GenericRpcHandler):
    def __init__(self, inner: grpc.GenericRpcHandler, gate: Gate | None) -> None:
        self._inner = inner
        self._gate = gate
        self._wrapped: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        if method not in self._wrapped:
            handler: Any = self._inner.service(handler_call_details)
            if handler is None or handler.request_streaming or handler.response_streaming:
                return handler  # unknown methods, and the standard services' streams
            self._wrapped[method] = grpc.unary_unary_rpc_method_handler(
                _wrapped(handler.unary_unary, method, self._gate),
                request_deserializer=_tolerant(handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        return self._wrapped[method]


def _tolerant(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """grpc.aio answers UNKNOWN to bytes that don't parse; the handler below says INVALID_ARGUMENT instead."""

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except Exception:  # noqa: BLE001 - every parse error is the caller's
            return Malformed()

    return read


def _wrapped(handle: Handler, method: str, gate: Gate | None) -> Handler:
    name = method.rpartition("/")[2]
    received = f"request_received:{name}"

    async def wrapped(request: Any, context: Context) -> Any:
        failpoint(received)
        if ARMED:
            context.add_done_callback(_reply_sent(name))
        try:
            if gate:
                gate.pass_through()
            return await handle(_well_formed(request), context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence
            await _refuse(context, as_answer(error, method))

    return wrapped


def _well_formed(request: Any) -> Any:
    if isinstance(request, Malformed):
        raise PayonceError(Reason.INVALID_REQUEST, "The request is not a valid protobuf message.")
    return request


def _reply_sent(name: str) -> Any:
    return lambda *_: failpoint(f"reply_sent:{name}")


def as_answer(error: BaseException, method: str) -> PayonceError:
    """What a caller is told. Whatever was not foreseen is logged whole, and told without internals."""
    if isinstance(error, PayonceError):
        return error
    if isinstance(error, ContendedError):
        return contended()
    error_id = str(new_id())
    log.error("unforeseen", error_id=error_id, method=method, exc_info=error)
    return PayonceError(Reason.INTERNAL, f"Internal error {error_id}.", metadata={"error_id": error_id})


async def _refuse(context: Context, error: PayonceError) -> NoReturn:
    await context.abort(STATUS_OF[error.reason], error.message, trailing_metadata(error))
    raise AssertionError("abort does not return")
