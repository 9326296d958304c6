"""Where a mark comes from: when a value counts as independent, and when one is overdue."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.lineage import (
    LONGEST_QUARTER_DAYS,
    Lineage,
    MarkMethod,
    ValuedBy,
    is_independence_overdue,
    is_independent,
    received_date,
)
from gateway.core.marks import ManagerMark
from gateway.core.sessions import local_at

QUARTER_END = date(2026, 9, 30)
NEW_YORK = "America/New_York"
DATES = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("valued_by", "valuer", "counts"),
    [
        (ValuedBy.INDEPENDENT, "Fair Value LLC", True),
        (ValuedBy.INDEPENDENT, "", False),
        (ValuedBy.MANAGER, "Fair Value LLC", False),
        (ValuedBy.MANAGER, "", False),
    ],
)
def test_an_independent_value_is_one_whose_valuer_has_a_name(
    valued_by: ValuedBy, valuer: str, counts: bool
) -> None:
    assert is_independent(Lineage(MarkMethod.APPRAISAL, valued_by, valuer)) is counts


def test_a_mark_says_nothing_of_itself_until_it_is_said() -> None:
    mark = ManagerMark("KKR", "S1", "KKR_V", "TDF", QUARTER_END, 1, "USD", 5)
    assert mark.lineage == Lineage(MarkMethod.UNSTATED, ValuedBy.MANAGER, "", "")
    assert (mark.behind.sender, mark.behind.statement, mark.behind.recorded_at) == ("KKR", "S1", 5)


def test_a_value_of_quarters_end_is_in_time_until_the_next_one() -> None:
    within = LONGEST_QUARTER_DAYS
    assert not is_independence_overdue(QUARTER_END, date(2026, 12, 31), within)
    assert is_independence_overdue(QUARTER_END, date(2027, 1, 1), within)


def test_the_longest_quarter_is_the_longest_one() -> None:
    ends = [date(year, month, day) for year in range(2024, 2030)
            for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))]  # fmt: skip
    longest = max((b - a).days for a, b in pairwise(ends))
    assert longest == LONGEST_QUARTER_DAYS


def test_without_any_independent_value_one_is_overdue_wherever_it_is_asked_for() -> None:
    assert is_independence_overdue(None, QUARTER_END, 1)
    assert not is_independence_overdue(None, QUARTER_END, 0)


@given(DATES, st.integers(-30, 400), st.integers(1, 400), st.integers(0, 60))
def test_what_is_overdue_stays_so_and_a_newer_value_or_more_time_never_makes_it_so(
    measured: date, age: int, within: int, more: int
) -> None:
    session, longer = measured + timedelta(days=age), timedelta(days=more)
    overdue = is_independence_overdue(measured, session, within)
    assert overdue is (age > within)
    assert is_independence_overdue(measured, session + longer, within) >= overdue
    assert is_independence_overdue(measured + longer, session, within) <= overdue
    assert is_independence_overdue(measured, session, within + more) <= overdue
    assert is_independence_overdue(None, session, within) >= overdue
    assert not is_independence_overdue(measured, session, 0)


@given(DATES, st.integers(0, 24 * 60 - 1))
def test_the_day_of_receipt_is_the_day_of_the_exchanges_clock(day: date, minutes: int) -> None:
    assert received_date(local_at(day, minutes, NEW_YORK), NEW_YORK) == day


def test_an_evening_in_new_york_is_the_next_day_in_london() -> None:
    stamp = local_at(date(2026, 11, 24), 20 * 60, NEW_YORK)
    assert received_date(stamp, NEW_YORK) == date(2026, 11, 24)
    assert received_date(stamp, "Europe/London") == date(2026, 11, 25)
