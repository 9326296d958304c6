"""`gateway replay`: decides inboxes again and looks for the first divergence from the journal.

Nothing is written. The same code with the same messages gives the same bytes (law L4); a
divergence means that the code has changed, or the log has.

Not here: the comparison (`shell.evidence`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.reading_room import reading
from gateway.shell.evidence import replay_partition
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings
from gateway.wire.topics import DESKS


@dataclass(frozen=True, slots=True)
class DeskReplay:
    """What deciding a desk's inboxes again came to."""

    desk: str
    partitions: int
    messages: int
    lines: int
    seconds: float
    divergences: tuple[str, ...]


def run(
    settings: Settings,
    archive: Path | None,
    *,
    desk: str | None,
    partition: int | None,
    as_json: bool,
) -> int:
    """Replay what is asked for; 0 if nothing diverged, else 1.

    Raises:
        ConfigError: There is no such desk or partition.
    """
    gateway = settings.gateway()
    chosen = places(gateway, desk, partition)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=console(), disable=as_json, transient=True) as bar:
        found = asyncio.run(_read(settings, archive, gateway, chosen, bar))
    if as_json:
        say_json({"replayed": found, "diverged": any(each.divergences for each in found)})
    else:
        _show(found)
    return 1 if any(each.divergences for each in found) else 0


async def _read(
    settings: Settings,
    archive: Path | None,
    gateway: Gateway,
    chosen: dict[str, Sequence[int]],
    bar: Progress,
) -> list[DeskReplay]:
    async with reading(settings, archive) as log:
        return await replayed(log, gateway, chosen, bar)


def places(gateway: Gateway, desk: str | None, partition: int | None) -> dict[str, Sequence[int]]:
    """The inbox partitions that are asked for, by desk."""
    if desk is not None and desk not in DESKS:
        raise ConfigError(f"no desk is called {desk}: there are {', '.join(DESKS)}")
    chosen: dict[str, Sequence[int]] = {}
    for name in DESKS if desk is None else (desk,):
        count = gateway.topology.partitions(name)
        if partition is not None and not 0 <= partition < count:
            raise ConfigError(f"{name} has partitions 0 to {count - 1}, not {partition}")
        chosen[name] = range(count) if partition is None else (partition,)
    return chosen


async def replayed(
    log: Log, gateway: Gateway, chosen: dict[str, Sequence[int]], bar: Progress
) -> list[DeskReplay]:
    """Decide the chosen inboxes again."""
    found = []
    for desk, partitions in chosen.items():
        task = bar.add_task(f"{desk}: messages decided again", total=None)
        messages = lines = 0
        divergences: list[str] = []
        began = time.monotonic()
        for partition in partitions:
            before = messages
            replay = await replay_partition(
                log, gateway, desk, partition,
                progress=lambda count, before=before, task=task: bar.update(  # type: ignore[misc]
                    task, completed=before + count
                ),
            )  # fmt: skip
            messages += replay.records
            lines += replay.lines
            divergences += [replay.divergence] if replay.divergence is not None else []
        seconds = time.monotonic() - began
        found.append(
            DeskReplay(desk, len(partitions), messages, lines, seconds, tuple(divergences))
        )
        bar.update(task, total=messages, completed=messages)
    return found


def _show(found: Sequence[DeskReplay]) -> None:
    rows = [
        (
            each.desk,
            each.partitions,
            f"{each.messages:,}",
            f"{each.lines:,}" if each.lines else "-",
            f"{each.seconds:.2f}",
            f"{each.lines / each.seconds:,.0f}" if each.lines else "-",
            "none" if not each.divergences else f"{len(each.divergences)}",
        )
        for each in found
    ]
    columns = ("desk", "partitions", "messages", "lines", "seconds", "lines/s", "divergences")
    out = console()
    out.print(table("Decided again", columns, rows, columns[1:]))
    for each in found:
        for divergence in each.divergences:
            out.print(f"first divergence of {divergence}", markup=False)
    if not any(each.divergences for each in found):
        out.print("No divergence: every journal came out byte for byte.")
