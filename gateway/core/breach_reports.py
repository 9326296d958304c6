"""The reports that a passive breach asks for: which there are, since when, and by which day.

A first report in a few bank days and a plan to cure in a few calendar days; a report again after
so many calendar days as long as the limit is passed, each time; one when the day to cure it by
has passed; one when it is cured (as Form N-RN wants it: above the limit, and back at it). Whether
a limit is passed is known at strikes alone, so a report falls due at the strike of a session. A
day counted in calendar days on which banks are shut becomes the next bank day.

Not here: opening and curing a breach (`limits`), who is told (the fund desk).
Source of the arithmetic: domain.md §2.2. Law: L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from gateway.core.limits import Limit
from gateway.core.sessions import ONE_DAY, SATURDAY, Calendar


class ReportKind(StrEnum):
    """What a report of a passive breach is about, in the order in which they fall due."""

    INITIAL = "INITIAL"
    """The limit is passed."""
    CURE_PLAN = "CURE_PLAN"
    """How it is to be cured."""
    FOLLOW_UP = "FOLLOW_UP"
    """It is passed still; numbered from 1."""
    OVERDUE_CURE = "OVERDUE_CURE"
    """The day to cure it by has passed."""
    CURED = "CURED"
    """It is back within the cap."""


ORDER = tuple(ReportKind)


@dataclass(frozen=True, slots=True)
class Report:
    """A report that has fallen due."""

    kind: Annotated[ReportKind, "what it is about"]
    number: Annotated[int, "which follow-up, from 1; 0 of the others"]
    fell: Annotated[date, "session at whose strike it fell due"]
    due: Annotated[date, "last day to make it on"]

    @property
    def name(self) -> str:
        """What people call it: INITIAL, FOLLOW_UP-2."""
        return f"{self.kind}-{self.number}" if self.number else self.kind.value


@dataclass(frozen=True, slots=True)
class PassiveBreach:
    """A passive breach from its first session to the one in which it was seen to be over."""

    since: Annotated[date, "session it was first seen"]
    cure_by: Annotated[date, "day by which it must be cured"]
    ended: Annotated[date | None, "session at which it was over; None: open"] = None

    def is_open_at(self, session: date) -> bool:
        """Whether the strike of a session left it open."""
        return self.since <= session and (self.ended is None or session < self.ended)


def is_bank_day(day: date, calendar: Calendar) -> bool:
    """Whether banks are open; behind the last day covered, on every weekday.

    No strike waits for a calendar that is longer than its settlement days need.
    """
    return day.weekday() < SATURDAY if day > calendar.last else calendar.is_bank_day(day)


def bank_days_after(day: date, days: int, calendar: Calendar) -> date:
    """The day so many bank days after a day, which is not counted itself."""
    for _ in range(days):
        day += ONE_DAY
        while not is_bank_day(day, calendar):
            day += ONE_DAY
    return day


def bank_day_from(day: date, calendar: Calendar) -> date:
    """The day itself, or the next bank day."""
    while not is_bank_day(day, calendar):
        day += ONE_DAY
    return day


def is_past_cure(breach: PassiveBreach, session: date) -> bool:
    """Whether a strike behind the day to cure by has left a breach open.

    Source: domain.md §2.2.
    """
    return breach.cure_by < session and breach.is_open_at(session)


def reports_fallen(
    limit: Limit, breach: PassiveBreach, calendar: Calendar, session: date
) -> tuple[Report, ...]:
    """The reports of a breach that have fallen due up to a session's strike, in their order.

    Args:
        limit: The limit, with the days it allows for each report.
        breach: The breach, as it is known.
        calendar: Sessions and bank days.
        session: The session.

    Source: domain.md §2.2 (within one business day, again if over after 30 days, a plan); a
    report of the cure as in Form N-RN, Part C.
    """
    if session < breach.since:
        return ()
    found: list[Report] = []
    if limit.report_days:
        due = bank_days_after(breach.since, limit.report_days, calendar)
        found.append(Report(ReportKind.INITIAL, 0, breach.since, due))
    if limit.plan_days:
        due = bank_day_from(breach.since + timedelta(days=limit.plan_days), calendar)
        found.append(Report(ReportKind.CURE_PLAN, 0, breach.since, due))
    if limit.report_again_days:
        found.extend(_follow_ups(limit, breach, calendar, session))
    if limit.report_days and breach.cure_by < session:
        fell = calendar.next_session(breach.cure_by)
        if fell <= session and breach.is_open_at(fell):
            due = bank_days_after(fell, limit.report_days, calendar)
            found.append(Report(ReportKind.OVERDUE_CURE, 0, fell, due))
    if limit.report_days and breach.ended is not None and breach.ended <= session:
        due = bank_days_after(breach.ended, limit.report_days, calendar)
        found.append(Report(ReportKind.CURED, 0, breach.ended, due))
    return tuple(sorted(found, key=lambda each: (each.fell, ORDER.index(each.kind), each.number)))


def _follow_ups(
    limit: Limit, breach: PassiveBreach, calendar: Calendar, session: date
) -> Iterator[Report]:
    """Still over at the first strike after so many days, each time; two marks of one are one."""
    every, last = limit.report_again_days, breach.since
    for number in range(1, (session - breach.since).days // every + 1):
        fell = calendar.session_on_or_after(breach.since + timedelta(days=number * every))
        if fell > session or not breach.is_open_at(fell):
            return
        if fell > last:
            due = bank_days_after(fell, max(1, limit.report_days), calendar)
            yield Report(ReportKind.FOLLOW_UP, number, fell, due)
        last = fell


def is_overdue(report: Report, made: date | None, day: date) -> bool:
    """Whether a report is wanting at the end of a day behind its last one.

    Args:
        report: The report.
        made: The day it was made, None if nobody said so.
        day: The day.

    Source: domain.md §2.2.
    """
    return report.due < day and (made is None or made > day)
