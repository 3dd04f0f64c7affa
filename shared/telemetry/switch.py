"""Whether anything is measured. Decided once, before the parts of a service are put together."""

from dataclasses import dataclass, field

from opentelemetry.trace import Tracer

from shared.telemetry.sampling import Sampling


@dataclass(slots=True)
class Switch:
    """All off, until `shared.telemetry.running` says otherwise."""

    metrics: bool = False
    tracer: Tracer | None = None  # set while spans are made
    sampling: Sampling = field(default_factory=Sampling)  # of the calls that come without a trace

    @property
    def on(self) -> bool:
        """Whether anything is."""
        return self.metrics or self.tracer is not None


SWITCH = Switch()
