"""`payonce up` and `payonce demo`: both services in one terminal; `payonce console`: the page by itself."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from payonce.signals import until_signal

app = typer.Typer()


@app.command()
def up(
    *,
    order_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else ORDER_LISTEN, or 50051.")] = None,
    payment_port: Annotated[int | None, typer.Option(help="0 takes a free one. Else PAYMENT_LISTEN, or 50052.")] = None,
    console_port: Annotated[
        int | None, typer.Option(help="0 takes a free one. Else PAYONCE_CONSOLE_LISTEN, or 50080.")
    ] = None,
    console: Annotated[bool, typer.Option(help="With the console, a web page.")] = True,
    data: Annotated[Path | None, typer.Option(help="PAYONCE_DATA_DIR, or .payonce, unless given.")] = None,
    secure: Annotated[bool, typer.Option(help="With TLS and tokens, made anew in dev-certs beside the data.")] = False,
) -> None:
    """Run both services, their PostgreSQL and the console in this terminal.

    ORDER_DATABASE_URL and PAYMENT_DATABASE_URL, where given, are used instead, and migrated.
    """
    # Imported here, and so below: databases and what else takes its time is nothing to a command that makes a call.
    from payonce.up import up as run  # noqa: PLC0415
    from shared.embedded import default_folder  # noqa: PLC0415

    work = run(
        data or default_folder(),
        order_port=order_port,
        payment_port=payment_port,
        console_port=console_port,
        with_console=console,
        secure=secure,
    )
    asyncio.run(until_signal(work))


@app.command("console")
def serve_console() -> None:
    """Serve the console, a web page, for services that run elsewhere: docs/console.md tells its settings."""
    from payonce.console.main import serve  # noqa: PLC0415

    asyncio.run(until_signal(serve(os.environ)))


@app.command()
def demo() -> None:
    """Pay twenty orders through lost replies and a crash, then count."""
    from payonce.demo import demo as run  # noqa: PLC0415

    sys.exit(0 if asyncio.run(until_signal(run())) else 1)
