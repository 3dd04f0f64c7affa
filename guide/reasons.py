"""docs/errors.md: every reason, its status, what it means, what to do."""

from guide.advice import ADVICE
from guide.documented import documented
from payonce.client.reasons import CLASS_OF
from shared.errors import Reason
from shared.rpc.errors import STATUS_OF

HEAD = """# Errors

What each error means, and what the caller should do. (Written from `guide/advice.py` by `make docs`.)

Every error carries a gRPC status and `google.rpc` details: `ErrorInfo` with the reason and metadata, `BadRequest` with
the fields that are wrong, `RetryInfo` with a delay. Decide by the reason, not by the text. Three rules cover most:

- **OK with `idempotent-replayed: true`** in the trailing metadata is a success: it was done before, and this is the
  first answer.
- **UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED, or no answer**: whether it happened is not known.
  Send the same request again, with the same ids. The Python client does it by itself, for `within_s` seconds.
- **INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, PERMISSION_DENIED, UNAUTHENTICATED**: no new money
  moved. Sending the same again changes nothing until something else has changed. (The last two say nothing about a try
  before this one that had no answer: call with another token, and send the same again.)

An error without `ErrorInfo` is the transport's: a server, or the way to it, is gone. It belongs to the second rule; but
RESOURCE_EXHAUSTED without one says that the message or its metadata is too big (`docs/security.md`), and stays so.

In Python every error is a `payonce.client.PayonceError` with `reason`, `code`, `metadata`, `violations` and
`retry_delay_s`; its class stands below the reason.
"""


def pages() -> dict[str, str]:
    """The page, by its name in docs/."""
    sections = [_section(status) for status in dict.fromkeys(code.name for code in STATUS_OF.values())]
    return {"errors.md": "\n".join([HEAD, *sections])}


def _section(status: str) -> str:
    rows = "".join(_row(reason) for reason, code in STATUS_OF.items() if code.name == status)
    head = "| reason | what it means | what to do | answered by |\n|---|---|---|---|\n"
    return f"## {status}\n\n{head}{rows}"


def _row(reason: Reason) -> str:
    meaning, do = ADVICE[reason]
    return f"| `{reason}`<br>`{CLASS_OF[reason].__name__}` | {meaning} | {do} | {_rpcs(reason)} |\n"


def _rpcs(reason: Reason) -> str:
    """The RPCs whose comments list it."""
    every = documented()
    names = [name.rpartition(".")[2] for name, answers in every.items() if reason in {why for _, why in answers}]
    return "every RPC" if len(names) == len(every) else ", ".join(names)
