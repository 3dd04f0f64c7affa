"""Many callers of one order at once, whose replies get lost; and then what the books say."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from payonce.callers import pay_at_once
from payonce.charges import charges_of
from payonce.cli.say import Say
from payonce.client import AsyncClient, PayonceError
from payonce.client.settings import from_environ
from payonce.proxy import LossyProxy
from payonce.type.v1.money_pb2 import Money
from shared.errors import StartupError

PATIENCE_S = 60.0  # for an answer, at least: a caller may lose many replies in a row


@dataclass(frozen=True, slots=True)
class Storm:
    """What is to be played. `lose_replies` is the probability that a reply is lost; `seed` makes it repeatable."""

    order_id: str
    callers: int
    lose_replies: float
    seed: int
    expected_amount: Money | None
    within_s: float


async def play(storm: Storm, environ: Mapping[str, str], say: Say) -> dict[str, Any]:
    """Pay the order by all callers at once; the figures. StartupError over TLS, which hides what a reply is."""
    target = from_environ(environ)
    if target.credentials:
        raise StartupError(
            "over TLS no reply can be lost on purpose: the proxy in between would have to read the frames. "
            "Try it on a pair in plain text, `payonce up`"
        )
    proxy = LossyProxy(target.payment_address, probability=storm.lose_replies, seed=storm.seed)
    await proxy.start()
    try:
        answers = await _answers(storm, {**environ, "PAYONCE_PAYMENT_ADDRESS": proxy.address}, proxy, say)
    finally:
        await proxy.close()
    paid = [answer.payment.payment_id for answer in answers if not isinstance(answer, PayonceError)]
    refused = Counter(answer.reason or answer.code.name for answer in answers if isinstance(answer, PayonceError))
    async with AsyncClient.from_environment(environ) as client:
        charges = await charges_of(client, storm.order_id)
    return {
        "order_id": storm.order_id,
        "callers": storm.callers,
        "requests": proxy.requests,
        "replies_lost": proxy.replies_lost,
        "answers": len(paid),
        "refused": dict(refused),
        "distinct_payments": len(set(paid)),
        "payment_id": paid[0] if paid else "",
        "charges": len(charges),
    }


async def _answers(storm: Storm, environ: Mapping[str, str], proxy: LossyProxy, say: Say) -> list[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("answered"))
    with say.progress(*columns) as progress:
        bar = progress.add_task("paying", total=storm.callers)

        def answered(_: object) -> None:
            lost = f"requests {proxy.requests}, replies lost {proxy.replies_lost}"
            progress.update(bar, advance=1, description=lost)

        answers = await pay_at_once(
            [storm.order_id] * storm.callers,
            lambda: AsyncClient.from_environment(environ),
            answered=answered,
            expected_amount=storm.expected_amount,
            within_s=max(storm.within_s, PATIENCE_S),
        )
    return [answer for _, answer in answers]
