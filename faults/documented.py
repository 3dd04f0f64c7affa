"""Whether a caller could have known that an answer may come."""

from functools import cache

from shared.errors import Reason
from tests.harness.documented import documented

# What the transport says when a process, or the way to it, is gone; it carries no ErrorInfo. A proxy or a balancer in
# front of any gRPC service says the same.
OF_THE_TRANSPORT = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


@cache
def answers() -> dict[str, frozenset[tuple[str, str]]]:
    """What the comments in `protos/` say that each RPC may answer."""
    return {name.rpartition(".")[2]: pairs for name, pairs in documented().items()}


def explained(rpc: str, status: str, reason: str, *, hung_up: bool = False) -> bool:
    """Whether it is documented, or the transport's."""
    if reason:
        return (status, reason) in answers()[rpc] and reason != Reason.INTERNAL
    return status == "OK" or status in OF_THE_TRANSPORT or (hung_up and status == "CANCELLED")
