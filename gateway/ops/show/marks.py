"""The view of marks: what managers stated, how it came about, and what became of it.

Not here: folding journals (`reading.marks`).
"""

from __future__ import annotations

from gateway.core.lineage import Lineage, ValuedBy
from gateway.core.money import format_scaled
from gateway.ops.reading.marks import HoldingRow, MarkRow, Marks
from gateway.ops.show.part import Part, amount

BASIS_POINT_SCALE = 2
"""Millionths are hundredths of a basis point."""


def marks(found: Marks, limit: int) -> list[Part]:
    """Marks with their lineage, what they changed, and the newest independent values."""
    return [
        _lineage(found.marks, limit), _effects(found.marks, limit),
        _holdings(found.holdings, limit),
    ]  # fmt: skip


def _name(row: MarkRow) -> str:
    return row.statement or "opening of the book"


def _lineage(every: list[MarkRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, r.sender, _name(r), str(r.measured), str(r.received or "-"),
            f"{r.age_days:,}", amount(r.value_minor, r.currency), r.lineage.method,
            _whose(r.lineage), r.lineage.approver or "-", _use(r),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "sender", "statement", "measured", "received", "days old ",
               "value ", "method", "valued by", "approved by", "state")  # fmt: skip
    return Part("marks", "Marks", rows, len(every), columns, cells)


def _whose(lineage: Lineage) -> str:
    if lineage.valuer:
        return f"{lineage.valued_by}: {lineage.valuer}"
    return "INDEPENDENT, unnamed" if lineage.valued_by is ValuedBy.INDEPENDENT else "MANAGER"


def _use(row: MarkRow) -> str:
    since = f" from {row.used_from}" if row.used_from else ""
    until = f" to {row.used_to}, then {row.superseded_by}" if row.used_to else ""
    why = f": {row.code}" if row.code != "NONE" else ""
    return f"{row.use}{since}{until}{why}"


def _effects(every: list[MarkRow], limit: int) -> Part:
    trued = [row for row in every if row.effect_minor is not None]
    rows = trued[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, _name(r), str(r.used_from), _minor(r.estimate_minor, r),
            _minor(r.trued_minor, r), _minor(r.effect_minor, r),
            "-" if r.effect_e6 is None else format_scaled(r.effect_e6, BASIS_POINT_SCALE),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "statement", "booked in", "by the old mark ", "by the new one ",
               "true-up ", "bp of the fund ")  # fmt: skip
    return Part("true_ups", "True-ups", rows, len(trued), columns, cells)


def _minor(minor: int | None, row: MarkRow) -> str:
    return "-" if minor is None else amount(minor, row.currency)


def _holdings(every: list[HoldingRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, str(r.independent_on or "none"),
            "-" if r.age_days is None else f"{r.age_days:,}",
            f"{r.within_days:,}" if r.within_days else "not asked for",
            "OVERDUE" if r.overdue else "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "independent value of", "days old ", "within days ", "state")
    return Part("holdings", "Newest independent values", rows, len(every), columns, cells)
