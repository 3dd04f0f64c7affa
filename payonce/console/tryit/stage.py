"""Where Try it plays: two services that may be broken."""

from typing import Protocol


class Stage(Protocol):
    """The services' addresses, and a way to crash one. `payonce.processes.Pair` is one."""

    order_address: str
    payment_address: str

    async def crash_payment(self) -> None:
        """End payment_service by SIGKILL, and start it again."""
