"""As much of two protocols as an ambush needs: where a reply begins (HTTP/2), what a COMMIT is (PostgreSQL).

HTTP/2: RFC 9113, section 4.1. PostgreSQL: the manual's chapter "Frontend/Backend Protocol".
"""

import re

HEAD = 9
HEADERS = 0x1
COMMIT = b"COMMIT\0"  # of a Query, and of a Parse; and the tag of the CommandComplete that answers
COMMITTED = b"C\0\0\0\x0bCOMMIT\0"
# CommandComplete of a statement that changed at least one row.
WROTE = re.compile(rb"C\0\0\0.(?:INSERT 0|UPDATE|DELETE|MERGE) [1-9]\d*\0", re.DOTALL)


class Frames:
    """Finds the frames of HTTP/2 in what comes piece by piece."""

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0

    def headers(self, data: bytes) -> int:
        """How many HEADERS frames begin in this piece: with each a reply begins, or ends."""
        found, at = 0, 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            step = min(HEAD - len(self._head), len(data) - at)
            self._head += data[at : at + step]
            at += step
            if len(self._head) == HEAD:
                found += self._head[3] == HEADERS
                self._skip, self._head = int.from_bytes(self._head[:3]), b""
        return found
