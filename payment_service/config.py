"""payment_service's settings, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.config import Address, ServiceSettings


class PaymentSettings(ServiceSettings):
    """Each field is the variable `PAYMENT_…`."""

    model_config = SettingsConfigDict(env_prefix="PAYMENT_")

    listen: Address = "127.0.0.1:50052"
    order_service: Address = "127.0.0.1:50051"
    order_service_name: str = ""  # what its certificate must name; unset: the host of its address
    order_timeout_s: float = Field(default=2.0, gt=0, le=60)  # for an answer of order_service, retries included
    pool_size: int = Field(default=8, ge=1, le=200)  # database connections of calls; batches have some of their own
    lanes: int = Field(default=2, ge=1, le=8)  # batches under way at the same time, of orders and of tickets each
    batch_limit: int = Field(
        default=256, ge=1, le=256
    )  # a claim takes a lock each, and PostgreSQL has a table for them
    queue_limit: int = Field(default=4096, ge=1)  # more waiting requests are refused with OVERLOADED
    ticket_ttl_s: float = Field(default=24 * 3600, ge=1, le=7 * 24 * 3600)
    authorization_ttl_s: float = Field(default=7 * 24 * 3600, ge=1, le=30 * 24 * 3600)
    grace_s: float = Field(default=10.0, ge=0)  # how long calls in flight may take after SIGTERM

    def addresses(self) -> list[str]:
        """Ours, and order_service's."""
        return [self.listen, self.order_service]
