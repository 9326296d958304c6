"""Plays senders' streams in an order of its own choosing, with crashes, on the log in memory.

One seed is one schedule: which sender is heard next, which seat decides next and how many
records it takes at once, and when a seat dies and a new owner folds its journal.

Not here: what is said, and what must hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.gateway import Gateway
from gateway.shell.seat import Seat

CRASH_ONCE_IN = 40


def play(streams: Mapping[str, Sequence[tuple[int, bytes]]], home: Gateway, seed: int) -> MemoryLog:
    """The log after everything was said and decided."""
    chance = Random(seed)
    clock = [0]
    log = MemoryLog(lambda: clock[0])

    def hear(sender: str, at: int, value: bytes) -> None:
        clock[0] = at
        log.append_now([Append(f"in.{sender}", 0, None, value)])

    async def run() -> None:
        await log.create(home.topics())
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        left = {sender: list(said) for sender, said in streams.items()}
        while True:
            speakers = [sender for sender, said in left.items() if said]
            for _ in range(chance.randint(1, 6)):
                if speakers:
                    sender = chance.choice(speakers)
                    said = left[sender]
                    for _ in range(chance.randint(1, 3)):
                        if said:
                            hear(sender, *said.pop(0))
            for place in chance.sample(range(len(seats)), len(seats)):
                await _decide(seats, place, log, home, chance)
            ends = [await log.end(seat.topic, seat.topic_partition) for seat in seats]
            last = [seat.last + 1 for seat in seats]
            if last == ends and not any(left.values()):
                return

    asyncio.run(run())
    return log


async def _decide(
    seats: list[Seat[Any]], place: int, log: MemoryLog, home: Gateway, chance: Random
) -> None:
    seat = seats[place]
    if not chance.randrange(CRASH_ONCE_IN):
        await seat.close()
        fresh = next(
            other
            for other in home.seats(log)
            if (other.desk.name, other.partition) == (seat.desk.name, seat.partition)
        )
        await fresh.open()
        seats[place] = seat = fresh
    # A redelivery begins before the last decided record; what was decided is passed over.
    start = max(0, seat.last + 1 - chance.randrange(3))
    records = log.records(seat.topic, seat.topic_partition, start)
    await seat.take(records[: chance.randint(1, 8)])
