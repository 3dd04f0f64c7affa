"""Both services on an embedded PostgreSQL, for code without an event loop."""

from pathlib import Path

from payonce.client import AsyncClient, Client
from payonce.client.loop import LoopThread
from payonce.processes import Pair


class PayonceServer:
    """order_service and payment_service as processes, in plain text on loopback, until `close`.

    Their data and logs are in `folder`, which PostgreSQL must be able to enter: it does not run as root.
    """

    def __init__(self, folder: Path) -> None:
        """Start them. StartupError with the service's own line when one does not."""
        self._loop = LoopThread("payonce-server")
        self._pair = Pair(folder)
        try:
            self._loop.wait_for(self._pair.start())
        except BaseException:
            self.close()
            raise

    @property
    def order_address(self) -> str:
        """host:port of order_service; the same after a restart."""
        return self._pair.order_address

    @property
    def payment_address(self) -> str:
        """host:port of payment_service; the same after a restart."""
        return self._pair.payment_address

    def client(self) -> Client:
        """A sync client of it, to be closed by whoever asks."""
        return Client(self.order_address, self.payment_address)

    def async_client(self) -> AsyncClient:
        """An async client of it, to be closed by whoever asks."""
        return AsyncClient(self.order_address, self.payment_address)

    def kill_payment(self) -> None:
        """SIGKILL to payment_service, as a crash would; it stays down until `start_payment`."""
        self._loop.wait_for(self._pair.kill_payment())

    def start_payment(self) -> None:
        """Start payment_service again, on the same port."""
        self._loop.wait_for(self._pair.start_payment())

    def close(self) -> None:
        """Stop everything."""
        self._loop.wait_for(self._pair.close())
        self._loop.close()
