"""A log on disk: the same port without a broker, for one process at a time.

    <directory>/lock                            held while the log is open
    <directory>/commits                         appends not yet safe in their partitions
    <directory>/topics/<topic>/<partition>.log  one record after the other

Both kinds of file are frames: length, CRC32, payload. An append is first one frame of
`commits`, on disk before it is acknowledged, and is then written to its partitions at the
places the frame names. Opening the log writes the frames of `commits` again, which does no harm
however often it is done; so a crash leaves an append whole or absent. `commits` also says how
long each partition is: what is longer was never acknowledged and is cut, what is shorter or
does not fit its CRC is damage, a `ConfigError`.

Not here: several processes on one directory; deletion; an index on disk (the places of the
records are found anew at each opening, and take 8 bytes a record in memory).
"""

from __future__ import annotations

import os
import re
import struct
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from gateway.errors import ConfigError
from gateway.log.memory import LocalWriter
from gateway.log.port import Append, Record

COMMITS_BYTES = 64_000_000
BATCH_BYTES = 4_000_000
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}")
FRAME = struct.Struct("<II")  # length of the payload, its CRC32
RECORD = struct.Struct("<qiIH")  # recorded_at, length of the key or -1, of the value, headers
HEADER = struct.Struct("<HI")  # length of the name, of the value
WRITE = struct.Struct("<HIQI")  # length of the topic, partition, place in bytes, length


class FileLog:
    """Topics in a directory; stamps come from the clock it is given. Its calls block."""

    def __init__(self, directory: Path, now: Callable[[], int]) -> None:
        """Take the directory, finish what a crash interrupted, find the records.

        Args:
            directory: Made if it is not there.
            now: Gives UTC microseconds; asked once an append.

        Raises:
            ConfigError: Another log holds the directory, or its files are damaged.
        """
        self._now = now
        self._epochs: dict[str, int] = {}
        self._topics: dict[str, list[_Partition]] = {}
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = (directory / "lock").open("ab")
        self._commits: FileIO | None = None
        try:
            _hold(self._lock, directory)
            self._recover()
        except BaseException:
            self._let_go()
            raise

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist."""
        for topic, count in topics.items():
            have = len(self._topics.get(topic, ()))
            if have not in (0, count):
                raise ConfigError(
                    f"topic {topic} has {have} partitions, wanted {count}: "
                    "partition counts are chosen at birth; replay into a new topic"
                )
            if not NAME.fullmatch(topic):
                raise ConfigError(f"topic {topic!r}: a name is letters, digits, '.', '_' and '-'")
        self._commit(
            [
                _Write(topic, partition, 0, b"")
                for topic, count in topics.items()
                if topic not in self._topics
                for partition in range(count)
            ]
        )

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        if topic not in self._topics:
            raise ConfigError(f"no topic {topic}: create it")
        return len(self._topics[topic])

    async def end(self, topic: str, partition: int) -> int:
        """The offset the next record gets."""
        return len(self._place(topic, partition).ends)

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Records from `start` to the end as it stands, or to `stop`."""
        kept = self._place(topic, partition)
        until = len(kept.ends) if stop is None else min(stop, len(kept.ends))
        while start < until:
            payloads = kept.payloads(start, until)
            yield [
                _record(topic, partition, offset, payload)
                for offset, payload in enumerate(payloads, start)
            ]
            start += len(payloads)

    def append_now(self, appends: Sequence[Append]) -> None:
        """Append all or, if a place does not exist, nothing; on disk when it returns."""
        stamp = self._now()
        pieces: dict[tuple[str, int], list[bytes]] = {}
        for append in appends:
            self._place(append.topic, append.partition)
            piece = _frame(_payload(append, stamp))
            pieces.setdefault((append.topic, append.partition), []).append(piece)
        self._commit(
            [
                _Write(topic, partition, self._place(topic, partition).length, b"".join(piece))
                for (topic, partition), piece in pieces.items()
            ]
        )

    def writer(self, name: str) -> LocalWriter:
        """A writer of that name."""
        return LocalWriter(self.append_now, self._epochs, name)

    async def close(self) -> None:
        """Make all partitions safe and give the directory up."""
        if self._commits is not None:
            self._checkpoint()
        self._let_go()

    def _place(self, topic: str, partition: int) -> _Partition:
        kept = self._topics.get(topic, ())
        if not 0 <= partition < len(kept):
            raise ConfigError(f"no such place: {topic}-{partition}; create it")
        return kept[partition]

    def _commit(self, writes: list[_Write]) -> None:
        """Make the writes happen: all of them, or, if this raises, perhaps none."""
        if not writes:
            return
        assert self._commits is not None, "append to a log that is closed or whose disk failed"
        commits, self._commits = self._commits, None
        try:
            _put(commits, _frame(_commit_payload(writes)))
            os.fsync(commits.fileno())
            for write in writes:
                self._apply(write)
        except BaseException:
            # How much of it is on disk is known at the next opening, not now.
            commits.close()
            self._let_go()
            raise
        self._commits = commits
        if commits.tell() > COMMITS_BYTES:
            self._checkpoint()

    def _apply(self, write: _Write) -> None:
        partitions = self._topics.setdefault(write.topic, [])
        if write.partition == len(partitions):
            path = self._directory / "topics" / write.topic / f"{write.partition}.log"
            partitions.append(_Partition(path))
        partitions[write.partition].write(write.at, write.data)

    def _recover(self) -> None:
        """Write again what `commits` holds, cut the rest, find the records."""
        path = self._directory / "commits"
        if not path.exists() and (self._directory / "topics").exists():
            raise ConfigError(f"{path} is missing: restore the directory from a whole copy")
        if path.exists():
            for payload in _frames(path.read_bytes()):
                for write in _writes(payload):
                    self._apply(write)
        for partitions in self._topics.values():
            for partition in partitions:
                partition.find_records()
        self._checkpoint()

    def _checkpoint(self) -> None:
        """Make the partitions safe, then start `commits` anew with their lengths."""
        lengths = []
        for topic, partitions in self._topics.items():
            for number, partition in enumerate(partitions):
                os.fsync(partition.file.fileno())
                lengths.append(_Write(topic, number, partition.length, b""))
            _sync(self._directory / "topics" / topic)
        if self._commits is not None:
            self._commits.close()
        fresh = self._directory / "commits.new"
        with fresh.open("wb", buffering=0) as file:
            if lengths:
                _put(file, _frame(_commit_payload(lengths)))
            os.fsync(file.fileno())
        fresh.replace(self._directory / "commits")
        (self._directory / "topics").mkdir(exist_ok=True)
        _sync(self._directory / "topics")
        _sync(self._directory)
        self._commits = (self._directory / "commits").open("ab", buffering=0)

    def _let_go(self) -> None:
        for partitions in self._topics.values():
            for partition in partitions:
                partition.file.close()
        if self._commits is not None:
            self._commits.close()
            self._commits = None
        self._lock.close()


class _Partition:
    """One file and where its records end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self.length = 0
        self.ends = array("Q")

    def write(self, at: int, data: bytes) -> None:
        """Put the frames there; the end of the last write is the end of the file."""
        self.file.seek(at)
        _put(self.file, data)
        if at == self.length:
            for payload in _frames(data):
                self.length += FRAME.size + len(payload)
                self.ends.append(self.length)
        else:
            self.length = at + len(data)

    def find_records(self) -> None:
        """Cut what was never acknowledged, and check every record."""
        if self.path.stat().st_size > self.length:
            self.file.truncate(self.length)
        self.ends = array("Q")
        place = 0
        with self.path.open("rb") as file:
            while place < self.length:
                head = file.read(FRAME.size)
                size, crc = FRAME.unpack(head) if len(head) == FRAME.size else (0, 0)
                if not size or zlib.crc32(file.read(size)) != crc:
                    raise ConfigError(
                        f"{self.path} is damaged at byte {place} of {self.length}: "
                        "restore it from a copy"
                    )
                place += FRAME.size + size
                self.ends.append(place)

    def payloads(self, start: int, until: int) -> list[bytes]:
        """The records from an offset on, as many as make a batch; at least one."""
        first = self.ends[start - 1] if start else 0
        last = min(max(bisect_right(self.ends, first + BATCH_BYTES), start + 1), until)
        self.file.seek(first)
        payloads = list(_frames(self.file.read(self.ends[last - 1] - first)))
        if len(payloads) != last - start:
            raise ConfigError(f"{self.path} is damaged after byte {first}: restore it from a copy")
        return payloads


@dataclass(frozen=True, slots=True)
class _Write:
    """Bytes at a place of a partition; without bytes, how long the partition is."""

    topic: str
    partition: int
    at: int
    data: bytes


def _put(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _frame(payload: bytes) -> bytes:
    return FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def _frames(data: bytes) -> Iterator[bytes]:
    """The payloads of whole frames, up to the first that is not; no payload is empty."""
    place = 0
    while place + FRAME.size <= len(data):
        size, crc = FRAME.unpack_from(data, place)
        payload = data[place + FRAME.size : place + FRAME.size + size]
        if not size or len(payload) != size or zlib.crc32(payload) != crc:
            return
        yield payload
        place += FRAME.size + size


def _commit_payload(writes: Sequence[_Write]) -> bytes:
    parts = []
    for write in writes:
        topic = write.topic.encode()
        parts += [WRITE.pack(len(topic), write.partition, write.at, len(write.data)), topic]
        parts.append(write.data)
    return b"".join(parts)


def _writes(payload: bytes) -> Iterator[_Write]:
    place = 0
    while place < len(payload):
        named, partition, at, size = WRITE.unpack_from(payload, place)
        place += WRITE.size
        topic = payload[place : place + named].decode()
        place += named
        yield _Write(topic, partition, at, payload[place : place + size])
        place += size


def _payload(append: Append, stamp: int) -> bytes:
    key = -1 if append.key is None else len(append.key)
    head = RECORD.pack(stamp, key, len(append.value), len(append.headers))
    parts = [head, append.key or b"", append.value]
    for name, value in append.headers:
        encoded = name.encode()
        parts += [HEADER.pack(len(encoded), len(value)), encoded, value]
    return b"".join(parts)


def _record(topic: str, partition: int, offset: int, payload: bytes) -> Record:
    stamp, keyed, valued, count = RECORD.unpack_from(payload)
    place = RECORD.size + max(keyed, 0)
    key = None if keyed < 0 else payload[RECORD.size : place]
    value = payload[place : place + valued]
    place += valued
    headers = []
    for _ in range(count):
        named, sized = HEADER.unpack_from(payload, place)
        place += HEADER.size
        middle = place + named
        headers.append((payload[place:middle].decode(), payload[middle : middle + sized]))
        place = middle + sized
    return Record(topic, partition, offset, key, value, tuple(headers), stamp)


def _hold(lock: BinaryIO, directory: Path) -> None:
    """Hold the directory until the file is closed, which the end of the process does too."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigError(f"{directory} is held by another log: close that first") from None


def _sync(directory: Path) -> None:
    """Make the names in a directory safe, where a system allows it."""
    if sys.platform != "win32":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
