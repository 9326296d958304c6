"""A seat: one inbox partition being decided, on whatever log.

Opening fences every earlier owner, folds the journal and so learns the last decided
offset. Taking decides a batch of records and appends journal and messages in one
atomic step; a record at or below the last decided offset is passed over.

With a store of snapshots, opening goes on from the newest one that the journal continues, and
a take that closes a session, or the last of many, leaves one. They save time: a store that
fails or hangs is a warning.

Not here: how records are delivered (the Kafka worker, the in-process host), what a snapshot
looks like (`snapshots`).
Laws: L3, L4, L5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gateway.core.events import BatchTaken, OrdersCounted, SenderDayClosed, SessionAdvanced
from gateway.desks.desk import Address, Desk, Topology, step
from gateway.errors import LawBroken
from gateway.log.port import Append, Log, Record, Writer
from gateway.shell.snapshots import Keeper, Snapshot, Snapshots
from gateway.shell.state_codec import Unreadable, decode, encode, shape_of
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import Messages, digest_of
from gateway.wire.topics import journal_of, place_of

S = TypeVar("S")
ORIGIN = "gw-origin"
LONGEST_TAIL = 10_000
"""Messages after which a snapshot is due though no session closed: some desks close none."""


class Seat(Generic[S]):
    """The owner of one inbox partition; `last` is the last decided offset."""

    def __init__(
        self, desk: Desk[S], partition: int, log: Log, messages: Messages, topology: Topology,
        app: str = "gateway", store: Snapshots | None = None,
    ) -> None:  # fmt: skip
        """Prepare; nothing is read or written before `open`."""
        self.desk = desk
        self.partition = partition
        self.topic, self.topic_partition = place_of(topology, Address(desk.name, partition))
        self.journal = journal_of(desk.name, partition)
        self.lines = 0
        self._log = log
        self._messages = messages
        self._topology = topology
        self._writer: Writer = log.writer(f"{app}.{desk.name}.{partition}")
        self._keeper = Keeper(store, app, desk.name, partition) if store is not None else None
        self._begin()

    def _begin(self) -> None:
        """The state before any message."""
        self.state: S = self.desk.initial(self.partition)
        self.last = -1
        self._digest = b""
        # All decisions before this journal offset are in the state, and the last one stands at
        # or after it.
        self._folded = 0
        self._whole = True
        self._closing = False
        self._tail = 0

    async def open(self) -> None:
        """Fence earlier owners, then fold the journal to its end.

        A seat opened again goes on where its fold ended, unless an append failed: then the
        state is ahead of the journal and is made anew.
        """
        await self._writer.open()
        if not self._whole:
            self._begin()
        upto = await self._log.end(*self.journal) if self._keeper is not None else 0
        below: int | None = None
        while True:
            kept = await self._adopt(upto, below)
            if await self._fold():
                return
            if self._keeper is not None and kept is not None:
                self._keeper.passed_over(kept, "the journal tells another history")
                below = kept.last
            self._begin()

    async def _adopt(self, upto: int, below: int | None) -> Snapshot | None:
        """Take the newest snapshot for the state, if it is ahead of it."""
        while self._keeper is not None:
            cls = type(self.state)
            kept = await self._keeper.newest(shape_of(cls), upto, below)
            if kept is None or kept.last <= self.last:
                return None
            try:
                self.state = decode(cls, kept.payload)
            except Unreadable as wrong:
                self._keeper.passed_over(kept, str(wrong))
                below = kept.last
                continue
            self.last, self._digest, self._folded = kept.last, kept.message, kept.folded
            self._tail, self._closing = 0, False
            return kept
        return None

    async def _fold(self) -> bool:
        """Bring the state to the journal's end; False if the journal does not go on from it."""
        topic, partition = self.journal
        decided, known = self.last, self.last < 0
        self._whole = False
        async for records in self._log.read(topic, partition, self._folded):
            for record in records:
                decision, events = self._messages.decided(record.value)
                # What this seat decided itself, or a snapshot holds, is in the state already.
                if decision.offset <= decided:
                    known |= (decision.offset, decision.digest) == (decided, self._digest)
                elif known:
                    self._evolve(decision, events)
                else:
                    return False
                self._folded = record.offset
        self._whole = True
        return known

    def _evolve(self, decision: JournalRecord, events: Sequence[object]) -> None:
        for event in events:
            self.desk.evolve(self.state, event)
        self._tail += decision.offset > self.last
        self.last, self._digest = decision.offset, decision.digest

    async def close(self) -> None:
        """Give the partition up."""
        await self._writer.close()

    async def take(self, records: Sequence[Record]) -> int:
        """Decide the records not decided yet, in one transaction; how many they were."""
        appends: list[Append] = []
        fresh = 0
        last, digest = self.last, self._digest
        self._whole = False
        for record in records:
            if record.offset <= last:
                continue
            appends.extend(self.decide(record))
            last, digest = record.offset, digest_of(record.value)
            fresh += 1
        self._tail += fresh
        due = self._keeper is not None and (self._closing or self._tail >= LONGEST_TAIL)
        if fresh:
            # Asked before the append: if that succeeds, nobody else had appended by now.
            folded = await self._log.end(*self.journal) if due else self._folded
            await self._writer.append(appends)
            self.last, self._digest, self._folded = last, digest, folded
        self._whole = True
        if fresh and due and self._keeper is not None:
            self._tail, self._closing = 0, False
            await self._keeper.save(self.snapshot)
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
        self._closing |= any(isinstance(e, SessionAdvanced | SenderDayClosed) for e in events)
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

    def snapshot(self) -> Snapshot:
        """The state as it is between takes, to be gone on from."""
        shape = shape_of(type(self.state))
        return Snapshot(shape, self.last, self._digest, self._folded, encode(self.state))

    def message(self, record: Record) -> object:
        """The message a record holds: a sender's own, or one of the gateway's."""
        if self.desk.name == "intake":
            return self._messages.received(record, self._topology.senders[self.partition])
        return self._messages.unpack(record.value)


def lines_of(events: Sequence[object]) -> int:
    """Order lines a decision is about, for figures of throughput."""
    return sum(event.lines for event in events if isinstance(event, BatchTaken | OrdersCounted))
