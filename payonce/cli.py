"""The command line: `payonce up`, `payonce demo`, `payonce verify`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from audit.databases import configured
from audit.report import report
from payonce import demo as demonstration
from payonce import up as running
from payonce.signals import until_signal
from shared.embedded import default_folder
from shared.errors import StartupError

app = typer.Typer(help="A customer pays an order once.", no_args_is_help=True, add_completion=False)


@app.command()
def up(
    order_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else ORDER_LISTEN, or 50051.")] = None,
    payment_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else PAYMENT_LISTEN, or 50052.")] = None,
    data: Annotated[Path | None, typer.Option(help="PAYONCE_DATA_DIR, or .payonce, unless given.")] = None,
) -> None:
    """Run both services and their PostgreSQL in this terminal.

    ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, where given, are used instead, and migrated.
    """
    work = running.up(data or default_folder(), order_port=order_port, payment_port=payment_port)
    asyncio.run(until_signal(work))


@app.command()
def demo() -> None:
    """Pay twenty orders through lost replies and a crash, then count."""
    sys.exit(0 if asyncio.run(until_signal(demonstration.demo())) else 1)


@app.command()
def verify() -> None:
    """Audit both databases, also while they are in use; exit 1 when anything is wrong, 2 when one can't be reached."""
    try:
        with configured() as urls:
            sys.exit(0 if report(urls) else 1)
    except StartupError as error:
        print(f"verify: {error}", file=sys.stderr)
        sys.exit(2)


def main() -> NoReturn:
    """The console command `payonce`."""
    try:
        app()
    except StartupError as error:
        sys.exit(f"payonce: {error}")
    sys.exit(0)


if __name__ == "__main__":
    main()
