"""Clients of both services, async and sync: deadlines, retries, errors as exceptions. They speak gRPC, nothing else.

`AsyncClient` belongs to the event loop that makes its first call. `Client` has the same methods without `await`, for
any number of threads; inside a running event loop it refuses to block it (RuntimeError).

Both belong to the process that makes their first call. Of a process that forks, such as a web server with workers, each
child makes its own, or makes the first call; a client that was used before the fork says so (RuntimeError).

Where this is imported before grpc, gRPC's core writes nothing to stderr; with GRPC_VERBOSITY set, what that says.
"""

import payonce.client.silence  # noqa: F401 - which has to come before anything imports grpc
from payonce.client import errors
from payonce.client._async.client import AsyncClient
from payonce.client._sync.client import Client
from payonce.client.errors import *  # noqa: F403 - each class is in errors.__all__
from payonce.client.messages import PaidOrder, PaidTicket
from payonce.client.wire import ORDER_SERVICE, PAYMENT_SERVICE
from shared.errors import StartupError

__all__ = [
    "ORDER_SERVICE",
    "PAYMENT_SERVICE",
    "AsyncClient",
    "Client",
    "PaidOrder",
    "PaidTicket",
    "StartupError",
]
__all__ += errors.__all__
