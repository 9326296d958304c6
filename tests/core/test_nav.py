"""Daily NAVs on illiquid assets: goldens G20 to G22 and their boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.money import Ratio
from gateway.core.nav import (
    CARRY,
    ESTIMATES,
    HoldReason,
    NavStatus,
    RollStep,
    is_stale,
    roll_forward,
    status_ladder,
    strike,
    tolerance_breach,
    true_up,
)
from gateway.core.units_roll import units_roll_difference

NO_INCOME = Ratio(0, 1)
BETA = Ratio(6, 10)
G20_STEPS = (
    RollStep(date(2026, 10, 20), 4000, 4080, 2_000_000_00, 0, 0, NO_INCOME),
    RollStep(date(2026, 11, 10), 4080, 4120, 0, 1_500_000_00, 0, NO_INCOME),
    RollStep(date(2026, 11, 24), 4120, 4100, 0, 0, 0, NO_INCOME),
)


def test_g20_a_mark_is_rolled_forward_by_proxy_and_flows_to_the_cent() -> None:
    values = [roll_forward(50_000_000_00, G20_STEPS[:days], BETA) for days in range(4)]
    assert values == [50_000_000_00, 52_600_000_00, 51_409_411_76, 51_259_675_61]


def test_g21_a_better_mark_trues_todays_value_up() -> None:
    effect = true_up(50_000_000_00, 51_000_000_00, G20_STEPS, BETA)
    assert effect.old_minor == 51_259_675_61
    assert effect.new_minor == 52_274_663_64
    assert effect.difference_minor == 1_014_988_03


def test_a_true_up_takes_steps_that_can_be_read_only_once() -> None:
    once = true_up(50_000_000_00, 51_000_000_00, iter(G20_STEPS), BETA)
    assert once == true_up(50_000_000_00, 51_000_000_00, G20_STEPS, BETA)


def test_income_accrues_daily_and_fees_are_taken_at_the_end_of_the_day() -> None:
    day = RollStep(date(2026, 11, 2), 1, 1, 0, 0, 25_00, Ratio(1, 1000))
    assert roll_forward(10_000_00, [day], Ratio(0, 1)) == 9_985_00
    assert roll_forward(10_000_00, [day, day], Ratio(0, 1)) == 9_969_99  # 9,969.985 half-up


STEPS = st.lists(
    st.builds(
        RollStep,
        session=st.just(date(2026, 11, 2)),
        proxy_before=st.integers(3000, 5000),
        proxy_after=st.integers(3000, 5000),
        calls_minor=st.integers(0, 10**9),
        distributions_minor=st.integers(0, 10**9),
        fees_minor=st.integers(0, 10**6),
        alpha=st.builds(Ratio, st.integers(-5, 5), st.just(10_000)),
    ),
    max_size=12,
)


@given(mark=st.integers(10**11, 10**13), steps=STEPS)
def test_the_rolled_value_is_the_exact_one_but_for_the_named_roundings(
    mark: int, steps: list[RollStep]
) -> None:
    exact, drift = Fraction(mark), Fraction(0)
    for step in steps:
        move = Fraction(step.proxy_after - step.proxy_before, step.proxy_before)
        growth = 1 + Fraction(step.alpha.num, step.alpha.den) + Fraction(6, 10) * move
        exact = exact * growth + step.calls_minor - step.distributions_minor - step.fees_minor
        drift = drift * growth + Fraction(1, 2 * CARRY)
    assert abs(roll_forward(mark, steps, BETA) - exact) <= Fraction(1, 2) + drift


def test_the_nav_is_net_assets_over_units_before_todays_orders() -> None:
    ten_thousand_units = 10_000_0000
    assert strike(124_300_00, ten_thousand_units, 4, 4, initial_nav=10_0000) == 12_4300


@pytest.mark.parametrize(("net_assets", "nav"), [(10_004, 100_0), (10_005, 100_1), (10_006, 100_1)])
def test_half_of_the_last_decimal_of_a_nav_rounds_up(net_assets: int, nav: int) -> None:
    assert strike(net_assets, 1, 0, 1, initial_nav=1) == nav


def test_a_currency_without_minor_units_is_struck_alike() -> None:
    assert strike(1243, 100_00, 2, 4, 0, initial_nav=1) == 12_4300


def test_a_fund_without_units_stands_at_its_initial_nav() -> None:
    assert strike(0, 0, 4, 4, initial_nav=10_0000) == 10_0000


def test_g22_a_move_the_proxy_does_not_explain_is_a_breach_of_tolerance() -> None:
    residual = tolerance_breach(10_0000, 10_2600, Ratio(24, 10_000), Ratio(2, 100))
    assert residual is not None
    assert Fraction(residual.num, residual.den) == Fraction(236, 10_000)


@pytest.mark.parametrize(
    ("nav", "breached"),
    [(10_2239, False), (10_2240, False), (10_2241, True),
     (9_8241, False), (9_8240, False), (9_8239, True)],
)  # fmt: skip
def test_the_tolerance_itself_is_allowed_in_both_directions(nav: int, breached: bool) -> None:
    found = tolerance_breach(10_0000, nav, Ratio(24, 10_000), Ratio(2, 100))
    assert (found is not None) is breached
    if found is not None:
        assert (found.num > 0) is (nav > 10_0000)


def test_g22_a_mark_of_124_days_is_stale_after_120() -> None:
    measured, session = date(2026, 9, 30), date(2027, 2, 1)
    assert (session - measured).days == 124
    assert is_stale(measured, session, 120)
    assert [is_stale(measured, session, days) for days in (123, 124, 125)] == [True, False, False]


@pytest.mark.parametrize(("closing", "difference"), [(1_299, -1), (1_300, 0), (1_301, 1)])
def test_units_roll_from_opening_to_closing(closing: int, difference: int) -> None:
    assert units_roll_difference(1_000, 500, 200, closing) == difference


def test_a_nav_nothing_speaks_against_is_official_and_executable() -> None:
    standing = status_ladder([])
    assert (standing.status, standing.held, standing.holds) == (NavStatus.OFFICIAL, False, ())
    assert standing.alternative_buys_allowed
    assert standing.redemptions_served
    assert not standing.redemptions_from_liquid_only


def test_g22_a_stale_mark_makes_an_estimate_that_still_pays_participants_from_liquid() -> None:
    standing = status_ladder([HoldReason.STALE_MARK])
    assert (standing.status, standing.held) == (NavStatus.ESTIMATED, False)
    assert not standing.alternative_buys_allowed
    assert standing.redemptions_served
    assert standing.redemptions_from_liquid_only


def test_an_independent_value_that_is_overdue_makes_an_estimate_like_a_stale_mark() -> None:
    overdue, stale = (status_ladder([reason]) for reason in (HoldReason.NOT_INDEPENDENT,
                                                             HoldReason.STALE_MARK))  # fmt: skip
    assert replace(overdue, holds=()) == replace(stale, holds=())
    both = status_ladder([HoldReason.NOT_INDEPENDENT, HoldReason.STALE_MARK], released=True)
    assert both.status is NavStatus.ESTIMATED
    assert both.holds == (HoldReason.STALE_MARK, HoldReason.NOT_INDEPENDENT)


@pytest.mark.parametrize("reason", [r for r in HoldReason if r not in ESTIMATES])
def test_every_reason_but_an_estimates_holds_the_nav_until_released(reason: HoldReason) -> None:
    standing = status_ladder([reason])
    assert (standing.status, standing.held) == (NavStatus.INDICATIVE, True)
    assert not standing.alternative_buys_allowed
    assert not standing.redemptions_served
    released = status_ladder([reason], released=True)
    assert (released.status, released.held) == (NavStatus.OFFICIAL, False)
    assert released.holds == (reason,)


def test_a_release_does_not_make_a_stale_mark_fresh() -> None:
    standing = status_ladder([HoldReason.TOLERANCE, HoldReason.STALE_MARK], released=True)
    assert (standing.status, standing.held) == (NavStatus.ESTIMATED, False)
    assert not standing.alternative_buys_allowed


def test_all_reasons_are_given_once_in_the_order_they_are_declared() -> None:
    standing = status_ladder([HoldReason.UNITS_ROLL, HoldReason.TOLERANCE, HoldReason.UNITS_ROLL])
    assert standing.holds == (HoldReason.TOLERANCE, HoldReason.UNITS_ROLL)


def test_a_nav_that_replaces_an_official_one_is_corrected() -> None:
    assert status_ladder([], corrects=True).status is NavStatus.CORRECTED
