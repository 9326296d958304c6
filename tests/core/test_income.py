"""Income between two marks is exact, by days, and none of it is lost over a held session."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.income import NO_INCOME, daily_income
from gateway.core.money import Ratio
from gateway.core.nav import RollStep, roll_forward

MONDAY = date(2026, 11, 23)
YEARLY = st.builds(Ratio, st.integers(0, 10_000), st.integers(1, 10_000))
GAPS = st.lists(st.integers(1, 5), min_size=1, max_size=10)


def exact(share: Ratio) -> Fraction:
    return Fraction(share.num, share.den)


def test_ten_per_cent_of_7_3_m_is_2000_dollars_a_day_and_6000_over_a_weekend() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    weekend = daily_income(Ratio(10, 100), friday, monday)
    step = RollStep(monday, 1, 1, 0, 0, 0, weekend)
    assert roll_forward(7_300_000_00, [step], Ratio(0, 1)) == 7_306_000_00


def test_a_holding_without_income_has_none() -> None:
    thursday = MONDAY + timedelta(days=3)
    assert daily_income(None, MONDAY, thursday) == NO_INCOME
    step = RollStep(thursday, 1, 1, 0, 0, 0, NO_INCOME)
    assert roll_forward(7_300_000_00, [step], Ratio(0, 1)) == 7_300_000_00


@given(YEARLY, GAPS)
def test_the_days_of_the_steps_are_the_days_between_the_first_and_the_last(
    yearly: Ratio, gaps: list[int]
) -> None:
    """However sessions lie, simple income over them is that of the whole time."""
    day, total = MONDAY, Fraction(0)
    for gap in gaps:
        total += exact(daily_income(yearly, day, day + timedelta(days=gap)))
        day += timedelta(days=gap)
    assert total == exact(daily_income(yearly, MONDAY, day))
    assert total == exact(yearly) * sum(gaps) / 365
