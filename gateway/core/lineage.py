"""Where a mark comes from: how it was valued, by whom, who approved it, and when it came.

A NAV with private holdings is only as good as the marks behind it. Each mark therefore says its
method, whether the manager or somebody independent valued the holding, and who approved the
figure; the strike journals the mark behind each holding's value, so that it can be told years
later. A fund may ask for an independent value from time to time; without one in time its NAV is an
estimate.

Not here: what a mark is worth today and how old it may be (`nav`), which mark is in force (the
fund desk).
Source: domain.md §3.1, §3.2, §5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from gateway.core.sessions import EPOCH

LONGEST_QUARTER_DAYS = 92
"""Calendar days of the longest quarter: an asset valued every quarter is never measured longer ago
than this and the days its valuer needs. Source: domain.md §5 (proposed 404a-6: at least quarterly).
"""


class MarkMethod(StrEnum):
    """How a value was arrived at."""

    UNSTATED = "UNSTATED"
    REPORTED_NAV = "REPORTED_NAV"
    APPRAISAL = "APPRAISAL"
    MODEL = "MODEL"
    TRANSACTION = "TRANSACTION"
    AUDITED = "AUDITED"


class ValuedBy(StrEnum):
    """Whose value it is: the manager's own, or somebody's who has no part in the holding."""

    MANAGER = "MANAGER"
    INDEPENDENT = "INDEPENDENT"


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a mark came about."""

    method: Annotated[MarkMethod, "how the value was arrived at"] = MarkMethod.UNSTATED
    valued_by: Annotated[ValuedBy, "whose value it is"] = ValuedBy.MANAGER
    valuer: Annotated[str, "name of whoever valued it; empty: the manager"] = ""
    approver: Annotated[str, "who approved it at the manager or trustee; empty: not said"] = ""


@dataclass(frozen=True, slots=True)
class MarkBehind:
    """The mark that stands behind a holding's value; without a stamp it is the book's opening."""

    sender: Annotated[str, "manager that stated it; empty: the book"] = ""
    statement: Annotated[str, "the manager's own name of the statement; empty: the book"] = ""
    recorded_at: Annotated[int, "UTC microseconds: broker stamp; 0: the book's opening mark"] = 0
    lineage: Annotated[Lineage, "how it came about"] = field(default_factory=Lineage)


def is_independent(lineage: Lineage) -> bool:
    """Whether a mark counts as an independent value: said to be one, by a valuer with a name.

    Source: domain.md §5 (valuation: independence flag).
    """
    return lineage.valued_by is ValuedBy.INDEPENDENT and bool(lineage.valuer)


def is_independence_overdue(independent_on: date | None, session: date, within_days: int) -> bool:
    """Whether the newest independent value of a holding was measured too long ago.

    Args:
        independent_on: Measurement date of the newest independent mark, None if there is none.
        session: The session.
        within_days: Calendar days it may be old, itself allowed; 0: none is asked for.

    Source: domain.md §5 (proposed 404a-6: non-public assets have a conflict-free independent
    fair value at least quarterly).
    """
    if within_days == 0:
        return False
    return independent_on is None or (session - independent_on).days > within_days


def received_date(recorded_at: int, zone: str) -> date:
    """The day a mark was received: that of its stamp in the zone of the calendar.

    Args:
        recorded_at: Broker stamp, UTC microseconds.
        zone: IANA zone, as `Calendar.zone` has it.

    Source: domain.md §3.2 (measurement date and received date on every mark).
    """
    received = EPOCH + timedelta(microseconds=recorded_at)
    return received.astimezone(ZoneInfo(zone)).date()
