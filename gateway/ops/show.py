"""`gateway show`: orders, limits, NAVs, instructions, rejections and quarantine as tables.

Not here: where the rows come from (`history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from gateway.core.money import format_amount, format_scaled
from gateway.core.quarantine import Quarantined
from gateway.log.port import Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.history import History, history
from gateway.ops.sources import reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

Subject = Literal["orders", "limits", "navs", "instructions", "rejections", "quarantine"]
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show: rows that agree with every field given, at most `limit` of them."""

    session: date | None = None
    sender: str | None = None
    plan: str | None = None
    fund: str | None = None
    counterparty: str | None = None
    limit: int = 50

    def agrees(self, **fields: object) -> bool:
        """Whether a row's fields agree; a set agrees if it holds the value."""
        return all(
            wanted is None or wanted == found
            or (isinstance(found, tuple) and wanted in found)
            for wanted, found in ((getattr(self, name), value) for name, value in fields.items())
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """A title, columns and rows; `facts` are the rows for programs."""

    title: str
    columns: tuple[str, ...]
    right: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    facts: Sequence[object]
    total: int


def run(
    settings: Settings, archive: Path | None, subject: Subject, wanted: Wanted, *, as_json: bool
) -> int:
    """Show one subject."""
    gateway = settings.gateway()
    listing = reading(settings, archive, lambda log: listed(log, gateway, subject, wanted))
    if as_json:
        say_json({"subject": subject, "total": listing.total, "rows": listing.facts})
        return 0
    out = console()
    out.print(table(listing.title, listing.columns, listing.rows, listing.right))
    if listing.total > len(listing.rows):
        out.print(f"{len(listing.rows)} of {listing.total} shown: --limit shows more")
    return 0


async def listed(log: Log, gateway: Gateway, subject: Subject, wanted: Wanted) -> Listing:
    """The rows of a subject."""
    if subject == "quarantine":
        return await _quarantine(log, wanted)
    found = await history(log, gateway, cuts=max(wanted.limit, 1000))
    views: dict[str, Callable[[History, Wanted], Listing]] = {
        "orders": _orders,
        "limits": _limits,
        "navs": _navs,
        "instructions": _instructions,
        "rejections": _rejections,
    }
    return views[subject](found, wanted)


def usd(minor: int) -> str:
    """An amount with its separators; minor units of dollars."""
    return format_amount(minor, CURRENCY)


def _listing(
    title: str,
    columns: tuple[str, ...],
    right: tuple[str, ...],
    pairs: Iterable[tuple[Sequence[object], object]],
    limit: int,
) -> Listing:
    every = list(pairs)
    shown = every[:limit]
    return Listing(title, columns, right, [r for r, _ in shown], [f for _, f in shown], len(every))


def _orders(found: History, wanted: Wanted) -> Listing:
    rows = [
        (
            (row.session, row.sender, row.batch_id, row.kind, row.state, f"{row.lines:,}",
             usd(row.accepted_minor), usd(row.diverted_minor), usd(row.rejected_minor),
             ", ".join(f"{n} {code}" for code, n in row.rejections.items()) or "-"),
            row,
        )
        for row in found.orders
        if wanted.agrees(session=row.session, sender=row.sender, plan=row.plans, fund=row.funds)
    ]  # fmt: skip
    rows.sort(key=lambda pair: (pair[1].session, pair[1].sender, pair[1].batch_id))
    columns = ("trade date", "sender", "batch", "kind", "state", "lines", "accepted", "diverted",
               "refused", "reasons")  # fmt: skip
    return _listing("Orders", columns, columns[5:9], rows, wanted.limit)


def _limits(found: History, wanted: Wanted) -> Listing:
    rows: list[tuple[Sequence[object], object]] = [
        (
            (event.session, f"fund {event.limit_id}", event.fund_id, "-", usd(event.asked_minor),
             usd(event.headroom_minor), usd(event.granted_minor),
             usd(event.asked_minor - event.granted_minor),
             "liquid sleeve" + (", purchases frozen" if event.frozen else "")),
            event,
        )
        for event in found.balanced
        if event.granted_minor < event.asked_minor
        and wanted.agrees(session=event.session, fund=event.fund_id)
        and wanted.plan is None
        and wanted.sender is None
    ]  # fmt: skip
    rows += [
        (
            (cut.session, cut.limit, f"{cut.plan_id} {cut.fund_id}", cut.participant,
             usd(cut.asked_minor), usd(cut.headroom_minor), usd(cut.accepted_minor),
             usd(cut.diverted_minor), "the plan's liquid option"),
            cut,
        )
        for cut in found.cuts
        if wanted.agrees(session=cut.session, sender=cut.sender, plan=cut.plan_id, fund=cut.fund_id)
    ]  # fmt: skip
    totals = "; ".join(
        f"{day} {scope}: {lines:,} lines, {usd(minor)} {CURRENCY}"
        for (day, scope), (lines, minor) in sorted(found.cut_totals.items())
    )
    columns = ("session", "limit", "where", "participant token", "asked", "headroom", "accepted",
               "diverted", "went to")  # fmt: skip
    title = f"Limits that cut purchases ({totals or 'none'})"
    return _listing(title, columns, columns[4:8], rows, wanted.limit)


def _navs(found: History, wanted: Wanted) -> Listing:
    rows = [
        (
            (nav.session, nav.fund_id, format_scaled(nav.nav, nav.nav_scale),
             format_scaled(nav.previous_nav, nav.nav_scale), nav.status,
             ("held: " if nav.held else "") + (", ".join(map(str, nav.holds)) or "-"),
             usd(nav.net_assets_minor), share(nav.alternative_minor, nav.net_assets_minor),
             nav.oldest_mark or "-",
             "; ".join(f"{t.vehicle_id} {usd(t.value_minor - t.estimate_minor)}"
                       for t in found.true_ups
                       if (t.session, t.fund_id) == (nav.session, nav.fund_id)) or "-"),
            nav,
        )
        for nav in found.navs
        if wanted.agrees(session=nav.session, fund=nav.fund_id)
    ]  # fmt: skip
    columns = ("session", "fund", "NAV", "before", "status", "why", "net assets", "alt. %",
               "oldest mark", "true-up")  # fmt: skip
    return _listing("NAVs", columns, ("NAV", "before", "net assets", "alt. %"), rows, wanted.limit)


def share(part_minor: int, whole_minor: int) -> str:
    """A share in percent with two decimals, rounded down."""
    return format_scaled(part_minor * 10_000 // whole_minor, 2) if whole_minor > 0 else "-"


def _instructions(found: History, wanted: Wanted) -> Listing:
    rows = [
        (
            (row.instruction.instruction_id, row.instruction.counterparty,
             "pays" if row.instruction.amount_minor > 0 else "is paid",
             usd(abs(row.instruction.amount_minor)), row.instruction.currency,
             row.instruction.settlement_date, row.state,
             ", ".join(map(str, row.instruction.trade_dates)), row.instruction.legs,
             row.instruction.dialect),
            {"instruction": row.instruction, "state": row.state, "steps": row.steps},
        )
        for row in found.instructions.values()
        if wanted.agrees(session=row.instruction.session,
                         counterparty=row.instruction.counterparty)
    ]  # fmt: skip
    rows.sort(key=lambda pair: str(pair[0][0]))
    columns = ("instruction", "counterparty", "", "amount", "currency", "settles", "state",
               "trade dates", "legs", "dialect")  # fmt: skip
    return _listing("Instructions", columns, ("amount", "legs"), rows, wanted.limit)


def _rejections(found: History, wanted: Wanted) -> Listing:
    rows = [
        (
            (row.session or "-", row.sender, row.what, row.name or "-",
             ", ".join(row.codes) or "-", row.lines or "-", row.detail),
            row,
        )
        for row in found.refusals
        if wanted.agrees(session=row.session, sender=row.sender)
    ]  # fmt: skip
    columns = ("session", "sender", "what", "name", "reasons", "lines", "detail")
    return _listing("Not taken", columns, ("lines",), rows, wanted.limit)


async def _quarantine(log: Log, wanted: Wanted) -> Listing:
    messages = Messages(standard())
    kept: list[Quarantined] = []
    async for records in log.read("gw.quarantine", 0):
        for record in records:
            each = messages.unpack(record.value)
            assert isinstance(each, Quarantined), type(each).__name__
            kept.append(each)
    rows = [
        (
            (each.sender, f"{each.topic}-{each.partition}@{each.offset}",
             ", ".join(map(str, each.codes)), f"{len(each.raw):,}", each.detail),
            {"sender": each.sender, "topic": each.topic, "partition": each.partition,
             "offset": each.offset, "recorded_at": each.recorded_at, "codes": each.codes,
             "bytes": len(each.raw), "detail": each.detail},
        )
        for each in kept
        if wanted.agrees(sender=each.sender)
    ]  # fmt: skip
    columns = ("sender", "place", "reasons", "bytes", "detail")
    return _listing("Quarantine", columns, ("bytes",), rows, wanted.limit)
