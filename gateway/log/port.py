"""The port to a log: read a partition from an offset, append atomically, fence.

Bytes and positions only; what they mean is nobody's business here.

Not here: desks, schemas, retries.
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
        """Become the owner of the name."""

    async def append(self, appends: Sequence[Append]) -> None:
        """Append all or nothing; raises `Fenced` if a newer writer of the name was opened."""

    async def close(self) -> None:
        """Let go."""


class Log(Protocol):
    """A place where topics are kept."""

    def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Committed records from `start` to the end as it stands, or to `stop`, exclusive."""

    def writer(self, name: str) -> Writer:
        """A writer of that name, not open yet."""

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist, with their partitions."""

    async def close(self) -> None:
        """Let go of every connection."""
