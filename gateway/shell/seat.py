"""A seat: one inbox partition being decided, on whatever log.

Opening fences every earlier owner, folds the journal and so learns the last decided
offset. Taking decides a batch of records and appends journal and messages in one
atomic step; a record at or below the last decided offset is passed over.

Not here: how records are delivered (the Kafka worker, the in-process host).
Laws: L3, L4, L5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gateway.core.events import BatchTaken, OrdersCounted
from gateway.desks.desk import Address, Desk, Topology, step
from gateway.errors import LawBroken
from gateway.log.port import Append, Log, Record, Writer
from gateway.wire.messages import Messages, digest_of
from gateway.wire.topics import journal_of, place_of

S = TypeVar("S")
ORIGIN = "gw-origin"


class Seat(Generic[S]):
    """The owner of one inbox partition; `last` is the last decided offset."""

    def __init__(
        self, desk: Desk[S], partition: int, log: Log, messages: Messages, topology: Topology,
        app: str = "gateway",
    ) -> None:  # fmt: skip
        """Prepare; nothing is read or written before `open`."""
        self.desk = desk
        self.partition = partition
        self.topic, self.topic_partition = place_of(topology, Address(desk.name, partition))
        self.journal = journal_of(desk.name, partition)
        self.state: S = desk.initial(partition)
        self.last = -1
        self.lines = 0
        self._folded = 0
        self._whole = True
        self._log = log
        self._messages = messages
        self._topology = topology
        self._writer: Writer = log.writer(f"{app}.{desk.name}.{partition}")

    async def open(self) -> None:
        """Fence earlier owners, then fold the journal to its end.

        A seat opened again goes on where its fold ended, unless an append failed: then the
        state is ahead of the journal and is made anew.
        """
        await self._writer.open()
        if not self._whole:
            self.state, self.last, self._folded = self.desk.initial(self.partition), -1, 0
            self._whole = True
        topic, partition = self.journal
        decided = self.last
        async for records in self._log.read(topic, partition, self._folded):
            for record in records:
                decision, events = self._messages.decided(record.value)
                # What this seat decided itself is in its state already.
                if decision.offset > decided:
                    for event in events:
                        self.desk.evolve(self.state, event)
                    self.last = decision.offset
                self._folded = record.offset + 1

    async def close(self) -> None:
        """Give the partition up."""
        await self._writer.close()

    async def take(self, records: Sequence[Record]) -> int:
        """Decide the records not decided yet, in one transaction; how many they were."""
        appends: list[Append] = []
        fresh = 0
        last = self.last
        self._whole = False
        for record in records:
            if record.offset <= last:
                continue
            appends.extend(self.decide(record))
            last = record.offset
            fresh += 1
        if fresh:
            await self._writer.append(appends)
            self.last = last
        self._whole = True
        return fresh

    def decide(self, record: Record) -> list[Append]:
        """Decide one record, evolving the state; what is to be appended for it."""
        message = self.message(record)
        try:
            events, sends = step(self.desk, self.state, message)
        except AssertionError as broken:
            raise LawBroken(
                f"{self.desk.name}/{self.partition} at {record.topic}-{record.partition}"
                f"@{record.offset}: {broken}"
            ) from broken
        self.lines += lines_of(events)
        topic, partition = self.journal
        appends = [
            Append(topic, partition, None, value)
            for value in self._messages.journal(record.offset, digest_of(record.value), events)
        ]
        origin = f"{self.desk.name}/{self.partition}/{record.offset}".encode()
        for send in sends:
            to, at = place_of(self._topology, send.to)
            value = self._messages.pack(send.message)
            appends.append(Append(to, at, None, value, ((ORIGIN, origin),)))
        return appends

    def message(self, record: Record) -> object:
        """The message a record holds: a sender's own, or one of the gateway's."""
        if self.desk.name == "intake":
            return self._messages.received(record, self._topology.senders[self.partition])
        return self._messages.unpack(record.value)


def lines_of(events: Sequence[object]) -> int:
    """Order lines a decision is about, for figures of throughput."""
    return sum(event.lines for event in events if isinstance(event, BatchTaken | OrdersCounted))
