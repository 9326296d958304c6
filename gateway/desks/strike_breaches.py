"""Passive breaches of a fund's limits at a strike: seen, cured, out of time; their reports.

The fund's own limit and each of those on holdings has a clock. It is looked at on the valuation,
before the session's orders. While the one on what is bought is passed, nothing is bought. A NAV
that is held says nothing of limits: breaches stay as they were, and their days pass all the same.

What was entered of reports counts at a strike if it was approved before the session's close; it
is here by then (`fund_reports`).

Not here: the tests themselves (`core.limits`), when a report falls due (`core.breach_reports`).
Source: domain.md §2.2. Laws: L2, L4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.core.breach_events import (
    BreachReviewed,
    BreachStanding,
    CurePassed,
    ReportDue,
    ReportOverdue,
)
from gateway.core.breach_reports import (
    PassiveBreach,
    Report,
    is_overdue,
    is_past_cure,
    reports_fallen,
)
from gateway.core.events import SleeveValued
from gateway.core.limits import BreachState, Limit, review
from gateway.desks.desk import Send
from gateway.desks.fund_state import BreachClock, Fund, FundState
from gateway.desks.strike_limits import counted, subjects
from gateway.desks.strike_sides import bought_at_will
from gateway.desks.telling import tell

S = BreachStanding


@dataclass(frozen=True, slots=True)
class Clocks:
    """What a strike finds of a fund's breaches and their reports."""

    reviewed: tuple[BreachReviewed, ...] = ()
    passed: tuple[CurePassed, ...] = ()
    due: tuple[ReportDue, ...] = ()
    overdue: tuple[ReportOverdue, ...] = ()

    @property
    def events(self) -> tuple[object, ...]:
        """What becomes of them after the session's orders; `reviewed` comes before."""
        return (*self.passed, *self.due, *self.overdue)


NO_CLOCKS = Clocks()


def reviews(
    fund: Fund, valued: Iterable[SleeveValued], total: int, session: date
) -> tuple[BreachReviewed, ...]:
    """Each limit whose breach is open at a valuation, or is over with it.

    Args:
        fund: The fund before the session.
        valued: Its private holdings.
        total: Its net assets, minor units.
        session: The session.
    """
    terms = fund.terms
    holdings = {each.vehicle_id: each.value_minor for each in valued}
    unfunded = {name: max(0, each.unfunded_minor) for name, each in fund.commitments.items()}
    found: list[BreachReviewed] = []
    limits, bought = (terms.limit, *terms.limits), bought_at_will(terms)
    under = ("",) if bought is None else ("", *subjects(bought))
    for limit in limits:
        before = _state(fund, limit)
        held = counted(terms, limit, holdings, unfunded)
        after = review(held, total, limit, session, before)
        open_or_was = after if after.since is not None else before
        if open_or_was.since is not None and open_or_was.cure_by is not None:
            stands = S.OPEN if after.buys_frozen else S.CURED
            found.append(
                BreachReviewed(
                    terms.fund_id, limit.limit_id, session, open_or_was.since,
                    open_or_was.cure_by, stands, held, total, limit.cap,
                    stands is S.OPEN and limit.about in under,
                )
            )  # fmt: skip
    names = {limit.limit_id for limit in limits}
    gone = [each for each in fund.clocks if each.ended is None and each.limit_id not in names]
    found += [
        BreachReviewed(
            terms.fund_id, each.limit_id, session, each.since, each.cure_by, S.GONE, 0, total,
            terms.limit.cap, freezes=False,
        )
        for each in gone
    ]  # fmt: skip
    return tuple(found)


def _state(fund: Fund, limit: Limit) -> BreachState:
    """A limit's breach before a session."""
    if limit == fund.terms.limit:
        return fund.breach
    for clock in fund.clocks:
        if clock.limit_id == limit.limit_id and clock.ended is None:
            return BreachState(clock.since, clock.cure_by)
    return BreachState()


def clocks_of(
    state: FundState, fund: Fund, session: date, reviewed: tuple[BreachReviewed, ...] = ()
) -> Clocks:
    """The reports that fall due and run out of time at a strike, and cures that do.

    Args:
        state: The fund partition's state.
        fund: The fund before the session.
        session: The session.
        reviewed: Its breaches at the valuation; none where its NAV is held.
    """
    fund_id, calendar = fund.terms.fund_id, state.book.sessions
    limits = {limit.limit_id: limit for limit in (fund.terms.limit, *fund.terms.limits)}
    passed: list[CurePassed] = []
    due: list[ReportDue] = []
    overdue: list[ReportOverdue] = []
    for clock, breach in _after(fund, reviewed):
        key = (fund_id, clock.limit_id, clock.since)
        limit = limits.get(clock.limit_id)
        reports: Mapping[str, Report] = clock.reports
        if clock.ended is None and limit is not None:
            fallen = reports_fallen(limit, breach, calendar, session)
            reports = {each.name: each for each in fallen} | clock.reports
            due += [ReportDue(*key, e) for name, e in reports.items() if name not in clock.reports]
            if is_past_cure(breach, session) and not clock.passed:
                passed.append(CurePassed(*key, clock.cure_by, session))
        overdue += [
            ReportOverdue(*key, each, session)
            for name, each in reports.items()
            if name not in clock.told and is_overdue(each, clock.made.get(name), session)
        ]
    return Clocks(reviewed, tuple(passed), tuple(due), tuple(overdue))


def _after(
    fund: Fund, reviewed: tuple[BreachReviewed, ...]
) -> Iterator[tuple[BreachClock, PassiveBreach]]:
    """The fund's clocks as they were, new ones among them, with their breaches as they are now."""
    now = {(each.limit_id, each.since): each for each in reviewed}
    known = {(each.limit_id, each.since) for each in fund.clocks}
    new = [BreachClock(e.limit_id, e.since, e.cure_by) for k, e in now.items() if k not in known]
    for clock in (*fund.clocks, *new):
        seen = now.get((clock.limit_id, clock.since))
        over = seen is not None and seen.standing is not S.OPEN
        ended = seen.session if seen is not None and over else clock.ended
        yield clock, PassiveBreach(clock.since, clock.cure_by, ended)


def clock_sends(clocks: Clocks) -> list[Send]:
    """What operations is told of reports and cures."""
    told = [
        tell(
            f"{each.fund_id}/{each.limit_id}", each.session, "CURE_OVERDUE",
            f"{each.fund_id} is above {each.limit_id} since {each.since} and was to be back by "
            f"{each.cure_by}",
        )
        for each in clocks.passed
    ]  # fmt: skip
    told += [
        tell(
            f"{each.fund_id}/{each.limit_id}", each.report.fell, "REPORT_DUE",
            f"{_words(each)} is due by {each.report.due}",
        )
        for each in clocks.due
    ]  # fmt: skip
    return told + [
        tell(
            f"{each.fund_id}/{each.limit_id}", each.session, "REPORT_OVERDUE",
            f"{_words(each)} was due by {each.report.due} and nobody entered it: REPORT_FILED of "
            f"{each.fund_id}/{each.limit_id}/{each.since}/{each.report.name}",
        )
        for each in clocks.overdue
    ]  # fmt: skip


def _words(each: ReportDue | ReportOverdue) -> str:
    return f"the {each.report.name} report of {each.limit_id}, passed since {each.since},"
