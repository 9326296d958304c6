"""A story: a day, how many partitions each desk has, and what happens to the workers.

A story is a list of steps, then everything runs to its end undisturbed. A step names what
it means by numbers that are read against the state it meets, so any step can be left out
and what remains is a story still: that is what makes failing ones short.

Not here: what a step does (`scheduler`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from gateway.core.vocabulary import OPERATIONS
from gateway.ops.simulate.further import further
from gateway.ops.simulate.market import MOST_LINES, Market, market
from gateway.ops.simulate.stage import SENDERS


class Kind(StrEnum):
    """What can happen. A crash is a worker's: all its seats are lost with it."""

    HEAR = "a sender is heard"
    ELAPSE = "time passes for all senders but one"
    QUIET = "everything said so far is decided"
    ROUND = "every seat takes, in an order of its own"
    TAKE = "a seat takes"
    REDELIVER = "a seat is given what it has decided already, then more"
    STUTTER = "a seat is given every record twice"
    PASS_OVER = "a delivery begins too late"
    LOSE_ACK = "a seat takes and its acknowledgement is lost"
    DIE_IDLE = "a worker crashes between takes"
    DIE_BEFORE_APPEND = "a worker crashes after deciding"
    DIE_AFTER_APPEND = "a worker crashes before acknowledging"
    NO_APPEND = "an append fails and the seat opens again"
    NO_ANSWER = "an append is made, its answer is lost, and the seat opens again"
    RESTART = "a seat is made anew"
    SNAPSHOT = "a seat leaves a snapshot"
    LOSE_SNAPSHOT = "a seat's newest snapshot is lost"
    MOVE = "a partition moves to another worker"
    STEAL = "a partition moves and its old owner does not notice"
    OVERTAKE = "a partition moves between deciding and appending"
    REVIVE = "an old owner takes"
    LATE_TICK = "the clock is late in one sender's topic"
    ANSWER = "a receiver answers an instruction"
    PROVE = "the laws are asked in the midst of the day"


WEIGHTS = {
    Kind.HEAR: 50,
    Kind.ELAPSE: 5,
    Kind.QUIET: 5,
    Kind.ROUND: 25,
    Kind.TAKE: 25,
    Kind.REDELIVER: 5,
    Kind.STUTTER: 4,
    Kind.PASS_OVER: 4,
    Kind.LOSE_ACK: 5,
    Kind.DIE_IDLE: 3,
    Kind.DIE_BEFORE_APPEND: 4,
    Kind.DIE_AFTER_APPEND: 4,
    Kind.NO_APPEND: 4,
    Kind.NO_ANSWER: 4,
    Kind.RESTART: 6,
    Kind.SNAPSHOT: 4,
    Kind.LOSE_SNAPSHOT: 2,
    Kind.MOVE: 5,
    Kind.STEAL: 5,
    Kind.OVERTAKE: 4,
    Kind.REVIVE: 10,
    Kind.LATE_TICK: 10,
    Kind.ANSWER: 10,
    Kind.PROVE: 1,
}
CALM = frozenset((Kind.HEAR, Kind.ELAPSE, Kind.QUIET, Kind.ROUND, Kind.TAKE))
"""What happens on a day on which nothing goes wrong."""
FEWEST_SPELLS, MOST_SPELLS = 2, 6
SPELL = 30
"""Steps for which senders keep their pace."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens; what the numbers choose depends on the kind and the state."""

    kind: Kind
    who: int
    size: int
    how: int


@dataclass(frozen=True, slots=True)
class Story:
    """A day and what happens to it.

    Attributes:
        day: What the senders say.
        cuts: Numbers of the order lines that begin a batch.
        partitions: Of the plan, fund and cash desks.
        steps: What happens before everything runs to its end.
    """

    day: Market
    cuts: tuple[int, ...]
    partitions: tuple[int, int, int]
    steps: tuple[Step, ...]


def tell(seed: int) -> Story:
    """The story of a seed, always the same."""
    chance = Random(seed)
    day = further(market(chance))
    cuts = tuple(sorted(chance.sample(range(MOST_LINES), chance.randint(0, MOST_LINES))))
    partitions = (chance.randint(1, 3), chance.randint(1, 2), chance.randint(1, 2))
    return Story(day, cuts, partitions, steps(chance))


def steps(chance: Random) -> tuple[Step, ...]:
    """Any steps. Some stories are calm but for their order, and some are wild."""
    wild = chance.choice((0, 1, 1, 2, 4))
    kinds = list(WEIGHTS)
    weights = [WEIGHTS[kind] * (1 if kind in CALM else wild) for kind in kinds]
    found: list[Step] = []
    for _ in range(chance.randint(FEWEST_SPELLS, MOST_SPELLS)):
        # In each spell some senders are quick, some slow, and one says nothing.
        pace = [chance.choice((0, 1, 3, 9)) for _ in SENDERS]
        silent = chance.choice((*range(len(SENDERS)), *[SENDERS.index(OPERATIONS)] * 3))
        pace[silent] = 0
        pace[silent - 1] += 1
        for kind in chance.choices(kinds, weights, k=SPELL):
            who = chance.randrange(1000)
            if kind is Kind.ELAPSE:
                who = silent
            if kind is Kind.HEAR:
                (who,) = chance.choices(range(len(SENDERS)), pace)
            size = chance.choice((1, 1, 2, 3, 5, 8, 50))
            found.append(Step(kind, who, size, chance.randrange(1000)))
    return tuple(found)
