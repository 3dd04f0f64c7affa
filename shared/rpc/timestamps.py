"""Times on the wire."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(moment: datetime | None) -> Timestamp | None:
    """A protobuf Timestamp of an aware datetime; None stays unset."""
    if moment is None:
        return None
    result = Timestamp()
    result.FromDatetime(moment)
    return result
