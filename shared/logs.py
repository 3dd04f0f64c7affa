"""Logging: one JSON object a line on stderr, or coloured text when a person is watching."""

import logging
import sys

import structlog

from shared.telemetry.loglines import with_trace, without_secrets


def configure(service: str) -> None:
    """Every line carries the time (UTC), the level and the service. Ids and outcomes; never tokens or SQL."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            with_trace,
            structlog.processors.format_exc_info,
            without_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
