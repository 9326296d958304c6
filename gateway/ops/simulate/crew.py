"""The workers of a simulated day: who owns which partition, and how records reach a seat.

As in production, a worker keeps its seat of a partition when it gives the partition up and
opens it again when it comes back, a fenced seat is let go, and any other failure ends the
worker with all its seats. The group's acknowledged offsets outlive workers and are a hint.

Not here: what happens when (`scheduler`), deciding (`shell.seat`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.laws import Violation
from gateway.errors import Fenced
from gateway.log.memory import MemoryLog
from gateway.log.port import Log, Record
from gateway.ops.simulate.shelf import Shelf
from gateway.ops.simulate.stage import home
from gateway.ops.simulate.watch import APP, Broken, Place, WatchedLog
from gateway.shell.gateway import Gateway
from gateway.shell.seat import Seat
from gateway.wire.topics import DESKS

WORKERS = 3


class Delivery:
    """How a worker hands records to a seat and acknowledges them."""

    async def give(
        self, seat: Seat[Any], records: Sequence[Record], log: Log, acknowledge: Callable[[], None]
    ) -> int:
        """Let the seat take; acknowledged only afterwards. How many were decided."""
        taken = await seat.take(await self.whole(seat, records, log))
        acknowledge()
        return taken

    async def whole(self, seat: Seat[Any], records: Sequence[Record], log: Log) -> list[Record]:
        """The records with what was passed over read again from the inbox."""
        found: list[Record] = []
        if records and records[0].offset > seat.last + 1:
            missing = log.read(seat.topic, seat.topic_partition, seat.last + 1, records[0].offset)
            async for batch in missing:
                found.extend(batch)
        return [*found, *records]


@dataclass(frozen=True)
class Cast:
    """What a story is played with; tests put a gateway with a planted bug in its place.

    Attributes:
        home: The gateway with so many plan, fund and cash partitions.
        log: The log as the seats are given it.
        delivery: How records reach a seat.
    """

    home: Callable[[int, int, int], Gateway] = home
    log: Callable[[MemoryLog], Log] = lambda kept: kept
    delivery: Callable[[], Delivery] = Delivery


PRODUCTION = Cast()


class Crew:
    """The workers, and who owns what."""

    def __init__(self, cast: Cast, partitions: tuple[int, int, int], kept: MemoryLog) -> None:
        """Prepare; `start` seats everybody."""
        self.gateway = cast.home(*partitions)
        self.kept = kept
        topology = self.gateway.topology
        self.places: list[Place] = [(d, p) for d in DESKS for p in range(topology.partitions(d))]
        inner = cast.log(kept)
        inboxes = {
            (seat.desk.name, seat.partition): (seat.topic, seat.topic_partition)
            for seat in self.gateway.seats(inner, APP)
        }
        self.inboxes = inboxes
        self.watch = WatchedLog(kept, inner, inboxes)
        self.shelf = Shelf()
        self.owner: dict[Place, int] = {}
        self.ghosts: dict[Place, int] = {}
        self.acknowledged: dict[Place, int] = dict.fromkeys(self.places, -1)
        self.position: dict[Place, int] = dict.fromkeys(self.places, 0)
        self._delivery = cast.delivery()
        self._chairs: dict[tuple[int, Place], Seat[Any]] = {}

    async def start(self) -> None:
        """Create the topics and spread the partitions over the workers."""
        await self.watch.create(self.gateway.topics())
        for number, place in enumerate(self.places):
            await self.seat(place, number % WORKERS)

    def at(self, place: Place) -> Seat[Any]:
        """The seat of the owner of a place."""
        return self.chair(self.owner[place], place)

    def chair(self, worker: int, place: Place) -> Seat[Any]:
        """A worker's own seat of a place, as it left it."""
        if (worker, place) not in self._chairs:
            for seat in self.gateway.seats(self.watch, APP, self.shelf):
                self._chairs.setdefault((worker, (seat.desk.name, seat.partition)), seat)
        return self._chairs[worker, place]

    async def seat(self, place: Place, worker: int) -> None:
        """Make a worker the owner; delivery begins after the acknowledged offset."""
        self.owner[place] = worker
        if self.ghosts.get(place) == worker:
            del self.ghosts[place]
        await self.chair(worker, place).open()
        self.position[place] = self.acknowledged[place] + 1
        self._abreast(place)

    async def move(self, place: Place, worker: int, *, noticed: bool) -> None:
        """Move a partition; an owner that does not notice keeps its writer and its state."""
        before = self.owner[place]
        if noticed:
            await self.at(place).close()
        elif worker != before:
            self.ghosts[place] = before
        await self.seat(place, worker)

    async def die(self, worker: int) -> list[Place]:
        """A worker crashes and comes back with nothing; its partitions go to the others."""
        for key in [key for key in self._chairs if key[0] == worker]:
            del self._chairs[key]
        self.ghosts = {place: ghost for place, ghost in self.ghosts.items() if ghost != worker}
        lost = [place for place, owner in self.owner.items() if owner == worker]
        for number, place in enumerate(lost):
            await self.seat(place, (worker + 1 + number % (WORKERS - 1)) % WORKERS)
        return lost

    async def restart(self, place: Place) -> None:
        """The owner makes its seat anew, from the newest snapshot there is and the journal."""
        del self._chairs[self.owner[place], place]
        fresh = self.gateway.seats(self.watch, APP, self.shelf)
        mine = next(seat for seat in fresh if (seat.desk.name, seat.partition) == place)
        self._chairs[self.owner[place], place] = mine
        await self.seat(place, self.owner[place])

    def snapshot(self, place: Place) -> None:
        """The owner leaves a snapshot of its state as it is between takes."""
        self.shelf.save(APP, *place, self.at(place).snapshot())

    def waiting(self, place: Place) -> int:
        """How many records stand in the inbox after the last decided one."""
        topic, partition = self.inboxes[place]
        return len(self.kept.records(topic, partition, self.watch.decided[place] + 1))

    def records(self, place: Place, start: int, size: int) -> list[Record]:
        """So many records of an inbox from an offset on."""
        topic, partition = self.inboxes[place]
        return self.kept.records(topic, partition, max(0, start))[:size]

    async def give(
        self, place: Place, records: Sequence[Record], *, acknowledged: bool = True
    ) -> int:
        """Hand records to the owner of a place; how many it decided.

        Raises:
            NoAnswer: The append was not answered.
        """
        if not records:
            return 0
        seat = self.at(place)
        after = records[-1].offset + 1

        def acknowledge() -> None:
            if acknowledged:
                self.acknowledged[place] = max(self.acknowledged[place], after - 1)

        try:
            taken = await self._delivery.give(seat, records, self.watch, acknowledge)
        except Fenced:
            # Only a newer owner fences, and then the place is that owner's already.
            if self.at(place) is seat:
                raise
            self.ghosts.pop(place, None)
            await seat.close()
            return 0
        self.position[place] = max(self.position[place], after)
        self._abreast(place)
        return taken

    async def haunt(self, place: Place, size: int) -> bool:
        """Let an old owner take what it has not seen; whether there was one to be fenced."""
        ghost = self.ghosts.pop(place, None)
        if ghost is None:
            return False
        seat = self.chair(ghost, place)
        records = self.records(place, seat.last + 1, size)
        try:
            taken = await seat.take(records)
        except Fenced:
            await seat.close()
            return True
        if taken:
            detail = f"an old owner decided {taken} messages after a newer one had opened"
            raise Broken(Violation("L3", f"{place[0]}/{place[1]}", detail))
        self.ghosts[place] = ghost
        return False

    async def reopen(self, place: Place) -> None:
        """The owner opens its seat again after an append without an answer."""
        await self.seat(place, self.owner[place])

    def _abreast(self, place: Place) -> None:
        """The owner knows what its journal has decided, no more and no less."""
        seat, decided = self.at(place), self.watch.decided[place]
        if seat.last != decided:
            detail = f"the seat's last offset is {seat.last}, its journal's {decided}"
            raise Broken(Violation("L3", f"{place[0]}/{place[1]}", detail))
