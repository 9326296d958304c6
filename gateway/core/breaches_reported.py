"""Law L2, passive breaches: each is seen, freezes purchases, and asks for the reports of its terms.

What each limit of a fund counts is worked out here from valuations and commitments alone, and the
days of reports are counted day by day. A breach that the desk did not see, a report that did not
fall due or on another day, one overdue that nobody was told of, and one that nobody asks for are
found; so is a purchase under a limit that was passed before it.

Not here: purchases that end above a limit (`breaches_of_funds`).
Law: L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.core.book import FundTerms
from gateway.core.breach_events import (
    BreachReviewed,
    BreachStanding,
    ReportDue,
    ReportFiled,
    ReportOverdue,
)
from gateway.core.breach_reports import ReportKind, is_bank_day
from gateway.core.events import SessionAdvanced, SleevesBalanced, SleeveValued
from gateway.core.fund_events import CapitalMoved, NoticeTaken
from gateway.core.laws import Events, Reference, Violation
from gateway.core.limits import Limit
from gateway.core.marks import NavStruck
from gateway.core.sessions import Calendar
from gateway.core.uncalled import Uncalled

Name = tuple[str, str]
"""Fund and limit."""
Breach = tuple[str, str, date]
"""Fund, limit and first session."""
Wanted = tuple[ReportKind, date]
"""What a report is about, and the session at whose strike it fell due."""
K = ReportKind
A_DAY = timedelta(days=1)


def reports_asked(where: str, events: Events) -> Iterator[Violation]:
    """Every passive breach of a fund's limits is seen, and every report its terms ask falls due.

    Args:
        where: The partition's name.
        events: A fund partition's journal.
    """
    fold = _Fold(where)
    for event in events:
        yield from fold.follow(event)


@dataclass(slots=True)
class _Fold:
    """One fund partition's breaches and reports, followed event by event."""

    where: str
    reference: Reference = field(default_factory=Reference)
    uncalled: Uncalled = field(default_factory=Uncalled)
    valued: dict[tuple[str, str, date], int] = field(default_factory=dict)
    net: dict[str, int] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    open: dict[Name, tuple[date, date]] = field(default_factory=dict)
    seen: dict[Name, date] = field(default_factory=dict)
    asked: dict[Breach, dict[Wanted, date]] = field(default_factory=dict)
    due: dict[Breach, dict[Wanted, date]] = field(default_factory=dict)
    settled: set[tuple[Breach, Wanted]] = field(default_factory=set)

    def follow(self, event: object) -> Iterator[Violation]:
        """Take an event in; what it breaks."""
        match event:
            case NoticeTaken() | CapitalMoved():
                self.uncalled.follow(event)
            case SleeveValued():
                self.valued[event.fund_id, event.vehicle_id, event.session] = event.value_minor
            case NavStruck():
                self.net[event.fund_id] = event.net_assets_minor
            case SleevesBalanced():
                yield from self._balance(event)
            case BreachReviewed() if event.standing is BreachStanding.OPEN:
                self.seen[event.fund_id, event.limit_id] = event.since
            case BreachReviewed():
                self.seen.pop((event.fund_id, event.limit_id), None)
            case ReportDue() | ReportOverdue() | ReportFiled():
                self._hear(event)
            case SessionAdvanced():
                yield from self._close(event.closed)
        # Terms that hold from a session on hold for its own strike, and not before.
        self.uncalled.adopt(self.reference.follow(event))

    def _hear(self, event: ReportDue | ReportOverdue | ReportFiled) -> None:
        breach = event.fund_id, event.limit_id, event.since
        wanted = event.report.kind, event.report.fell
        if isinstance(event, ReportDue):
            self.due.setdefault(breach, {})[wanted] = event.report.due
        else:
            self.settled.add((breach, wanted))

    def _balance(self, event: SleevesBalanced) -> Iterator[Violation]:
        """Which limits a valuation has passed; nothing is bought under one."""
        terms = self.reference.book.funds[event.fund_id]
        bought = next((sleeve for sleeve in terms.sleeves if sleeve.calls is None), None)
        under = () if bought is None else ("", bought.vehicle_id, bought.manager,
                                           bought.asset_class, bought.issuer)  # fmt: skip
        limits = {limit.limit_id: limit for limit in (terms.limit, *terms.limits)}
        self._renamed(terms, limits)
        for limit in limits.values():
            name, session = (terms.fund_id, limit.limit_id), event.session
            counts = self._counts(terms, limit, session)
            if counts * limit.cap.den > limit.cap.num * self.net[terms.fund_id]:
                cure_by = session + timedelta(days=limit.cure_days)
                self.open.setdefault(name, (session, cure_by))
                self._ask(name, limit, session)
                if limit.about in under and event.granted_minor:
                    yield self._wrong(name, session, f"{event.granted_minor} minor units were "
                                      f"bought while {counts} was above it")  # fmt: skip
            elif name in self.open:
                since, _ = self.open.pop(name)
                if limit.report_days:
                    last = _bank_days(session, limit.report_days, self.reference.book.sessions)
                    self.asked.setdefault((*name, since), {})[K.CURED, session] = last

    def _renamed(self, terms: FundTerms, limits: dict[str, Limit]) -> None:
        """Limits that the terms have no more; a fund's own goes on under its new name."""
        fund, own = terms.fund_id, terms.limit.limit_id
        before = self.own.get(fund, own)
        self.own[fund] = own
        if before != own and (fund, before) in self.open:
            self.open[fund, own] = self.open.pop((fund, before))
        for name in [each for each in self.open if each[0] == fund and each[1] not in limits]:
            del self.open[name]

    def _counts(self, terms: FundTerms, limit: Limit, session: date) -> int:
        """What a limit counts before a session's orders."""
        total = 0
        for sleeve in terms.sleeves:
            names = ("", sleeve.vehicle_id, sleeve.manager, sleeve.asset_class, sleeve.issuer)
            if limit.about in names:
                total += self.valued[terms.fund_id, sleeve.vehicle_id, session]
                if limit.counts_unfunded:
                    total += self.uncalled.of(terms.fund_id, sleeve.vehicle_id)
        return total

    def _ask(self, name: Name, limit: Limit, session: date) -> None:
        """What the terms ask of an open breach up to a session; days once counted stay."""
        since, cure_by = self.open[name]
        asked = self.asked.setdefault((*name, since), {})
        known = {kind for kind, _ in asked}
        for wanted, last in _wanted(limit, since, cure_by, session, self.reference.book.sessions):
            if wanted[0] is K.FOLLOW_UP or wanted[0] not in known:
                asked.setdefault(wanted, last)

    def _close(self, closed: date) -> Iterator[Violation]:
        """At a session's close: breaches seen, reports fallen due, and told where overdue."""
        for name, (since, _) in self.open.items():
            terms = self.reference.book.funds[name[0]]
            for limit in (terms.limit, *terms.limits):
                if limit.limit_id == name[1]:
                    self._ask(name, limit, closed)
            if self.seen.get(name) != since:
                yield self._wrong(name, closed, f"it is passed since {since}, and was seen to be "
                                  f"since {self.seen.get(name)}")  # fmt: skip
        for name in sorted(self.seen.keys() - self.open.keys()):
            yield self._wrong(name, closed, "it was seen to be passed, and is not")
        for breach in sorted({*self.asked, *self.due}):
            yield from self._compare(breach, closed)

    def _compare(self, breach: Breach, closed: date) -> Iterator[Violation]:
        asked, due = self.asked.get(breach, {}), self.due.get(breach, {})
        for wanted in sorted({*asked, *due}, key=lambda each: (each[1], each[0])):
            what = f"the {wanted[0]} report of {wanted[1]}"
            if asked.get(wanted) != due.get(wanted):
                yield self._wrong(breach[:2], closed, f"{what} is due by {due.get(wanted)}, its "
                                  f"terms say {asked.get(wanted)}")  # fmt: skip
            elif due[wanted] < closed and (breach, wanted) not in self.settled:
                yield self._wrong(breach[:2], closed, f"{what} is overdue and nobody was told")

    def _wrong(self, name: Name, session: date, detail: str) -> Violation:
        return Violation("L2", f"{self.where}, {'/'.join(name)} {session}", detail)


def _wanted(
    limit: Limit, since: date, cure_by: date, session: date, calendar: Calendar
) -> Iterator[tuple[Wanted, date]]:
    """The reports of a breach that is open at a session, each with its last day."""
    if limit.report_days:
        yield (K.INITIAL, since), _bank_days(since, limit.report_days, calendar)
    if limit.plan_days:
        before = since + timedelta(days=limit.plan_days - 1)
        yield (K.CURE_PLAN, since), _bank_days(before, 1, calendar)
    day = since
    while limit.report_again_days:
        day += timedelta(days=limit.report_again_days)
        if day > session:
            break
        fell = _session(day, calendar)
        if since < fell <= session:
            yield (K.FOLLOW_UP, fell), _bank_days(fell, max(1, limit.report_days), calendar)
    if limit.report_days and cure_by < session:
        fell = _session(cure_by + A_DAY, calendar)
        if fell <= session:
            yield (K.OVERDUE_CURE, fell), _bank_days(fell, limit.report_days, calendar)


def _session(day: date, calendar: Calendar) -> date:
    """The day, or the first session after it."""
    while not calendar.is_session(day):
        day += A_DAY
    return day


def _bank_days(day: date, days: int, calendar: Calendar) -> date:
    """So many days later on which banks are open."""
    while days:
        day += A_DAY
        days -= is_bank_day(day, calendar)
    return day
