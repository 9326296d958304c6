"""The view of gates: what went through them, and what waits.

Not here: folding journals (`reading.queue`).
"""

from __future__ import annotations

from gateway.ops.reading.queue import Queues
from gateway.ops.show.part import Part, amount


def requests(found: Queues, limit: int) -> list[Part]:
    """Dealing days, the newest of each fund last; then what waits, and what was taken back."""
    gates = found.gates[-limit:]
    cells = [
        (
            r.fund_id, str(r.session), r.policy, amount(r.room_minor, r.currency), r.bound_by,
            *(
                amount(minor, r.currency)
                for minor in (
                    r.asked_minor, r.met_minor, r.kept_minor, r.queued_minor, r.lapsed_minor
                )
            ),
            str(r.settlement_date),
        )
        for r in gates
    ]  # fmt: skip
    columns = ("fund", "dealing day", "policy", "room ", "bound by", "asked ", "met ", "kept ",
               "queued ", "lapsed ", "settles")  # fmt: skip
    waiting = found.waiting[:limit]
    by_plan = [
        (
            r.plan_id, r.fund_id, r.participant or "all", str(r.since), f"{r.requests:,}",
            amount(r.asked_minor, r.currency), amount(r.left_minor, r.currency),
            amount(r.in_flight_minor, r.currency) if r.in_flight_minor else "-",
        )
        for r in waiting
    ]  # fmt: skip
    titles = ("plan", "fund", "participant token", "since", "requests ", "asked ", "waits ",
              "in flight ")  # fmt: skip
    return [
        Part("gates", "Through gates", gates, len(found.gates), columns, cells),
        Part("waiting", "Requests that wait", waiting, len(found.waiting), titles, by_plan),
        _withdrawn(found, limit),
    ]


def _withdrawn(found: Queues, limit: int) -> Part:
    rows = found.withdrawn[-limit:]
    cells = [
        (
            str(r.session), r.plan_id, r.fund_id, f"{r.lines:,}",
            amount(r.withdrawn_minor, r.currency),
            amount(r.noted_minor, r.currency) if r.noted_minor else "-",
        )
        for r in rows
    ]  # fmt: skip
    titles = ("session", "plan", "fund", "requests ", "withdrawn ", "once answered ")
    return Part("withdrawn", "Requests withdrawn", rows, len(found.withdrawn), titles, cells)
