"""What a desk would answer now to messages that were set aside, without writing anything.

A partition is folded from its journal and decides the message as if it came next. Several
messages of one inbox are decided one after the other, as they would be redriven.

Not here: redriving them (`decide`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.core.orders import BatchStatus
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Send
from gateway.errors import ConfigError, DecisionFailed
from gateway.log.port import Log, Record
from gateway.ops.quarantine.store import SetAside
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.shell.seat import Seat
from gateway.shell.stopped import Place
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

PASSED = "PASSED_ON"
"""What has no answer: a tick of the clock, or a declaration that stands already."""

DECIDED = "DECIDED"
"""A desk past intake answers nobody; what it would note is the detail."""

FAILS = "FAILS"
"""Deciding it is an error of this version: the partition would stop."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a message.

    Attributes:
        name: The message.
        verdict: The verdict of intake's answer; PASSED_ON where it gives none; DECIDED by
            another desk; FAILS.
        detail: What is still wrong with it, or what another desk would note.
    """

    name: str
    verdict: str
    codes: tuple[RejectCode, ...]
    detail: str
    lines: int
    amount_minor: int


@dataclass(slots=True)
class _Folded:
    """A partition as its journal has it, in a seat never opened; the last decision's stamp."""

    seat: Seat[Any]
    last: int
    stamp: int


class Foresight:
    """Desks as they stand in the journals, for each inbox that is asked about."""

    def __init__(self, log: Log, gateway: Gateway) -> None:
        """Prepare; a partition is folded when it is first asked about."""
        self._log = log
        self._messages = Messages(standard())
        self._at: dict[Place, _Folded] = {}
        self._seats = {(s.topic, s.topic_partition): s for s in gateway.seats(log)}

    async def of(self, found: Iterable[SetAside]) -> list[Foreseen]:
        """What would become of messages redriven in this order."""
        return [await self._one(each) for each in found]

    async def _one(self, found: SetAside) -> Foreseen:
        kept = found.kept
        place = (kept.topic, kept.partition)
        at = await self._folded(place)
        headers = tuple((header.key, header.value) for header in kept.headers)
        record = Record(*place, at.last + 1, None, kept.raw, headers, at.stamp)
        try:
            weighed = at.seat.weigh(record)
        except DecisionFailed as failed:
            # What was folded is spoilt.
            del self._at[place]
            return Foreseen(found.name, FAILS, (), failed.error, 0, 0)
        at.last += 1
        if at.seat.desk.name != "intake":
            counts = Counter(type(event).__name__ for event in weighed.events)
            noted = ", ".join(f"{count} {name}" for name, count in counts.items())
            return Foreseen(found.name, DECIDED, (), noted or "nothing is noted", 0, 0)
        return _answer(found.name, weighed.sends)

    async def _folded(self, place: Place) -> _Folded:
        if place in self._at:
            return self._at[place]
        seat = self._seats.get(place)
        if seat is None:
            raise ConfigError(
                f"{place[0]}-{place[1]} is no inbox of this gateway: do its settings name other "
                "senders or partitions?"
            )
        at, desk = _Folded(seat, -1, 0), seat.desk
        seat.state = desk.initial(seat.partition)
        async for decided in decisions(self._log, self._messages, desk.name, seat.partition):
            for event in decided.events:
                desk.evolve(seat.state, event)
            at.last, at.stamp = decided.offset, decided.recorded_at
        self._at[place] = at
        return at


def _answer(name: str, sends: Iterable[Send]) -> Foreseen:
    """Intake's answer among what it would send."""
    for send in sends:
        answer = send.message
        if send.to.desk == "out" and isinstance(answer, BatchStatus):
            return Foreseen(
                name, answer.verdict, answer.codes, answer.detail, answer.lines,
                answer.amount_minor,
            )  # fmt: skip
    return Foreseen(name, PASSED, (), "", 0, 0)
