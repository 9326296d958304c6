"""A day played with snapshots: seats that keep them, owners that go on from them, what was read.

Not here: what happens on the day (`tests.day`), and what must hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.shell.gateway import Gateway, pump
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from gateway.shell.state_codec import encode
from tests.day.market_day import BEFORE_CLOSE

APP = "gateway"
Place = tuple[str, int]


class NotingLog(MemoryLog):
    """A log in memory that notes from where each partition was read."""

    def __init__(self) -> None:
        super().__init__(lambda: BEFORE_CLOSE)
        self.reads: dict[Place, list[int]] = {}

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        self.reads.setdefault((topic, partition), []).append(start)
        async for records in super().read(topic, partition, start, stop):
            yield records


def played(
    day: Sequence[Append], home: Gateway, store: Snapshots | None, cut: int = 0
) -> NotingLog:  # fmt: skip
    """The log after a day; `cut` messages come in before the desks go on, all of them if 0."""
    log = NotingLog()

    async def play() -> None:
        await log.create(home.topics())
        await heard(log, await seated(log, home, store), day, cut)

    asyncio.run(play())
    return log


async def heard(
    log: MemoryLog, seats: list[Seat[Any]], day: Sequence[Append], cut: int = 0
) -> None:  # fmt: skip
    """Let messages come in and be decided."""
    size = cut or max(len(day), 1)
    for at in range(0, len(day), size):
        log.append_now(day[at : at + size])
        await pump(seats, log, batch=cut or 100)


async def seated(log: MemoryLog, home: Gateway, store: Snapshots | None) -> list[Seat[Any]]:
    """New owners of every partition, opened."""
    seats = home.seats(log, APP, store)
    for seat in seats:
        await seat.open()
    return seats


def save(store: Snapshots, seat: Seat[Any]) -> None:
    """Leave a snapshot of a seat that has decided something."""
    if seat.last >= 0:
        assert store.save(APP, seat.desk.name, seat.partition, seat.snapshot())


def states(log: MemoryLog, home: Gateway, store: Snapshots | None) -> dict[Place, bytes]:
    """The state of every partition, as its new owner opens it."""
    seats = asyncio.run(seated(log, home, store))
    return {(seat.desk.name, seat.partition): encode(seat.state) for seat in seats}


def everything(log: MemoryLog, home: Gateway) -> dict[Place, list[bytes]]:
    """Every byte written, by topic and partition."""
    return {
        (topic, partition): [record.value for record in log.records(topic, partition)]
        for topic, partitions in home.topics().items()
        for partition in range(partitions)
    }
