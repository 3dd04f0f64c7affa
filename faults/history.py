"""What every client saw: each attempt of each call, when it began and ended, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FOR_GOOD = {"INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "ALREADY_EXISTS", "PERMISSION_DENIED"}


class Outcome(StrEnum):
    """What a caller knows afterwards."""

    OK = "ok"
    REFUSED = "refused"  # for good: nothing moved by it
    AGAIN = "again"  # the server says: send it again; it may have happened
    UNKNOWN = "unknown"  # no answer

    @classmethod
    def of(cls, status: str, reason: str) -> "Outcome":
        """Of an error; without a reason it is the transport's."""
        if not reason:
            return cls.UNKNOWN
        return cls.REFUSED if status in FOR_GOOD else cls.AGAIN


@dataclass(slots=True, kw_only=True)
class Call:
    """One attempt. Times are seconds since the seed began."""

    story: int
    rpc: str
    request: Any  # the message
    begun_s: float
    process: int = 0
    ended_s: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    status: str = ""  # the gRPC status
    reason: str = ""  # ErrorInfo's; empty when the transport said it
    text: str = ""
    answer: Any = None
    replayed: bool = False
    hung_up: bool = False  # by the caller

    @property
    def said(self) -> str:
        """The answer in a word."""
        return "OK" if self.outcome is Outcome.OK else "/".join(filter(None, (self.status, self.reason)))

    def line(self) -> str:
        """For people."""
        request = " ".join(str(self.request).split())
        answer = " ".join(str(self.answer).split()) if self.answer is not None else self.text
        replay = " replayed" if self.replayed else ""
        return (
            f"{self.begun_s:8.3f}-{self.ended_s:8.3f} [{self.process}] {self.rpc}({request})"
            f" -> {self.outcome} {self.said}{replay} {answer}"
        )


@dataclass(slots=True)
class History:
    """All attempts, in the order in which they began."""

    calls: list[Call] = field(default_factory=list)
    lost: frozenset[str] = frozenset()  # orders that were taken away behind the services' back, for a while

    def of(self, story: int) -> list[Call]:
        """The calls that have to do with one thing."""
        return [call for call in self.calls if call.story == story]
