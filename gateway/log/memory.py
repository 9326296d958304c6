"""A log in memory: the same port without a broker.

An append is in one piece because nothing else runs in between. Hosts that are not
asynchronous use `append_now` and `records`. A partition has no holes.

Not here: durability, threads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from gateway.errors import ConfigError, Fenced
from gateway.log.port import Append, Record


class MemoryLog:
    """Topics in memory; stamps come from the clock it is given."""

    def __init__(self, now: Callable[[], int]) -> None:
        """Start empty; `now` gives UTC microseconds and is asked once an append."""
        self._now = now
        self._topics: dict[str, list[list[Record]]] = {}
        self._epochs: dict[str, int] = {}

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist."""
        for topic, partitions in topics.items():
            kept = self._topics.setdefault(topic, [[] for _ in range(partitions)])
            if len(kept) != partitions:
                raise ConfigError(
                    f"topic {topic} has {len(kept)} partitions, wanted {partitions}: "
                    "partition counts are chosen at birth; replay into a new topic"
                )

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        if topic not in self._topics:
            raise ConfigError(f"no topic {topic}: create it")
        return len(self._topics[topic])

    async def end(self, topic: str, partition: int) -> int:
        """The offset the next record gets."""
        return len(self._place(topic, partition))

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Records from `start` to the end, or to `stop`, in one batch."""
        kept = self._place(topic, partition)[start:stop]
        if kept:
            yield kept

    def records(self, topic: str, partition: int, start: int = 0) -> list[Record]:
        """The records of a partition from an offset on."""
        return self._place(topic, partition)[start:]

    def append_now(self, appends: Sequence[Append]) -> None:
        """Append all or, if a place does not exist, nothing."""
        places = [self._place(append.topic, append.partition) for append in appends]
        stamp = self._now()
        for append, kept in zip(appends, places, strict=True):
            kept.append(
                Record(append.topic, append.partition, len(kept), append.key, append.value,
                       append.headers, stamp)
            )  # fmt: skip

    def writer(self, name: str) -> LocalWriter:
        """A writer of that name."""
        return LocalWriter(self.append_now, self._epochs, name)

    async def close(self) -> None:
        """Nothing to let go of; the records stay."""

    def _place(self, topic: str, partition: int) -> list[Record]:
        kept = self._topics.get(topic, ())
        if not 0 <= partition < len(kept):
            raise ConfigError(f"no such place: {topic}-{partition}; create it")
        return kept[partition]


class LocalWriter:
    """The one appender of a name in a log that lives in one process."""

    def __init__(
        self, append_now: Callable[[Sequence[Append]], None], epochs: dict[str, int], name: str
    ) -> None:
        """Prepare; `open` makes it the owner.

        Args:
            append_now: Appends all or nothing.
            epochs: The newest epoch of each name, shared by all writers of a log.
            name: Whose epoch counts.
        """
        self._append_now = append_now
        self._epochs = epochs
        self._name = name
        self._epoch: int | None = None

    async def open(self) -> None:
        """Fence every earlier writer of the name."""
        self._epoch = self._epochs[self._name] = self._epochs.get(self._name, 0) + 1

    async def append(self, appends: Sequence[Append]) -> None:
        """Append all, or raise `Fenced`."""
        assert self._epoch is not None, "append to a writer that is not open"
        if self._epoch != self._epochs[self._name]:
            raise Fenced(f"{self._name} was opened by a newer owner")
        self._append_now(appends)

    async def close(self) -> None:
        """Let go."""
        self._epoch = None
