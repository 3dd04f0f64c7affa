"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]

PACKAGES = ("grpcio", "uvloop", "protobuf", "sqlalchemy", "psycopg", "dbos")


def about() -> dict[str, object]:
    """Date, size and versions."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    with open("/proc/cpuinfo") as info:  # noqa: PTH123
        names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return names[0] if names else platform.machine()
