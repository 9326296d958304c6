"""Reports of passive breaches that two people enter, and what the fund remembers of them.

A report that was made counts from the session in which it was approved, by its recorded time, as
an order does; one that comes here earlier waits. So a strike sees the same reports whatever came
first, the approval or the close. The day on which it was made is another fact, and stands beside.

Not here: which reports fall due (`strike_breaches`), who may decide (intake).
Source: domain.md §2.2. Laws: L4, L7.
"""

from __future__ import annotations

from gateway.core.breach_events import (
    BreachReviewed,
    BreachStanding,
    CurePassed,
    ReportDue,
    ReportFiled,
    ReportOverdue,
)
from gateway.core.decisions import Approved
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Decision
from gateway.desks.fund_state import BreachClock, Fund, FundState
from gateway.desks.telling import tell

OfBreaches = BreachReviewed | CurePassed | ReportDue | ReportOverdue | ReportFiled


def file_report(state: FundState, approved: Approved) -> Decision:
    """Take a report that was made, let it wait, or say why not."""
    counts_from = state.book.sessions.trade_date(approved.approved_at)
    if state.session is not None and counts_from > state.session:
        waits_for = f"it waits until {counts_from} opens here"
        told = tell(approved.batch_id, approved.session, "ACCEPTED", waits_for)
        return Decision((approved,), (told,))
    fund_id, limit_id, since, name = _named(approved.subject)
    clock = _clock(state.funds.get(fund_id), limit_id, since)
    fault = _fault(state, clock, name, approved)
    if fault or clock is None:
        code = RejectCode.DECISION_STATE
        told = tell(approved.batch_id, approved.session, "REJECTED", fault, code)
        return Decision((approved.refused(fault),), (told,))
    report = clock.reports[name]
    filed = ReportFiled(
        fund_id, limit_id, clock.since, report, approved.session, approved.reference,
        approved.batch_id, approved.requested_by, approved.approved_by, approved.approved_at,
    )  # fmt: skip
    late = f", due by {report.due}" if approved.session > report.due else ""
    detail = f"{approved.subject} was made on {approved.session}{late}: {approved.reference}"
    return Decision((filed,), (tell(approved.batch_id, approved.session, "ACCEPTED", detail),))


def _named(subject: str) -> tuple[str, str, str, str]:
    """Fund, limit, first session of the breach and report that a decision is about."""
    parts = subject.split("/")
    if len(parts) != 4:
        return parts[0], "", "", ""
    return parts[0], parts[1], parts[2], parts[3]


def _clock(fund: Fund | None, limit_id: str, since: str) -> BreachClock | None:
    for clock in () if fund is None else fund.clocks:
        if (clock.limit_id, clock.since.isoformat()) == (limit_id, since):
            return clock
    return None


def _fault(state: FundState, clock: BreachClock | None, name: str, approved: Approved) -> str:
    """Why a report cannot be taken, or nothing."""
    if clock is None:
        return f"no breach waits for {approved.subject}: it is FUND/LIMIT/SINCE/REPORT"
    if name not in clock.reports:
        owed = ", ".join(each for each in clock.reports if each not in clock.made)
        return f"no {name} report has fallen due of it; due are: {owed or 'none'}"
    if name in clock.made:
        return f"{approved.subject} was made on {clock.made[name]}"
    if not approved.reference:
        return "a report names the document it is in"
    if approved.session < clock.reports[name].fell:
        return f"it fell due on {clock.reports[name].fell}, and cannot have been made before"
    if state.book.sessions.local_at(approved.session, 0) > approved.approved_at:
        return f"{approved.session} had not come when it was approved"
    return ""


def evolve_breaches(state: FundState, event: OfBreaches) -> None:
    """Apply one event to the state, in place."""
    fund = state.funds[event.fund_id]
    if isinstance(event, BreachReviewed):
        _review(fund, event)
        return
    clock = next(e for e in fund.clocks if (e.limit_id, e.since) == (event.limit_id, event.since))
    match event:
        case CurePassed():
            clock.passed = True
        case ReportDue():
            clock.reports[event.report.name] = event.report
        case ReportOverdue():
            clock.told.add(event.report.name)
        case ReportFiled():
            clock.made[event.report.name] = event.made
            state.decided = [each for each in state.decided if each.batch_id != event.batch_id]
    if isinstance(event, ReportFiled):
        fund.clocks = [each for each in fund.clocks if each.ended is None or _wanting(each)]


def _review(fund: Fund, event: BreachReviewed) -> None:
    """Open a clock, or note that a breach is over."""
    for clock in fund.clocks:
        if (clock.limit_id, clock.since) == (event.limit_id, event.since):
            break
    else:
        clock = BreachClock(event.limit_id, event.since, event.cure_by)
        fund.clocks.append(clock)
    if event.standing is not BreachStanding.OPEN:
        clock.ended = event.session
    # One that is over with this very strike stays for the reports that fall due with it.
    fund.clocks = [
        each
        for each in fund.clocks
        if each.ended is None or each.ended >= event.session or _wanting(each)
    ]


def _wanting(clock: BreachClock) -> bool:
    """Whether a report has fallen due that nobody entered."""
    return bool(clock.reports.keys() - clock.made.keys())
