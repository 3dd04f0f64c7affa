"""Whether a caller could have known that an answer may come."""

from functools import cache

from guide.documented import documented
from shared.errors import Reason

# What the transport says when a process, or the way to it, is gone; it carries no ErrorInfo. A proxy or a balancer in
# front of any gRPC service says the same. CANCELLED is what grpc's core does to calls that have arrived, and are not
# taken in yet, at the moment when a server stops; or what a caller did itself.
OF_THE_TRANSPORT = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}


@cache
def answers() -> dict[str, frozenset[tuple[str, str]]]:
    """What the comments in `protos/` say that each RPC may answer."""
    return {name.rpartition(".")[2]: pairs for name, pairs in documented().items()}


def explained(rpc: str, status: str, reason: str) -> bool:
    """Whether it is documented, or the transport's."""
    if reason:
        return (status, reason) in answers()[rpc] and reason != Reason.INTERNAL
    return status == "OK" or status in OF_THE_TRANSPORT
