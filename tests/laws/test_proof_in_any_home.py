"""The proof reads a log of any home alike; here one that is closed and opened again from files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.log.file import FileLog
from gateway.shell.evidence import replay_partition, violations
from gateway.shell.gateway import pump
from tests.day.market_day import BEFORE_CLOSE, PERSON
from tests.laws.planted import HOME, busy_day


def opened(directory: Path) -> FileLog:
    return FileLog(directory, lambda: BEFORE_CLOSE)


async def decided(directory: Path) -> None:
    log = opened(directory)
    await log.create(HOME.topics())
    publisher = log.writer("senders")
    await publisher.open()
    await publisher.append(busy_day().appends)
    seats = HOME.seats(log)
    for seat in seats:
        await seat.open()
    await pump(seats, log)
    for seat in seats:
        await seat.close()
    await publisher.close()
    await log.close()


def test_the_laws_hold_on_a_log_of_files_read_by_somebody_else(tmp_path: Path) -> None:
    async def prove() -> None:
        log = opened(tmp_path)
        found = await violations(log, HOME, identifiers=[PERSON])
        replay = await replay_partition(log, HOME, "plan", 0)
        await log.close()
        assert found == []
        assert replay.divergence is None
        assert replay.records > 10

    asyncio.run(decided(tmp_path))
    asyncio.run(prove())
