"""What a management fee is a share of, when it is paid, and what a cap waives of it.

Source: domain.md §4.1, §4.3.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.book import CommitmentTerms
from gateway.core.calls import (
    CallCalendar,
    Commitment,
    LineKind,
    NoticeKind,
    NoticeLine,
    after_call,
)
from gateway.core.expense_caps import Waivers, under_cap, waived_days
from gateway.core.fee_bases import committed_capital, cost_after, gross_assets, opening_cost
from gateway.core.fee_terms import ExpenseCap
from gateway.core.fees import (
    DayCount,
    FeePeriod,
    PaidEach,
    Waived,
    accrued,
    expense_ratio,
    is_paid_between,
    recapture_room,
    share_of_net,
    waiver,
)
from gateway.core.money import Ratio
from tests.day.market_day import fund, sleeve

NONE = Ratio(0, 1)
DAYS = (date(2026, 11, 21), date(2026, 11, 23))
KINDS = st.sampled_from([kind for kind in LineKind if kind is not LineKind.LATE_CLOSE_INTEREST])
CALLED = st.builds(
    lambda minor, kind: NoticeLine(kind, minor, -minor), st.integers(0, 10**9), KINDS
)


def line(kind: LineKind, minor: int, effect: int = 0) -> NoticeLine:
    return NoticeLine(kind, minor, effect)


@pytest.mark.parametrize(
    ("operating", "performance", "gross"),
    [
        (0, 0, 10_000_000_00),
        (6_000_00, 0, 10_006_000_00),
        (6_000_00, 150_000_00, 10_156_000_00),
        # More was waived than the fee: the fund is owed it, and has it in its net assets.
        (-13_70, 150_000_00, 10_150_000_00),
    ],
)
def test_gross_assets_are_those_before_unpaid_fees(
    operating: int, performance: int, gross: int
) -> None:
    assert gross_assets(10_000_000_00, operating, performance) == gross


def test_a_fund_that_owes_more_than_it_owns_has_no_base() -> None:
    assert gross_assets(-500_00, 499_99, 0) == 0
    assert gross_assets(-500_00, 500_01, 0) == 1


def test_commitments_count_whether_they_are_called_or_not() -> None:
    calls = CommitmentTerms(20_000_000_00, CallCalendar.BANK, 10, called_inside_minor=4_000_000_00)
    at_will = sleeve("BX_PE", "BLACKSTONE", 900_000_00)
    terms = fund("FUND", at_will, alternative=False, liquid=9_100_000_00)
    drawdown = [replace(at_will, vehicle_id=name, calls=calls) for name in ("A", "B")]
    assert committed_capital(replace(terms, sleeves=(at_will, *drawdown))) == 40_000_000_00
    assert committed_capital(terms) == 0


@pytest.mark.parametrize(
    ("totals", "cost"),
    [
        (Commitment(20_000_000_00), 0),
        (Commitment(20_000_000_00, 6_000_000_00, 100_000_00), 6_100_000_00),
        (Commitment(20_000_000_00, 6_000_000_00, 0, 400_000_00, 600_000_00), 5_000_000_00),
        # More came back than was called: a gain, and nothing is invested any more.
        (Commitment(20_000_000_00, 6_000_000_00, 0, 0, 7_000_000_00), 0),
    ],
)
def test_before_the_opening_all_that_was_distributed_counts_as_capital(
    totals: Commitment, cost: int
) -> None:
    assert opening_cost(totals) == cost


def test_a_call_is_invested_whatever_it_is_for_but_not_its_interest() -> None:
    lines = (
        line(LineKind.INVESTMENT, 1_320_000_00, -1_320_000_00),
        line(LineKind.MANAGEMENT_FEE, 125_000_00, -125_000_00),
        line(LineKind.EXPENSES, 30_000_00, -30_000_00),
        line(LineKind.OTHER, 25_000_00),
        line(LineKind.LATE_CLOSE_INTEREST, 9_000_00),
    )
    assert cost_after(8_500_000_00, NoticeKind.CALL, lines) == 10_000_000_00


def test_only_capital_that_comes_back_is_invested_no_more() -> None:
    lines = (
        line(LineKind.RETURN_OF_CAPITAL, 300_000_00, 300_000_00),
        line(LineKind.RETURN_OF_CAPITAL, 100_000_00),
        line(LineKind.GAIN, 600_000_00),
        line(LineKind.INCOME, 50_000_00),
    )
    assert cost_after(1_000_000_00, NoticeKind.DISTRIBUTION, lines) == 600_000_00
    assert cost_after(399_999_99, NoticeKind.DISTRIBUTION, lines) == 0


def test_a_refund_of_a_late_close_was_never_called() -> None:
    lines = (
        line(LineKind.RETURN_OF_CAPITAL, 900_000_00, 900_000_00),
        line(LineKind.LATE_CLOSE_INTEREST, 18_000_00),
    )
    assert cost_after(9_000_000_00, NoticeKind.EQUALIZATION, lines) == 8_100_000_00
    assert cost_after(900_000_00, NoticeKind.EQUALIZATION, lines) == 0
    assert cost_after(899_999_99, NoticeKind.EQUALIZATION, lines) == 0


@given(st.lists(st.lists(CALLED, max_size=4), max_size=4))
def test_where_nothing_comes_back_what_is_invested_is_what_was_called(
    calls: list[list[NoticeLine]],
) -> None:
    totals, cost = Commitment(2 * 10**10), 0
    for lines in calls:
        totals, cost = after_call(totals, lines), cost_after(cost, NoticeKind.CALL, lines)
    assert cost == totals.called_inside_minor == opening_cost(totals)


@pytest.mark.parametrize(
    ("last", "session", "paid"),
    [
        (date(2026, 11, 27), date(2026, 11, 30), ()),
        (date(2026, 11, 30), date(2026, 12, 1), (PaidEach.MONTH,)),
        (date(2026, 9, 30), date(2026, 10, 1), (PaidEach.MONTH, PaidEach.QUARTER)),
        (date(2026, 12, 31), date(2027, 1, 4), tuple(PaidEach)),
        # A fund that was not struck for a year has missed every payment.
        (date(2025, 11, 30), date(2026, 11, 30), tuple(PaidEach)),
    ],
)
def test_a_fee_is_paid_at_the_first_strike_of_a_new_period(
    last: date, session: date, paid: tuple[PaidEach, ...]
) -> None:
    assert tuple(each for each in PaidEach if is_paid_between(last, session, each)) == paid


def test_a_fee_of_another_base_is_told_as_a_share_of_net_assets() -> None:
    two = Ratio(2, 100)
    share = share_of_net(two, 20_000_000_00, 10_000_000_00)
    assert (share.num, share.den) == (1, 25)
    with pytest.raises(AssertionError):
        share_of_net(two, 20_000_000_00, 0)


# --- under a cap --------------------------------------------------------------------------------

RATES = st.builds(Ratio, st.integers(0, 500), st.just(10_000))
AMOUNTS = st.integers(1, 10**12)


@given(AMOUNTS, AMOUNTS, RATES, RATES, RATES)
def test_what_is_above_a_cap_is_the_same_said_of_either_base(
    net: int, base: int, rate: Ratio, other: Ratio, cap: Ratio
) -> None:
    """A fee of another base is waived like the share of net assets that it comes to."""
    beside = FeePeriod(*DAYS, base, rate)
    found = waived_days(DAYS, net, other, cap, beside)
    share = expense_ratio((share_of_net(rate, base, net), other))
    above = waiver(share, cap)
    whole = accrued([FeePeriod(*DAYS, net, above)], above, DayCount.ACT_365F)
    assert accrued(found, NONE, DayCount.ACT_365F) == whole
    room = recapture_room(share, cap, net, Fraction(3, 365))
    a_year = base * Fraction(rate.num, rate.den)
    assert recapture_room(other, cap, net, Fraction(3, 365), a_year) == room
    # What is above the cap and what is left below it are never both there.
    assert not (whole and room)


def test_a_fund_without_net_assets_bears_no_fee_of_another_base_under_a_cap() -> None:
    """The cap is a share of nothing, so all of the fee is above it."""
    fee = FeePeriod(*DAYS, 20_000_000_00, Ratio(2, 100))
    cap = ExpenseCap(Ratio(3, 100), Ratio(1, 200), NONE)
    found = under_cap(DAYS, 0, NONE, DayCount.ACT_365F, cap, Waivers(), (), 0, fee)
    assert (found.waived_minor, found.taken.taken_minor) == (3_287_67, 0)


def test_only_what_a_fee_of_another_base_leaves_below_the_cap_is_taken_back() -> None:
    """Of 36,500,000.00 a cap of 1 % is 1,000.00 a day, the fee on 18,250,000.00 half of it."""
    fee = FeePeriod(*DAYS, 18_250_000_00, Ratio(1, 100))
    cap = ExpenseCap(Ratio(1, 100), NONE, NONE)
    waivers = Waivers(left=[Waived(date(2026, 1, 5), 9_000_00)])
    found = under_cap(
        DAYS, 36_500_000_00, NONE, DayCount.ACT_365F, cap, waivers, (), 0, fee
    )  # fmt: skip
    assert (found.waived_minor, found.taken.taken_minor) == (0, 3 * 500_00)
