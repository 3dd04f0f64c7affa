from typing import NamedTuple

"""Requests that have no natural key bring one: a `request_id`."""


class RequestKey(NamedTuple):
    """Who asked for what, under which id."""

    caller: str
    method: str
    request_id: str
