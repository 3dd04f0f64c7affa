"""One run of one command that calls the services."""

import asyncio
import functools
import itertools
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from payonce.cli.say import Say
from payonce.client import Client
from payonce.signals import until_signal
from shared.ids import new_id

T = TypeVar("T")
PAGE_LIMIT = 1000  # the services' own


class Session:
    """Where the services are, how to answer, and by which id what is asked for is known."""

    def __init__(self, environ: Mapping[str, str], say: Say) -> None:
        self.environ = environ
        self.say = say
        self.request_id = ""

    @functools.cached_property
    def client(self) -> Client:
        """Connects at the first call."""
        return Client.from_environment(self.environ)

    def named(self, request_id: str | None) -> str:
        """The request id given, or a new one; who is not answered is told it."""
        self.request_id = request_id or str(new_id())
        return self.request_id

    def list(self, read: Callable[..., Iterator[Message]], columns: Sequence[str], limit: int | None) -> None:
        """Say what `read` finds, which takes a `page_size`; at most `limit` of it, and whether that is all."""
        wanted = PAGE_LIMIT if limit is None else limit + 1  # one more tells whether there is more
        found = read(page_size=min(wanted, PAGE_LIMIT))
        self.say.many(itertools.islice(found, limit), columns)
        if next(found, None) is not None:
            self.say.note("There are more: --limit with a larger number, or --all.")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What many calls at once come to. KeyboardInterrupt when a signal ends them before."""
        found = asyncio.run(until_signal(work))
        if found is None:
            raise KeyboardInterrupt
        return found

    def close(self) -> None:
        """Close what was connected."""
        if "client" in self.__dict__:
            self.client.close()
