"""Asking again, by itself, until there is an answer or the time is over. Above gRPC's own retries of one call.

gRPC's retries are a few, within a call's deadline, and outlast a restart; these outlast an outage.
"""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from payonce.client.errors import PayonceError, Unavailable

T = TypeVar("T")
FIRST_S = 0.1
LONGEST_S = 2.0
SHORTEST_S = 0.001  # a deadline that is over already would not even be sent
# Full jitter: callers who failed together don't come back together.
_jitter = wait_random_exponential(multiplier=FIRST_S, max=LONGEST_S)


def may_be_sent_again(error: object) -> bool:
    """Whether the same request, sent once more, may be answered otherwise."""
    return isinstance(error, Unavailable)


async def until_answered(
    once: Callable[[float], Awaitable[T]], *, within_s: float, what: str, over: Callable[[], bool]
) -> T:
    """What `once` answers, which is called with the seconds that are left, as often as it takes, unless it is `over`.

    Raises:
        PayonceError: An answer other than "send it again"; or, with a text that says so, `Unavailable` once the time
            is over.
    """
    until = time.monotonic() + within_s
    too_late = stop_before_delay(within_s)

    def stop(state: RetryCallState) -> bool:
        return over() or too_late(state)

    tries = AsyncRetrying(retry=retry_if_exception(may_be_sent_again), wait=_pause, stop=stop, reraise=True)

    async def attempt() -> T:
        return await once(max(until - time.monotonic(), SHORTEST_S))

    try:
        return await tries(attempt)
    except Unavailable as error:
        raise _unknown(error, what, within_s, tries.statistics["attempt_number"]) from error.__cause__


def _pause(state: RetryCallState) -> float:
    """What the server asked for, and the jitter on top of it."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_delay_s if isinstance(error, PayonceError) else None
    return (asked or 0.0) + _jitter(state)


def _unknown(last: Unavailable, what: str, within_s: float, tries: int) -> Unavailable:
    same = f"request_id={last.request_id}" if last.request_id else "the same ids"
    text = (
        f"{what} had no answer (within_s={within_s:g}, tries: {tries}); whether it happened is not known, "
        f"and asking again with {same} is safe. The last try: {last}"
    )
    return type(last)(
        text,
        last.code,
        reason=last.reason,
        metadata=last.metadata,
        retry_delay_s=last.retry_delay_s,
        request_id=last.request_id,
    )
