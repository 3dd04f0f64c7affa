"""Times on the wire."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def timestamp(moment: datetime | None) -> Timestamp | None:
    """A protobuf Timestamp of an aware datetime; None stays unset."""
    if moment is None:
        return None
    # Exact, since it never leaves whole numbers; and a third of the time that FromDatetime takes.
    seconds, rest = divmod(moment - EPOCH, SECOND)
    return Timestamp(seconds=seconds, nanos=rest.microseconds * 1000)
