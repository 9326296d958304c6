"""Seats, delivery and a log with a bug in them: what exactly once rests on, broken.

Not here: bugs of a desk (`bent_desks`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.log.memory import LocalWriter, MemoryLog
from gateway.log.port import Append, Log, Record, Writer
from gateway.ops.simulate.crew import Cast, Delivery
from gateway.ops.simulate.stage import Home, home
from gateway.ops.simulate.streams import MESSAGES
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshot, Snapshots
from gateway.shell.state_codec import encode


@dataclass(frozen=True)
class SeatedHome(Home):
    """A gateway whose seats are of another kind."""

    kind: type[Seat[Any]] = Seat

    def seats(
        self, log: Log, app: str = "gateway", store: Snapshots | None = None
    ) -> list[Seat[Any]]:
        return [
            self.kind(desk, partition, log, MESSAGES, self.topology, app, store)
            for name, desk in self.desks().items()
            for partition in range(self.topology.partitions(name))
        ]


def seated(kind: type[Seat[Any]]) -> Cast:
    def build(plan: int, fund: int, cash: int) -> Home:
        right = home(plan, fund, cash)
        return SeatedHome(right.topology, right.receivers, right.dialects, right.keyring, kind)

    return Cast(build)


class SkipsARecord(Seat[Any]):
    """Of three records that come at once the second is passed over."""

    async def take(self, records: Sequence[Record]) -> int:
        fresh = [record for record in records if record.offset > self.last]
        return await super().take([*fresh[:1], *fresh[2:]] if len(fresh) > 2 else records)


class DecidesAgain(Seat[Any]):
    """Decides what it has decided already."""

    async def take(self, records: Sequence[Record]) -> int:
        if records:
            self.last = min(self.last, records[0].offset - 1)
        return await super().take(records)


class FoldsHalf(Seat[Any]):
    """Knows where its journal ends, but has folded only half of it."""

    async def open(self) -> None:
        journal = [r async for batch in self._log.read(*self.journal) for r in batch]
        await super().open()
        self.state = self.desk.initial(self.partition)
        for record in journal[: (len(journal) + 1) // 2]:
            for event in MESSAGES.decided(record.value)[1]:
                self.desk.evolve(self.state, event)


class SendsFirst(Seat[Any]):
    """Sends in one append and writes its journal in another."""

    async def take(self, records: Sequence[Record]) -> int:
        appends: list[Append] = []
        last = self.last
        for record in records:
            if record.offset > last:
                appends.extend(self.decide(record))
                last = record.offset
        sends = [a for a in appends if (a.topic, a.partition) != self.journal]
        if sends:
            await self._writer.append(sends)
        if appends:
            await self._writer.append([a for a in appends if a not in sends])
        taken, self.last = last - self.last, last
        return taken


class InstructsAgain(Seat[Any]):
    """Sends again, when it opens, what came of the last message."""

    async def open(self) -> None:
        await super().open()
        if self.desk.name == "dispatch" and self.last >= 0:
            read = self._log.read(self.topic, self.topic_partition, self.last)
            (record, *_) = [record async for batch in read for record in batch]
            again = [a for a in self.decide(record) if (a.topic, a.partition) != self.journal]
            await self._writer.append(again)


class KeepsAFailedTake(Seat[Any]):
    """Opens again on a state that is ahead of the journal."""

    async def open(self) -> None:
        self._whole = True
        await super().open()


class SnapshotsNothing(Seat[Any]):
    """Its snapshots say how far they go, and hold the state before any message."""

    def snapshot(self) -> Snapshot:
        empty = encode(self.desk.initial(self.partition))
        return replace(super().snapshot(), payload=empty)


class NeverFencedLog:
    """A log whose writers know of no other."""

    def __init__(self, kept: MemoryLog) -> None:
        self._kept = kept

    def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        return self._kept.read(topic, partition, start, stop)

    async def end(self, topic: str, partition: int) -> int:
        return await self._kept.end(topic, partition)

    def writer(self, name: str) -> Writer:
        return LocalWriter(self._kept.append_now, {}, name)

    async def partitions(self, topic: str) -> int:
        return await self._kept.partitions(topic)

    async def create(self, topics: Mapping[str, int]) -> None:
        await self._kept.create(topics)

    async def close(self) -> None:
        await self._kept.close()


class TornLog(NeverFencedLog):
    """A log whose transactions are none: each record is appended by itself, the last too late."""

    def writer(self, name: str) -> Writer:
        torn: list[Append] = []

        def append_now(appends: Sequence[Append]) -> None:
            self._kept.append_now([*torn, *appends[:-1]])
            torn[:] = appends[-1:] if len(appends) > 1 else []
            if len(appends) == 1:
                self._kept.append_now(appends)

        epochs = self._epochs

        return LocalWriter(append_now, epochs, name)

    def __init__(self, kept: MemoryLog) -> None:
        super().__init__(kept)
        self._epochs: dict[str, int] = {}


class AcknowledgesFirst(Delivery):
    """Acknowledges what it was given before it is safe, and trusts what was acknowledged."""

    async def give(
        self, seat: Seat[Any], records: Sequence[Record], log: Log, acknowledge: Callable[[], None]
    ) -> int:
        acknowledge()
        return await seat.take(records)


class LeavesHoles(Delivery):
    """Takes a delivery as it comes, whatever was passed over before it."""

    async def whole(self, seat: Seat[Any], records: Sequence[Record], log: Log) -> list[Record]:
        return list(records)


BENT_SEATS = {
    "an old owner is not fenced": Cast(log=NeverFencedLog),
    "the last record of a transaction comes later": Cast(log=TornLog),
    "a delivery is acknowledged before it is committed": Cast(delivery=AcknowledgesFirst),
    "a delivery that begins too late is taken as it is": Cast(delivery=LeavesHoles),
    "a record is skipped": seated(SkipsARecord),
    "a duplicate is decided again": seated(DecidesAgain),
    "half the journal is folded": seated(FoldsHalf),
    "messages are sent before the journal is written": seated(SendsFirst),
    "a restart sends an instruction again": seated(InstructsAgain),
    "a snapshot holds less than it says": seated(SnapshotsNothing),
    "a failed append leaves the state ahead": seated(KeepsAFailedTake),
}
