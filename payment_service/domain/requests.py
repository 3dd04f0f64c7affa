"""Requests that have no natural key bring one: a `request_id`."""

from typing import NamedTuple


class RequestKey(NamedTuple):
    """Who asked for what, under which id."""

    caller: str
    method: str
    request_id: str
