"""The proof can be asked at any moment of a day: what is not decided yet breaks no law."""

from __future__ import annotations

import asyncio

from gateway.log.memory import MemoryLog
from gateway.shell.evidence import violations
from tests.day.market_day import BEFORE_CLOSE
from tests.laws.planted import HOME, broken, busy_day

STEPS_BETWEEN_PROOFS = 7


def test_the_laws_hold_at_every_moment_of_the_day() -> None:
    log = MemoryLog(lambda: BEFORE_CLOSE)
    moments = 0

    async def prove(step: int) -> None:
        nonlocal moments
        if step % STEPS_BETWEEN_PROOFS == 0:
            moments += 1
            found = await violations(log, HOME, redecide=moments % 5 == 0, complete=False)
            assert found == [], step

    async def play() -> None:
        await log.create(HOME.topics())
        log.append_now(busy_day().appends)
        seats = HOME.seats(log)
        for seat in seats:
            await seat.open()
        step, moved = 0, 1
        while moved:
            moved = 0
            for seat in seats:
                record = log.records(seat.topic, seat.topic_partition, seat.last + 1)[:1]
                moved += await seat.take(record)
                step += len(record)
                if record:
                    await prove(step)

    asyncio.run(play())
    assert moments > 10
    assert broken(log) == []


def test_messages_nobody_decided_yet_break_a_law_only_once_the_day_is_over() -> None:
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(HOME.topics()))
    log.append_now(busy_day().appends)
    assert broken(log, complete=False) == []
    assert {violation.law for violation in broken(log)} == {"L3", "L5"}
