"""A log in memory: the same port without a broker.

Not here: durability.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from gateway.errors import ConfigError, Fenced
from gateway.log.port import Append, Record


class MemoryLog:
    """Topics in memory; stamps come from the clock it is given."""

    def __init__(self, now: Callable[[], int]) -> None:
        """Start empty; `now` gives UTC microseconds."""
        self._now = now
        self._partitions: dict[tuple[str, int], list[Record]] = {}
        self.epochs: dict[str, int] = defaultdict(int)

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist."""
        for topic, partitions in topics.items():
            for partition in range(partitions):
                self._partitions.setdefault((topic, partition), [])

    def append_now(self, appends: Sequence[Append]) -> None:
        """Append all or, if a place does not exist, nothing."""
        for append in appends:
            if (append.topic, append.partition) not in self._partitions:
                raise ConfigError(f"no such place: {append.topic}-{append.partition}; create it")
        for append in appends:
            kept = self._partitions[append.topic, append.partition]
            kept.append(
                Record(append.topic, append.partition, len(kept), append.key, append.value,
                       append.headers, self._now())
            )  # fmt: skip

    def records(self, topic: str, partition: int, start: int = 0) -> list[Record]:
        """The records of a partition from an offset on."""
        return self._partitions[topic, partition][start:]

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Records from `start` to the end, or to `stop`."""
        kept = self._partitions[topic, partition][start:stop]
        if kept:
            yield kept

    def writer(self, name: str) -> MemoryWriter:
        """A writer of that name."""
        return MemoryWriter(self, name)

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryWriter:
    """The one appender of a name in a memory log."""

    def __init__(self, log: MemoryLog, name: str) -> None:
        """Prepare; `open` makes it the owner."""
        self._log = log
        self._name = name
        self._epoch = -1

    async def open(self) -> None:
        """Fence every earlier writer of the name."""
        self._log.epochs[self._name] += 1
        self._epoch = self._log.epochs[self._name]

    async def append(self, appends: Sequence[Append]) -> None:
        """Append all, or raise `Fenced`."""
        if self._epoch != self._log.epochs[self._name]:
            raise Fenced(f"{self._name} was opened by a newer owner")
        self._log.append_now(appends)

    async def close(self) -> None:
        """Nothing to let go of."""
