"""The command line: `payonce up`, `demo`, `migrate`, `verify`; `payonce dev-certs` and `payonce token`."""

import asyncio
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from audit.check import NAMED
from audit.databases import configured
from audit.report import report
from payonce import demo as demonstration
from payonce import migrate as migrating
from payonce import up as running
from payonce.dev_certs import dev_certs
from payonce.outcome import write_outcome
from payonce.signals import until_signal
from payonce.tokens import read_key, token
from shared.embedded import default_folder
from shared.errors import StartupError


class TokenRole(Enum):
    """Those that a token can give; services have certificates."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    BACKOFFICE = "backoffice"


app = typer.Typer(help="A customer pays an order once.", no_args_is_help=True, add_completion=False)


@app.command()
def up(
    order_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else ORDER_LISTEN, or 50051.")] = None,
    payment_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else PAYMENT_LISTEN, or 50052.")] = None,
    data: Annotated[Path | None, typer.Option(help="PAYONCE_DATA_DIR, or .payonce, unless given.")] = None,
    secure: Annotated[bool, typer.Option(help="With TLS and tokens, made anew in dev-certs beside the data.")] = False,
) -> None:
    """Run both services and their PostgreSQL in this terminal.

    ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, where given, are used instead, and migrated.
    """
    work = running.up(data or default_folder(), order_port=order_port, payment_port=payment_port, secure=secure)
    asyncio.run(until_signal(work))


@app.command()
def demo() -> None:
    """Pay twenty orders through lost replies and a crash, then count."""
    sys.exit(0 if asyncio.run(until_signal(demonstration.demo())) else 1)


@app.command()
def migrate(
    which: Annotated[migrating.Which, typer.Argument(help="The databases to bring up to date.")] = migrating.Which.ALL,
) -> None:
    """Bring the databases to this version's schema, and the services' roles to their rights, while services run.

    ORDER_MIGRATION_URL and PAYMENT_MIGRATION_URL name the databases as the roles that own them, else ORDER_DATABASE_URL
    and PAYMENT_DATABASE_URL, else the embedded PostgreSQL has them. ORDER_APP_ROLE and PAYMENT_APP_ROLE are who serves,
    ORDER_READ_ROLE and PAYMENT_READ_ROLE who only reads.
    """
    sys.exit(migrating.migrate(which))


@app.command()
def verify(
    metrics: Annotated[Path | None, typer.Option(help="A file, ….prom, that tells Prometheus the outcome.")] = None,
    name_all: Annotated[bool, typer.Option("--all", help="Name every offender, not the first ten of a kind.")] = False,
) -> None:
    """Audit both databases, also while they are in use; exit 1 when anything is wrong, 2 when one can't be reached."""
    try:
        with configured() as urls:
            passed = report(urls, name_at_most=None if name_all else NAMED)
        if metrics:
            write_outcome(metrics, passed=passed)
        sys.exit(0 if passed else 1)
    except StartupError as error:
        print(f"verify: {error}", file=sys.stderr)
        sys.exit(2)


@app.command("dev-certs")
def make_dev_certs(folder: Annotated[Path, typer.Argument(help="Files of an earlier run there are replaced.")]) -> None:
    """Make an authority, certificates of both services and a client, and a key that signs tokens. For development."""
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
    print(token(read_key(key), role=role.value, sub=sub, audience=audience, ttl_s=ttl_s))


def main() -> NoReturn:
    """The console command `payonce`."""
    try:
        app()
    except StartupError as error:
        sys.exit(f"payonce: {error}")
    sys.exit(0)


if __name__ == "__main__":
    main()
