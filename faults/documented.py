"""What each RPC may answer: read out of the comments in `protos/`, which is where callers read it too."""

import re
from functools import cache
from pathlib import Path

from shared.errors import Reason
from shared.rpc.errors import STATUS_OF

PROTOS = Path(__file__).parents[1] / "protos" / "payonce"
FILES = ("order/v1/order_service.proto", "payment/v1/payment_service.proto")
SERVICE = re.compile(r"((?:^//.*\n)+)service \w+ \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
RPC = re.compile(r"((?:^  //.*\n)+)  rpc (\w+)\(", re.MULTILINE)
AS = re.compile(r"Errors: as (\w+)")
WORD = re.compile(r"[A-Z][A-Z_]+")
REASONS = {str(reason) for reason in Reason}
# What the transport says when a process, or the way to it, is gone; it carries no ErrorInfo. A proxy or a balancer in
# front of any gRPC service says the same.
OF_THE_TRANSPORT = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


@cache
def documented() -> dict[str, frozenset[str]]:
    """The reasons that each RPC's comment names, with those that its service's comment names for all."""
    found: dict[str, frozenset[str]] = {}
    for name in FILES:
        text = (PROTOS / name).read_text()
        for head, body in SERVICE.findall(text):
            for comment, rpc in RPC.findall(body):
                inherited = AS.search(comment)
                more = found[inherited[1]] if inherited else frozenset()
                found[rpc] = frozenset(REASONS & set(WORD.findall(head + comment))) | more
    return found


def explained(rpc: str, status: str, reason: str, *, hung_up: bool = False) -> bool:
    """Whether a caller could have known that this may come."""
    if reason:
        return reason in documented()[rpc] and status == STATUS_OF[Reason(reason)].name and reason != Reason.INTERNAL
    return status == "OK" or status in OF_THE_TRANSPORT or (hung_up and status == "CANCELLED")
