"""What fund partitions decide about passive breaches: how a limit stands, reports due and made.

Not here: when a report falls due (`breach_reports`), the strike itself (`events`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.breach_reports import Report
from gateway.core.money import Ratio


class BreachStanding(StrEnum):
    """How a passive breach stands after a session's valuation."""

    OPEN = "OPEN"
    CURED = "CURED"
    GONE = "GONE"
    """The fund's terms have the limit no more."""


@dataclass(frozen=True, slots=True)
class BreachReviewed:
    """A limit's passive breach at a strike: open, or over since this session."""

    fund_id: Annotated[str, "fund"]
    limit_id: Annotated[str, "the limit"]
    session: Annotated[date, "session"]
    since: Annotated[date, "session it was first seen"]
    cure_by: Annotated[date, "day by which it must be cured"]
    standing: Annotated[BreachStanding, "how it stands"]
    counted_minor: Annotated[int, "what the limit counts before the session's orders, minor units"]
    total_minor: Annotated[int, "net assets it is a share of, minor units"]
    cap: Annotated[Ratio, "the hard cap"]
    freezes: Annotated[bool, "true: purchases of alternatives are frozen by it"]


@dataclass(frozen=True, slots=True)
class CurePassed:
    """The day to cure a breach by has passed and it is open still; operations is told once."""

    fund_id: Annotated[str, "fund"]
    limit_id: Annotated[str, "the limit"]
    since: Annotated[date, "session it was first seen"]
    cure_by: Annotated[date, "day by which it was to be cured"]
    session: Annotated[date, "session"]


@dataclass(frozen=True, slots=True)
class ReportDue:
    """A report of a breach has fallen due; operations is told."""

    fund_id: Annotated[str, "fund"]
    limit_id: Annotated[str, "the limit"]
    since: Annotated[date, "session the breach was first seen"]
    report: Annotated[Report, "the report"]


@dataclass(frozen=True, slots=True)
class ReportOverdue:
    """The last day of a report has passed and nobody entered it; operations is told once."""

    fund_id: Annotated[str, "fund"]
    limit_id: Annotated[str, "the limit"]
    since: Annotated[date, "session the breach was first seen"]
    report: Annotated[Report, "the report"]
    session: Annotated[date, "session"]


@dataclass(frozen=True, slots=True)
class ReportFiled:
    """Two people entered a report that was made."""

    fund_id: Annotated[str, "fund"]
    limit_id: Annotated[str, "the limit"]
    since: Annotated[date, "session the breach was first seen"]
    report: Annotated[Report, "the report"]
    made: Annotated[date, "day it was made"]
    reference: Annotated[str, "document it is in"]
    batch_id: Annotated[str, "name of the decision"]
    requested_by: Annotated[str, "who entered it"]
    approved_by: Annotated[str, "who approved"]
    approved_at: Annotated[int, "UTC microseconds: broker stamp of the approval"]
