"""The views of what is held and what is owed to vehicles: units, unfunded.

Not here: folding journals (`reading.units`, `reading.unfunded`).
"""

from __future__ import annotations

from gateway.core.money import format_scaled
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.unfunded import NoticeRow, Unfunded, UnfundedRow
from gateway.ops.reading.units import Units, Valued
from gateway.ops.show.part import Part, amount


def units(found: Units, asked: Asked, limit: int) -> list[Part]:
    """Omnibus units; accounts where a plan or a participant is asked for."""
    rows = found.omnibus[:limit]
    cells = [
        (
            r.plan_id, r.fund_id, *_held(r.held), f"{r.accounts:,}",
            _some(r.buys_unfilled_minor, r.held.currency),
            _some(r.sells_unfilled_minor, r.held.currency),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("plan", "fund", "units ", "NAV ", "of", "value ", "accounts ", "buys unfilled ",
               "sells unfilled ")  # fmt: skip
    parts = [Part("units", "Omnibus units", rows, len(found.omnibus), columns, cells)]
    if asked.plan is None and asked.participant is None:
        return parts
    accounts = found.accounts[:limit]
    by_account = [(a.plan_id, a.participant, a.fund_id, *_held(a.held)) for a in accounts]
    titles = ("plan", "participant token", "fund", "units ", "NAV ", "of", "value ")
    parts.append(
        Part("accounts", "Units of accounts", accounts, found.accounts_total, titles, by_account)
    )
    return parts


def _held(held: Valued) -> tuple[str, str, str, str]:
    return (
        format_scaled(held.units, held.unit_scale), format_scaled(held.nav, held.nav_scale),
        str(held.nav_session or "opening"), amount(held.value_minor, held.currency),
    )  # fmt: skip


def _some(minor: int, currency: str) -> str:
    return amount(minor, currency) if minor else "-"


def unfunded(found: Unfunded, limit: int) -> list[Part]:
    """Commitments, and the notices that are not booked."""
    return [_commitments(found.commitments, limit), _notices(found.notices, limit)]


def _commitments(every: list[UnfundedRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, r.manager,
            *(
                amount(minor, r.currency)
                for minor in (
                    r.commitment_minor, r.called_inside_minor, r.called_outside_minor,
                    r.recallable_minor, r.kept_minor, r.unfunded_minor,
                )
            ),
            _some(r.announced_minor, r.currency), str(r.booked or "-"),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "manager", "commitment ", "called inside ", "called outside ",
               "recallable ", "kept ", "unfunded ", "announced ", "booked")  # fmt: skip
    return Part("commitments", "Commitments", rows, len(every), columns, cells)


def _notices(every: list[NoticeRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, r.sender, r.batch_id, r.kind, r.state, str(r.notice_date),
            str(r.due_date), amount(r.total_minor, r.currency),
            amount(r.unfunded_effect_minor, r.currency), r.recorded_at,
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "manager", "notice", "kind", "state", "dated", "due", "total ",
               "unfunded by ", "recorded at")  # fmt: skip
    return Part("notices", "Notices that are not booked", rows, len(every), columns, cells)
