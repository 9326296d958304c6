"""Workers of two versions side by side: they decide alike until the book says otherwise.

The new logic holds from the session that a book change names. A worker of the version before
that is still there then stops its partitions and says why; replaced, all settles.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import date
from pathlib import Path

import pytest

from gateway.core.book import BookChange
from gateway.core.events import SleevesBalanced
from gateway.core.logic import OWN_MONEY
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Log
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway, pump
from gateway.shell.reading import decisions
from tests.day.market_day import MarketDay, calendar, days, gateway, session_to_come, settled_day
from tests.day.test_settled_day import MESSAGES
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS, Crew

pytestmark = pytest.mark.kafka

BEFORE = "tests.kafka.version_before"
LINES = 6


def two_sessions(first: date) -> tuple[list[Append], list[Append]]:
    """What is published in a session, and in the next, for which the logic changes."""
    day = settled_day(first)
    times = calendar(first).calendar()
    after = times.next_session(first)
    change = BookChange("operations", "logic", after, None, (), (), (), OWN_MONEY)
    day.adopt(change)
    session(day, LINES)
    published = len(day.appends)
    day.session = after
    day.tick("SESSION_OPENED")
    session(day, 0)
    return day.appends[:published], day.appends[published:]


def session(day: MarketDay, lines: int) -> None:
    """Payrolls, levels and ends of day."""
    received_at = calendar(day.session).calendar().cutoff_at(day.session) - 3_600_000_000
    for at in range(lines):
        day.payroll("RK_A", f"B{at}", "PLN-2", received_at, [(f"p-{at}", "TDF_2045", 100_00 + at)])
    for index, level in (("LIQUID", 1009_00), ("PROXY", 4000_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(day.session), level=level)
    day.tick("VALUATION_CUT_OFF")
    day.day_end("RK_A", lines, lines, sum(100_00 + at for at in range(lines)))
    day.day_end("RK_B", 0, 0, 0)


async def issued(log: Log, home: Gateway) -> list[SettlementInstruction]:
    found = [
        message
        for at in range(home.topology.dispatch)
        async for records in log.read("gw.dispatch.inbox", at)
        for record in records
        if isinstance(message := MESSAGES.unpack(record.value), SettlementInstruction)
    ]
    return sorted(found, key=lambda each: each.instruction_id)


async def own_money(log: Log, home: Gateway) -> set[date]:
    """Sessions in which a fund put its own money to work."""
    found: set[date] = set()
    for partition in range(home.topology.fund):
        async for decided in decisions(log, MESSAGES, "fund", partition):
            for event in decided.events:
                if isinstance(event, SleevesBalanced):
                    own = [s for s in event.shares if s.plan_id == event.fund_id]
                    found |= {event.session} if any(s.granted_minor for s in own) else set()
    return found


async def undisturbed(home: Gateway, day: list[Append]) -> list[SettlementInstruction]:
    """The instructions of the same two sessions in process."""
    log = MemoryLog(lambda: int(time.time() * 1_000_000))
    await log.create(home.topics())
    seats = home.seats(log)
    for seat in seats:
        await seat.open()
    log.append_now(day)
    await pump(seats, log)
    return await issued(log, home)


async def until(log: Log, home: Gateway, count: int, crew: Crew) -> None:
    """Wait until so many instructions are issued."""
    last = time.monotonic() + PATIENCE_SECONDS
    while len(await issued(log, home)) < count:
        assert time.monotonic() < last, crew.said()[-6000:]
        await asyncio.sleep(LOOK_SECONDS)


def test_a_rolling_restart_and_then_a_change_of_logic(kafka: str, tmp_path: Path) -> None:
    home = gateway()
    first = session_to_come(time.time_ns() // 1000)
    monday, tuesday = two_sessions(first)
    half = len(monday) // 2

    async def play(crew: Crew) -> None:
        expected = await undisturbed(home, [*monday, *tuesday])
        before = [each for each in expected if each.session == first]
        assert 0 < len(before) < len(expected)
        await crew.create()
        log = crew.log()
        old = [crew.start(BEFORE), crew.start(BEFORE)]
        await crew.publish(monday[:half])
        old[0].terminate()
        crew.start()
        await crew.publish(monday[half:])
        await until(log, home, len(before), crew)
        # The version before is still there when the new logic begins to hold.
        await crew.publish(tuesday)
        await _says(crew, "decision logic 2 is in force")
        old[1].terminate()
        crew.start()
        await until(log, home, len(expected), crew)
        assert await issued(log, home) == expected
        assert await own_money(log, home) == {calendar(first).calendar().next_session(first)}
        assert await violations(log, home) == []
        await log.close()

    with Crew(home, kafka, f"upgrade-{random.randrange(10**9)}", tmp_path) as crew:
        asyncio.run(play(crew))


async def _says(crew: Crew, words: str) -> None:
    last = time.monotonic() + PATIENCE_SECONDS
    while words not in crew.said():
        assert time.monotonic() < last, crew.said()[-6000:]
        await asyncio.sleep(LOOK_SECONDS)
