"""Whether to give up soon on a lock that does not come free.

A transaction that is alone has time. A part of a batch that failed has none: the next part may wait for the same lock
and the one after it, and those that need no such lock wait with them.
"""

from contextvars import ContextVar

HURRIED: ContextVar[bool] = ContextVar("HURRIED", default=False)
