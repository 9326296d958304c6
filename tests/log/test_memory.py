"""The in-memory home keeps the contract of a log.

Not here: the contract (`contract`).
"""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from tests.log.contract import LogContract, Opener


class TestMemoryLog(LogContract):
    @pytest.fixture
    def opener(self) -> Opener:
        return lambda: MemoryLog(lambda: 1)


def test_all_records_of_an_append_carry_the_stamp_of_the_clock_it_was_given() -> None:
    stamps = iter((10, 20))
    log = MemoryLog(lambda: next(stamps))
    asyncio.run(log.create({"t": 2}))
    log.append_now([Append("t", 0, None, b"a"), Append("t", 1, None, b"b")])
    log.append_now([Append("t", 0, None, b"c")])
    assert [(r.offset, r.recorded_at) for r in log.records("t", 0)] == [(0, 10), (1, 20)]
    assert [(r.offset, r.recorded_at) for r in log.records("t", 1)] == [(0, 10)]
    assert [r.value for r in log.records("t", 0, 1)] == [b"c"]


def test_appending_at_once_is_all_or_nothing_too() -> None:
    log = MemoryLog(lambda: 1)
    asyncio.run(log.create({"t": 1}))
    with pytest.raises(ConfigError, match="no such place: t-1"):
        log.append_now([Append("t", 0, None, b"a"), Append("t", 1, None, b"b")])
    assert log.records("t", 0) == []
