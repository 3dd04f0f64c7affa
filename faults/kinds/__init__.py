"""Every kind of fault, by name."""

from faults.kinds.base import Kind
from faults.kinds.clients import Cancels, Duplicates, Herd
from faults.kinds.database import AmbiguousCommit, ClockJump, Connections, Crash, DiskFull, Failover, Frozen, Immediate
from faults.kinds.locks import Deadlock, RudeLocks
from faults.kinds.network import Cut, HalfOpen, LostReplies, OneWay, Partition, Refused, Slow
from faults.kinds.orders import LostOrder
from faults.kinds.processes import Failpoint, Kill, Stop, Terminate

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kill("payment"), Kill("order"), Failpoint("payment"), Failpoint("order"),
        Stop("payment"), Stop("order"), Terminate("payment"), Terminate("order"),
        Crash(), Immediate(), Failover(), Frozen(), AmbiguousCommit(), Connections(), DiskFull(), ClockJump(),
        RudeLocks(), Deadlock(), LostOrder(),
        LostReplies(), Cut(), Refused(), Partition(), OneWay(), HalfOpen(), Slow(),
        Herd(), Cancels(), Duplicates(),
    )
}  # fmt: skip

# Of the catalogue (DESIGN section 7): what is not injected here, and why.
LEFT_OUT = {
    "F22 clock jumps, of a service": "the time of day they ask PostgreSQL for; they measure by monotonic clocks",
    "F27 old and new version side by side": "tests/migrations runs them side by side, in quiet",
    "F31-F33 bad values, bytes, huge messages": "no question of time; tests/input has them",
    "F34 another customer's order": "no question of time; tests/access walks every RPC, role and owner",
    "F24 disk full, of the log (WAL)": "the data files' tablespace fills up; a full WAL ends in a crash, which is F16",
}
