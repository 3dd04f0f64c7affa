"""Batches go in as arrays through `unnest`: a statement's text does not grow with the batch and stays prepared."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.types import TypeEngine

TEXTS = ARRAY(sa.Text)
UUIDS = ARRAY(UUID(as_uuid=True))
BIGINTS = ARRAY(sa.BigInteger)
BOOLEANS = ARRAY(sa.Boolean)
FLOATS = ARRAY(sa.Float)


def statement(sql: str, **arrays: TypeEngine[Any]) -> sa.TextClause:
    """`sql` with its array parameters typed, so that an empty array or one of NULLs has a type too."""
    return sa.text(sql).bindparams(*(sa.bindparam(name, type_=kind) for name, kind in arrays.items()))
