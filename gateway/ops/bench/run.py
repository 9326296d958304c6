"""`gateway bench`: lines a second of every part, in one run, beside a bare copy.

Ratios of one run can be compared from machine to machine; the figures themselves cannot.

Not here: what is measured (`desks`, `roundtrip`) and on what (`material`).
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import time
from collections.abc import Sequence
from datetime import date

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.ops.answers import console, say_json, table
from gateway.ops.bench.desks import Figure, desk_figures
from gateway.ops.bench.material import Material, material
from gateway.ops.bench.roundtrip import bare_copy, whole_way
from gateway.ops.broker import broker
from gateway.ops.calendars import us_calendar
from gateway.ops.demo.nation import session_after
from gateway.ops.demo.orders import Form

FORMS: tuple[Form, ...] = ("natural", "columnar")
PARTITIONS = 4


def run(participants: int, *, as_json: bool) -> int:
    """Measure everything and print it; always 0.

    Raises:
        GatewayError: No broker can be had, or a day did not settle.
    """
    now = time.time_ns() // 1000
    year = time.gmtime().tm_year
    session = session_after(us_calendar(year, year + 1), now)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console(), disable=as_json, transient=True) as bar:
        task = bar.add_task("starting a broker", total=None)
        with broker() as kafka:
            figures: list[Figure] = []
            sizes: list[Material] = []
            for form in FORMS:
                made, found = _measure(form, participants, session, kafka.bootstrap, bar, task)
                figures += found
                sizes.append(made)
    if as_json:
        say_json(_facts(figures, sizes))
    else:
        _show(figures, sizes)
    return 0


def _measure(
    form: Form, participants: int, session: date, bootstrap: str, bar: Progress, task: object
) -> tuple[Material, list[Figure]]:
    def say(text: str) -> None:
        bar.update(task, description=f"{form}: {text}")  # type: ignore[arg-type]

    say("writing the day")
    made = material(form, participants, session, PARTITIONS)
    # The day's objects are many; collecting them again and again would be measured too.
    gc.collect()
    gc.freeze()
    name = f"bench-{form}-{time.time_ns() // 1_000_000}"
    say("single desks")
    figures = asyncio.run(desk_figures(made))
    say("a bare copy of the same bytes")
    figures.append(asyncio.run(bare_copy(made, bootstrap, f"{name}-copy")))
    say("from publication to instruction")
    figures.append(asyncio.run(whole_way(made, bootstrap, name)))
    return made, figures


def _machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def _facts(figures: Sequence[Figure], sizes: Sequence[Material]) -> dict[str, object]:
    return {
        "machine": _machine(),
        "days": [
            {"form": m.form, "lines": m.lines, "order_bytes": m.order_bytes} for m in sizes
        ],
        "figures": [
            {
                "what": f.what, "form": f.form, "lines": f.lines,
                "seconds": round(f.seconds, 3), "lines_a_second": round(f.speed),
                "of_bare_copy": round(f.speed / _copy(figures, f.form), 3),
            }
            for f in figures
        ],
    }  # fmt: skip


def _copy(figures: Sequence[Figure], form: str) -> float:
    return next(f.speed for f in figures if f.form == form and f.what.startswith("bare copy"))


def _show(figures: Sequence[Figure], sizes: Sequence[Material]) -> None:
    rows = [
        (
            figure.form,
            figure.what,
            f"{figure.lines:,}",
            f"{figure.seconds:.2f}",
            f"{figure.speed / 1e6:.2f} M",
            f"{figure.speed / _copy(figures, figure.form):.2f}",
        )
        for figure in figures
    ]
    columns = ("form", "what", "lines", "seconds", "lines/s", "of a bare copy")
    out = console()
    out.print(table(f"Measured in one run on {_machine()}", columns, rows, columns[2:]))
    for made in sizes:
        out.print(
            f"{made.form}: {made.lines:,} order lines in {len(made.phases['orders']):,} messages, "
            f"{made.order_bytes / 1e6:.1f} MB"
        )
