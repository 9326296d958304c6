"""Whatever a session's orders and its correct NAV: sums, order, and when nothing is to be done.

Not here: orders read from journals (`test_nav_error`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.dilution import NavErrorKind, Scales, immaterial_effect
from gateway.core.money import split, value_of
from gateway.errors import LawBroken
from gateway.ops.nav_error.figures import Correct, Side, Terms, Traded, session_error
from gateway.ops.nav_error.period import check, period

TUESDAY = date(2026, 11, 24)
Day = tuple[int, Correct, list[Traded], Terms]
"""Published NAV, correct NAV, orders and the fund's terms."""


def dealt(plan: str, side: Side, minor: list[int], units: int, sent: date = TUESDAY) -> Traded:
    """A fill shared out as plan partitions share one out."""
    names = tuple(f"{at:016x}" for at in range(len(minor)))
    return Traded(plan, f"RK_{plan}", side, sent, names, tuple(minor), tuple(split(units, minor)))


@st.composite
def days(draw: st.DrawFn) -> Day:
    scales = Scales(draw(st.sampled_from([2, 4])), draw(st.sampled_from([3, 4, 6])))
    published = draw(st.integers(10**scales.nav, 200 * 10**scales.nav))
    off = draw(st.integers(-published // 20, published // 20))
    decimals = draw(st.integers(0, 3))
    correct = Correct((published + off) * 10**decimals, scales.nav + decimals)
    traded = []
    for plan in "ABC":
        for side in Side:
            minor = draw(st.lists(st.integers(1, 10**9), max_size=6))
            if minor:
                units = scales.units_for(sum(minor), published)
                traded.append(dealt(plan, side, minor, units))
    worth = draw(st.sampled_from([0, 1, 10_00, 25_00]))
    return published, correct, traded, Terms("F", "USD", scales, worth)


@given(days())
def test_accounts_add_up_to_plans_and_plans_to_what_the_correct_nav_gives(
    day: Day,
) -> None:
    published, correct, traded, terms = day
    error = session_error(TUESDAY, published, correct, traded, terms)
    check(error)
    if error.kind is not NavErrorKind.MATERIAL:
        assert (error.accounts, error.plans) == ((), ())
        return
    whole = {(each.plan_id, each.side): each for each in traded}
    assert {(each.plan_id, each.side) for each in error.plans} == set(whole)
    for plan in error.plans:
        mine = [a for a in error.accounts if (a.plan_id, a.side) == (plan.plan_id, plan.side)]
        assert sum(a.units_after for a in mine) == plan.units_after
        assert sum(a.minor_after for a in mine) == plan.minor_after
        units, minor = plan.units_before, plan.minor_before
        if plan.side is Side.PURCHASE:
            assert plan.minor_after == minor
            assert plan.units_after == terms.scales.units_for(minor, error.price)
        else:
            assert plan.units_after == units
            moved = terms.scales.value_of(units, error.price)
            assert plan.minor_change == moved - terms.scales.value_of(units, published)
        fixed = [a for a in mine if a.corrected]
        assert plan.units_to_book == sum(a.units_change for a in fixed)
        assert plan.minor_to_book == sum(a.minor_change for a in fixed)


@given(days())
def test_only_accounts_worth_it_are_corrected(
    day: Day,
) -> None:
    published, correct, traded, terms = day
    for each in session_error(TUESDAY, published, correct, traded, terms).accounts:
        moved = each.units_change or each.minor_change
        enough = abs(each.worth_minor) >= terms.worth_fixing_minor
        assert each.corrected == bool(moved and enough)


@given(days(), st.randoms())
def test_the_order_in_which_fills_are_read_makes_no_difference(day: Day, chance: Random) -> None:
    published, correct, traded, terms = day
    shuffled = list(traded)
    chance.shuffle(shuffled)
    first, second = (
        session_error(TUESDAY, published, correct, each, terms) for each in (traded, shuffled)
    )
    assert first == second


@given(days())
def test_the_fund_gains_where_participants_lost(
    day: Day,
) -> None:
    published, correct, traded, terms = day
    error = session_error(TUESDAY, published, correct, traded, terms)
    high = error.published >= error.price
    if error.kind is NavErrorKind.MATERIAL:
        assert (error.purchases_minor >= 0) if high else (error.purchases_minor <= 0)
        assert (error.redemptions_minor <= 0) if high else (error.redemptions_minor >= 0)
        assert error.effect_minor == error.purchases_minor + error.redemptions_minor
        assert error.unrecovered_minor <= error.left_minor
    elif error.kind is NavErrorKind.IMMATERIAL:
        assert error.effect_minor == immaterial_effect(
            error.orders.net_units, published, error.price, terms.scales
        )
    else:
        assert (error.effect_minor, error.left_minor, error.unrecovered_minor) == (0, 0, 0)


@given(days())
def test_a_correct_nav_that_was_published_is_no_error(
    day: Day,
) -> None:
    published, _, traded, terms = day
    same = Correct(published * 10, terms.scales.nav + 1)
    told_so = period([session_error(TUESDAY, published, same, traded, terms)], terms)
    assert (told_so.bookings, told_so.owed_minor, told_so.kept_minor) == ((), 0, 0)


@given(st.lists(days(), min_size=1, max_size=3))
def test_a_period_is_the_same_in_any_order_and_either_owed_or_kept(
    some: list[Day],
) -> None:
    terms = some[0][3]
    errors = [
        session_error(date(2026, 11, 16 + at), each[0], each[1], each[2], each[3])
        for at, each in enumerate(some)
    ]
    answers = [period(order, terms) for order in permutations(errors)]
    assert all(answer == answers[0] for answer in answers)
    first = answers[0]
    assert first.kept_minor - first.owed_minor == sum(each.effect_minor for each in errors)
    assert 0 in (first.kept_minor, first.owed_minor)
    assert first.owed_if_unrecovered_minor >= first.owed_if_recovered_minor


def test_many_small_accounts_share_their_plans_units_by_largest_remainder() -> None:
    terms = Terms("F", "USD", Scales(2, 4), 0)
    minor = [333_33, 333_33, 333_34]
    traded = dealt("A", Side.PURCHASE, minor, terms.scales.units_for(1_000_00, 12_43))
    error = session_error(TUESDAY, 12_43, Correct(12_36, 2), [traded], terms)
    assert [each.units_before for each in error.accounts] == [26_8166, 26_8165, 26_8174]
    assert [each.units_after for each in error.accounts] == [26_9684, 26_9684, 26_9693]
    (plan,) = error.plans
    assert plan.units_after == 80_9061 == sum(each.units_after for each in error.accounts)
    assert value_of(plan.units_change, 12_36, nav_scale=2, unit_scale=4) == error.purchases_minor


def test_changes_that_do_not_add_up_break_law_l1() -> None:
    terms = Terms("F", "USD", Scales(2, 4), 0)
    traded = dealt("A", Side.REDEMPTION, [500_00], terms.scales.units_for(500_00, 12_43))
    error = session_error(TUESDAY, 12_43, Correct(12_36, 2), [traded], terms)
    for wrong in (replace(error, accounts=()), replace(error, plans=())):
        with pytest.raises(LawBroken, match=r"law L1: REDEMPTION of 2026-11-24"):
            period([wrong], terms)
