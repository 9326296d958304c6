"""What a desk is: three pure functions and a value.

`decide` looks at the state and one inbox message and says what follows; `evolve`
is the only place where state changes. `step` plays one message through both, and
every host (Kafka worker, in-process log, replay, simulation) calls it.

Not here: where messages come from or go to, bytes, clocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Address:
    """A place a message is sent to: a partition of a desk's inbox, or a topic going out.

    `desk` is one of the desks' names, `out` (then `name` is the receiver) or `quarantine`.
    """

    desk: str
    partition: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """One outgoing message."""

    to: Address
    message: object


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a message; `again` is decided next, on the state after the events."""

    events: tuple[object, ...] = ()
    sends: tuple[Send, ...] = ()
    again: object | None = None


@dataclass(frozen=True, slots=True)
class Desk(Generic[S]):
    """A desk: its name, a partition's state before any message, and its two functions."""

    name: str
    initial: Callable[[int], S]
    decide: Callable[[S, object], Decision]
    evolve: Callable[[S, object], None]


@dataclass(frozen=True, slots=True)
class Topology:
    """Who is connected and how many partitions each desk has; fixed at birth."""

    senders: tuple[str, ...]
    plan: int = 12
    fund: int = 4
    cash: int = 2
    dispatch: int = 2

    def partitions(self, desk: str) -> int:
        """How many inbox partitions a desk has; intake has one a sender."""
        counts = {
            "intake": len(self.senders),
            "plan": self.plan,
            "fund": self.fund,
            "cash": self.cash,
            "dispatch": self.dispatch,
        }
        return counts[desk]

    def home(self, desk: str, key: str) -> Address:
        """The partition a key lives in: CRC-32 of its name, the same everywhere and always."""
        return Address(desk, zlib.crc32(key.encode()) % self.partitions(desk))

    def everywhere(self, desk: str) -> tuple[Address, ...]:
        """Every partition of a desk."""
        return tuple(Address(desk, p) for p in range(self.partitions(desk)))


def step(desk: Desk[S], state: S, message: object) -> tuple[list[object], list[Send]]:
    """Decide one message to its end, evolving the state; the events and messages in order."""
    events: list[object] = []
    sends: list[Send] = []
    pending: object | None = message
    while pending is not None:
        decision = desk.decide(state, pending)
        for event in decision.events:
            desk.evolve(state, event)
        events.extend(decision.events)
        sends.extend(decision.sends)
        pending = decision.again
    return events, sends


def fold(desk: Desk[S], state: S, events: Sequence[object]) -> S:
    """Bring a state forward by events decided earlier."""
    for event in events:
        desk.evolve(state, event)
    return state
