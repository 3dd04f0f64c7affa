"""All methods in one class."""

from payonce.client._async.accounts import Accounts
from payonce.client._async.corrections import Corrections
from payonce.client._async.orders import Orders
from payonce.client._async.payments import Payments
from payonce.client._async.tickets import Tickets


class AsyncClient(Orders, Payments, Tickets, Corrections, Accounts):
    """Both services. Every method may be called again with the same ids: no money moves twice.

    Use it as a context manager, or `close` it. Nothing is connected before the first call.

    Whatever changes something is asked for again, by itself, for `within_s` seconds: through lost replies, restarts and
    overload, as long as there is no answer. A read is one gRPC call, with gRPC's own few retries.

    Failed calls raise a `PayonceError`: one class for each thing that a caller does differently.
    """
