"""What a fund remembers of passive breaches: limits that are gone, reports that are wanting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.core.breach_events import BreachReviewed, BreachStanding, ReportDue, ReportFiled
from gateway.core.breach_reports import Report, ReportKind
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.desks.fund_reports import OfBreaches, evolve_breaches
from gateway.desks.fund_state import BreachClock, Fund, FundState
from gateway.desks.strike_breaches import clocks_of, reviews
from gateway.shell.state_codec import decode, encode
from tests.day.market_day import book

SINCE, CURE_BY = date(2026, 11, 24), date(2027, 2, 22)
SESSION = date(2026, 11, 30)
INITIAL = Report(ReportKind.INITIAL, 0, SINCE, date(2026, 11, 25))


def at_a_fund(*clocks: BreachClock) -> tuple[FundState, Fund]:
    state = FundState(session=SESSION)
    state.book.note(book(), SINCE)
    terms = state.book.funds["TDF_2045"]
    fund = Fund.opening(replace(terms, limits=()))
    fund.clocks = list(clocks)
    state.funds["TDF_2045"] = fund
    return state, fund


def of_manager() -> BreachClock:
    return BreachClock("MANAGER_BX", SINCE, CURE_BY, reports={INITIAL.name: INITIAL})


def seen(standing: BreachStanding, session: date = SESSION) -> BreachReviewed:
    return BreachReviewed(
        "TDF_2045", "MANAGER_BX", session, SINCE, CURE_BY, standing, 0, 1, Ratio(1, 10),
        freezes=False,
    )  # fmt: skip


def filed() -> ReportFiled:
    return ReportFiled(
        "TDF_2045", "MANAGER_BX", SINCE, INITIAL, SINCE, "N-RN", "D1", "ana", "ben", 0
    )


def follow(state: FundState, *events: OfBreaches) -> None:
    for event in events:
        evolve_breaches(state, event)


def test_a_limit_that_the_terms_have_no_more_is_over_without_a_report_of_a_cure() -> None:
    state, fund = at_a_fund(of_manager())
    fund.terms = replace(fund.terms, sleeves=())
    reviewed = reviews(fund, (), 100, SESSION)
    assert [(each.limit_id, each.standing) for each in reviewed] == [
        ("MANAGER_BX", BreachStanding.GONE)
    ]
    clocks = clocks_of(state, fund, SESSION, reviewed)
    assert (clocks.passed, clocks.due) == ((), ())
    # What had fallen due before is wanting still.
    assert [each.report for each in clocks.overdue] == [INITIAL]


def test_a_breach_that_is_over_is_forgotten_once_its_reports_are_entered() -> None:
    state, fund = at_a_fund(of_manager())
    follow(state, seen(BreachStanding.CURED))
    assert [clock.ended for clock in fund.clocks] == [SESSION]
    follow(state, seen(BreachStanding.OPEN, date(2026, 12, 1)))
    assert len(fund.clocks) == 1
    follow(state, filed())
    assert fund.clocks == []


def test_one_that_is_over_stays_for_the_reports_of_the_same_strike() -> None:
    state, fund = at_a_fund(BreachClock("MANAGER_BX", SINCE, CURE_BY))
    cured = Report(ReportKind.CURED, 0, SESSION, date(2026, 12, 1))
    follow(
        state, seen(BreachStanding.CURED), ReportDue("TDF_2045", "MANAGER_BX", SINCE, cured)
    )  # fmt: skip
    assert list(fund.clocks[0].reports) == ["CURED"]


def test_a_breach_that_asks_for_nothing_is_forgotten_at_the_next_look() -> None:
    state, fund = at_a_fund(BreachClock("MANAGER_BX", SINCE, CURE_BY))
    follow(state, seen(BreachStanding.CURED))
    later = date(2026, 12, 1)
    other = BreachReviewed(
        "TDF_2045", "CAP", later, later, CURE_BY, BreachStanding.OPEN, 1, 1, Ratio(1, 10),
        freezes=True,
    )  # fmt: skip
    follow(state, other)
    assert [clock.limit_id for clock in fund.clocks] == ["CAP"]


def test_terms_that_ask_for_reports_in_mid_breach_ask_for_all_of_them() -> None:
    state, fund = at_a_fund(BreachClock("CAP", SINCE, CURE_BY))
    limit = Limit("CAP", LimitScope.FUND, Ratio(15, 100), None, ExcessPolicy.TRIM, 90,
                  report_days=1, plan_days=10)  # fmt: skip
    fund.terms = replace(fund.terms, limit=limit)
    clocks = clocks_of(state, fund, SESSION)
    assert [each.report.name for each in clocks.due] == ["INITIAL", "CURE_PLAN"]
    assert [each.report.name for each in clocks.overdue] == ["INITIAL"]


def test_clocks_are_kept_in_snapshots() -> None:
    clock = BreachClock(
        "CAP", SINCE, CURE_BY, SESSION, passed=True, reports={INITIAL.name: INITIAL},
        told={INITIAL.name}, made={INITIAL.name: SESSION},
    )  # fmt: skip
    state, _ = at_a_fund(clock)
    assert decode(FundState, encode(state)).funds["TDF_2045"].clocks == [clock]
