"""The cyclic garbage collector, set for a server.

Nearly everything here is freed by its reference count. With Python's own thresholds the collector took a seventh of
payment_service's samples in a profile of BatchPayOrders, in looking again and again at modules and at requests under
way.
"""

import gc

# Container objects more than before: so many make it look at the young ones. A large batch is that many.
YOUNG = 50_000


def settle() -> None:
    """To be called once everything is loaded: that stays, and need not be looked at any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
