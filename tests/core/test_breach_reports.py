"""Reports of passive breaches: which fall due, on which days, and when one is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.breach_reports import (
    PassiveBreach,
    Report,
    ReportKind,
    bank_day_from,
    bank_days_after,
    is_overdue,
    is_past_cure,
    reports_fallen,
)
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2028)
K = ReportKind
FRIDAY = date(2026, 10, 9)
"""Before Columbus Day: on Monday the exchange is open and banks are shut."""
SESSIONS = [
    day
    for day in (date(2026, 9, 1) + timedelta(days=n) for n in range(500))
    if CALENDAR.is_session(day)
]


def limit(report: int = 1, plan: int = 10, again: int = 30) -> Limit:
    return Limit(
        "CAP", LimitScope.FUND, Ratio(15, 100), None, ExcessPolicy.TRIM, 90, report_days=report,
        plan_days=plan, report_again_days=again,
    )  # fmt: skip


def breach(since: date = FRIDAY, cure_days: int = 90, ended: date | None = None) -> PassiveBreach:
    return PassiveBreach(since, since + timedelta(days=cure_days), ended)


def fallen(at: date, asks: Limit | None = None, of: PassiveBreach | None = None) -> list[str]:
    found = reports_fallen(asks or limit(), of or breach(), CALENDAR, at)
    return [f"{each.name} {each.fell:%d%b} by {each.due:%d%b}" for each in found]


def test_the_first_report_is_due_on_the_next_bank_day_and_the_plan_in_ten_days() -> None:
    assert fallen(FRIDAY) == ["INITIAL 09Oct by 13Oct", "CURE_PLAN 09Oct by 19Oct"]


def test_nothing_is_due_before_the_breach() -> None:
    assert fallen(date(2026, 10, 8)) == []


@pytest.mark.parametrize(
    ("since", "days", "due"),
    [
        (date(2026, 11, 10), 1, date(2026, 11, 12)),  # Veterans Day
        (date(2026, 11, 11), 1, date(2026, 11, 12)),  # seen on it
        (date(2026, 10, 8), 2, date(2026, 10, 13)),  # Columbus Day
        (date(2026, 11, 25), 1, date(2026, 11, 27)),  # Thanksgiving
        (date(2027, 3, 25), 1, date(2027, 3, 26)),  # Good Friday: banks are open
    ],
)
def test_days_to_the_first_report_are_bank_days(since: date, days: int, due: date) -> None:
    first = reports_fallen(limit(report=days), breach(since), CALENDAR, since)[0]
    assert (first.kind, first.due) == (K.INITIAL, due)


@pytest.mark.parametrize(
    ("days", "due"),
    [(1, date(2026, 10, 13)), (3, date(2026, 10, 13)), (4, date(2026, 10, 13)),
     (5, date(2026, 10, 14)), (8, date(2026, 10, 19)), (10, date(2026, 10, 19))],
)  # fmt: skip
def test_a_plan_that_is_due_when_banks_are_shut_is_due_on_the_next_bank_day(
    days: int, due: date
) -> None:
    plan = reports_fallen(limit(report=0, plan=days), breach(), CALENDAR, FRIDAY)
    assert [(each.kind, each.due) for each in plan] == [(K.CURE_PLAN, due)]


def test_it_is_reported_again_at_the_first_strike_after_thirty_days_each_time() -> None:
    assert fallen(date(2026, 11, 6), limit(0, 0)) == []
    assert fallen(date(2026, 11, 9), limit(0, 0)) == ["FOLLOW_UP-1 09Nov by 10Nov"]
    assert fallen(date(2026, 12, 8), limit(2, 0))[1:] == [
        "FOLLOW_UP-1 09Nov by 12Nov", "FOLLOW_UP-2 08Dec by 10Dec",
    ]  # fmt: skip


def test_it_is_not_reported_again_when_that_strike_finds_it_cured() -> None:
    cured = breach(ended=date(2026, 11, 9))
    assert fallen(date(2027, 1, 4), limit(0, 0), cured) == []
    assert fallen(date(2027, 1, 4), limit(0, 0), breach(ended=date(2026, 11, 10))) == [
        "FOLLOW_UP-1 09Nov by 10Nov"
    ]


def test_two_marks_between_two_strikes_are_one_report() -> None:
    assert fallen(date(2026, 10, 13), limit(0, 0, 1)) == [
        "FOLLOW_UP-1 12Oct by 13Oct", "FOLLOW_UP-4 13Oct by 14Oct",
    ]  # fmt: skip


def test_a_late_cure_and_a_cure_are_reported_if_a_breach_is() -> None:
    late = breach(cure_days=3, ended=date(2026, 10, 15))
    assert fallen(date(2026, 10, 15), limit(1, 0, 0), late) == [
        "INITIAL 09Oct by 13Oct", "OVERDUE_CURE 13Oct by 14Oct", "CURED 15Oct by 16Oct",
    ]  # fmt: skip
    assert fallen(date(2026, 10, 15), limit(0, 10, 0), late) == ["CURE_PLAN 09Oct by 19Oct"]


def test_a_cure_at_the_first_strike_after_its_last_day_is_in_time() -> None:
    at = date(2026, 10, 13)
    in_time = breach(cure_days=3, ended=at)
    assert fallen(at, limit(1, 0, 0), in_time)[1:] == ["CURED 13Oct by 14Oct"]
    assert not is_past_cure(in_time, at)
    assert is_past_cure(breach(cure_days=3), at)
    assert not is_past_cure(breach(cure_days=3), date(2026, 10, 12))


def test_a_limit_that_asks_for_nothing_gets_nothing() -> None:
    assert fallen(date(2027, 6, 1), limit(0, 0, 0), breach(ended=date(2027, 5, 3))) == []


@pytest.mark.parametrize(
    ("made", "day", "overdue"),
    [(None, 13, False), (None, 14, True), (13, 14, False), (15, 14, True), (15, 15, False)],
)
def test_a_report_is_overdue_behind_its_last_day_until_it_is_made(
    made: int | None, day: int, *, overdue: bool
) -> None:
    report = Report(K.INITIAL, 0, FRIDAY, date(2026, 10, 13))
    made_on = None if made is None else date(2026, 10, made)
    assert is_overdue(report, made_on, date(2026, 10, day)) is overdue


def test_days_behind_the_calendar_are_counted_as_weekdays() -> None:
    last = CALENDAR.last
    assert last == date(2028, 12, 31)
    assert bank_days_after(last, 1, CALENDAR) == date(2029, 1, 1)
    assert bank_day_from(date(2029, 1, 6), CALENDAR) == date(2029, 1, 8)


BREACHES = st.builds(
    lambda at, cure, lasts: PassiveBreach(
        SESSIONS[at], SESSIONS[at] + timedelta(days=cure),
        None if lasts is None else SESSIONS[at + lasts],
    ),
    st.integers(0, 99), st.integers(0, 120), st.none() | st.integers(1, 150),
)  # fmt: skip
LIMITS = st.builds(limit, st.integers(0, 4), st.integers(0, 40), st.integers(0, 60))
PLACES = st.integers(0, 300)


@settings(max_examples=200, deadline=None)
@given(LIMITS, BREACHES, PLACES, PLACES)
def test_reports_only_become_more(asks: Limit, of: PassiveBreach, one: int, other: int) -> None:
    before, after = sorted((one, other))
    found = [reports_fallen(asks, of, CALENDAR, SESSIONS[at]) for at in (before, after)]
    assert set(found[0]) <= set(found[1])
    # What an earlier session asked is what a later one says had fallen due by then.
    assert list(found[0]) == [each for each in found[1] if each.fell <= SESSIONS[before]]


@settings(max_examples=200, deadline=None)
@given(LIMITS, BREACHES, PLACES)
def test_none_falls_due_before_the_breach_or_after_the_cure(
    asks: Limit, of: PassiveBreach, at: int
) -> None:
    found = reports_fallen(asks, of, CALENDAR, SESSIONS[at])
    for each in found:
        assert of.since <= each.fell <= SESSIONS[at]
        assert each.due > each.fell or each.kind is K.CURE_PLAN
        assert CALENDAR.is_session(each.fell)
        assert CALENDAR.is_bank_day(each.due)
        if of.ended is not None:
            assert each.fell < of.ended or (each.kind, each.fell) == (K.CURED, of.ended)
    assert len({each.name for each in found}) == len(found)
    assert len({(each.kind, each.fell) for each in found}) == len(found)


def walked(asks: Limit, of: PassiveBreach, until: date) -> Iterator[Report]:
    """What falls due strike by strike, as a desk that knows no later day sees it."""
    seen: set[str] = set()
    for session in SESSIONS:
        if of.since <= session <= until and (of.ended is None or session <= of.ended):
            known = PassiveBreach(
                of.since, of.cure_by, of.ended if session == of.ended else None
            )  # fmt: skip
            for each in reports_fallen(asks, known, CALENDAR, session):
                if each.name not in seen:
                    seen.add(each.name)
                    yield each


@settings(max_examples=100, deadline=None)
@given(LIMITS, BREACHES, PLACES)
def test_strike_by_strike_the_same_reports_fall_due_as_looking_back(
    asks: Limit, of: PassiveBreach, at: int
) -> None:
    until = SESSIONS[at]
    assert sorted(walked(asks, of, until), key=lambda r: r.name) == sorted(
        reports_fallen(asks, of, CALENDAR, until), key=lambda r: r.name
    )


@given(st.permutations([(K.INITIAL, 13), (K.CURE_PLAN, 20), (K.FOLLOW_UP, 12)]), PLACES)
def test_what_is_overdue_does_not_depend_on_the_order_in_which_reports_are_entered(
    entered: list[tuple[ReportKind, int]], at: int
) -> None:
    made = {kind: date(2026, 10, day) for kind, day in entered}
    found = reports_fallen(limit(), breach(), CALENDAR, SESSIONS[at])
    told = [each.name for each in found if is_overdue(each, made.get(each.kind), SESSIONS[at])]
    in_order = dict(sorted(made.items()))
    again = [each.name for each in found if is_overdue(each, in_order.get(each.kind), SESSIONS[at])]
    assert told == again
