"""`gateway show`: what was decided, as tables for people or JSON for programs.

Six views of the reading room: orders, limits, navs, instructions, rejections, quarantine.
Each reads only the journals it needs, and shows at most `limit` rows of a table; what was
left out is said.

Not here: folding journals (`reading.room`), the way back to raw messages (`explain`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from gateway.core.money import MINOR_SCALE, format_amount, format_scaled
from gateway.core.vocabulary import RejectCode
from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.reading.orders import Asked, LineRow
from gateway.ops.reading.room import (
    FundCutRow,
    InstructionRow,
    NavRow,
    QuarantineRow,
    RefusalRow,
    Room,
    read_room,
)
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings

READS: Mapping[str, tuple[str, ...]] = {
    "orders": ("intake", "plan"),
    "limits": ("plan", "fund"),
    "navs": ("fund",),
    "instructions": ("cash",),
    "rejections": ("intake", "plan", "fund", "cash"),
    "quarantine": ("quarantine",),
}
"""The views, and what each of them reads."""

LIMIT = 50
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a view.

    Attributes:
        name: Its key in JSON.
        title: Its title for people.
        rows: The rows shown, as records.
        total: How many there are.
        columns: Titles of the columns; those ending in a space stand flush right.
        cells: The rows as text.
    """

    name: str
    title: str
    rows: Sequence[object]
    total: int
    columns: tuple[str, ...]
    cells: Sequence[Sequence[str]]


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
        ConfigError: There is no such view, or the limit is below one.
    """
    gateway = settings.gateway()

    async def read() -> list[Part]:
        async with reading(settings, archive) as log:
            return await view(log, gateway, what, asked, limit=limit)

    say(what, asyncio.run(read()), as_json=as_json)
    return 0


async def view(
    log: Log, gateway: Gateway, what: str, asked: Asked, *, limit: int = LIMIT
) -> list[Part]:
    """The tables of a view.

    Raises:
        ConfigError: There is no such view, or the limit is below one.
    """
    if what not in READS:
        raise ConfigError(f"nothing called {what} to show: there are {', '.join(READS)}")
    if limit < 1:
        raise ConfigError(f"--limit {limit}: show at least one row")
    room = await read_room(log, gateway, asked, desks=READS[what], keep=limit)
    makers = {
        "orders": _orders,
        "limits": _limits,
        "navs": _navs,
        "instructions": _instructions,
        "rejections": _rejections,
        "quarantine": _quarantine,
    }
    return makers[what](room, asked, limit)


def say(what: str, parts: Sequence[Part], *, as_json: bool, out: Console | None = None) -> None:
    """Print a view."""
    if as_json:
        told = {p.name: {"total": p.total, "rows": list(p.rows)} for p in parts}
        say_json({"show": what, **told})
        return
    to = out or console()
    for part in parts:
        if not part.rows:
            to.print(f"{part.title}: none")
            continue
        left = part.total - len(part.rows)
        more = f"; {left:,} more, ask with --limit" if left else ""
        right = tuple(c.strip() for c in part.columns if c.endswith(" "))
        columns = tuple(c.strip() for c in part.columns)
        to.print(table(f"{part.title} ({part.total:,}{more})", columns, part.cells, right))


def _amount(minor: int, currency: str = CURRENCY) -> str:
    """An amount for people; where the currency's decimals are not known, the minor units."""
    return format_amount(minor, currency) if currency in MINOR_SCALE else f"{minor:,} minor"


def _codes(codes: Sequence[RejectCode]) -> str:
    return ", ".join(codes) or "-"


# --- the views --------------------------------------------------------------------------


def _orders(room: Room, asked: Asked, limit: int) -> list[Part]:
    rows = room.batches[:limit]
    cells = [
        (
            b.sender, str(b.booked), b.batch_id, b.kind or "-", str(b.trade_date or "-"),
            b.state, f"{b.lines:,}", _amount(b.asked_minor), _amount(b.accepted_minor),
            _amount(b.diverted_minor), _amount(b.rejected_minor),
            ", ".join(f"{c.code} {c.lines:,}" for c in b.codes) or "-",
        )
        for b in rows
    ]  # fmt: skip
    columns = (
        "sender", "booked", "batch", "kind", "trade date", "state", "lines ", "asked ",
        "accepted ", "diverted ", "rejected ", "codes",
    )  # fmt: skip
    batches = Part("batches", "Order batches", rows, len(room.batches), columns, cells)
    odd = _lines("exceptions", "Lines refused or diverted", room.exceptions, room.exceptions_total)
    return [batches, odd]


def _lines(name: str, title: str, rows: Sequence[LineRow], total: int) -> Part:
    cells = [
        (
            f"{r.sender} {r.booked} {r.batch_id} #{r.line}", r.plan_id, r.participant,
            r.buy_fund or f"sells {r.sell_fund}", _amount(r.asked_minor),
            _amount(r.accepted_minor), _diverted(r), "-" if r.code == "NONE" else r.code,
            f"{r.scope.lower()} {r.limit_id}".strip() or "-",
            _amount(r.headroom_minor) if r.scope else "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = (
        "line", "plan", "participant token", "fund", "asked ", "accepted ", "diverted ", "code",
        "limit", "headroom ",
    )  # fmt: skip
    return Part(name, title, rows, total, columns, cells)


def _diverted(row: LineRow) -> str:
    return f"{_amount(row.diverted_minor)} to {row.liquid_fund}" if row.diverted_minor else "-"


def _limits(room: Room, asked: Asked, limit: int) -> list[Part]:
    cells = [
        (s.scope.lower(), s.limit_id, f"{s.lines:,}", _amount(s.diverted_minor),
         _amount(s.refused_minor))
        for s in room.scopes[:limit]
    ]  # fmt: skip
    columns = ("limit of a", "limit", "lines cut ", "to the liquid option ", "refused ")
    scopes = Part("limits", "Limits that order lines met", room.scopes[:limit], len(room.scopes),
                  columns, cells)  # fmt: skip
    lines = _lines("lines", "Lines cut, the largest cuts first", room.cuts, room.cuts_total)
    parts = [scopes, lines]
    if asked.plan is None and asked.sender is None:
        parts.append(_fund_cuts(room.fund_cuts, limit))
    return parts


def _fund_cuts(cuts: Sequence[FundCutRow], limit: int) -> Part:
    cells = [
        (
            c.fund_id, str(c.session), c.limit_id, _amount(c.asked_minor),
            _amount(c.headroom_minor), _amount(c.granted_minor),
            _amount(c.asked_minor - c.granted_minor), _why_cut(c),
        )
        for c in cuts[:limit]
    ]  # fmt: skip
    columns = ("fund", "session", "limit", "asked ", "headroom ", "bought ",
               "stayed in the liquid sleeve ", "why")  # fmt: skip
    return Part("funds", "Funds whose purchases of alternatives were cut", cuts[:limit],
                len(cuts), columns, cells)  # fmt: skip


def _why_cut(cut: FundCutRow) -> str:
    if cut.breach.since is not None:
        return f"frozen: above the cap since {cut.breach.since}, cure by {cut.breach.cure_by}"
    return "frozen: a mark is stale" if cut.frozen else "fund limit"


def _navs(room: Room, asked: Asked, limit: int) -> list[Part]:
    rows = room.navs[:limit]
    cells = [
        (
            str(n.session), n.fund_id, format_scaled(n.nav, n.nav_scale),
            format_scaled(n.previous_nav, n.nav_scale), n.status + (", held" if n.held else ""),
            _amount(n.net_assets_minor, n.currency), _share(n), str(n.oldest_mark or "-"), _why(n),
        )
        for n in rows
    ]  # fmt: skip
    columns = ("session", "fund", "NAV ", "before ", "status", "net assets ", "alt. % ",
               "oldest mark", "why")  # fmt: skip
    return [Part("navs", "NAVs", rows, len(room.navs), columns, cells)]


def _share(nav: NavRow) -> str:
    if nav.net_assets_minor <= 0:
        return "-"
    return format_scaled(nav.alternative_minor * 10_000 // nav.net_assets_minor, 2)


def _why(nav: NavRow) -> str:
    said = [", ".join(nav.holds)] + [
        f"true-up {_amount(t.value_minor - t.estimate_minor, nav.currency)} from {t.vehicle_id}"
        for t in nav.true_ups
    ]
    return "; ".join(part for part in said if part) or "-"


def _instructions(room: Room, asked: Asked, limit: int) -> list[Part]:
    rows: list[InstructionRow] = room.instructions[:limit]
    cells = [
        (
            i.instruction_id, i.counterparty, i.direction, _amount(i.amount_minor, i.currency),
            i.currency, str(i.settlement_date), i.state, _amount(i.settled_minor, i.currency),
            " ".join(map(str, i.trade_dates)), f"{i.legs:,}", _behind(i),
        )
        for i in rows
    ]  # fmt: skip
    columns = ("instruction", "counterparty", "", "amount ", "currency", "settles", "state",
               "settled ", "trade dates", "legs ", "why")  # fmt: skip
    return [
        Part("instructions", "Settlement instructions", rows, len(room.instructions), columns,
             cells)
    ]  # fmt: skip


def _behind(row: InstructionRow) -> str:
    """What an instruction follows, and what was said of it last."""
    said = [f"replaces {row.replaces}" if row.replaces else "",
            f"corrects {row.corrects}" if row.corrects else "",
            f"{row.said_by}: {row.why}" if row.why else ""]  # fmt: skip
    return "; ".join(part for part in said if part) or "-"


def _rejections(room: Room, asked: Asked, limit: int) -> list[Part]:
    # Whole batches, marks and steps name no plan or fund.
    by_line = asked.plan is not None or asked.fund is not None
    every = [r for r in room.refusals if r.what == "LINES" or not by_line]
    rows: list[RefusalRow] = every[:limit]
    cells = [
        (
            r.what, r.sender, str(r.session or "-"), r.name or "-", r.verdict, _codes(r.codes),
            f"{r.lines:,}" if r.lines else "-",
            _amount(r.amount_minor) if r.lines else "-", r.place or "-", r.detail or "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = ("what", "sender", "session", "name", "verdict", "codes", "lines ", "amount ",
               "place", "detail")  # fmt: skip
    refused = Part("rejections", "Not taken as it came", rows, len(every), columns, cells)
    total = sum(r.lines for r in every if r.what == "LINES")
    return [refused, _lines("lines", "Lines refused", room.refused, total)]


def _quarantine(room: Room, asked: Asked, limit: int) -> list[Part]:
    rows: list[QuarantineRow] = room.quarantine[:limit]
    cells = [
        (
            q.sender, f"{q.topic}-{q.partition}@{q.offset}", q.recorded_at, _codes(q.codes),
            f"{q.size_bytes:,}", q.digest, q.detail,
        )
        for q in rows
    ]  # fmt: skip
    columns = ("sender", "place", "recorded at", "codes", "bytes ", "digest", "detail")
    return [Part("quarantine", "Set aside with their bytes", rows, len(room.quarantine), columns,
                 cells)]  # fmt: skip
