"""Partitions that stand still before a message on which our own decision fails.

`Stopped` is what a worker knows of its own: it looks into their journals until somebody has
decided in the desk's place. `next_undecided` is what anybody can find out without a worker: it
folds a journal, tries the next message, and writes nothing.

Not here: the decision of two people (`ops.quarantine`), how a worker goes on (`worker`).
Law: L5.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from gateway.errors import DecisionFailed
from gateway.log.port import Log, Record
from gateway.shell.gateway import Gateway
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

Place = tuple[str, int]


class Stopped:
    """The partitions of one worker that stand still, by their inbox's topic and partition."""

    def __init__(self, log: Log) -> None:
        """None does yet."""
        self._log = log
        self._messages = Messages(standard())
        self._at: dict[Place, tuple[DecisionFailed, int]] = {}

    def __contains__(self, place: object) -> bool:
        return place in self._at

    def add(self, seat: Seat[Any], failed: DecisionFailed) -> None:
        """This seat's partition stands still; what its state does not hold is looked at."""
        self._at[seat.topic, seat.topic_partition] = (failed, seat.folded)

    def drop(self, place: Place) -> None:
        """It stands still no longer, or is no longer ours."""
        self._at.pop(place, None)

    async def decided(self, seat: Seat[Any]) -> bool:
        """Whether its journal decides the message meanwhile."""
        place = (seat.topic, seat.topic_partition)
        if place not in self._at:
            return False
        failed, start = self._at[place]
        end, last = await self._log.end(*seat.journal), -1
        async for records in self._log.read(*seat.journal, start, end):
            last = self._messages.decided(records[-1].value)[0].offset
        if place in self._at:
            self._at[place] = (failed, end if last < failed.offset else start)
        return last >= failed.offset


@dataclass(frozen=True, slots=True)
class Undecided:
    """The next message of an inbox that nobody has decided.

    Attributes:
        seat: Its seat, folded, and not to be gone on from where it has tried in vain.
        record: The message.
        failed: How this version's decision on it fails; None if it does not.
    """

    seat: Seat[Any]
    record: Record
    failed: DecisionFailed | None


def seat_at(
    log: Log, gateway: Gateway, place: Place, app: str = "gateway", store: Snapshots | None = None
) -> Seat[Any] | None:
    """The seat of an inbox partition, not open yet; None if it is no desk's."""
    seats = gateway.seats(log, app, store)
    return next((s for s in seats if (s.topic, s.topic_partition) == place), None)


async def next_undecided(seat: Seat[Any], log: Log) -> Undecided | None:
    """What the desk stands before, tried on a seat that has folded its journal.

    None if nothing waits.
    """
    waiting = log.read(seat.topic, seat.topic_partition, seat.last + 1)
    try:
        records = await anext(waiting, None)
    finally:
        # Now, not when somebody collects it: it has a connection to let go of.
        if isinstance(waiting, AsyncGenerator):
            await waiting.aclose()
    if records is None:
        return None
    try:
        seat.decide(records[0])
    except DecisionFailed as failed:
        return Undecided(seat, records[0], failed)
    return Undecided(seat, records[0], None)
