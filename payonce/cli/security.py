"""`payonce dev-certs` and `payonce token`: who is who, for development."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


class TokenRole(Enum):
    """Those that a token can give; services have certificates."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    BACKOFFICE = "backoffice"


@app.command("dev-certs")
def make_dev_certs(folder: Annotated[Path, typer.Argument(help="Files of an earlier run there are replaced.")]) -> None:
    """Make an authority, certificates of both services and a client, and a key that signs tokens. For development."""
    # Imported here, and so below: cryptography takes its time, and is nothing to a command that makes a call.
    from payonce.dev_certs import dev_certs  # noqa: PLC0415

    for path in dev_certs(folder):
        print(path)


@app.command("token")
def make_token(
    role: Annotated[TokenRole, typer.Option(help="What the caller is.")],
    sub: Annotated[str, typer.Option(help="Who: what owner_id, customer_id and merchant_id are compared with.")],
    key: Annotated[Path, typer.Option(help="token-key.pem of `payonce dev-certs`.")],
    audience: Annotated[str, typer.Option(help="What the services have as …_TOKEN_AUDIENCE.")] = "payonce",
    ttl_s: Annotated[int, typer.Option(help="Good for so many seconds.", min=1)] = 300,
) -> None:
    """Print a token. For development."""
    from payonce.tokens import read_key, token  # noqa: PLC0415

    print(token(read_key(key), role=role.value, sub=sub, audience=audience, ttl_s=ttl_s))
