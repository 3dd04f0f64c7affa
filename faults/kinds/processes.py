"""What happens to the services' processes."""

import signal
from random import Random
from typing import TYPE_CHECKING

from faults.kinds.base import Momentary, Shape, Values

if TYPE_CHECKING:
    from faults.processes import Service
    from faults.stage import Stage

RPCS = ("PayOrder", "AuthorizePayment", "CapturePayment", "VoidAuthorization", "PayWithTicket", "RefundPayment",
        "ReversePayment", "Deposit", "Withdraw")  # fmt: skip
TRANSACTIONS = ("charge", "confirm", "refund", "reversal", "void", "begin_ending", "tombstone", "capture",
                "create_ticket", "seal", "Deposit", "Withdraw", "RefundPayment")  # fmt: skip
FAILPOINTS = {
    "payment": (
        *(f"{point}:{rpc}" for rpc in RPCS for point in ("request_received", "reply_sent")),
        *(f"{point}:{name}" for name in TRANSACTIONS for point in ("begun", "commit_sent", "committed")),
        "orders_read", "claim_inserted", "entries_inserted", "mark_orders_paid_sent", "mark_orders_paid_returned",
        "correction_begun", "refund_written", "orders_ended", "captured", "tickets_used",
        "mark_orders_refunded_sent", "mark_orders_refunded_returned",
    ),
    "order": (
        *(
            f"{point}:{rpc}"
            for rpc in ("CreateOrder", "CancelOrder", "BatchGetOrders", "MarkOrdersPaid", "MarkOrdersRefunded")
            for point in ("request_received", "reply_sent")
        ),
        "mark_orders_paid_committed", "mark_orders_refunded_committed",
    ),
}  # fmt: skip


def _draw(which: str, random: Random, shape: Shape) -> Values:
    return {"service": which, "process": random.randrange(shape.payments if which == "payment" else shape.orders)}


def _service(stage: "Stage", values: Values) -> "Service":
    return stage.services[values["service"]][values["process"]]


class Kill(Momentary):
    """SIGKILL at a random moment; it is started again at once."""

    number = "F1-F11"

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"kill_{which}"
        self.about = f"SIGKILL of a {which}_service at a random moment"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).send(signal.SIGKILL)


class Failpoint:
    """Killed and started again with a failpoint, at which it kills itself; if it never gets there, it is killed."""

    number = "F1-F11"
    lasts_s = (0.5, 2.5)
    habit = False

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"failpoint_{which}"
        self.about = f"a {which}_service kills itself at a failpoint (docs/failpoints.md)"
        self.exclusive = self.name

    def draw(self, random: Random, shape: Shape) -> Values:
        return {**_draw(self._which, random, shape), "failpoint": random.choice(FAILPOINTS[self._which])}

    async def begin(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).arm(values["failpoint"])

    async def end(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).disarm()


class Stop:
    """SIGSTOP, later SIGCONT: in mid-transaction, for all the others know."""

    number = "F21"
    lasts_s = (0.2, 3.0)
    exclusive = ""
    habit = False

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"stop_{which}"
        self.about = f"SIGSTOP of a {which}_service, and SIGCONT"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).send(signal.SIGSTOP)

    async def end(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).send(signal.SIGCONT)


class Terminate(Momentary):
    """SIGTERM under load: it drains, ends, and is started again, as in a rolling restart."""

    number = "F26"

    def __init__(self, which: str) -> None:
        self._which = which
        self.name = f"terminate_{which}"
        self.about = f"SIGTERM of a {which}_service under load, and a new one"

    def draw(self, random: Random, shape: Shape) -> Values:
        return _draw(self._which, random, shape)

    async def begin(self, stage: "Stage", values: Values) -> None:
        _service(stage, values).send(signal.SIGTERM)
