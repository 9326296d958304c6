"""The speed of single desks, in process: no broker, one core, the log in memory.

Not here: the whole way over a broker (`roundtrip`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.log.memory import MemoryLog
from gateway.ops.bench.material import Material
from gateway.shell.evidence import replay_partition
from gateway.shell.seat import Seat
from gateway.wire.decoder import Decoder
from gateway.wire.framing import Undecodable
from gateway.wire.registry import standard

TAKE = 20
DESKS = ("intake", "plan", "fund", "cash", "dispatch")


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured.

    Attributes:
        what: What was done to the lines.
        form: How contributions were written.
        lines: Order lines.
        seconds: Wall-clock seconds.
    """

    what: str
    form: str
    lines: int
    seconds: float

    @property
    def speed(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds


class Stopwatch:
    """Seconds of the last block measured."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure a block."""
        began = time.perf_counter()
        yield
        self.seconds = time.perf_counter() - began


async def desk_figures(made: Material) -> list[Figure]:
    """Decoding alone, intake, the plan desk, and the replay of both."""
    log = MemoryLog(lambda: made.day.nation.calendar.cutoff_at(made.day.session) - 1)
    await log.create(made.gateway.topics())
    seats: dict[str, list[Seat[Any]]] = {desk: [] for desk in DESKS}
    for seat in made.gateway.seats(log):
        await seat.open()
        seats[seat.desk.name].append(seat)
    log.append_now(made.phases["opening"])
    for desk in DESKS:
        await _drain(log, seats[desk])
    before = {desk: _lines(seats[desk]) for desk in DESKS}
    log.append_now(made.phases["orders"])
    watch = Stopwatch()
    found = [_decoding(made)]
    for desk in ("intake", "plan"):
        with watch.running():
            await _drain(log, seats[desk])
        assert _lines(seats[desk]) - before[desk] >= made.lines, desk
        found.append(Figure(f"{desk} desk", made.form, made.lines, watch.seconds))
    for desk in ("intake", "plan"):
        lines = 0
        with watch.running():
            for partition in range(made.gateway.topology.partitions(desk)):
                replay = await replay_partition(log, made.gateway, desk, partition)
                assert replay.divergence is None, replay.divergence
                lines += replay.lines
        found.append(Figure(f"replay of {desk}", made.form, lines, watch.seconds))
    return found


def _decoding(made: Material) -> Figure:
    """Fastavro alone on the same messages."""
    decoder, watch = Decoder(standard()), Stopwatch()
    with watch.running():
        for append in made.phases["orders"]:
            try:
                decoder.decode(append.value)
            except Undecodable:
                continue
    return Figure("fastavro alone", made.form, made.lines, watch.seconds)


async def _drain(log: MemoryLog, seats: Sequence[Seat[Any]]) -> None:
    for seat in seats:
        records = log.records(seat.topic, seat.topic_partition, seat.last + 1)
        for at in range(0, len(records), TAKE):
            await seat.take(records[at : at + TAKE])


def _lines(seats: Sequence[Seat[Any]]) -> int:
    return sum(seat.lines for seat in seats)
