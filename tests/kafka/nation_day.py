"""The demonstration's day as tests play it: what is published, and what must come of it.

Not here: how the day is disturbed.
"""

from __future__ import annotations

import asyncio
import random
import time

from gateway.desks.intake_lines import Keyring
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Log
from gateway.ops.calendars import us_calendar
from gateway.ops.demo.day import PHASES, UNREADABLE, Day, make_day
from gateway.ops.demo.nation import SENDERS, Sizes, session_after
from gateway.ops.demo.producer import Encoder
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import Settings
from gateway.wire.registry import schema_root

SMALL = Sizes(plans=40, participants=2_000)


def day_to_come(sizes: Sizes = SMALL, batch_lines: int = 100) -> Day:
    """A day of the session that comes next by the clock, for a broker stamps with it."""
    now = time.time_ns() // 1000
    year = time.gmtime().tm_year
    session = session_after(us_calendar(year, year + 1), now)
    return make_day(7, session, sizes, batch_lines=batch_lines)


def home_of(day: Day) -> Gateway:
    """The desks of the day's gateway."""
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


def undisturbed_instructions(day: Day, home: Gateway) -> list[bytes]:
    """The instructions of the same day in process, all at once."""
    before = _before_cutoffs(day)
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


def _before_cutoffs(day: Day) -> int:
    """A moment before every cut-off of the session, UTC microseconds."""
    calendar = us_calendar(day.session.year, day.session.year)
    return calendar.cutoff_at(day.session) - 3_600_000_000
