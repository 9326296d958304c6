"""The view of passive breaches and of the reports they ask for.

Not here: folding journals (`reading.breaches`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.money import Ratio, format_scaled
from gateway.ops.reading.breaches import BreachRow, ReportRow
from gateway.ops.show.part import Part, amount


def breaches(every: Sequence[BreachRow], limit: int) -> list[Part]:
    """Breaches, open ones first, and their reports."""
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.limit_id, str(r.since), r.standing.value, str(r.session),
            _percent(r.counted_minor, r.total_minor), _cap(r.cap), str(r.cure_by),
            "-" if r.days_left is None else f"{r.days_left:,}", _inflow(r),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "limit", "since", "is", "at", "share % ", "cap % ", "cure by", "days left ",
               "inflow that cures ")  # fmt: skip
    made = [report for row in every for report in row.reports]
    return [
        Part("breaches", "Passive breaches", rows, len(every), columns, cells),
        _reports(made, limit),
    ]


def _reports(every: Sequence[ReportRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.limit_id, str(r.since), r.report, str(r.due), r.state,
            str(r.made or "-"), f"{r.requested_by} and {r.approved_by}" if r.made else "-",
            r.reference or "-", r.recorded_at or "-",
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "limit", "since", "report", "due", "state", "made", "by", "reference",
               "entered")  # fmt: skip
    return Part("reports", "Reports of them", rows, len(every), columns, cells)


def _inflow(row: BreachRow) -> str:
    if row.days_left is None:
        return "-"
    if row.inflow_minor is None:
        return "nothing"
    return amount(row.inflow_minor, row.currency)


def _percent(part: int, whole: int) -> str:
    """A share as percent to four decimals, cut off."""
    return format_scaled(part * 1_000_000 // whole, 4) if whole > 0 else "-"


def _cap(cap: Ratio) -> str:
    return _percent(cap.num, cap.den)
