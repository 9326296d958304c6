"""Worker processes on a real broker settle the day as the desks do in process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gateway.core.settlement import SettlementInstruction
from tests.day.market_day import gateway, session_to_come, settled_day, traded
from tests.day.test_settled_day import instructions, run
from tests.kafka.crew import Crew
from tests.kafka.test_day_on_kafka import issued, stamps_of

pytestmark = pytest.mark.kafka


def test_two_workers_settle_the_day_and_end_when_told(kafka: str, tmp_path: Path) -> None:
    home = gateway()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends
    half = len(day) // 2

    async def play(crew: Crew) -> tuple[dict[str, SettlementInstruction], list[int]]:
        await crew.create()
        await crew.publish(day[:half])
        crew.start()
        crew.start()
        await crew.publish(day[half:])
        await crew.quiet(4)
        log = crew.log()
        found = await issued(log), await stamps_of(log, day)
        await log.close()
        return found

    with Crew(home, kafka, "two-workers", tmp_path) as crew:
        found, stamps = asyncio.run(play(crew))
        assert crew.stop() == [0, 0], crew.said()
    assert found == instructions(run(day, home, stamps=stamps))
