"""One fault and what must come of it: the day's instructions, the laws, and how long it took.

A third of the day is published and being decided when the fault comes, a third goes on coming
while it lasts, the rest comes at once when it is over. Two times are taken from the end of the
fault: until anything is decided, and until all that then waited is decided.

Not here: the faults.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.desks.desk import Address
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import DESKS, journal_of, place_of
from tests.faults.posts import Posts
from tests.faults.report import Row, write_down
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS
from tests.kafka.nation_day import instructions

PIECES = 12
PACE_SECONDS = 0.7

Fault = Callable[[Posts], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is played and what must come of it.

    Attributes:
        home: The gateway.
        messages: The day, in the order in which it is published.
        instructions: Those of an undisturbed day.
    """

    home: Gateway
    messages: Sequence[Append]
    instructions: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the end of a fault."""

    decided: float
    caught_up: float


class Progress:
    """How far each inbox partition is decided, as its journal says."""

    def __init__(self, home: Gateway) -> None:
        """Know nothing yet."""
        self._home = home
        self._messages = Messages(standard())
        self._places = [
            (desk, partition)
            for desk in DESKS
            for partition in range(home.topology.partitions(desk))
        ]
        self._read = dict.fromkeys(self._places, 0)
        self._since: int | None = None
        self.first: int | None = None
        self.decided = dict.fromkeys(self._places, -1)

    def watch_from(self, since: int) -> None:
        """Mind when the first decision after a moment is recorded, in microseconds UTC: `first`."""
        self._since, self.first = since, None

    async def look(self, log: KafkaLog) -> None:
        """Read the journals on, all at once."""

        async def read_on(place: tuple[str, int]) -> None:
            topic, partition = journal_of(*place)
            end = await log.end(topic, partition)
            # What ends a transaction takes an offset too, and to read past it takes a while.
            if end > self._read[place]:
                async for records in log.read(topic, partition, self._read[place], end):
                    said = self._messages.decided(records[-1].value)
                    self.decided[place] = said[0].offset
                    self._mind([record.recorded_at for record in records])
                self._read[place] = end

        await asyncio.gather(*map(read_on, self._places))

    def _mind(self, stamps: list[int]) -> None:
        after = [at for at in stamps if self._since is not None and at > self._since]
        if after:
            self.first = min(after) if self.first is None else min(self.first, *after)

    async def waiting(self, log: KafkaLog) -> dict[tuple[str, int], int]:
        """The last record of each inbox partition that is not decided to its end."""
        found: dict[tuple[str, int], int] = {}

        async def read(place: tuple[str, int]) -> None:
            topic, at = place_of(self._home.topology, Address(*place))
            async for records in log.read(topic, at, self.decided[place] + 1):
                found[place] = records[-1].offset

        await asyncio.gather(*map(read, self._places))
        return found


async def begun(crew: Posts, progress: Progress) -> None:
    """Wait until every worker has its partitions, and something is decided."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not crew.seated() or all(offset < 0 for offset in progress.decided.values()):
        assert time.monotonic() < until, f"nothing is decided\n{crew.said()[-4000:]}"
        await crew.asked(progress.look)
        await asyncio.sleep(LOOK_SECONDS)


async def decided(crew: Posts, progress: Progress) -> int:
    """When the broker recorded the first decision since `watch_from`, microseconds UTC."""
    until = time.monotonic() + PATIENCE_SECONDS
    await crew.asked(progress.look)
    while progress.first is None:
        assert time.monotonic() < until, f"nothing is decided\n{crew.said()[-4000:]}"
        await asyncio.sleep(LOOK_SECONDS / 4)
        await crew.asked(progress.look)
    return progress.first


async def caught_up(crew: Posts, progress: Progress) -> int:
    """When all that waits now has been seen to be decided, microseconds UTC."""
    until = time.monotonic() + PATIENCE_SECONDS
    await crew.asked(progress.look)
    waiting = await crew.asked(progress.waiting)
    while late := {p: at for p, at in waiting.items() if progress.decided[p] < at}:
        assert time.monotonic() < until, f"not decided: {late}\n{crew.said()[-4000:]}"
        await asyncio.sleep(LOOK_SECONDS / 4)
        await crew.asked(progress.look)
    return time.time_ns() // 1000


async def disturbed(crew: Posts, expected: Expected, fault: Fault, workers: int = 2) -> Times:
    """Play the day, and the fault in its middle."""
    size = -(-len(expected.messages) // PIECES)
    third = PIECES // 3 * size
    early, late, rest = (
        expected.messages[:third], expected.messages[third : 2 * third],
        expected.messages[2 * third :],
    )  # fmt: skip
    await crew.create()
    for _ in range(workers):
        crew.start()
    progress = Progress(crew.home)
    await crew.surely(early)
    await begun(crew, progress)

    async def go_on() -> None:
        for at in range(0, len(late), size):
            await crew.surely(late[at : at + size])
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), PACE_SECONDS)
        await over.wait()
        await crew.surely(rest)

    over = asyncio.Event()
    going_on = asyncio.ensure_future(go_on())
    await fault(crew)
    ended = time.time_ns() // 1000
    over.set()
    progress.watch_from(ended)
    deciding = asyncio.ensure_future(decided(crew, progress))
    await going_on
    again = await deciding
    all_done = await caught_up(crew, progress)
    await crew.done_asking()
    return Times((again - ended) / 1_000_000, (all_done - ended) / 1_000_000)


async def proved(crew: Posts, expected: Expected) -> None:
    """Wait for the last instruction, then ask for all of them, and the laws."""
    await crew.quiet(len(expected.instructions) // 2)
    log = crew.log()
    try:
        found = await instructions(log, crew.home)
        assert found == expected.instructions, crew.said()[-4000:]
        assert await violations(log, crew.home) == []
    finally:
        await log.close()
    assert not list(Path.cwd().glob(f"{crew.prefix}*")), "workers write where they were started"


def played(crew: Posts, expected: Expected, fault: Fault, row: Row, workers: int = 2) -> None:
    """Play a fault's day, prove it, and write a row of it down."""

    async def play() -> Times:
        found = await disturbed(crew, expected, fault, workers)
        await proved(crew, expected)
        return found

    try:
        found = asyncio.run(play())
    except BaseException:
        write_down(row.with_outcome("FAILED"))
        raise
    write_down(
        row.with_outcome(
            "same instructions, all laws hold", decided_seconds=round(found.decided, 1),
            caught_up_seconds=round(found.caught_up, 1), restarts=crew.restarts(),
        )
    )  # fmt: skip
