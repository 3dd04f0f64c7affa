"""`payonce migrate` and `payonce verify`: the databases themselves, not by way of the services."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from payonce import migrate as migrating
from shared.errors import StartupError

app = typer.Typer()


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
    # Imported here: SQL and its drivers take their time, and are nothing to a command that makes a call.
    from audit.check import NAMED  # noqa: PLC0415
    from audit.databases import configured  # noqa: PLC0415
    from audit.report import report  # noqa: PLC0415
    from payonce.outcome import write_outcome  # noqa: PLC0415

    try:
        with configured() as urls:
            passed = report(urls, name_at_most=None if name_all else NAMED)
        if metrics:
            write_outcome(metrics, passed=passed)
        sys.exit(0 if passed else 1)
    except StartupError as error:
        print(f"verify: {error}", file=sys.stderr)
        sys.exit(2)
