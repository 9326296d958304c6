"""A seat: one inbox partition being decided, on whatever log.

Opening fences every earlier owner, folds the journal and so learns the last decided
offset. Taking decides a batch of records and appends journal and messages in one
atomic step; a record at or below the last decided offset is passed over.

With a store of snapshots, opening goes on from the newest one that the journal continues, and
a take that closes a session, or the last of many, leaves one. They save time: a store that
fails or hangs is a warning.

A message on which deciding fails is a bug of ours. What came before it in the take is appended,
the seat says so, and must be opened again; two people's decision can take the place of its own.

Not here: how records are delivered (the Kafka worker, the in-process host), what a snapshot
looks like (`snapshots`).
Laws: L3, L4, L5.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.core.events import BatchTaken, OrdersCounted, SenderDayClosed, SessionAdvanced
from gateway.core.quarantine import MessageSetAside
from gateway.desks.desk import Address, Desk, Send, Topology, step
from gateway.errors import DecisionFailed, LawBroken, TooNew
from gateway.log.port import Append, Log, Record, Writer
from gateway.shell.snapshots import Keeper, Snapshot, Snapshots
from gateway.shell.state_codec import Unreadable, decode, encode, shape_of
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import Messages, digest_of
from gateway.wire.topics import journal_of, place_of

S = TypeVar("S")
ORIGIN = "gw-origin"
LONGEST_TEXT = 200
LONGEST_TAIL = 10_000
"""Messages after which a snapshot is due though no session closed: some desks close none."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A decision: its events and messages, and what is to be appended for them."""

    events: Sequence[object]
    sends: Sequence[Send]
    appends: list[Append]


class Seat(Generic[S]):
    """The owner of one inbox partition.

    Attributes:
        last: The last decided offset.
        folded: A journal offset: all decisions before it are in the state, and the last one
            stands at or after it.
    """

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
        self.folded = 0
        self._whole = True
        self._closing = False
        self._tail = 0

    async def open(self) -> None:
        """Fence earlier owners, then fold the journal to its end."""
        await self._writer.open()
        await self.look()

    async def look(self) -> None:
        """Fold the journal to its end; this alone writes nothing and fences nobody.

        A seat opened again goes on where its fold ended, unless an append or a decision failed:
        then the state is ahead of the journal and is made anew.
        """
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
            self.last, self._digest, self.folded = kept.last, kept.message, kept.folded
            self._tail, self._closing = 0, False
            return kept
        return None

    async def _fold(self) -> bool:
        """Bring the state to the journal's end; False if the journal does not go on from it."""
        topic, partition = self.journal
        decided, known = self.last, self.last < 0
        self._whole = False
        async for records in self._log.read(topic, partition, self.folded):
            for record in records:
                decision, events = self._messages.decided(record.value)
                # What this seat decided itself, or a snapshot holds, is in the state already.
                if decision.offset <= decided:
                    known |= (decision.offset, decision.digest) == (decided, self._digest)
                elif known:
                    self._evolve(decision, events)
                else:
                    return False
                self.folded = record.offset
        self._whole = True
        return known

    def _evolve(self, decision: JournalRecord, events: Sequence[object]) -> None:
        try:
            for event in events:
                self.desk.evolve(self.state, event)
        except AssertionError as broken:
            raise LawBroken(
                f"{self.desk.name}/{self.partition}: this version cannot fold what was decided "
                f"on offset {decision.offset}: {fault_of(broken, text=True)}"
            ) from broken
        self._tail += decision.offset > self.last
        self.last, self._digest = decision.offset, decision.digest

    async def close(self) -> None:
        """Give the partition up."""
        await self._writer.close()

    async def take(self, records: Sequence[Record]) -> int:
        """Decide the records not decided yet, in one transaction; how many they were.

        Raises:
            DecisionFailed: Deciding one of them fails; those before it are decided.
        """
        appends: list[Append] = []
        failed: DecisionFailed | None = None
        fresh = 0
        last, digest = self.last, self._digest
        self._whole = False
        for record in records:
            if record.offset <= last:
                continue
            try:
                appends.extend(self.decide(record))
            except DecisionFailed as wrong:
                failed = wrong
                break
            last, digest = record.offset, digest_of(record.value)
            fresh += 1
        self._tail += fresh
        whole = failed is None
        due = whole and self._keeper is not None and (self._closing or self._tail >= LONGEST_TAIL)
        if fresh:
            # Asked before the append: if that succeeds, nobody else had appended by now.
            folded = await self._log.end(*self.journal) if due else self.folded
            await self._writer.append(appends)
            self.last, self._digest, self.folded = last, digest, folded
        self._whole = whole
        if failed is not None:
            raise failed
        if fresh and due and self._keeper is not None:
            self._tail, self._closing = 0, False
            await self._keeper.save(self.snapshot)
        return fresh

    def decide(self, record: Record) -> list[Append]:
        """Decide one record, evolving the state; what is to be appended for it.

        Raises:
            DecisionFailed: A bug of ours; the state cannot be gone on from.
        """
        return self.weigh(record).appends

    def weigh(self, record: Record) -> Weighed:
        """Decide one record as `decide` does, and say what was decided as well."""
        try:
            return self._weighed(record)
        except MemoryError:
            # The process has too little, not the message too much.
            raise
        except Exception as wrong:
            # Before intake a text may name a participant; past it there are only tokens.
            error = fault_of(wrong, text=self.desk.name != "intake" or isinstance(wrong, TooNew))
            place = (record.topic, record.partition)
            raise DecisionFailed(
                place, record.offset, digest_of(record.value), record.recorded_at, error
            ) from wrong

    def _weighed(self, record: Record) -> Weighed:
        events, sends = step(self.desk, self.state, self.message(record))
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
        return Weighed(events, sends, appends)

    async def put_aside(self, decision: MessageSetAside, more: Sequence[Append]) -> None:
        """Journal two people's decision in the place of the desk's own.

        Args:
            decision: On the next message that is not decided.
            more: What is appended with it, all or nothing.
        """
        topic, partition = self.journal
        values = self._messages.journal(decision.offset, decision.digest, [decision])
        journalled = [Append(topic, partition, None, value) for value in values]
        self._whole = False
        await self._writer.append([*journalled, *more])

    def snapshot(self) -> Snapshot:
        """The state as it is between takes, to be gone on from."""
        shape = shape_of(type(self.state))
        return Snapshot(shape, self.last, self._digest, self.folded, encode(self.state))

    def message(self, record: Record) -> object:
        """The message a record holds: a sender's own, or one of the gateway's."""
        if self.desk.name == "intake":
            return self._messages.received(record, self._topology.senders[self.partition])
        return self._messages.unpack(record.value)


def fault_of(wrong: Exception, *, text: bool) -> str:
    """An error by its kind and where in the code it arose, with its text if that may be told."""
    lines = [
        f"{frame.f_globals.get('__name__', '?')}:{line}"
        for frame, line in traceback.walk_tb(wrong.__traceback__)
    ]
    said = " ".join(str(wrong).split())[:LONGEST_TEXT] if text else ""
    return f"{type(wrong).__name__} at {lines[-1]}" + (f": {said}" if said else "")


def lines_of(events: Sequence[object]) -> int:
    """Order lines a decision is about, for figures of throughput."""
    return sum(event.lines for event in events if isinstance(event, BatchTaken | OrdersCounted))
