"""A log laid down in files, to be read for years: every record with its own offset and stamp.

    <directory>/<topic>/<partition>.avro    Avro container files, compressed, one a partition

Any Avro reader can read them. A partition's file is whole or absent: it is written under
another name and renamed at its end.

Not here: appending. An archive is read, never continued.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import fastavro
from fastavro.write import Writer as AvroWriter

from gateway.errors import ConfigError
from gateway.log.port import Append, Log, Record, Writer

BATCH = 1000
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "ArchivedRecord",
        "namespace": "gateway",
        "fields": [
            {"name": "offset", "type": "long", "doc": "its place in the partition"},
            {"name": "recorded_at", "type": "long", "doc": "the log's stamp, UTC microseconds"},
            {"name": "key", "type": ["null", "bytes"]},
            {"name": "value", "type": "bytes"},
            {"name": "header_names", "type": {"type": "array", "items": "string"}},
            {"name": "header_values", "type": {"type": "array", "items": "bytes"}},
        ],
    }
)


async def lay_down(
    log: Log,
    topics: Mapping[str, int],
    directory: Path,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Copy topics into an archive; how many records it holds.

    Args:
        log: Where the topics are.
        topics: Their names, with how many partitions each has.
        directory: Made if it is not there; files of the same partitions are replaced.
        progress: Told the records of each batch copied.
    """
    count = 0
    for topic, partitions in topics.items():
        (directory / topic).mkdir(parents=True, exist_ok=True)
        for partition in range(partitions):
            path = directory / topic / f"{partition}.avro"
            fresh = path.with_suffix(".new")
            with fresh.open("wb") as file:
                writer: Any = AvroWriter(file, SCHEMA, codec="deflate")
                async for batch in log.read(topic, partition):
                    for record in batch:
                        writer.write(_row(record))
                    count += len(batch)
                    if progress is not None:
                        progress(len(batch))
                writer.flush()
            fresh.replace(path)
    return count


class ArchiveLog:
    """The log that an archive holds; it can be read and nothing else."""

    def __init__(self, directory: Path) -> None:
        """Find the topics.

        Raises:
            ConfigError: There is no archive.
        """
        self._directory = directory
        self._partitions = {
            folder.name: len(list(folder.glob("*.avro")))
            for folder in (directory.iterdir() if directory.is_dir() else ())
            if folder.is_dir()
        }
        if not any(self._partitions.values()):
            raise ConfigError(f"no archive in {directory}: make demo lays one down")

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Records in the order of their offsets, as they were."""
        rows = self._rows(topic, partition)
        chosen = (r for r in rows if r.offset >= start and (stop is None or r.offset < stop))
        while batch := list(itertools.islice(chosen, BATCH)):
            yield batch

    async def end(self, topic: str, partition: int) -> int:
        """The offset after the last record."""
        return max((record.offset + 1 for record in self._rows(topic, partition)), default=0)

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        if topic not in self._partitions:
            raise ConfigError(f"no topic {topic} in the archive {self._directory}")
        return self._partitions[topic]

    async def create(self, topics: Mapping[str, int]) -> None:
        """Refused."""
        raise ConfigError(f"the archive {self._directory} is read, never written")

    def writer(self, name: str) -> Writer:
        """A writer that nobody can open."""
        return _NoWriter(self._directory)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _rows(self, topic: str, partition: int) -> Iterator[Record]:
        path = self._directory / topic / f"{partition}.avro"
        if not path.exists():
            raise ConfigError(f"no such place: {topic}-{partition} in {self._directory}")
        try:
            with path.open("rb") as file:
                for row in fastavro.reader(file):
                    yield _record(topic, partition, cast(dict[str, Any], row))
        except (ValueError, EOFError, KeyError) as wrong:
            raise ConfigError(f"{path} is damaged ({wrong}): restore it") from wrong


class _NoWriter:
    def __init__(self, directory: Path) -> None:
        self._refusal = f"the archive {directory} is read, never written"

    async def open(self) -> None:
        raise ConfigError(self._refusal)

    async def append(self, appends: Sequence[Append]) -> None:
        raise ConfigError(self._refusal)

    async def close(self) -> None:
        """Nothing to let go of."""


def _row(record: Record) -> dict[str, object]:
    return {
        "offset": record.offset,
        "recorded_at": record.recorded_at,
        "key": record.key,
        "value": record.value,
        "header_names": [name for name, _ in record.headers],
        "header_values": [value for _, value in record.headers],
    }


def _record(topic: str, partition: int, row: dict[str, Any]) -> Record:
    headers = tuple(zip(row["header_names"], row["header_values"], strict=True))
    return Record(
        topic, partition, row["offset"], row["key"], row["value"], headers, row["recorded_at"]
    )
