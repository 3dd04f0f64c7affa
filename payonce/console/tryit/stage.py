"""Where Try it plays: two services that may be broken."""

from typing import Protocol


class Stage(Protocol):
    """Where the services are, and a way to crash one. `payonce.processes.Pair` is one."""

    @property
    def order_address(self) -> str:
        """host:port of order_service."""

    @property
    def payment_address(self) -> str:
        """host:port of payment_service; the same after a crash."""

    async def crash_payment(self) -> None:
        """End payment_service by SIGKILL, and start it again."""
