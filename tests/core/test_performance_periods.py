"""A fund's period of performance: recomputed from where it began, whatever orders come.

Source: domain.md §4.3; golden G28.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.fee_terms import Crystallizes, PerformanceFeeTerms
from gateway.core.money import Ratio
from gateway.core.performance_fees import FULL_CATCH_UP, HurdleBase, HurdleKind
from gateway.core.performance_periods import (
    PerformancePeriod,
    after_orders,
    counted,
    ended,
    moved_past,
    opened,
    period_end,
)

NEW_YEAR = date(2027, 1, 1)
G28 = PerformanceFeeTerms(
    Ratio(125, 1000), Ratio(5, 100), HurdleKind.CATCH_UP, FULL_CATCH_UP, HurdleBase.START, "GP"
)
UNITS = 100_000_0000
AT_100 = opened(NEW_YEAR, 10_000_000_00)


def day(number: int) -> date:
    """The so-manieth day of the year."""
    return NEW_YEAR + timedelta(days=number - 1)


# --- the days of G28 ----------------------------------------------------------------------------


def test_the_accrual_of_day_73_is_given_back_on_day_146() -> None:
    on_73 = counted(AT_100, day(73), 10_300_000_00, G28.formula)
    assert on_73.accrued_minor == 37_500_00
    on_146 = counted(on_73, day(146), 10_150_000_00, G28.formula)
    assert on_146.accrued_minor == 0
    year = counted(on_146, day(365), 11_200_000_00, G28.formula)
    assert year.accrued_minor == 150_000_00
    assert ended(year, 11_200_000_00, G28.formula) == replace(
        opened(date(2028, 1, 1), 11_050_000_00), loss_minor=0
    )


@pytest.mark.parametrize("net", [0, -1])
def test_a_fund_that_has_nothing_begins_at_nothing(net: int) -> None:
    """Its first cent of money that was not paid in is a gain."""
    empty = opened(NEW_YEAR, net)
    assert (empty.start_minor, empty.high_water_minor) == (0, 0)
    half = replace(G28, rate=Ratio(1, 2), kind=HurdleKind.SOFT).formula
    assert counted(empty, day(1), 2, half).accrued_minor == 1


def test_days_counted_one_by_one_come_to_the_days_counted_at_once() -> None:
    daily = AT_100
    for number in range(1, 74):
        daily = counted(daily, day(number), 10_300_000_00, G28.formula)
    assert daily == counted(AT_100, day(73), 10_300_000_00, G28.formula)


def test_a_loss_is_made_good_before_a_gain_bears_a_fee() -> None:
    fell = counted(opened(NEW_YEAR, 11_050_000_00), day(365), 10_400_000_00, G28.formula)
    lost = ended(fell, 10_400_000_00, G28.formula)
    assert (lost.start_minor, lost.loss_minor) == (10_400_000_00, 650_000_00)
    after = counted(lost, day(365 + 365), 11_300_000_00, G28.formula)
    assert after.accrued_minor == 0
    assert ended(after, 11_300_000_00, G28.formula).loss_minor == 0


def test_the_hurdle_of_the_high_water_mark_grows_on_losses_too() -> None:
    lost = PerformancePeriod(NEW_YEAR, day(0), 10_400_000_00, 650_000_00, 0, 0)
    on_mark = replace(G28, base=HurdleBase.HIGH_WATER_MARK).formula
    assert counted(lost, day(1), 0, on_mark).hurdle_days == 11_050_000_00


# --- the dated event ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "crystallizes", "month", "day_", "ends"),
    [
        (date(2026, 12, 31), Crystallizes.YEAR, 12, 31, date(2026, 12, 31)),
        (date(2027, 1, 1), Crystallizes.YEAR, 12, 31, date(2027, 12, 31)),
        (date(2027, 1, 1), Crystallizes.QUARTER, 12, 31, date(2027, 3, 31)),
        (date(2027, 4, 1), Crystallizes.QUARTER, 12, 31, date(2027, 6, 30)),
        (date(2027, 6, 30), Crystallizes.YEAR, 6, 30, date(2027, 6, 30)),
        (date(2027, 7, 1), Crystallizes.YEAR, 6, 30, date(2028, 6, 30)),
        (date(2027, 1, 31), Crystallizes.QUARTER, 11, 30, date(2027, 2, 28)),
        (date(2026, 12, 31), Crystallizes.QUARTER, 12, 30, date(2027, 3, 30)),
        (date(2026, 12, 1), Crystallizes.QUARTER, 1, 31, date(2027, 1, 31)),
    ],
)
def test_a_period_ends_with_the_year_or_its_quarter(
    on: date, crystallizes: Crystallizes, month: int, day_: int, ends: date
) -> None:
    terms = replace(G28, crystallizes=crystallizes, year_end_month=month, year_end_day=day_)
    assert period_end(on, terms) == ends


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(Crystallizes),
    st.integers(1, 12), st.integers(1, 31),
)  # fmt: skip
def test_every_day_lies_in_one_period(
    on: date, crystallizes: Crystallizes, month: int, day_: int
) -> None:
    terms = replace(G28, crystallizes=crystallizes, year_end_month=month, year_end_day=day_)
    end = period_end(on, terms)
    assert on <= end <= on + timedelta(days=366)
    assert period_end(end, terms) == end
    assert period_end(end + timedelta(days=1), terms) > end


# --- orders -------------------------------------------------------------------------------------


def test_a_tenth_of_the_units_takes_a_tenth_of_everything_along() -> None:
    period = counted(AT_100, day(73), 10_300_000_00, G28.formula)
    due, after = after_orders(period, UNITS // 10, UNITS, 0)
    assert (due, after.accrued_minor) == (3_750_00, 33_750_00)
    assert after.start_minor == 9_000_000_00
    assert after.hurdle_days == period.hurdle_days * 9 // 10
    assert after_orders(period, 2 * UNITS, UNITS, 0)[1].start_minor == 0


def test_losses_leave_with_the_units_that_bore_them() -> None:
    lost = PerformancePeriod(NEW_YEAR, day(9), 10_000_00, 400_00, 0, 0)
    assert after_orders(lost, UNITS // 4, UNITS, 0)[1].loss_minor == 300_00


def test_before_there_are_units_orders_pay_in_and_nothing_is_due() -> None:
    begun = after_orders(AT_100, 0, 0, 500)
    assert begun == (0, replace(AT_100, start_minor=AT_100.start_minor + 500))
    # The least part of a unit there is takes everything along, like any other.
    last = replace(AT_100, accrued_minor=7)
    assert after_orders(last, 1, 1, 0) == (7, replace(last, start_minor=0, accrued_minor=0))


def test_orders_that_crystallise_nothing_move_the_start_alone() -> None:
    period = counted(AT_100, day(73), 10_300_000_00, G28.formula)
    after = moved_past(period, -100_000_00)
    assert after == replace(period, start_minor=9_900_000_00)
    assert moved_past(period, -(2**40)).start_minor == 0


# --- properties ---------------------------------------------------------------------------------

MONEY = st.integers(0, 10**12)
RATES = st.builds(Ratio, st.integers(0, 50), st.just(100))
TERMS = st.builds(
    PerformanceFeeTerms, RATES, RATES, st.sampled_from(HurdleKind),
    st.builds(Ratio, st.integers(50, 100), st.just(100)), st.sampled_from(HurdleBase),
    st.just("GP"),
)  # fmt: skip
PERIODS = st.builds(
    PerformancePeriod,
    st.just(NEW_YEAR),
    st.integers(1, 60).map(day),
    st.integers(1, 10**12),
    MONEY,
    MONEY,
    MONEY,
)


@given(PERIODS, st.integers(61, 500), MONEY, TERMS)
def test_the_accrual_is_never_below_zero_nor_takes_assets_below_the_mark(
    period: PerformancePeriod, number: int, gross: int, terms: PerformanceFeeTerms
) -> None:
    at = counted(period, day(number), gross, terms.formula)
    assert at.accrued_minor >= 0
    assert at.accrued_minor == 0 or gross - at.accrued_minor >= at.high_water_minor


@given(PERIODS, st.integers(61, 500), MONEY, TERMS)
def test_the_accrual_is_within_half_a_cent_of_the_fee_of_one_unit_times_units(
    period: PerformancePeriod, number: int, gross: int, terms: PerformanceFeeTerms
) -> None:
    units = 7
    at = counted(period, day(number), gross, terms.formula)
    per_unit = Fraction(gross - at.high_water_minor, units)
    hurdle = Fraction(terms.hurdle.num * at.hurdle_days, terms.hurdle.den * 365 * units)
    rate = Fraction(terms.rate.num, terms.rate.den)
    beyond = per_unit - hurdle
    exact = {
        HurdleKind.SOFT: rate * per_unit,
        HurdleKind.HARD: rate * beyond,
        HurdleKind.CATCH_UP: min(
            rate * per_unit, Fraction(terms.catch_up.num, terms.catch_up.den) * beyond
        ),
    }[terms.kind]
    if per_unit <= 0 or beyond <= 0:
        exact = Fraction(0)
    assert abs(exact * units - at.accrued_minor) <= Fraction(1, 2)


@given(PERIODS, st.integers(0, 10**9), st.integers(1, 10**9), MONEY)
def test_l1_what_is_due_and_what_stays_are_the_accrual(
    period: PerformancePeriod, redeemed: int, outstanding: int, paid_in: int
) -> None:
    due, after = after_orders(period, redeemed, outstanding, paid_in)
    assert due + after.accrued_minor == period.accrued_minor
    assert 0 <= due <= period.accrued_minor
    assert paid_in <= after.start_minor <= period.start_minor + paid_in
    assert 0 <= after.loss_minor <= period.loss_minor


@given(PERIODS, st.integers(61, 300), MONEY, st.integers(0, 10**12), TERMS)
def test_new_units_bear_nothing_of_the_gain_before_them(
    period: PerformancePeriod, number: int, gross: int, paid_in: int, terms: PerformanceFeeTerms
) -> None:
    at = counted(period, day(number), gross, terms.formula)
    _, after = after_orders(at, 0, UNITS, paid_in)
    again = counted(after, at.last, gross + paid_in, terms.formula)
    assert again.accrued_minor == at.accrued_minor


@given(PERIODS, st.integers(61, 300), MONEY, TERMS)
def test_a_period_that_ends_leaves_no_accrual_and_keeps_the_mark_or_the_loss(
    period: PerformancePeriod, number: int, gross: int, terms: PerformanceFeeTerms
) -> None:
    at = counted(period, day(number), gross, terms.formula)
    after = ended(at, gross, terms.formula)
    net = gross - at.accrued_minor
    assert (after.accrued_minor, after.hurdle_days, after.start_minor) == (0, 0, net)
    assert after.high_water_minor == max(net, at.high_water_minor)
