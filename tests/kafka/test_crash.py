"""Workers die and freeze at random during a day; its instructions are those of a quiet one.

`CRASH_RUNS` says how many days are played, each with a seed of its own; `CRASH_SEED` plays
one of them again (the fault schedule, not the timing of the machine).

Not here: a broker that fails, slow disks, lost connections.
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

from gateway.desks.intake_lines import Keyring
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Log
from gateway.ops.calendars import us_calendar
from gateway.ops.demo.day import PHASES, UNREADABLE, Day, make_day
from gateway.ops.demo.nation import SENDERS, Sizes, session_after
from gateway.ops.demo.producer import Encoder
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import Settings
from gateway.wire.registry import schema_root
from tests.kafka.crew import Crew

pytestmark = pytest.mark.kafka

RUNS = int(os.environ.get("CRASH_RUNS", "1"))
FIRST_SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(1_000_000))
KILLS = 4
FROZEN_SECONDS = 8
CHUNKS = 12


@pytest.fixture(scope="module")
def day() -> Day:
    now = time.time_ns() // 1000
    year = time.gmtime().tm_year
    session = session_after(us_calendar(year, year + 1), now)
    return make_day(7, session, Sizes(plans=40, participants=2_000), batch_lines=100)


@pytest.fixture(scope="module")
def home(day: Day) -> Gateway:
    settings = Settings.model_validate(day.settings)
    return Gateway(
        settings.topology(), settings.receivers, settings.senders, Keyring(b"crash test key 0")
    )


def published(day: Day, phase: str, sender: str) -> list[Append]:
    """What a sender publishes in a phase, as its producer encodes it."""
    encoder = Encoder(schema_root())
    return [
        Append(
            f"in.{sender}", 0, None,
            bytes.fromhex(str(body["hex"])) if schema == UNREADABLE
            else encoder.encode(schema, body),
        )
        for schema, body in day.messages(phase, sender)
    ]  # fmt: skip


def interleaved(day: Day, chance: random.Random) -> list[Append]:
    """All messages of the day: each sender's in its order, senders mixed by chance."""
    mixed: list[Append] = []
    for phase in PHASES:
        waiting = {sender: published(day, phase, sender)[::-1] for sender in SENDERS}
        while senders := sorted(name for name, left in waiting.items() if left):
            mixed.append(waiting[chance.choice(senders)].pop())
    return mixed


async def instructions(log: Log, home: Gateway) -> list[bytes]:
    """Every instruction as it was issued and as its receiver got it, in the order of bytes."""
    found = []
    for partition in range(home.topology.dispatch):
        async for records in log.read("gw.dispatch.inbox", partition):
            found += [record.value for record in records]
    for topic in home.topics():
        if topic.startswith("out."):
            async for records in log.read(topic, 0):
                found += [r.value for r in records if any(b"dispatch" in v for _, v in r.headers)]
    return sorted(found)


@pytest.fixture(scope="module")
def undisturbed(day: Day, home: Gateway) -> list[bytes]:
    """The instructions of the same day in process, all at once."""
    before = home_cutoff(day)
    log = MemoryLog(lambda: before)

    async def play() -> list[bytes]:
        await log.create(home.topics())
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        log.append_now(interleaved(day, random.Random(0)))
        await pump(seats, log)
        return await instructions(log, home)

    return asyncio.run(play())


def home_cutoff(day: Day) -> int:
    """A moment before every cut-off of the session, UTC microseconds."""
    calendar = us_calendar(day.session.year, day.session.year)
    return calendar.cutoff_at(day.session) - 3_600_000_000


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
