"""Every choice that a run makes. Zero is always the ordinary one: the oldest event, no fault."""

import random
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Choices: TypeAlias = dict[tuple[str, int], int]


class Chance:
    """Choices drawn from the seed, or, when `kept` is given, those alone: every other one is zero then.

    Each site has a stream of its own, so that a choice that falls away at one does not move those of another.
    """

    def __init__(self, seed: int, kept: Mapping[tuple[str, int], int] | None = None) -> None:
        self._seed = seed
        self._kept = kept
        self._streams: dict[str, random.Random] = {}
        self._counts: dict[str, int] = {}
        self.made: Choices = {}

    def stream(self, site: str) -> random.Random:
        """The random numbers of one site."""
        if site not in self._streams:
            self._streams[site] = random.Random(f"{self._seed}/{site}")  # noqa: S311 - it must be repeatable
        return self._streams[site]

    def hit(self, site: str, probability: float) -> bool:
        """Whether something that happens with this probability happens now."""
        return probability > 0 and bool(self._choose(site, 1 if self.stream(site).random() < probability else 0))

    def pick(self, site: str, count: int) -> int:
        """One of `count`, each as likely."""
        return self._choose(site, int(self.stream(site).random() * count)) % count

    def one_of(self, site: str, kinds: Iterable[float]) -> int:
        """Which of several faults happens, if any: 1 is the first; `kinds` are their probabilities."""
        drawn = self.stream(site).random()
        for number, probability in enumerate(kinds, 1):
            if drawn < probability:
                return self._choose(site, number)
            drawn -= probability
        return self._choose(site, 0)

    def choose(self, site: str, drawn: int) -> int:
        """The choice to make where `drawn` was drawn from the site's own stream."""
        return self._choose(site, drawn)

    def _choose(self, site: str, drawn: int) -> int:
        number = self._counts.get(site, 0)
        self._counts[site] = number + 1
        value = drawn if self._kept is None else self._kept.get((site, number), 0)
        if value:
            self.made[site, number] = value
        return value
