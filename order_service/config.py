"""order_service's settings, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.config import Address, ServiceSettings


class OrderSettings(ServiceSettings):
    """Each field is the variable `ORDER_…`."""

    model_config = SettingsConfigDict(env_prefix="ORDER_")

    listen: Address = "127.0.0.1:50051"
    pool_size: int = Field(default=8, ge=1, le=200)
    grace_s: float = Field(default=10.0, ge=0)  # how long calls in flight may take after SIGTERM
