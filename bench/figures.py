"""What is measured, each as one round that can be repeated."""

from bench.calls import BATCH_SIZE
from bench.load import Round
from bench.processes import Client, Server, cpu_s
from bench.sample import Figure, Sample
from bench.shop import order_id
from bench.stage import Stage

IN_FLIGHT = (1, 32, 256)
FULL = 256
CHANNELS = 8  # enough that each of two workers is dealt some
BATCHES_IN_FLIGHT = 3
BATCHES = 9
# More than a round can use up; what is left is the next one's.
RESERVE = 20_000
REFUNDS = 1_000


def echo(client: Client, server: Server, in_flight: int) -> Figure:
    """The ceiling."""

    def run() -> Sample:
        before = _cpu_of_echo(client, server)
        measured = client.run(Round(kind="echo", address=server.address, in_flight=in_flight, series="spread"))
        after = _cpu_of_echo(client, server)
        return Sample(
            rate=measured.rate,
            done=measured.done,
            p50_ms=measured.p50_ms,
            p99_ms=measured.p99_ms,
            cpu_s={who: after[who] - before[who] for who in after},
        )

    return Figure(name="echo", in_flight=in_flight, run=run)


def pay(
    client: Client, stage: Stage, name: str, series: str, in_flight: int, *, kind: str = "pay", channels: int = 1
) -> Figure:
    """PayOrder, one call an order; or PayWithTicket."""

    def run() -> Sample:
        first = stage.make(series, RESERVE)
        asked = Round(
            kind=kind,
            address=stage.address,
            in_flight=in_flight,
            channels=channels,
            series=series,
            first=first,
            limit=RESERVE,
        )
        sample = _run(client, stage, asked)
        stage.used[series] += sample.done
        return sample

    return Figure(name=name, in_flight=in_flight, run=run)


def pay_batch(client: Client, stage: Stage) -> Figure:
    """BatchPayOrders of 1,000."""

    def run() -> Sample:
        asked = Round(
            kind="pay_batch",
            address=stage.address,
            in_flight=BATCHES_IN_FLIGHT,
            series="batch",
            first=stage.make("batch", BATCHES * BATCH_SIZE),
            limit=BATCHES,
            size=BATCH_SIZE,
            window_s=60,
        )
        sample = _run(client, stage, asked)
        stage.used["batch"] += sample.done
        return sample

    return Figure(name="pay_batch", in_flight=BATCHES_IN_FLIGHT, run=run)


def replay(client: Client, stage: Stage, name: str = "replay") -> Figure:
    """PayOrder of orders that were paid."""

    def run() -> Sample:
        if not stage.used.get("spread"):
            pay(client, stage, "", "spread", FULL).run()
        repeat = stage.used["spread"]
        asked = Round(kind="pay", address=stage.address, in_flight=FULL, series="spread", repeat=repeat)
        return _run(client, stage, asked)

    return Figure(name=name, in_flight=FULL, run=run)


def refund(client: Client, stage: Stage) -> Figure:
    """RefundPayment in full."""
    query = """SELECT payment_id::text FROM payments p JOIN unnest(%s::text[]) AS o (subject) USING (subject)
                WHERE state = 'succeeded' AND correction_id IS NULL"""

    def run() -> Sample:
        first = stage.make("refund", REFUNDS)
        paid = client.run(
            Round(kind="pay", address=stage.address, in_flight=FULL, series="refund", first=first, limit=REFUNDS)
        )
        stage.used["refund"] += paid.done
        stage.quiet(sealed=False)
        subjects = [f"order:{order_id('refund', n)}" for n in range(first, first + paid.done)]
        ids = [row[0] for row in stage.postgres.rows(stage.payments_database, query, [subjects])]
        return _run(client, stage, Round(kind="refund", address=stage.address, in_flight=FULL, items=ids))

    return Figure(name="refund", in_flight=FULL, run=run)


def _run(client: Client, stage: Stage, asked: Round) -> Sample:
    before = _cpu(client, stage)
    measured = client.run(asked)
    stage.quiet(sealed=asked.in_flight == FULL or asked.size > 1)  # there is little to seal of the others
    after = _cpu(client, stage)
    return Sample(
        rate=measured.rate,
        done=measured.done,
        p50_ms=measured.p50_ms,
        p99_ms=measured.p99_ms,
        cpu_s={who: after[who] - before[who] for who in after},
    )


def _cpu(client: Client, stage: Stage) -> dict[str, float]:
    return {"client": cpu_s(client.process.pid), **stage.cpu_s(), "postgres": stage.postgres.cpu_s()}


def _cpu_of_echo(client: Client, server: Server) -> dict[str, float]:
    return {"client": cpu_s(client.process.pid), "echo": cpu_s(server.process.pid)}
