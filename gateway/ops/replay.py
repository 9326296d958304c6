"""`gateway replay`: decides inboxes again and compares with their journals, byte for byte.

Nothing is written. The first divergence of a partition ends that partition; the others go on,
so that one look tells where a change of the code shows.

Not here: deciding and comparing (`shell.evidence`), laws over several desks.
Laws: L4, L6.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.reading.source import reading
from gateway.shell.evidence import replay_partition
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings
from gateway.wire.topics import DESKS

Told = Callable[[str, int], None]
"""Gets a desk's name and how many messages of it were decided again since the last time."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What deciding one partition again came to; `milliseconds` of real time."""

    desk: str
    partition: int
    records: int
    lines: int
    milliseconds: int
    divergence: str | None


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A desk's partitions added up."""

    desk: str
    partitions: int
    records: int
    lines: int
    milliseconds: int
    lines_per_second: int
    divergences: tuple[str, ...]


def run(
    settings: Settings,
    *,
    desk: str | None = None,
    partition: int | None = None,
    archive: Path | None = None,
    as_json: bool = False,
) -> int:
    """Decide inboxes again; 0 if every journal came out the same, else 1.

    Args:
        settings: Who is connected, and where Kafka is.
        desk: Only this desk.
        partition: Only this partition of each desk.
        archive: Read this archive instead of the broker.
        as_json: Answer in JSON.

    Raises:
        ConfigError: There is no such desk or partition.
    """
    gateway = settings.gateway()
    wanted = places(gateway, desk, partition)

    async def play() -> list[Replayed]:
        async with reading(settings, archive) as log:
            if as_json:
                return await replay(log, gateway, wanted)
            return await _with_bar(log, gateway, wanted)

    return say(asyncio.run(play()), as_json=as_json)


def places(gateway: Gateway, desk: str | None, partition: int | None) -> list[tuple[str, int]]:
    """The inbox partitions to decide again.

    Raises:
        ConfigError: There is no such desk or partition.
    """
    if desk is not None and desk not in DESKS:
        raise ConfigError(f"no desk is called {desk}: there are {', '.join(DESKS)}")
    every = [
        (name, at)
        for name in ((desk,) if desk is not None else DESKS)
        for at in range(gateway.topology.partitions(name))
    ]
    wanted = [place for place in every if partition in (None, place[1])]
    if not wanted:
        counts = ", ".join(f"{name} {gateway.topology.partitions(name)}" for name, at in every
                           if at == 0)  # fmt: skip
        raise ConfigError(f"no partition {partition}: they are counted from 0, there are {counts}")
    return wanted


async def replay(
    log: Log, gateway: Gateway, wanted: Sequence[tuple[str, int]], told: Told | None = None
) -> list[Replayed]:
    """Decide inbox partitions again, one after the other."""
    found: list[Replayed] = []
    for desk, partition in wanted:
        seen = 0

        def progress(records: int, desk: str = desk) -> None:
            nonlocal seen
            if told is not None:
                told(desk, records - seen)
            seen = records

        began = time.monotonic_ns()
        result = await replay_partition(log, gateway, desk, partition, progress=progress)
        spent = (time.monotonic_ns() - began) // 1_000_000
        found.append(
            Replayed(desk, partition, result.records, result.lines, spent, result.divergence)
        )
    return found


def by_desk(found: Sequence[Replayed]) -> list[DeskRow]:
    """The partitions of each desk added up; lines/s are whole lines in real time."""
    rows: list[DeskRow] = []
    for desk in dict.fromkeys(each.desk for each in found):
        mine = [each for each in found if each.desk == desk]
        lines, spent = sum(e.lines for e in mine), sum(e.milliseconds for e in mine)
        rows.append(
            DeskRow(
                desk, len(mine), sum(e.records for e in mine), lines, spent,
                lines * 1000 // max(1, spent),
                tuple(e.divergence for e in mine if e.divergence is not None),
            )
        )  # fmt: skip
    return rows


def say(found: Sequence[Replayed], *, as_json: bool) -> int:
    """Print what came of it; 1 if a journal differed, else 0."""
    rows = by_desk(found)
    divergences = [text for row in rows for text in row.divergences]
    if as_json:
        say_json({"divergences": divergences, "desks": rows, "partitions": list(found)})
        return 1 if divergences else 0
    cells = [
        (
            row.desk, row.partitions, f"{row.records:,}", f"{row.lines:,}",
            f"{row.milliseconds // 1000}.{row.milliseconds % 1000:03d}",
            f"{row.lines_per_second:,}" if row.lines else "-",
            f"{len(row.divergences)} of {row.partitions}" if row.divergences else "none",
        )
        for row in rows
    ]  # fmt: skip
    columns = ("desk", "partitions", "records", "lines", "seconds", "lines/s", "divergence")
    out = console()
    out.print(table("Decided again", columns, cells, columns[1:6]))
    for text in divergences:
        out.print(f"first divergence: {text}", markup=False)
    if not divergences:
        out.print("Every inbox decided again gave its journal byte for byte.")
    return 1 if divergences else 0


async def _with_bar(
    log: Log, gateway: Gateway, wanted: Sequence[tuple[str, int]]
) -> list[Replayed]:
    columns = (
        TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console()) as bar:
        tasks: Mapping[str, TaskID] = {
            desk: bar.add_task(desk, total=None) for desk in dict.fromkeys(d for d, _ in wanted)
        }
        found = await replay(
            log, gateway, wanted, lambda desk, more: bar.advance(tasks[desk], more)
        )
        for row in by_desk(found):
            bar.update(tasks[row.desk], total=row.records)
    return found
