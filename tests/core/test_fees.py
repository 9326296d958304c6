"""Fees: goldens G27 to G29, cumulative rounding, caps and recapture, what participants see."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.fees import (
    BaseFigures,
    DayCount,
    FeeBase,
    FeePeriod,
    Waived,
    accrued,
    expense_ratio,
    observed_ratio,
    participant_charges,
    per_thousand,
    recapture,
    recapture_room,
    to_post,
    waiver,
    year_fraction,
)
from gateway.core.money import Ratio, half_up
from gateway.core.performance_fees import (
    HurdleBase,
    HurdleKind,
    PerformanceState,
    PerformanceTerms,
    crystallize,
    crystallize_part,
    performance_fee,
)

FRIDAY = date(2026, 11, 20)
RATE = Ratio(125, 10_000)
BASE = 150_000_000_00


def days(first: date, count: int, base_minor: int = BASE) -> FeePeriod:
    return FeePeriod(first, first + timedelta(days=count - 1), base_minor)


def at_six_decimals(exact_minor: Fraction) -> int:
    """Dollars with six decimals, as an integer."""
    return half_up(exact_minor.numerator * 10_000, exact_minor.denominator)


def test_g27_a_day_a_weekend_and_a_leap_day_accrue_exactly() -> None:
    day = accrued([days(FRIDAY, 1)], RATE, DayCount.ACT_365F)
    weekend = accrued([days(FRIDAY, 3)], RATE, DayCount.ACT_365F)
    assert at_six_decimals(day) == 5_136_986301
    assert at_six_decimals(weekend) == 15_410_958904
    assert to_post(weekend, 0) == 15_410_96
    assert 3 * to_post(day, 0) == 15_410_97
    leap = accrued([days(date(2028, 7, 3), 1)], RATE, DayCount.ACT_ACT)
    assert at_six_decimals(leap) == 5_122_950820


def test_g27_thirty_flat_days_post_154_109_59_and_not_the_sum_of_rounded_days() -> None:
    posted = naive = 0
    for count in range(1, 31):
        exact = accrued([days(FRIDAY, count)], RATE, DayCount.ACT_365F)
        posted += to_post(exact, posted)
        naive += to_post(accrued([days(FRIDAY, 1)], RATE, DayCount.ACT_365F), 0)
    assert posted == 154_109_59
    assert naive == 154_109_70


def test_a_base_that_changes_accrues_each_day_on_its_own() -> None:
    periods = [days(FRIDAY, 3, 365_00), days(FRIDAY + timedelta(days=3), 1, 730_00)]
    assert accrued(periods, Ratio(1, 1), DayCount.ACT_365F) == 5_00


def test_a_fee_is_a_share_of_the_base_its_terms_name() -> None:
    figures = BaseFigures(net_minor=1, gross_minor=2, committed_minor=3, invested_minor=4)
    assert [figures.of(base) for base in FeeBase] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("first", "until", "count", "fraction"),
    [
        (date(2026, 1, 1), date(2027, 1, 1), DayCount.ACT_365F, "1"),
        (date(2028, 1, 1), date(2029, 1, 1), DayCount.ACT_365F, "366/365"),
        (date(2028, 1, 1), date(2029, 1, 1), DayCount.ACT_ACT, "1"),
        (date(2027, 12, 31), date(2028, 1, 2), DayCount.ACT_ACT, "731/133590"),
        (date(2026, 7, 1), date(2029, 1, 1), DayCount.ACT_ACT, "914/365"),
        (date(2026, 1, 1), date(2026, 7, 1), DayCount.THIRTY_360, "1/2"),
        (date(2026, 1, 31), date(2026, 3, 31), DayCount.THIRTY_360, "1/6"),
        (date(2026, 1, 30), date(2026, 3, 31), DayCount.THIRTY_360, "1/6"),
        (date(2026, 1, 31), date(2026, 2, 15), DayCount.THIRTY_360, "15/360"),
        (date(2026, 1, 29), date(2026, 3, 31), DayCount.THIRTY_360, "62/360"),
        (date(2026, 12, 15), date(2027, 2, 1), DayCount.THIRTY_360, "46/360"),
        (date(2026, 3, 1), date(2026, 3, 1), DayCount.THIRTY_360, "0"),
    ],
)
def test_a_part_of_a_year_is_counted_as_the_contract_says(
    first: date, until: date, count: DayCount, fraction: str
) -> None:
    assert year_fraction(first, until, count) == Fraction(fraction)


@given(
    bases=st.lists(st.integers(0, 10**13), min_size=1, max_size=40),
    rate=st.builds(Ratio, st.integers(0, 300), st.just(10_000)),
    count=st.sampled_from([DayCount.ACT_365F, DayCount.ACT_ACT]),
)
def test_what_is_posted_stays_within_half_a_cent_of_the_exact_accrual(
    bases: list[int], rate: Ratio, count: DayCount
) -> None:
    periods = [days(FRIDAY + timedelta(days=at), 1, base) for at, base in enumerate(bases)]
    posted = 0
    for until in range(1, len(periods) + 1):
        exact = accrued(periods[:until], rate, count)
        posted += to_post(exact, posted)
        assert abs(posted - exact) <= Fraction(1, 2)
    at_once = to_post(accrued(periods, rate, count), 0)
    assert posted == at_once
    backwards = accrued(periods[::-1], rate, count)
    assert to_post(backwards, 0) == at_once


@given(cut=st.integers(0, 900), whole=st.integers(0, 900))
def test_parts_of_a_year_add_up_on_actual_days(cut: int, whole: int) -> None:
    cut = min(cut, whole)
    first, middle, until = (FRIDAY + timedelta(days=n) for n in (0, cut, whole))
    for count in (DayCount.ACT_365F, DayCount.ACT_ACT):
        parts = year_fraction(first, middle, count) + year_fraction(middle, until, count)
        assert parts == year_fraction(first, until, count)


# --- expense cap -----------------------------------------------------------------------------

G29_RATES = [Ratio(55, 10_000), Ratio(12, 10_000), Ratio(20, 10_000)]
CAP = Ratio(75, 10_000)


def test_g29_what_exceeds_the_cap_is_waived_and_accrues_cumulatively() -> None:
    total = expense_ratio(G29_RATES)
    assert total == Ratio(87, 10_000)
    waived = waiver(total, CAP)
    assert waived == Ratio(3, 2_500)
    base = 10_000_000_00
    first = accrued([days(FRIDAY, 1, base)], waived, DayCount.ACT_365F)
    assert at_six_decimals(first) == 32_876712
    assert to_post(first, 0) == 32_88
    second = accrued([days(FRIDAY, 2, base)], waived, DayCount.ACT_365F)
    assert to_post(second, 32_88) == 32_87
    assert 32_88 + 32_87 == 65_75


@pytest.mark.parametrize(("total", "over"), [(74, 0), (75, 0), (76, 1)])
def test_nothing_is_waived_at_the_cap(total: int, over: int) -> None:
    assert waiver(Ratio(total, 10_000), CAP) == Ratio(over, 10_000 if over else 1)


def test_waivers_are_taken_back_oldest_first_within_three_years_and_under_the_cap() -> None:
    waived = [
        Waived(date(2026, 5, 1), 300),
        Waived(date(2023, 5, 1), 100),
        Waived(date(2024, 5, 2), 200),
    ]
    made = recapture(waived, date(2027, 5, 2), 250)
    assert (made.taken_minor, made.lapsed_minor) == (250, 100)
    assert made.left == (Waived(date(2026, 5, 1), 250),)


@pytest.mark.parametrize(
    ("waived_on", "on", "taken"),
    [
        (date(2024, 5, 2), date(2027, 5, 2), 5),
        (date(2024, 5, 1), date(2027, 5, 2), 0),
        (date(2024, 2, 29), date(2027, 2, 28), 5),
        (date(2024, 2, 29), date(2027, 3, 1), 0),
        (date(2024, 2, 28), date(2027, 2, 28), 5),
    ],
)
def test_the_anniversary_is_the_last_day_of_a_recapture(
    waived_on: date, on: date, taken: int
) -> None:
    assert recapture([Waived(waived_on, 5)], on, 10).taken_minor == taken


def test_a_leap_day_has_its_anniversary_in_a_leap_year() -> None:
    assert recapture([Waived(date(2024, 2, 29), 5)], date(2028, 2, 29), 9, 4).taken_minor == 5


def test_the_room_under_a_cap_is_what_is_not_yet_charged() -> None:
    year = Fraction(1, 365)
    assert recapture_room(Ratio(70, 10_000), CAP, 365_000_00, year) == 50
    assert recapture_room(Ratio(70, 10_000), CAP, 365_000_00 - 1, year) == 49
    assert recapture_room(Ratio(75, 10_000), CAP, 365_000_00, year) == 0
    assert recapture_room(Ratio(76, 10_000), CAP, 365_000_00, year) == 0


@given(
    waived=st.lists(
        st.builds(Waived, st.dates(date(2022, 1, 1), date(2026, 12, 31)), st.integers(0, 10**9)),
        max_size=8,
    ),
    room=st.integers(0, 10**10),
)
def test_l1_what_was_waived_is_taken_left_or_lapsed(waived: list[Waived], room: int) -> None:
    made = recapture(waived, date(2027, 1, 4), room)
    left = sum(each.left_minor for each in made.left)
    assert made.taken_minor + left + made.lapsed_minor == sum(e.left_minor for e in waived)
    assert 0 <= made.taken_minor <= room
    assert made.taken_minor == room or left == 0
    other = recapture(waived[::-1], date(2027, 1, 4), room)
    assert (other.taken_minor, other.lapsed_minor) == (made.taken_minor, made.lapsed_minor)


# --- disclosure ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "cents"),
    [(CAP, 7_50), (Ratio(87, 10_000), 8_70), (Ratio(1, 200_000), 1), (Ratio(1, 200_001), 0)],
)
def test_participants_are_told_what_a_thousand_dollars_cost(ratio: Ratio, cents: int) -> None:
    assert per_thousand(ratio) == cents


def test_expenses_of_a_quarter_are_told_as_a_share_a_year() -> None:
    assert observed_ratio(1_875, 1_000_000, Fraction(1, 4)) == Ratio(3, 400)


def test_a_quarters_charge_is_shown_to_each_by_units_and_adds_up() -> None:
    assert participant_charges(10_01, [50, 50, 0]) == [5_01, 5_00, 0]


# --- performance -------------------------------------------------------------------------------

WHOLE_YEAR = Fraction(1)
TERMS = PerformanceTerms(Ratio(125, 1000), Ratio(5, 100), HurdleKind.CATCH_UP)
HARD = PerformanceTerms(Ratio(125, 1000), Ratio(5, 100), HurdleKind.HARD)
SOFT = PerformanceTerms(Ratio(125, 1000), Ratio(5, 100), HurdleKind.SOFT)
AT_100 = PerformanceState(100_0000)


@pytest.mark.parametrize(
    ("gross", "terms", "fee", "net"),
    [
        (112_0000, TERMS, 1_5000, 110_5000),
        (105_5000, TERMS, 5000, 105_0000),
        (103_0000, TERMS, 0, 103_0000),
        (112_0000, HARD, 8750, 111_1250),
        (112_0000, SOFT, 1_5000, 110_5000),
        (105_5000, SOFT, 6875, 104_8125),
        (105_0000, SOFT, 0, 105_0000),
        (105_0001, SOFT, 6250, 104_3751),
        (99_0000, HARD, 0, 99_0000),
    ],
)
def test_g28_a_year_end_fee_by_the_kind_of_hurdle(
    gross: int, terms: PerformanceTerms, fee: int, net: int
) -> None:
    made = crystallize(gross, AT_100, terms, WHOLE_YEAR)
    assert (made.fee, made.net_nav) == (fee, net)


def test_g28_losses_are_made_good_before_a_fee_is_due_again() -> None:
    first = crystallize(112_0000, AT_100, TERMS, WHOLE_YEAR)
    assert first.state == PerformanceState(110_5000, 0)
    second = crystallize(104_0000, first.state, TERMS, WHOLE_YEAR)
    assert second.fee == 0
    assert second.state == PerformanceState(104_0000, 6_5000)
    assert second.state.high_water_mark == 110_5000
    third = crystallize(113_0000, second.state, TERMS, WHOLE_YEAR)
    assert third.fee == 0
    assert third.state == PerformanceState(113_0000, 0)


def test_g28_the_hurdle_grows_on_the_nav_a_period_began_with_or_on_the_mark() -> None:
    state = PerformanceState(104_0000, 6_5000)
    on_mark = PerformanceTerms(
        Ratio(125, 1000), Ratio(5, 100), HurdleKind.HARD, base=HurdleBase.HIGH_WATER_MARK
    )
    # Gain 9.50: beyond 5.20 it is 4.30, beyond 5.525 it is 3.975.
    assert performance_fee(120_0000, state, HARD, WHOLE_YEAR) == 5375
    assert performance_fee(120_0000, state, on_mark, WHOLE_YEAR) == 4969


@pytest.mark.parametrize(
    ("day", "gross", "fee", "net"),
    [(73, 103_0000, 3750, 102_6250), (146, 101_5000, 0, 101_5000), (146, 102_0000, 0, 102_0000),
     (146, 102_0002, 2, 102_0000)],
)  # fmt: skip
def test_g28_the_daily_accrual_is_recomputed_and_reversed_when_the_gain_falls(
    day: int, gross: int, fee: int, net: int
) -> None:
    accrual = performance_fee(gross, AT_100, TERMS, Fraction(day, 365))
    assert (accrual, gross - accrual) == (fee, net)


def test_g28_a_fall_posts_the_reversal_of_what_was_accrued() -> None:
    assert to_post(Fraction(0), 3750) == -3750


def test_a_partial_catch_up_takes_its_share_of_the_gain_beyond_the_hurdle() -> None:
    half = PerformanceTerms(Ratio(125, 1000), Ratio(5, 100), HurdleKind.CATCH_UP, Ratio(1, 2))
    assert performance_fee(105_5000, AT_100, half, WHOLE_YEAR) == 2500
    assert performance_fee(112_0000, AT_100, half, WHOLE_YEAR) == 1_5000


@pytest.mark.parametrize(("redeemed", "due", "stays"), [(0, 0, 1001), (1, 501, 500), (2, 1001, 0)])
def test_a_redemption_takes_its_part_of_the_accrued_fee_with_it(
    redeemed: int, due: int, stays: int
) -> None:
    assert crystallize_part(1001, redeemed, 2) == (due, stays)


NAVS = st.integers(1, 200_0000)
STATES = st.builds(PerformanceState, st.integers(1, 150_0000), st.integers(0, 50_0000))
ANY_TERMS = st.builds(
    PerformanceTerms,
    st.builds(Ratio, st.integers(0, 300), st.just(1000)),
    st.builds(Ratio, st.integers(0, 100), st.just(1000)),
    st.sampled_from(HurdleKind),
    st.builds(Ratio, st.integers(300, 1000), st.just(1000)),
    st.sampled_from(HurdleBase),
)
YEARS = st.builds(Fraction, st.integers(0, 365), st.just(365))


@given(gross=NAVS, state=STATES, terms=ANY_TERMS, year=YEARS)
def test_a_fee_never_takes_the_nav_below_the_high_water_mark(
    gross: int, state: PerformanceState, terms: PerformanceTerms, year: Fraction
) -> None:
    made = crystallize(gross, state, terms, year)
    assert made.fee >= 0
    assert made.fee == 0 or made.net_nav >= state.high_water_mark
    assert made.state.start_nav == made.net_nav == gross - made.fee
    assert made.state.high_water_mark == max(state.high_water_mark, made.net_nav)


@given(gross=NAVS, state=STATES, terms=ANY_TERMS, year=YEARS, more=st.integers(0, 10_0000))
def test_a_larger_gain_never_bears_a_smaller_fee(
    gross: int, state: PerformanceState, terms: PerformanceTerms, year: Fraction, more: int
) -> None:
    low = performance_fee(gross, state, terms, year)
    high = performance_fee(gross + more, state, terms, year)
    assert high >= low
    assert performance_fee(gross, state, terms, year + 1) <= low


@given(gross=NAVS, state=STATES, terms=ANY_TERMS, year=YEARS)
def test_hard_is_never_above_catch_up_nor_catch_up_above_soft(
    gross: int, state: PerformanceState, terms: PerformanceTerms, year: Fraction
) -> None:
    hard, middle, soft = (
        performance_fee(
            gross,
            state,
            PerformanceTerms(terms.rate, terms.hurdle, kind, terms.catch_up, terms.base),
            year,
        )
        for kind in (HurdleKind.HARD, HurdleKind.CATCH_UP, HurdleKind.SOFT)
    )
    assert hard <= middle <= soft
