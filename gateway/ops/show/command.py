"""Which views there are, what each of them reads, and how one is asked for.

Every view answers two questions of time. `--as-of` names the day whose facts are wanted: of
orders, limits, instructions and refusals those of that day, of NAVs, marks, units, commitments and
disclosures those in force at its end, of fees all up to it. `--known-at` names the moment up to
which the gateway had recorded them; see `reading.known`. Each view reads only the journals it
needs, and shows at most `limit` rows of a table; what was left out is said.

Not here: folding journals (`reading`), tables (`decided`, `positions`, `charged`), the way back
to raw messages (`explain`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console
from gateway.ops.reading.breaches import read_breaches
from gateway.ops.reading.breaks import read_breaks
from gateway.ops.reading.charges import read_disclosures
from gateway.ops.reading.fees import read_fees
from gateway.ops.reading.known import Told
from gateway.ops.reading.liquidity import read_liquidity
from gateway.ops.reading.marks import read_marks
from gateway.ops.reading.orders import Asked, token_of
from gateway.ops.reading.queue import read_queues
from gateway.ops.reading.room import read_room
from gateway.ops.reading.source import reading
from gateway.ops.reading.unfunded import read_unfunded
from gateway.ops.reading.units import read_units
from gateway.ops.show import charged, decided, positions
from gateway.ops.show import liquidity as means
from gateway.ops.show.breaches import breaches
from gateway.ops.show.breaks import breaks
from gateway.ops.show.marks import marks
from gateway.ops.show.part import Part, say
from gateway.ops.show.requests import requests
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings

READS: Mapping[str, tuple[str, ...]] = {
    "orders": ("intake", "plan"),
    "limits": ("plan", "fund"),
    "navs": ("fund",),
    "marks": ("fund",),
    "units": ("plan",),
    "requests": ("plan", "fund"),
    "unfunded": ("fund",),
    "fees": ("fund",),
    "disclosures": ("fund", "plan"),
    "liquidity": ("fund",),
    "instructions": ("cash",),
    "breaks": ("cash",),
    "breaches": ("fund",),
    "rejections": ("intake", "plan", "fund", "cash"),
    "quarantine": ("quarantine",),
}
"""The views, and what each of them reads."""

LIMIT = 50
BY_PARTICIPANT = ("orders", "limits", "units", "requests")
POSITIONS = ("units", "marks", "unfunded", "disclosures", "liquidity", "breaks", "breaches")


def run(
    settings: Settings,
    what: str,
    asked: Asked,
    *,
    archive: Path | None = None,
    limit: int = LIMIT,
    as_json: bool = False,
) -> int:
    """Show one view; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        what: A view's name.
        asked: Filters.
        archive: Read this archive instead of the broker.
        limit: Most rows of a table.
        as_json: Answer in JSON.

    Raises:
        ConfigError: There is no such view, or it cannot be asked so.
    """
    gateway = settings.gateway()

    async def read() -> list[Part]:
        async with reading(settings, archive) as log:
            with _watched(quiet=as_json) as told:
                return await view(log, gateway, what, asked, limit=limit, told=told)

    say(what, asyncio.run(read()), as_json=as_json)
    return 0


async def view(
    log: Log,
    gateway: Gateway,
    what: str,
    asked: Asked,
    *,
    limit: int = LIMIT,
    told: Told | None = None,
) -> list[Part]:
    """The tables of a view.

    Raises:
        ConfigError: There is no such view, or it cannot be asked so.
    """
    _check(what, asked, limit)
    if what in POSITIONS and asked.as_of is None:
        # Positions of a session are those at its end.
        asked = replace(asked, as_of=asked.session)
    if what == "units":
        held = await read_units(log, gateway, asked, keep=limit, told=told)
        return positions.units(held, asked, limit)
    if what == "requests":
        return requests(await read_queues(log, gateway, asked, told=told), limit)
    if what == "unfunded":
        return positions.unfunded(await read_unfunded(log, gateway, asked, told=told), limit)
    if what == "fees":
        return charged.fees(await read_fees(log, gateway, asked, told=told), limit)
    if what == "disclosures":
        disclosed = await read_disclosures(log, gateway, asked, told=told)
        return charged.disclosures(disclosed, asked, limit)
    if what == "liquidity":
        return means.liquidity(await read_liquidity(log, gateway, asked, told=told), limit)
    if what == "marks":
        return marks(await read_marks(log, gateway, asked, told=told), limit)
    if what == "breaks":
        return breaks(await read_breaks(log, gateway, asked, told=told), limit)
    if what == "breaches":
        return breaches(await read_breaches(log, gateway, asked, told=told), limit)
    room = await read_room(log, gateway, asked, desks=READS[what], keep=limit, told=told)
    makers = {
        "orders": decided.orders,
        "limits": decided.limits,
        "navs": decided.navs,
        "instructions": decided.instructions,
        "rejections": decided.rejections,
        "quarantine": decided.quarantine,
    }
    return makers[what](room, asked, limit)


def _check(what: str, asked: Asked, limit: int) -> None:
    if what not in READS:
        raise ConfigError(f"nothing called {what} to show: there are {', '.join(READS)}")
    if limit < 1:
        raise ConfigError(f"--limit {limit}: show at least one row")
    if asked.as_of is not None and what == "quarantine":
        raise ConfigError("what was set aside is of no day: ask quarantine with --known-at alone")
    if asked.participant is not None:
        token_of(asked.participant)
        if what not in BY_PARTICIPANT:
            raise ConfigError(
                f"{what} are of no participant: --participant goes with {', '.join(BY_PARTICIPANT)}"
            )


@contextmanager
def _watched(*, quiet: bool) -> Iterator[Told | None]:
    """A bar of the journal records read, if somebody is looking."""
    out = console()
    if quiet or not out.is_terminal:
        yield None
        return
    columns = (
        TextColumn("reading journals"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("", total=0)
        expected = 0

        def told(read: int, more: int) -> None:
            nonlocal expected
            expected += more
            progress.update(task, advance=read, total=expected)

        yield told
