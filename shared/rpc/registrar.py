"""Around every method: whatever a handler does, the caller gets a documented status and nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn

import grpc
import structlog

from shared.callers import DEVELOPER
from shared.database import ContendedError
from shared.errors import PayonceError, Reason, StartupError, contended
from shared.failpoints import ARMED, failpoint
from shared.ids import new_id
from shared.rpc.access import AccessTable, set_caller
from shared.rpc.errors import STATUS_OF, trailing_metadata
from shared.rpc.gate import Gate
from shared.rpc.guard import Guard
from shared.telemetry.call import arrives
from shared.telemetry.calls import count_refusal, count_replay, observed
from shared.telemetry.spans import tracing

log = structlog.get_logger()
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Context], Awaitable[Any]]
LetIn = Callable[[Context, str], None]


class Malformed:
    """Stands for a request whose bytes are no message."""


def mark_replayed(context: Context, replayed: bool) -> None:
    """Say in the trailing metadata that this answer was given before."""
    count_replay(replayed)
    if replayed:
        context.set_trailing_metadata((("idempotent-replayed", "true"),))


class Registrar:
    """What services register with: the server gets to know every unary method of theirs wrapped.

    grpc.aio would send an uncaught exception's text to the caller as UNKNOWN. An interceptor of grpc.aio's could see to
    that too, but costs a coroutine in each call.

    With an `access` table, each method must have its row there. A `guard` lets in who is in it, so nobody where
    there is no table. Without a guard all are the developer.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        gate: Gate | None = None,
        access: AccessTable | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._server = server
        self._gate = gate
        self._access = access
        self._guard = guard

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Wrap, and hand on."""
        self._server.add_generic_rpc_handlers([_Wrapped(one, self.let_in) for one in handlers])

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Generated code registers its methods twice; once is enough. Here they are compared with the access table."""
        if self._access is None:
            return
        if undecided := sorted(handlers.keys() ^ self._access.keys()):
            raise StartupError(f"{service} and its access table differ: {', '.join(undecided)}")

    def let_in(self, context: Context, name: str) -> None:
        """The one way to a handler: says who its caller is. Raises what the caller is told who may not come in."""
        if self._gate:
            self._gate.pass_through()
        set_caller(self._guard.admit(context, name, self._access or {}) if self._guard else DEVELOPER)


class _Wrapped(grpc.GenericRpcHandler):
    def __init__(self, inner: grpc.GenericRpcHandler, let_in: LetIn) -> None:
        self._inner = inner
        self._let_in = let_in
        self._wrapped: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        arrives(handler_call_details.invocation_metadata)
        if method not in self._wrapped:
            handler: Any = self._inner.service(handler_call_details)
            if handler is None or handler.request_streaming or handler.response_streaming:
                return handler  # unknown methods, and the standard services' streams
            self._wrapped[method] = grpc.unary_unary_rpc_method_handler(
                observed(_wrapped(handler.unary_unary, method, self._let_in), method),
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


def _wrapped(handle: Handler, method: str, let_in: LetIn) -> Handler:
    name = method.rpartition("/")[2]
    received = f"request_received:{name}"
    begin_trace = tracing(method)

    async def wrapped(request: Any, context: Context) -> Any:
        failpoint(received)
        if ARMED:
            context.add_done_callback(_reply_sent(name))
        try:
            let_in(context, name)
            begin_trace()
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
    answer = _as_answer(error, method)
    count_refusal(method, answer.reason)
    return answer


def _as_answer(error: BaseException, method: str) -> PayonceError:
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
