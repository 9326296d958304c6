"""Workers die and freeze at random during a day; its instructions are those of a quiet one.

`CRASH_RUNS` says how many days are played, each with a seed of its own; `CRASH_SEED` plays
one of them again (the fault schedule, not the timing of the machine).

Not here: the day (`nation_day`); a broker that fails, lost connections (`tests/faults`).
Laws: L3, L4.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.log.port import Append
from gateway.ops.demo.day import Day
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from tests.kafka.crew import Crew
from tests.kafka.nation_day import (
    day_to_come,
    home_of,
    instructions,
    interleaved,
    undisturbed_instructions,
)

pytestmark = pytest.mark.kafka

RUNS = int(os.environ.get("CRASH_RUNS", "1"))
FIRST_SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(1_000_000))
KILLS = 4
FROZEN_SECONDS = 8
CHUNKS = 12


@pytest.fixture(scope="module")
def day() -> Day:
    return day_to_come()


@pytest.fixture(scope="module")
def home(day: Day) -> Gateway:
    return home_of(day)


@pytest.fixture(scope="module")
def undisturbed(day: Day, home: Gateway) -> list[bytes]:
    return undisturbed_instructions(day, home)


async def disturbed(crew: Crew, messages: Sequence[Append], chance: random.Random) -> None:
    """Publish the day while workers are killed, frozen and replaced."""
    for _ in range(3):
        crew.start()
    size = -(-len(messages) // CHUNKS)
    kills = set(chance.sample(range(CHUNKS), KILLS))
    freeze = chance.randrange(CHUNKS)
    thaw_at: float | None = None
    frozen = None
    for number in range(CHUNKS):
        await crew.publish(messages[number * size : (number + 1) * size])
        await asyncio.sleep(chance.random())
        alive = [p for p in crew.processes if p.poll() is None and p is not frozen]
        if number in kills:
            chance.choice(alive).kill()
            crew.start()
        if number == freeze:
            frozen = chance.choice([p for p in alive if p.poll() is None])
            frozen.send_signal(signal.SIGSTOP)
            thaw_at = time.monotonic() + FROZEN_SECONDS
    assert frozen is not None
    assert thaw_at is not None
    await asyncio.sleep(max(0.0, thaw_at - time.monotonic()))
    frozen.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + RUNS))
def test_l4_instructions_are_the_same_whatever_crashed(
    seed: int, kafka: str, tmp_path: Path, day: Day, home: Gateway, undisturbed: list[bytes]
) -> None:
    print(f"CRASH_SEED={seed}")
    chance = random.Random(seed)
    messages = interleaved(day, chance)
    count = len(undisturbed) // 2

    async def play(crew: Crew) -> None:
        await crew.create()
        await disturbed(crew, messages, chance)
        await crew.quiet(count)
        log = crew.log()
        try:
            found = await instructions(log, home)
            assert found == undisturbed, crew.said()[-4000:]
            assert await violations(log, home) == []
        finally:
            await log.close()

    assert undisturbed
    with Crew(home, kafka, f"crash-{seed}-{time.time_ns() // 1_000_000}", tmp_path) as crew:
        asyncio.run(play(crew))
