"""The file home keeps the contract of a log, and what only a disk can lose.

Not here: the contract (`contract`).
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.log.file import FileLog
from gateway.log.port import Append, Log
from tests.log.contract import DurableContract, Opener, append, play, values


class TestFileLog(DurableContract):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: FileLog(tmp_path / "log", lambda: 1)


def opener_of(directory: Path) -> Opener:
    return lambda: FileLog(directory, lambda: 1)


async def both(log: Log) -> list[list[bytes]]:
    return [await values(log, "t", 0), await values(log, "t", 1)]


def in_flight(tmp_path: Path) -> tuple[Path, Path]:
    """The directory before and after an append to two partitions, as a crash would leave it."""
    before, after = tmp_path / "before", tmp_path / "after"

    async def story(log: Log) -> None:
        await log.create({"t": 2})
        await append(log, Append("t", 0, None, b"old"), Append("t", 1, None, b"old"))
        shutil.copytree(tmp_path / "log", before)
        await append(log, Append("t", 0, b"key", b"new"), Append("t", 1, None, b"new"))
        shutil.copytree(tmp_path / "log", after)

    play(opener_of(tmp_path / "log"), story)
    return before, after


def test_a_crash_at_any_byte_of_a_commit_leaves_the_append_whole_or_absent(tmp_path: Path) -> None:
    before, after = in_flight(tmp_path)
    committed = (after / "commits").read_bytes()
    seen = []
    for cut in range((before / "commits").stat().st_size, len(committed) + 1):
        crashed = tmp_path / f"cut-{cut}"
        shutil.copytree(before, crashed)
        (crashed / "commits").write_bytes(committed[:cut])
        seen.append(play(opener_of(crashed), both))
    absent, whole = [[b"old"], [b"old"]], [[b"old", b"new"], [b"old", b"new"]]
    assert seen[-1] == whole
    assert all(found == absent for found in seen[:-1])


def test_a_crash_at_any_byte_of_a_partition_after_the_commit_loses_nothing(tmp_path: Path) -> None:
    before, after = in_flight(tmp_path)
    place = Path("topics", "t", "0.log")
    written = (after / place).read_bytes()
    for cut in range((before / place).stat().st_size, len(written) + 1):
        crashed = tmp_path / f"cut-{cut}"
        shutil.copytree(after, crashed)
        (crashed / place).write_bytes(written[:cut])
        assert play(opener_of(crashed), both) == [[b"old", b"new"], [b"old", b"new"]]


def test_what_a_partition_holds_beyond_its_commits_is_cut(tmp_path: Path) -> None:
    before, _ = in_flight(tmp_path)
    with (before / "topics" / "t" / "0.log").open("ab") as file:
        file.write(b"\x00torn")
    assert play(opener_of(before), both) == [[b"old"], [b"old"]]

    async def story(log: Log) -> list[list[bytes]]:
        await append(log, Append("t", 0, None, b"next"))
        return await both(log)

    assert play(opener_of(before), story) == [[b"old", b"next"], [b"old"]]


@pytest.mark.parametrize("harm", ["changed", "shortened", "zeroed"])
def test_damage_to_an_acknowledged_record_is_refused(tmp_path: Path, harm: str) -> None:
    play(opener_of(tmp_path), lambda log: log.create({"t": 2}))

    async def story(log: Log) -> None:
        await append(log, Append("t", 0, None, b"one"), Append("t", 0, None, b"two"))

    play(opener_of(tmp_path), story)
    path = tmp_path / "topics" / "t" / "0.log"
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(
        {
            "changed": data[: half - 1] + b"!" + data[half:],
            "shortened": data[:-1],
            "zeroed": data[:half] + bytes(len(data) - half),
        }[harm]
    )
    with pytest.raises(ConfigError, match="is damaged at byte"):
        FileLog(tmp_path, lambda: 1)


def test_a_directory_without_its_commits_is_refused(tmp_path: Path) -> None:
    play(opener_of(tmp_path), lambda log: log.create({"t": 1}))
    (tmp_path / "commits").unlink()
    with pytest.raises(ConfigError, match="commits is missing"):
        FileLog(tmp_path, lambda: 1)


def test_a_directory_is_held_by_one_log_at_a_time(tmp_path: Path) -> None:
    async def story(_: Log) -> None:
        with pytest.raises(ConfigError, match="held by another log"):
            FileLog(tmp_path, lambda: 2)

    play(opener_of(tmp_path), story)
    asyncio.run(FileLog(tmp_path, lambda: 3).close())


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "é", "x" * 250])
def test_a_topic_that_cannot_be_a_folder_everywhere_is_refused(tmp_path: Path, name: str) -> None:
    async def story(log: Log) -> None:
        with pytest.raises(ConfigError, match="a name is letters"):
            await log.create({name: 1})

    play(opener_of(tmp_path), story)


def test_the_stamp_is_the_clock_s_and_stays(tmp_path: Path) -> None:
    stamps = iter((10, 20))

    async def story(log: Log) -> list[int]:
        await log.create({"t": 1})
        await append(log, Append("t", 0, None, b"a"), Append("t", 0, None, b"b"))
        await append(log, Append("t", 0, None, b"c"))
        return [r.recorded_at async for batch in log.read("t", 0) for r in batch]

    assert play(lambda: FileLog(tmp_path, lambda: next(stamps)), story) == [10, 10, 20]
