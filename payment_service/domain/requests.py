"""Requests that have no natural key bring one: a `request_id`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Who asked for what, under which id."""

    caller: str
    method: str
    request_id: str
