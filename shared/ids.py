"""Identifiers: what clients may choose, and what we give."""

import re
from uuid import UUID

import uuid_utils.compat

# No colon: ids of system accounts contain one, so that no client can name them.
CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
CLIENT_ID_RULE = "must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ - and start with a letter or digit"


def client_id(value: object) -> str:
    """The value, if a client may have chosen it; else ValueError."""
    if isinstance(value, str) and CLIENT_ID.fullmatch(value):
        return value
    raise ValueError(CLIENT_ID_RULE)


def new_id() -> UUID:
    """UUID version 7 (RFC 9562): random, and ordered by time, so that index inserts stay local."""
    return uuid_utils.compat.uuid7()
