"""Money: exact splits, exact ratios, rounding that is half-up and nothing else."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.money import (
    INT64_MAX,
    INT64_MIN,
    Ratio,
    UnitRounding,
    ceil_div,
    fits_int64,
    floor_div,
    format_amount,
    format_scaled,
    half_up,
    parse_amount,
    split,
    split_columns,
    units_for,
    value_of,
    values_of,
)
from gateway.core.vocabulary import I64

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=12).filter(any)
TOTALS = st.integers(-(10**15), 10**15)
INT64 = st.integers(INT64_MIN, INT64_MAX)


def column(*values: int) -> I64:
    return np.array(values, np.int64)


# ------------------------------------------------------------------------- divisions


@pytest.mark.parametrize(
    ("num", "den", "nearest"),
    [(4, 10, 0), (5, 10, 1), (6, 10, 1), (-4, 10, 0), (-5, 10, -1), (-6, 10, -1), (5, -10, -1),
     (25, 10, 3), (35, 10, 4), (-25, 10, -3)],
)  # fmt: skip
def test_a_half_goes_away_from_zero_and_what_is_under_it_does_not(
    num: int, den: int, nearest: int
) -> None:
    assert half_up(num, den) == nearest


@given(st.integers(), st.integers(1))
def test_floor_and_ceiling_enclose_the_exact_quotient_and_half_up_is_nearest(
    num: int, den: int
) -> None:
    exact = Fraction(num, den)
    assert floor_div(num, den) <= exact <= ceil_div(num, den)
    assert ceil_div(num, den) - floor_div(num, den) == (exact.denominator != 1)
    assert abs(half_up(num, den) - exact) <= Fraction(1, 2)
    assert half_up(-num, den) == -half_up(num, den)


@pytest.mark.parametrize(
    ("value", "fits"),
    [(INT64_MAX - 1, True), (INT64_MAX, True), (INT64_MAX + 1, False),
     (INT64_MIN + 1, True), (INT64_MIN, True), (INT64_MIN - 1, False)],
)  # fmt: skip
def test_an_avro_long_holds_what_64_bits_hold(value: int, fits: bool) -> None:
    assert fits_int64(value) is fits


# ---------------------------------------------------------------------------- ratios


@pytest.mark.parametrize(
    ("text", "num", "den"),
    [("15%", 3, 20), ("15 %", 3, 20), ("3/20", 3, 20), ("0.15", 3, 20), ("12.5%", 1, 8),
     ("-2%", -1, 50), ("0%", 0, 1), ("1", 1, 1), (" 40/63 ", 40, 63)],
)  # fmt: skip
def test_a_ratio_is_read_exactly_and_in_lowest_terms(text: str, num: int, den: int) -> None:
    assert Ratio.parse(text) == Ratio(num, den)


@pytest.mark.parametrize(
    "text", ["", "%", "15%%", "1/0", "3/-20", "1e-2", "1_5%", "0,15", "1.5/2", "nan", "٣%"]
)
def test_what_is_not_plainly_a_ratio_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a ratio: write it as"):
        Ratio.parse(text)


@pytest.mark.parametrize("den", [0, -1])
def test_a_ratio_needs_a_positive_denominator(den: int) -> None:
    with pytest.raises(ValueError, match="positive denominator"):
        Ratio(1, den)


@given(st.integers(), st.integers(1))
def test_a_ratio_as_text_reads_back_as_the_same_quotient(num: int, den: int) -> None:
    again = Ratio.parse(str(Ratio(num, den)))
    assert Fraction(again.num, again.den) == Fraction(num, den)


# ---------------------------------------------------------------------------- splits


def test_g08_each_source_splits_over_the_funds_to_the_cent() -> None:
    election = [60, 30, 10]
    pre_tax, roth, match = (split(source, election) for source in (33333, 6667, 20001))
    assert pre_tax == [20000, 10000, 3333]
    assert roth == [4000, 2000, 667]
    assert match == [12001, 6000, 2000]
    funds = [sum(cents) for cents in zip(pre_tax, roth, match, strict=True)]
    assert funds == [36001, 18000, 6000]
    assert sum(funds) == 60001


def test_g08_an_odd_cent_over_two_equal_halves_goes_to_the_first() -> None:
    assert split(1001, [50, 50]) == [501, 500]


def test_g09_omnibus_units_are_shared_by_money_and_the_larger_remainders_gain() -> None:
    money = [3333, 3333, 3334]
    units = partial(units_for, nav_scale=4, unit_scale=3)
    assert [units(cents, 133700) for cents in money] == [2493, 2493, 2494]
    omnibus = units(sum(money), 133700)
    assert omnibus == 7479
    assert split(omnibus, money) == [2493, 2493, 2493]


def test_g25_a_tie_of_remainders_goes_to_the_larger_commitment() -> None:
    commitments = [3_333_333, 7_777_777, 8_888_890]
    assert split(150_000_000, commitments) == [24_999_997, 58_333_328, 66_666_675]


def test_a_negative_amount_is_split_like_its_size() -> None:
    assert split(-1001, [50, 50]) == [-501, -500]


def test_nothing_is_split_over_nobody_as_nothing_and_something_is_not() -> None:
    assert split(0, [0, 0]) == [0, 0]
    assert split(0, []) == []
    with pytest.raises(AssertionError, match="weights that are all zero"):
        split(1, [0, 0])
    with pytest.raises(AssertionError, match="below zero"):
        split(1, [2, -1])


@given(TOTALS, WEIGHTS)
def test_l1_shares_add_up_to_the_whole_and_each_is_within_one_unit_of_exact(
    total: int, weights: list[int]
) -> None:
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1
        assert weight or not share


@given(TOTALS, WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_weights_does_not_change_what_each_weight_gets(
    total: int, weights: list[int], chance: object
) -> None:
    order = list(range(len(weights)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    shuffled = split(total, [weights[at] for at in order])
    mine = sorted(zip(weights, split(total, weights), strict=True))
    assert mine == sorted(zip((weights[at] for at in order), shuffled, strict=True))


@given(TOTALS, st.integers(1, 10**9), st.integers(1, 30))
def test_equal_weights_get_shares_that_differ_by_at_most_one_unit(
    total: int, weight: int, n: int
) -> None:
    shares = split(abs(total), [weight] * n)
    assert shares == sorted(shares, reverse=True)
    assert max(shares) - min(shares) <= 1


# --------------------------------------------------------------------- split in columns


def split_each(totals: I64, group: I64, weights: I64) -> list[int]:
    """The reference: `split`, one group after the other."""
    shares = [0] * len(group)
    for at, total in enumerate(totals.tolist()):
        rows = np.flatnonzero(group == at).tolist()
        for row, share in zip(rows, split(total, weights[rows].tolist()), strict=True):
            shares[row] = share
    return shares


@st.composite
def groups(draw: st.DrawFn) -> tuple[I64, I64, I64]:
    """Amounts and rows of mixed size, so that some groups fit 64 bits and some do not."""
    k = draw(st.integers(1, 4))
    size = st.sampled_from([3, 10**6, 2**40, INT64_MAX])
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, k - 1), size.flatmap(lambda top: st.integers(0, top))),
            max_size=24,
        )
    )
    group = np.array([at for at, _ in rows], np.int64)
    weights = np.array([weight for _, weight in rows], np.int64)
    totals = column(*(draw(size.flatmap(lambda top: st.integers(-top, top))) for _ in range(k)))
    for at in range(k):
        if not weights[group == at].any():
            totals[at] = 0
    return totals, group, weights


@given(groups())
def test_many_amounts_at_once_are_shared_like_one_after_the_other(
    case: tuple[I64, I64, I64],
) -> None:
    assert split_columns(*case).tolist() == split_each(*case)


@pytest.mark.parametrize(
    ("totals", "group", "weights"),
    [
        (column(INT64_MAX), column(0, 0), column(INT64_MAX, INT64_MAX)),
        (column(INT64_MIN), column(0, 0, 0), column(1, 1, 1)),
        (column(1), column(0, 0, 0), column(2**62, 2**62, 2**62)),
        (column(2**31), column(0, 0), column(2**32 - 1, 2**32 - 1)),
        (column(2**31), column(0, 0), column(2**32, 2**32)),
        (column(1001, -1001), column(1, 0, 1, 0), column(1, 1, 1, 1)),
        (column(), column(), column()),
        (column(0, 0), column(), column()),
    ],
)
def test_amounts_at_the_edge_of_64_bits_never_wrap(totals: I64, group: I64, weights: I64) -> None:
    assert split_columns(totals, group, weights).tolist() == split_each(totals, group, weights)


@pytest.mark.parametrize(
    ("totals", "group", "weights"),
    [
        (column(2), column(0, 0), column(0, 0)),
        (column(5, 7), column(0, 0), column(1, 1)),
        (column(5), column(), column()),
    ],
)
def test_l1_an_amount_without_weights_is_not_lost_and_not_invented(
    totals: I64, group: I64, weights: I64
) -> None:
    with pytest.raises(AssertionError, match="weights that are all zero"):
        split_columns(totals, group, weights)


# -------------------------------------------------------------------- units and values


def test_g07_a_purchase_buys_units_at_the_nav_of_its_trade_date() -> None:
    units = partial(units_for, nav_scale=2, unit_scale=4)
    assert units(25_000_000, 1000) == 250_000_000
    assert units(25_000_000, 1008) == 248_015_873
    dilution = value_of(250_000_000, 1008 - 1000, nav_scale=2, unit_scale=4)
    assert dilution == 200_000


def test_g23_units_of_a_nav_error_and_of_its_correction() -> None:
    scale = {"nav_scale": 2, "unit_scale": 4}
    units = partial(units_for, nav_scale=2, unit_scale=4)
    assert units(1_000_000, 1243) == 8_045_052
    assert units(1_000_000, 1236) == 8_090_615
    assert value_of(50_000_000, 1243, **scale) - value_of(50_000_000, 1236, **scale) == 35_000


def test_units_beyond_the_last_decimal_are_cut_off_where_the_fund_says_so() -> None:
    """100.00 at 13.38 is 7.47384 units, and as much for money that goes out."""
    down = partial(units_for, nav_scale=4, unit_scale=3, rounding=UnitRounding.DOWN)
    assert (down(100_00, 133800), down(-100_00, 133800)) == (7473, -7473)
    assert units_for(100_00, 133800, nav_scale=4, unit_scale=3) == 7474


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9))
def test_units_cut_off_are_never_worth_more_than_the_money(minor: int, nav: int) -> None:
    down = units_for(minor, nav, nav_scale=4, unit_scale=4, rounding=UnitRounding.DOWN)
    nearest = units_for(minor, nav, nav_scale=4, unit_scale=4)
    assert abs(down) * nav <= abs(minor) * 10**6 < (abs(down) + 1) * nav
    assert abs(nearest) - abs(down) in (0, 1)


def test_units_of_a_currency_without_cents() -> None:
    assert units_for(10_000, 250, nav_scale=0, unit_scale=4, minor_scale=0) == 400_000
    assert value_of(400_000, 250, nav_scale=0, unit_scale=4, minor_scale=0) == 10_000


@pytest.mark.parametrize(
    ("units", "cents"),
    [(49, 0), (50, 1), (51, 1), (-49, 0), (-50, -1), (-51, -1)],
)
def test_half_a_cent_of_value_goes_away_from_zero(units: int, cents: int) -> None:
    assert value_of(units, 1_0000, nav_scale=4, unit_scale=4) == cents
    assert values_of(column(units), column(1_0000), 6).tolist() == [cents]


@pytest.mark.parametrize("nav", [0, -1])
def test_a_nav_that_is_not_above_zero_buys_nothing(nav: int) -> None:
    with pytest.raises(ValueError, match="it must be above zero"):
        units_for(100, nav, nav_scale=4, unit_scale=4)


@given(st.lists(st.tuples(INT64, INT64), max_size=8), st.integers(19, 24))
def test_values_of_any_positions_are_those_of_each(rows: list[tuple[int, int]], shift: int) -> None:
    units, nav = (
        (column(*values) for values in zip(*rows, strict=True)) if rows else (column(),) * 2
    )
    each = [value_of(u, v, nav_scale=shift, unit_scale=2) for u, v in rows]
    assert values_of(units, nav, shift).tolist() == each


@given(
    st.lists(st.tuples(st.integers(-(2**33), 2**33), st.integers(0, 2**32)), max_size=8),
    st.integers(4, 20),
)
def test_values_of_usual_and_of_large_positions_stand_in_one_column(
    rows: list[tuple[int, int]], shift: int
) -> None:
    units, nav = (
        (column(*values) for values in zip(*rows, strict=True)) if rows else (column(),) * 2
    )
    each = [half_up(u * v, 10**shift) for u, v in rows]
    assert values_of(units, nav, shift).tolist() == each


def test_a_value_beyond_64_bits_is_refused_and_never_wraps() -> None:
    with pytest.raises(OverflowError, match="worth more than 64 bits"):
        values_of(column(INT64_MAX, 1), column(INT64_MAX, 1), 6)


# ------------------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1,250,000.00", "USD", 125_000_000), ("1250000", "USD", 125_000_000), ("0.1", "USD", 10),
     ("-0.01", "USD", -1), ("0", "EUR", 0), ("1,250", "JPY", 1250), ("007.50", "USD", 750),
     ("92,233,720,368,547,758.07", "USD", INT64_MAX)],
)  # fmt: skip
def test_a_figure_is_read_to_the_minor_unit(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", " ", "1,25", "1.250,00", "12,50,000", ",100", "1e3", "1/2", "1_000", "+5", ".5", "5.",
     "--5", "5-", "$5", "5\n", "٣", "nan"],
)  # fmt: skip
def test_a_figure_that_could_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount: write it as"):
        parse_amount(text, "USD")


@pytest.mark.parametrize(("text", "currency"), [("1.005", "USD"), ("1.0", "JPY"), ("1.000", "EUR")])
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"decimals, {currency} has"):
        parse_amount(text, currency)


def test_an_unknown_currency_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="no currency 'QQQ': the gateway knows USD"):
        parse_amount("1", "QQQ")
    with pytest.raises(ValueError, match="no currency"):
        format_amount(1, "QQQ")


def test_a_figure_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than an amount can be"):
        parse_amount("92,233,720,368,547,758.08", "USD")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(125_000_000, "USD", "1,250,000.00"), (-5, "USD", "-0.05"), (1250, "JPY", "1,250")],
)
def test_an_amount_is_written_as_people_read_it(minor: int, currency: str, text: str) -> None:
    assert format_amount(minor, currency) == text


def test_a_scaled_figure_is_written_with_all_its_decimals() -> None:
    assert format_scaled(-133_700, 4) == "-13.3700"
    assert format_scaled(7, 0) == "7"


@given(INT64, st.sampled_from(["USD", "JPY"]))
def test_an_amount_as_text_reads_back_as_itself(minor: int, currency: str) -> None:
    assert parse_amount(format_amount(minor, currency), currency) == minor
