"""What came of passive breaches, in the words of `then` rows.

Not here: other events (`observe`).
"""

from __future__ import annotations

from fractions import Fraction

from gateway.core.breach_events import (
    BreachReviewed,
    CurePassed,
    ReportDue,
    ReportFiled,
    ReportOverdue,
)
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.words import Observed

OfBreaches = BreachReviewed | CurePassed | ReportDue | ReportOverdue | ReportFiled


def breach_seen(event: OfBreaches) -> Observed:
    """How a breach stands, or what became of a report of it."""
    head = {"fund": event.fund_id, "limit": event.limit_id, "since": event.since}
    match event:
        case BreachReviewed():
            share = Fraction(event.counted_minor, event.total_minor) if event.total_minor else None
            return Observed("limit_breach", {
                **head, "is": event.standing.value, "cure_by": event.cure_by,
                "counted": event.counted_minor, "total": event.total_minor,
                "share": None if share is None else Share(share),
                "cap": Share(Fraction(event.cap.num, event.cap.den)), "session": event.session,
            })  # fmt: skip
        case CurePassed():
            passed = {"cure_by": event.cure_by, "session": event.session}
            return Observed("cure_overdue", {**head, **passed})
        case ReportDue(report=report):
            told = {"report": report.name, "fell": report.fell, "due": report.due}
            return Observed("report_due", {**head, **told})
        case ReportOverdue(report=report):
            told = {"report": report.name, "due": report.due, "session": event.session}
            return Observed("report_overdue", {**head, **told})
        case ReportFiled(report=report):
            return Observed("report_made", {
                **head, "report": report.name, "due": report.due, "made": event.made,
                "reference": event.reference, "by": event.requested_by,
                "approved_by": event.approved_by,
            })  # fmt: skip
