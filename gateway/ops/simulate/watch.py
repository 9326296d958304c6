"""A log that is watched: what may go wrong at an append does, and each append is looked at.

The watch knows of every inbox partition what its journal has decided, so that an append
out of order, twice, without its journal record or by an owner who was fenced is seen at
once and not at the end of the day.

Not here: which faults, and when (`scheduler`). Laws: L3.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto

from gateway.core.laws import Violation
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Log, Record, Writer
from gateway.ops.simulate.streams import MESSAGES
from gateway.shell.seat import ORIGIN
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import digest_of
from gateway.wire.topics import journal_of

Place = tuple[str, int]
"""A desk and one of its inbox partitions."""
APP = "simulated"


class Fault(Enum):
    """What goes wrong at the next append."""

    LOST_BEFORE = auto()
    LOST_AFTER = auto()
    OVERTAKEN = auto()


class NoAnswer(Exception):
    """An append was not answered: it was made, or it was not."""


class Broken(Exception):
    """A law was seen broken at a step."""

    def __init__(self, violation: Violation) -> None:
        """Carry the violation."""
        super().__init__(str(violation))
        self.violation = violation


class WatchedLog:
    """A log between the seats and the log in memory; reading is as it was."""

    def __init__(self, kept: MemoryLog, inner: Log, inboxes: Mapping[Place, Place]) -> None:
        """Watch.

        Args:
            kept: Where everything stands in the end.
            inner: The log as the seats are given it.
            inboxes: Topic and partition of each place.
        """
        self.fault: Fault | None = None
        self.overtake: Callable[[], Awaitable[None]] | None = None
        self.decided: dict[Place, int] = dict.fromkeys(inboxes, -1)
        self.appends = 0
        self._kept = kept
        self._inner = inner
        self._inboxes = inboxes

    def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """As the log reads."""
        return self._inner.read(topic, partition, start, stop)

    async def end(self, topic: str, partition: int) -> int:
        """As the log says."""
        return await self._inner.end(topic, partition)

    async def partitions(self, topic: str) -> int:
        """As the log says."""
        return await self._inner.partitions(topic)

    async def create(self, topics: Mapping[str, int]) -> None:
        """As the log does."""
        await self._inner.create(topics)

    async def close(self) -> None:
        """As the log does."""
        await self._inner.close()

    def writer(self, name: str) -> Writer:
        """A writer whose appends are watched."""
        _, desk, partition = name.split(".")
        return _WatchedWriter(self, self._inner.writer(name), (desk, int(partition)))

    async def append(self, writer: Writer, place: Place, appends: Sequence[Append]) -> None:
        """Append, unless it goes wrong, and look at what was appended."""
        fault, self.fault = self.fault, None
        if fault is Fault.LOST_BEFORE:
            raise NoAnswer
        if fault is Fault.OVERTAKEN:
            assert self.overtake is not None, "nobody overtakes"
            await self.overtake()
        await writer.append(appends)
        self.appends += 1
        if fault is Fault.OVERTAKEN:
            raise Broken(_l3(place, "appended after a newer owner had opened the partition"))
        self._look(place, appends)
        if fault is Fault.LOST_AFTER:
            raise NoAnswer

    def _look(self, place: Place, appends: Sequence[Append]) -> None:
        """One decision a message, in order, on its bytes; what is sent names one of them."""
        journal = journal_of(*place)
        before, wanted = self.decided[place], 0
        for append in appends:
            if (append.topic, append.partition) != journal:
                continue
            entry = MESSAGES.unpack(append.value)
            assert isinstance(entry, JournalRecord), type(entry).__name__
            expected = self.decided[place] + (1 if wanted == 0 else 0)
            if (entry.offset, entry.part) != (expected, wanted):
                raise Broken(_l3(place, f"offset {entry.offset} part {entry.part} was decided, "
                                 f"next is offset {expected} part {wanted}"))  # fmt: skip
            self.decided[place] = entry.offset
            wanted = (entry.part + 1) % entry.parts
            (stands,) = self._kept.records(*self._inboxes[place], entry.offset)[:1] or (None,)
            if stands is None or digest_of(stands.value) != entry.digest:
                raise Broken(_l3(place, f"offset {entry.offset} was decided on other bytes"))
        if wanted:
            raise Broken(_l3(place, f"the append ends before part {wanted} of a decision"))
        self._look_at_origins(place, before, appends)

    def _look_at_origins(self, place: Place, before: int, appends: Sequence[Append]) -> None:
        desk, partition = place
        now = range(before + 1, self.decided[place] + 1)
        mine = {f"{desk}/{partition}/{offset}".encode() for offset in now}
        for append in appends:
            origin = dict(append.headers).get(ORIGIN)
            if (append.topic, append.partition) != journal_of(*place) and origin not in mine:
                name = (origin or b"nothing").decode()
                raise Broken(_l3(place, f"{append.topic} was sent what came of {name}, without "
                                 "its journal record"))  # fmt: skip


def _l3(place: Place, detail: str) -> Violation:
    return Violation("L3", f"{place[0]}/{place[1]}", detail)


class _WatchedWriter:
    """A writer whose appends go through the watch."""

    def __init__(self, watch: WatchedLog, inner: Writer, place: Place) -> None:
        """Prepare."""
        self._watch = watch
        self._inner = inner
        self._place = place

    async def open(self) -> None:
        """As the writer does."""
        await self._inner.open()

    async def append(self, appends: Sequence[Append]) -> None:
        """Append under watch."""
        await self._watch.append(self._inner, self._place, appends)

    async def close(self) -> None:
        """As the writer does."""
        await self._inner.close()
