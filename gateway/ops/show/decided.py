"""The views of what was decided: orders, limits, navs, instructions, rejections, quarantine.

Not here: folding journals (`reading.room`), positions (`positions`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.money import format_scaled
from gateway.core.nav import HoldReason, NavStatus
from gateway.core.vocabulary import EventKind, RejectCode
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.rows import (
    BatchRow,
    FundCutRow,
    InstructionRow,
    LineRow,
    NavRow,
    QuarantineRow,
    RefusalRow,
    Room,
)
from gateway.ops.show.part import Part, amount

FROZEN = {
    HoldReason.STALE_MARK: "a mark is stale",
    HoldReason.NOT_INDEPENDENT: "an independent value is overdue",
}
"""What freezes a fund's purchases beside a breach, for people."""


def _codes(codes: Sequence[RejectCode]) -> str:
    return ", ".join(codes) or "-"


def orders(room: Room, asked: Asked, limit: int) -> list[Part]:
    """Batches with their sums, and the lines refused, diverted or sent elsewhere."""
    rows = room.batches[:limit]
    cells = [
        (
            b.sender, str(b.booked), b.batch_id, b.kind or "-", str(b.trade_date or "-"),
            b.state, f"{b.lines:,}", amount(b.asked_minor), amount(b.accepted_minor),
            amount(b.diverted_minor), amount(b.rejected_minor),
            ", ".join(f"{c.code} {c.lines:,}" for c in b.codes) or "-", _sent_for(b),
        )
        for b in rows
    ]  # fmt: skip
    columns = (
        "sender", "booked", "batch", "kind", "trade date", "state", "lines ", "asked ",
        "accepted ", "diverted ", "rejected ", "codes", "reason",
    )  # fmt: skip
    batches = Part("batches", "Order batches", rows, len(room.batches), columns, cells)
    odd = _lines(
        "exceptions",
        "Lines refused, diverted or sent elsewhere",
        room.exceptions,
        room.exceptions_total,
    )
    return [batches, odd]


def _sent_for(row: BatchRow) -> str:
    """Why a batch was sent, and what it corrects."""
    if row.reason is EventKind.UNSTATED:
        return "-"
    return f"{row.reason} of {', '.join(row.corrects)}" if row.corrects else row.reason


def _lines(name: str, title: str, rows: Sequence[LineRow], total: int) -> Part:
    cells = [
        (
            f"{r.sender} {r.booked} {r.batch_id} #{r.line}", r.plan_id, r.participant,
            _fund(r), amount(r.asked_minor),
            amount(r.accepted_minor), _diverted(r), _codes(r.reasons),
            f"{r.scope.lower()} {r.limit_id}".strip() or "-",
            amount(r.headroom_minor) if r.scope else "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = (
        "line", "plan", "participant token", "fund", "asked ", "accepted ", "diverted ", "codes",
        "limit", "headroom ",
    )  # fmt: skip
    return Part(name, title, rows, total, columns, cells)


def _fund(row: LineRow) -> str:
    if row.asked_fund:
        return f"{row.buy_fund} for {row.asked_fund}"
    return row.buy_fund or f"sells {row.sell_fund}"


def _diverted(row: LineRow) -> str:
    return f"{amount(row.diverted_minor)} to {row.liquid_fund}" if row.diverted_minor else "-"


def limits(room: Room, asked: Asked, limit: int) -> list[Part]:
    """Limits that order lines met, the largest cuts, and funds that bought less."""
    cells = [
        (s.scope.lower(), s.limit_id, f"{s.lines:,}", amount(s.diverted_minor),
         amount(s.refused_minor))
        for s in room.scopes[:limit]
    ]  # fmt: skip
    columns = ("limit of a", "limit", "lines cut ", "to the liquid option ", "refused ")
    scopes = Part("limits", "Limits that order lines met", room.scopes[:limit], len(room.scopes),
                  columns, cells)  # fmt: skip
    lines = _lines("lines", "Lines cut, the largest cuts first", room.cuts, room.cuts_total)
    parts = [scopes, lines]
    if asked.plan is asked.sender is asked.participant is None:
        parts.append(_fund_cuts(room.fund_cuts, limit))
    return parts


def _fund_cuts(cuts: Sequence[FundCutRow], limit: int) -> Part:
    cells = [
        (
            c.fund_id, str(c.session), c.limit_id, amount(c.asked_minor),
            amount(c.headroom_minor), amount(c.granted_minor),
            amount(c.asked_minor - c.granted_minor), _why_cut(c),
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
    if cut.passed:
        return f"frozen: above {', '.join(cut.passed)}"
    why = ", ".join(text for hold, text in FROZEN.items() if hold in cut.holds)
    return f"frozen: {why or 'two people named its NAV'}" if cut.frozen else "fund limit"


def navs(room: Room, asked: Asked, limit: int) -> list[Part]:
    """NAVs with their standing, and why."""
    rows = room.navs[:limit]
    cells = [
        (
            str(n.session), n.fund_id, format_scaled(n.nav, n.nav_scale),
            format_scaled(n.previous_nav, n.nav_scale), n.status + (", held" if n.held else ""),
            amount(n.net_assets_minor, n.currency), _share(n), str(n.oldest_mark or "-"), _why(n),
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
    verb = "corrected" if nav.status is NavStatus.CORRECTED else "released"
    released = f"{verb} by {nav.released}" if nav.released else ""
    if nav.struck_nav != nav.nav:
        released += f" (struck {format_scaled(nav.struck_nav, nav.nav_scale)})"
    said = [", ".join(nav.holds), released] + [
        f"true-up {amount(t.value_minor - t.estimate_minor, nav.currency)} from {t.vehicle_id}"
        for t in nav.true_ups
    ]
    return "; ".join(part for part in said if part) or "-"


def instructions(room: Room, asked: Asked, limit: int) -> list[Part]:
    """Settlement instructions and how far they are."""
    rows: list[InstructionRow] = room.instructions[:limit]
    cells = [
        (
            i.instruction_id, i.counterparty, i.direction, amount(i.amount_minor, i.currency),
            i.currency, str(i.settlement_date), i.state, amount(i.settled_minor, i.currency),
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


def rejections(room: Room, asked: Asked, limit: int) -> list[Part]:
    """Whatever was not taken as it came."""
    # Whole batches, marks and steps name no plan or fund.
    by_line = asked.plan is not None or asked.fund is not None
    every = [r for r in room.refusals if r.what == "LINES" or not by_line]
    rows: list[RefusalRow] = every[:limit]
    cells = [
        (
            r.what, r.sender, str(r.session or "-"), r.name or "-", r.verdict, _codes(r.codes),
            f"{r.lines:,}" if r.lines else "-",
            amount(r.amount_minor) if r.lines else "-", r.place or "-", r.detail or "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = ("what", "sender", "session", "name", "verdict", "codes", "lines ", "amount ",
               "place", "detail")  # fmt: skip
    refused = Part("rejections", "Not taken as it came", rows, len(every), columns, cells)
    total = sum(r.lines for r in every if r.what == "LINES")
    return [refused, _lines("lines", "Lines refused", room.refused, total)]


def quarantine(room: Room, asked: Asked, limit: int) -> list[Part]:
    """Messages set aside; their bytes are counted, never shown."""
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
