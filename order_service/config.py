"""order_service's settings, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.config import Address, DatabaseUrl


class OrderSettings(BaseSettings):
    """Each field is the variable `ORDER_…`."""

    model_config = SettingsConfigDict(env_prefix="ORDER_")

    database_url: DatabaseUrl | None = None  # the embedded PostgreSQL when unset
    listen: Address = "127.0.0.1:50051"
    pool_size: int = Field(default=8, ge=1, le=200)
    grace_s: float = Field(default=10.0, ge=0)  # how long calls in flight may take after SIGTERM
