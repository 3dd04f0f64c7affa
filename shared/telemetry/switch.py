"""Whether anything is measured. Decided once, before the parts of a service are put together."""

from dataclasses import dataclass

from opentelemetry.trace import Tracer


@dataclass(slots=True)
class Switch:
    """All off, until `shared.telemetry.running` says otherwise."""

    metrics: bool = False
    tracer: Tracer | None = None  # set while spans are made
    ratio: float = 1.0  # of the calls that come without a trace, how many begin one

    @property
    def on(self) -> bool:
        """Whether anything is."""
        return self.metrics or self.tracer is not None


SWITCH = Switch()
