"""`payonce migrate`: each service's own `migrate`, one after the other."""

import subprocess
import sys
from enum import StrEnum


class Which(StrEnum):
    """The databases."""

    ORDERS = "orders"
    PAYMENTS = "payments"
    ALL = "all"


MODULES = {Which.ORDERS: "order_service", Which.PAYMENTS: "payment_service"}


def migrate(which: Which) -> int:
    """The exit status of the first that fails, and the others are not tried; 0 when all are done."""
    for name, module in MODULES.items():
        if which in (name, Which.ALL):
            ended = subprocess.run([sys.executable, "-m", module, "migrate"], check=False)  # noqa: S603 - ours
            if ended.returncode != 0:
                return ended.returncode
    return 0
