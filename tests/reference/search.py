"""One drawn day, held against the reference, and a smaller one that differs still.

Not here: the days (`days`), the two ways of working them out (`day`, `played`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from gateway.ops.simulate.market import Market
from tests.reference.compare import differences
from tests.reference.day import reference
from tests.reference.days import MOST, Days, long, short, token
from tests.reference.played import Partitions, played

T = TypeVar("T")
PARTITIONS: tuple[Partitions, ...] = ((1, 1, 1), (2, 1, 2), (3, 2, 2), (8, 3, 3))


@dataclass(frozen=True)
class Draw:
    """A seed's day and how it is played."""

    days: Days
    cuts: frozenset[int]
    partitions: Partitions
    taken: int

    def unlike(self) -> list[str]:
        """Where gateway and reference differ."""
        day, sessions = self.days.market, self.days.sessions
        gateway = played(day, sessions, self.cuts, self.partitions, self.taken)
        return differences(reference(day, sessions, token), gateway)

    def smaller(self) -> Iterator[Draw]:
        """The same day with something left out."""
        day = self.days.market
        yield from (self._with(replace(day, lines=some)) for some in _less(day.lines))
        yield from (self._with(replace(day, marks=some)) for some in _less(day.marks))
        yield from (self._with(replace(day, holdings=some)) for some in _less(day.holdings))
        if day.spoils:
            yield self._with(replace(day, spoils=()))
        if self.cuts:
            yield replace(self, cuts=frozenset())
        if self.taken:
            yield replace(self, taken=0)
        if self.partitions != (1, 1, 1):
            yield replace(self, partitions=(1, 1, 1))

    def _with(self, day: Market) -> Draw:
        return replace(self, days=replace(self.days, market=day))


def _less(whole: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Some of it, with the most left out first."""
    size = len(whole)
    while size:
        yield from (whole[:at] + whole[at + size :] for at in range(0, len(whole), size))
        size //= 2


def draw(seed: int) -> Draw:
    """The day of a seed: an even one is the simulator's, an odd one is drawn wider."""
    chance = Random(seed)
    days = long(chance) if seed % 2 else short(chance)
    cuts = frozenset(chance.sample(range(MOST), chance.randint(0, MOST)))
    return Draw(days, cuts, chance.choice(PARTITIONS), chance.choice((0, 1, 2, 7)))


def cut_down(found: Draw) -> Draw:
    """The day with all left out that the difference does not need."""
    while True:
        less = next((each for each in found.smaller() if each.unlike()), None)
        if less is None:
            return found
        found = less


def told(seed: int, found: Draw) -> str:
    """What differs, with the reference's reasoning, on the smallest day there is."""
    least = cut_down(found)
    unlike = "\n".join(least.unlike())
    lines = "\n".join(f"  {number} {line}" for number, line in enumerate(least.days.market.lines))
    return f"seed {seed}, partitions {least.partitions}, of it there is left:\n{lines}\n{unlike}"
