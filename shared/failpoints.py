"""Named points where a test can have the process killed, as a crash would: SIGKILL, nothing cleaned up.

Armed by the environment, `PAYONCE_FAILPOINT=claim_inserted`; unarmed, a point costs one comparison.
The names stand in docs/failpoints.md. One that no point has kills nothing: a test asserts that the process died.
"""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

ARMED = os.environ.get("PAYONCE_FAILPOINT")


def failpoint(name: str) -> None:
    """Die here when armed."""
    if name == ARMED:
        os.kill(os.getpid(), signal.SIGKILL)


async def failpoint_during(name: str, action: Coroutine[Any, Any, T]) -> T:
    """Die when armed, after `action` was sent and before its outcome is known."""
    if name != ARMED:
        return await action
    sent = asyncio.ensure_future(action)
    # Two turns of the loop: the bytes leave in the first; the answer cannot be seen before the second ends.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    failpoint(name)
    return await sent
