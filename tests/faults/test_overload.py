"""A sender that dumps its night at once, or never ends sending rubbish, and what others notice.

One worker decides all. Memory is the most it ever held (VmHWM); a message waits from the
broker's stamp of it to the broker's stamp of its answer on the sender's own topic.

Not here: closing a session without a sender.
Laws: L1–L8.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.ops.demo.day import Day
from gateway.ops.demo.nation import RECORDKEEPERS, SENDERS, Sizes
from gateway.shell.evidence import violations
from gateway.shell.seat import ORIGIN
from gateway.wire.topics import QUARANTINE
from tests.faults.posts import Posts
from tests.faults.report import Latency, Row, write_down
from tests.faults.story import Expected, Progress, caught_up, proved
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS
from tests.kafka.nation_day import day_to_come, home_of, published, undisturbed_instructions

pytestmark = pytest.mark.faults

NORTH, LAKES, COAST = RECORDKEEPERS
SIZES = Sizes(plans=1_000, participants=100_000)
BATCH_LINES = 250
PIECES = 20
"""A recordkeeper's orders come in so many pieces; all at once is so many times its peak."""

PACE_SECONDS = 0.25
ROOM_MB = 64
RUBBISH_BYTES = 20_000
RUBBISH_AT_ONCE = 20


@pytest.fixture(scope="module")
def day() -> Day:
    return day_to_come(SIZES, BATCH_LINES)


@pytest.fixture(scope="module")
def large(day: Day) -> Expected:
    home = home_of(day)
    return Expected(home, (), undisturbed_instructions(day, home))


def pieces(messages: Sequence[Append]) -> list[Sequence[Append]]:
    size = -(-len(messages) // PIECES)
    return [messages[at : at + size] for at in range(0, len(messages), size)]


def phase_of(day: Day, phase: str) -> list[Append]:
    return [message for sender in SENDERS for message in published(day, phase, sender)]


async def paced(crew: Posts, day: Day, senders: Sequence[str]) -> None:
    """The senders' orders, a piece of each at a time."""
    waiting = [pieces(published(day, "orders", sender)) for sender in senders]
    for number in range(PIECES):
        at = time.monotonic()
        for mine in waiting:
            if number < len(mine):
                await crew.publish(mine[number])
        await asyncio.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - at)))


async def opened(crew: Posts, day: Day) -> None:
    """A worker that has taken the opening of the day."""
    await crew.create()
    crew.start()
    opening = phase_of(day, "opening")
    for piece in pieces(opening):
        await crew.publish(piece)
    await caught_up(crew, Progress(crew.home))
    await crew.done_asking()


async def answered(crew: Posts, day: Day, senders: Sequence[str], since: dict[str, int]) -> None:
    """Wait until the senders have an answer to each of their orders."""
    until = time.monotonic() + PATIENCE_SECONDS
    log = crew.log()
    try:
        for sender in senders:
            count = len(published(day, "orders", sender))
            while sum(at >= since[sender] for at in await waits(log, crew, sender)) < count:
                assert time.monotonic() < until, crew.said()[-4000:]
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await log.close()


async def waits(log: KafkaLog, crew: Posts, sender: str) -> dict[int, float]:
    """Milliseconds from each message of a sender to intake's answer, by offset."""
    origin = re.compile(rb"intake/%d/(\d+)" % crew.home.topology.senders.index(sender))
    answers: dict[int, int] = {}
    async for records in log.read(f"out.{sender}", 0):
        for record in records:
            said = origin.fullmatch(dict(record.headers).get(ORIGIN, b""))
            if said:
                answers.setdefault(int(said[1]), record.recorded_at)
    found: dict[int, float] = {}
    async for records in log.read(f"in.{sender}", 0):
        for record in records:
            if record.offset in answers:
                found[record.offset] = (answers[record.offset] - record.recorded_at) / 1000
    return found


def peak_mb(crew: Posts) -> int:
    """The most memory the only worker ever held, MB."""
    (pid,) = crew.workers()
    said = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert said is not None
    return int(said[1]) // 1000


async def measured(
    crew: Posts, load: str, senders: Sequence[str], since: dict[str, int]
) -> Latency:
    """How long the senders waited."""
    log = crew.log()
    try:
        found = sorted(
            [
                wait
                for sender in senders
                for offset, wait in (await waits(log, crew, sender)).items()
                if offset >= since[sender]
            ]
        )
    finally:
        await log.close()
    return Latency(
        load, ", ".join(senders), len(found), found[len(found) // 2],
        found[(len(found) - 1) * 99 // 100], found[-1],
    )  # fmt: skip


async def ends(crew: Posts) -> dict[str, int]:
    """Where the senders' topics end."""
    log = crew.log()
    try:
        return {sender: await log.end(f"in.{sender}", 0) for sender in SENDERS}
    finally:
        await log.close()


def played(
    day: Day, large: Expected, crew: Posts, load: str,
    orders: Callable[[Posts], Awaitable[None]],
) -> int:  # fmt: skip
    """Play the day with its orders coming in some way; the most memory the worker held, MB."""

    async def play() -> int:
        await opened(crew, day)
        since = await ends(crew)
        await orders(crew)
        await answered(crew, day, RECORDKEEPERS, since)
        latencies = [
            await measured(crew, load, senders, since) for senders in ((LAKES, COAST), (NORTH,))
        ]
        await crew.publish(phase_of(day, "close"))
        await proved(crew, large)
        peak = peak_mb(crew)
        for latency in latencies:
            write_down(replace(latency, peak_mb=peak))
        assert crew.restarts() == 0
        return peak

    return asyncio.run(play())


def test_a_recordkeeper_dumps_its_whole_night_at_once(
    kafka: str, tmp_path: Path, day: Day, large: Expected
) -> None:
    async def calm(crew: Posts) -> None:
        await paced(crew, day, (NORTH, LAKES, COAST))

    async def burst(crew: Posts) -> None:
        whole = published(day, "orders", NORTH)
        await asyncio.gather(crew.aside(whole), paced(crew, day, (LAKES, COAST)))

    peaks = []
    for name, load, orders in (
        ("calm", "all in their own pace", calm),
        ("burst", f"{NORTH} all at once, {PIECES} times its piece", burst),
    ):
        folder = tmp_path / name
        folder.mkdir()
        with Posts(large.home, kafka, name, folder) as crew:
            peaks.append(played(day, large, crew, load, orders))
    row = Row("load", f"{NORTH} dumps its whole day at once", "one transaction of all its orders")
    assert peaks[1] <= peaks[0] + ROOM_MB, peaks
    write_down(
        row.with_outcome(
            f"same instructions, all laws hold; peak memory {peaks[1]} MB, "
            f"{peaks[0]} MB in its own pace"
        )
    )


async def rubbish(crew: Posts, enough: asyncio.Event) -> int:
    """Send what nobody can read until it is enough; how many messages that were."""
    chance = random.Random(5)
    count = 0
    while not enough.is_set():
        await crew.aside(
            [
                Append(f"in.{COAST}", 0, None, chance.randbytes(RUBBISH_BYTES))
                for _ in range(RUBBISH_AT_ONCE)
            ]
        )
        count += RUBBISH_AT_ONCE
    return count


def test_a_sender_that_never_ends_its_rubbish_stops_nobody_else(
    kafka: str, tmp_path: Path, day: Day, large: Expected
) -> None:
    async def play(crew: Posts) -> tuple[int, int]:
        await opened(crew, day)
        since = await ends(crew)
        enough = asyncio.Event()
        dumping = asyncio.ensure_future(rubbish(crew, enough))
        await paced(crew, day, (NORTH, LAKES))
        await answered(crew, day, (NORTH, LAKES), since)
        assert not dumping.done()
        enough.set()
        count = await dumping
        await settled(crew, since[COAST], count)
        peak = peak_mb(crew)
        load = f"{COAST} sends rubbish without end"
        latency = await measured(crew, load, (NORTH, LAKES), since)
        write_down(replace(latency, peak_mb=peak))
        log = crew.log()
        try:
            assert await violations(log, crew.home, complete=False) == []
        finally:
            await log.close()
        return count, peak

    with Posts(large.home, kafka, "rubbish", tmp_path) as crew:
        count, peak = asyncio.run(play(crew))
        assert crew.restarts() == 0
    write_down(
        Row(
            "load", f"{COAST} sends rubbish and never ends",
            f"random bytes, {RUBBISH_BYTES // 1000} kB a message, as fast as a client can",
        ).with_outcome(
            "every batch of the others is decided while it lasts; all "
            f"{count} messages ({count * RUBBISH_BYTES // 1_000_000} MB) stand in quarantine; "
            f"peak memory {peak} MB"
        )
    )  # fmt: skip


async def settled(crew: Posts, since: int, count: int) -> None:
    """Wait until so much rubbish is in quarantine."""
    until = time.monotonic() + PATIENCE_SECONDS
    log = crew.log()
    try:
        while sum([len(r) async for r in log.read(QUARANTINE, 0)]) < count:
            assert time.monotonic() < until, crew.said()[-4000:]
            await asyncio.sleep(LOOK_SECONDS)
        assert await log.end(f"in.{COAST}", 0) > since
    finally:
        await log.close()
