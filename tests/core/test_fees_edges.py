"""Fees at their edges: a year that is no leap year, gains of a last decimal, the last unit."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from gateway.core.fees import Waived, observed_ratio, recapture
from gateway.core.money import Ratio
from gateway.core.performance_fees import (
    HurdleKind,
    PerformanceState,
    PerformanceTerms,
    crystallize_part,
    performance_fee,
)

YEAR = Fraction(1)
AT_100 = PerformanceState(100_0000)
NO_HURDLE = Ratio(0, 1)


@pytest.mark.parametrize(
    ("on", "taken", "lapsed"), [(date(2100, 2, 28), 9_00, 0), (date(2100, 3, 1), 0, 9_00)]
)
def test_a_waiver_of_a_leap_day_may_be_taken_back_until_february_ends_in_2100(
    on: date, taken: int, lapsed: int
) -> None:
    made = recapture([Waived(date(2096, 2, 29), 9_00)], on, 100_00, years=4)
    assert (made.taken_minor, made.lapsed_minor) == (taken, lapsed)


@pytest.mark.parametrize(("assets", "year"), [(0, YEAR), (-1, YEAR), (100_00, Fraction(0))])
def test_expenses_are_no_share_of_nothing_and_of_no_time(assets: int, year: Fraction) -> None:
    with pytest.raises(AssertionError):
        observed_ratio(1_00, assets, year)


@pytest.mark.parametrize(("gross", "fee"), [(100_0000, 0), (100_0001, 1), (100_0002, 1)])
def test_a_gain_of_the_last_decimal_bears_its_fee(gross: int, fee: int) -> None:
    half = PerformanceTerms(Ratio(1, 2), NO_HURDLE, HurdleKind.SOFT)
    assert performance_fee(gross, AT_100, half, YEAR) == fee


@pytest.mark.parametrize("catch_up", [Ratio(101, 100), Ratio(124, 1000)])
def test_a_catch_up_takes_no_more_than_the_gain_and_no_less_than_the_rate(
    catch_up: Ratio,
) -> None:
    terms = PerformanceTerms(Ratio(125, 1000), Ratio(5, 100), HurdleKind.CATCH_UP, catch_up)
    with pytest.raises(AssertionError):
        performance_fee(112_0000, AT_100, terms, YEAR)


def test_the_only_unit_takes_the_whole_accrued_fee_with_it() -> None:
    assert crystallize_part(1001, 1, 1) == (1001, 0)


@pytest.mark.parametrize(("redeemed", "outstanding"), [(0, 0), (2, 1), (-1, 1)])
def test_no_fee_leaves_with_units_that_are_not_there(redeemed: int, outstanding: int) -> None:
    with pytest.raises(AssertionError):
        crystallize_part(1001, redeemed, outstanding)
