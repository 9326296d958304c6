"""A cap on expenses at work: waived day by day, taken back where the cap leaves room.

Source: domain.md §4.3; golden G29.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.expense_caps import NO_CAP, Capped, Waivers, lower, under_cap
from gateway.core.fee_terms import ExpenseCap
from gateway.core.fees import DayCount, Waived
from gateway.core.money import Ratio

FEE = Ratio(55, 10_000)
NONE = Ratio(0, 1)
G29 = ExpenseCap(Ratio(75, 10_000), Ratio(12, 10_000), Ratio(20, 10_000))
CHEAP = ExpenseCap(Ratio(75, 10_000), Ratio(5, 10_000), Ratio(10, 10_000))
FIRST = date(2026, 1, 1)


def on(waivers: Waivers, at: date, cap: ExpenseCap, base_minor: int = 10_000_000_00) -> Capped:
    """What the cap does on a day; kept as the fund desk keeps it."""
    found = under_cap(
        (at, at), base_minor, FEE, DayCount.ACT_365F, cap, waivers, waivers.periods,
        waivers.waived_minor,
    )  # fmt: skip
    waivers.periods.extend(found.periods)
    waivers.take(at, found.waived_minor, found.taken.taken_minor, cap)
    return found


def exact(share: Ratio) -> Fraction:
    return Fraction(share.num, share.den)


def test_the_waiver_is_posted_cumulatively() -> None:
    waivers = Waivers()
    assert [on(waivers, FIRST + timedelta(days=n), G29).waived_minor for n in (0, 1)] == [
        32_88,
        32_87,
    ]
    assert (waivers.waived_minor, waivers.open_minor) == (65_75, 65_75)


def test_what_was_waived_is_taken_back_below_the_cap_and_no_further_than_it() -> None:
    waivers = Waivers()
    on(waivers, FIRST, G29)
    back = [on(waivers, FIRST + timedelta(days=n), CHEAP).taken.taken_minor for n in range(1, 5)]
    # The cap leaves 0.05 % of 10 m: 13.698630 a day.
    assert back == [13_69, 13_69, 5_50, 0]
    assert (waivers.left, waivers.lowest, waivers.open_minor) == ([], None, 0)


def test_a_waiver_of_the_past_is_not_undone_when_expenses_fall() -> None:
    waivers = Waivers()
    on(waivers, FIRST, G29)
    assert on(waivers, FIRST + timedelta(days=1), CHEAP).waived_minor == 0
    assert waivers.waived_minor == 32_88


def test_a_higher_cap_takes_nothing_back_beyond_the_lower_one_it_was_waived_under() -> None:
    raised = ExpenseCap(Ratio(100, 10_000), Ratio(12, 10_000), Ratio(20, 10_000))
    waivers = Waivers()
    on(waivers, FIRST, G29)
    # 0.87 % is below 1.00 %, and above the 0.75 % under which it was waived.
    assert on(waivers, FIRST + timedelta(days=1), raised).taken.taken_minor == 0
    assert waivers.lowest == G29.cap


def test_a_waiver_lapses_after_its_years() -> None:
    waivers = Waivers(left=[Waived(FIRST, 10_00)], lowest=G29.cap)
    assert on(waivers, date(2029, 1, 1), CHEAP).taken.taken_minor == 10_00
    waivers = Waivers(left=[Waived(FIRST, 10_00)], lowest=G29.cap)
    late = on(waivers, date(2029, 1, 2), CHEAP).taken
    assert (late.taken_minor, late.lapsed_minor, waivers.left) == (0, 10_00, [])


def test_a_fund_that_loses_its_cap_gives_nothing_back() -> None:
    waivers = Waivers()
    on(waivers, FIRST, G29)
    gone = on(waivers, FIRST + timedelta(days=1), NO_CAP)
    assert (gone.waived_minor, gone.taken.taken_minor, gone.taken.lapsed_minor) == (0, 0, 32_88)
    assert (waivers.left, waivers.lowest) == ([], None)


def test_a_cap_may_take_back_for_fewer_years_than_most_do() -> None:
    two_years = replace(CHEAP, recapture_years=2)
    for on_day, taken in ((date(2028, 1, 1), 10_00), (date(2028, 1, 2), 0)):
        waivers = Waivers(left=[Waived(FIRST, 10_00)], lowest=G29.cap)
        assert on(waivers, on_day, two_years).taken.taken_minor == taken
        assert waivers.left == []


def test_the_lowest_cap_is_that_of_all_waivers_not_of_the_last() -> None:
    """0.87 % of expenses: waived above 0.75 % and above 0.80 %, and taken back below 0.75 %."""
    waivers = Waivers()
    assert Fraction(87, 10_000) == exact(on(waivers, FIRST, G29).expenses)
    higher = replace(G29, cap=Ratio(80, 10_000))
    on(waivers, FIRST + timedelta(days=1), higher)
    assert waivers.lowest == G29.cap
    # 0.70 % of expenses under the cap of 0.80 %: 0.05 % of 10 m is taken back, not 0.10 %.
    back = on(waivers, FIRST + timedelta(days=2), replace(CHEAP, cap=Ratio(80, 10_000)))
    assert back.taken.taken_minor == 13_69


def test_paying_the_fee_settles_what_was_waived_and_leaves_it_to_be_taken_back() -> None:
    waivers = Waivers()
    on(waivers, FIRST, G29)
    waivers.settle()
    assert (waivers.open_minor, waivers.periods) == (0, [])
    assert waivers.left == [Waived(FIRST, 32_88)]


def test_the_lower_of_two_caps() -> None:
    assert lower(Ratio(75, 10_000), Ratio(3, 400)) == Ratio(75, 10_000)
    assert lower(Ratio(80, 10_000), Ratio(3, 400)) == Ratio(3, 400)
    assert lower(Ratio(80, 10_000), None) == Ratio(80, 10_000)


SHARES = st.builds(Ratio, st.integers(0, 200), st.just(10_000))
CAPS = st.builds(ExpenseCap, SHARES, SHARES, SHARES, st.just(3))


@given(st.lists(st.tuples(CAPS, st.integers(0, 10**13)), max_size=12))
def test_l1_what_is_borne_stays_under_the_cap_and_within_half_a_cent(
    days: list[tuple[ExpenseCap, int]],
) -> None:
    waivers, exact, waived, taken, lapsed = Waivers(), Fraction(0), 0, 0, 0
    for number, (cap, base) in enumerate(days):
        found = on(waivers, FIRST + timedelta(days=number), cap, base)
        total = Fraction(55, 10_000) + Fraction(cap.other.num + cap.acquired.num, 10_000)
        over = total - Fraction(cap.cap.num, cap.cap.den)
        exact += max(over, Fraction(0)) * base / 365
        waived, taken = waived + found.waived_minor, taken + found.taken.taken_minor
        lapsed += found.taken.lapsed_minor
        assert found.waived_minor >= 0
        assert abs(exact - waived) <= Fraction(1, 2)
        assert 0 <= found.taken.taken_minor <= max(-over, Fraction(0)) * base / 365
        assert waived == taken + lapsed + sum(each.left_minor for each in waivers.left)
