"""The port to a log: read a partition from an offset, append atomically, fence.

A record's offset is its place in its partition. Offsets grow; in some homes holes are left
between records (by aborted appends, for one), and a hole is never a record that was lost.
A topic that does not exist is a `ConfigError` in every home: topics are created on purpose.

Not here: desks, schemas, retries, consumer groups.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in a log; `recorded_at` is the log's own stamp, UTC microseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Append:
    """A record to be appended."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Writer(Protocol):
    """The one appender of a name; opening it fences every earlier one of the name."""

    async def open(self) -> None:
        """Become the owner of the name; what the earlier owner left unfinished is undone."""

    async def append(self, appends: Sequence[Append]) -> None:
        """Append all or nothing, each partition in the order given.

        Readers see it soon; whoever opens the next writer of the name sees it at once.

        Raises:
            Fenced: A newer writer of the name was opened; nothing was appended.
        """

    async def close(self) -> None:
        """Let go; nothing can be appended afterwards."""


class Log(Protocol):
    """A place where topics are kept."""

    def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Committed records in the order of their offsets, in batches that are never empty.

        Args:
            topic: A topic that exists.
            partition: One of its partitions.
            start: The first offset wanted.
            stop: The first offset not wanted; without it, the end as it stands when the
                reading begins. Never past that end.
        """

    async def end(self, topic: str, partition: int) -> int:
        """The offset below which everything committed so far stands; 0 for an empty partition."""

    def writer(self, name: str) -> Writer:
        """A writer of that name, not open yet."""

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist, with so many partitions; leave the others alone.

        Raises:
            ConfigError: A topic exists with another number of partitions.
        """

    async def close(self) -> None:
        """Let go of every connection and file."""
