"""An archive gives back every record as it stood in its log, holes between offsets included.

Not here: the contract of logs that are written (`contract`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.log.archive import ArchiveLog, lay_down
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record


def filled() -> MemoryLog:
    log = MemoryLog(iter(range(100, 200)).__next__)
    asyncio.run(log.create({"in.RK": 1, "gw.plan.inbox": 2}))
    log.append_now([Append("in.RK", 0, b"key", b"\x00\xff", (("gw-origin", b"x"), ("e", b"")))])
    log.append_now([Append("in.RK", 0, None, b"")])
    log.append_now([Append("gw.plan.inbox", 1, None, b"value")])
    return log


def read(log: ArchiveLog, topic: str, partition: int, start: int = 0) -> list[Record]:
    async def every() -> list[Record]:
        return [r async for batch in log.read(topic, partition, start) for r in batch]

    return asyncio.run(every())


def test_every_record_comes_back_with_its_offset_stamp_key_and_headers(tmp_path: Path) -> None:
    log = filled()
    count = asyncio.run(lay_down(log, {"in.RK": 1, "gw.plan.inbox": 2}, tmp_path))
    archive = ArchiveLog(tmp_path)
    assert count == 3
    assert read(archive, "in.RK", 0) == log.records("in.RK", 0)
    assert read(archive, "in.RK", 0, start=1) == log.records("in.RK", 0)[1:]
    assert read(archive, "gw.plan.inbox", 0) == []
    assert read(archive, "gw.plan.inbox", 1) == log.records("gw.plan.inbox", 1)
    assert asyncio.run(archive.end("in.RK", 0)) == 2
    assert asyncio.run(archive.partitions("gw.plan.inbox")) == 2


def test_an_archive_is_never_written_and_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no archive in"):
        ArchiveLog(tmp_path / "nothing")
    asyncio.run(lay_down(filled(), {"in.RK": 1}, tmp_path))
    archive = ArchiveLog(tmp_path)
    with pytest.raises(ConfigError, match="never written"):
        asyncio.run(archive.writer("owner").open())
    with pytest.raises(ConfigError, match="no topic out in the archive"):
        asyncio.run(archive.partitions("out"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    asyncio.run(lay_down(filled(), {"in.RK": 1}, tmp_path))
    file = tmp_path / "in.RK" / "0.avro"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ConfigError, match=r"0\.avro is damaged"):
        read(ArchiveLog(tmp_path), "in.RK", 0)
