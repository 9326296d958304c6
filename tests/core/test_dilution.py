"""Late orders, wrong NAVs, swung prices: goldens G07, G23 and G32 and their boundaries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.dilution import (
    NavErrorKind,
    Scales,
    SwingTerms,
    as_of_dilution,
    classify_error,
    date_order,
    error_effect,
    immaterial_effect,
    period_effect,
    reprocess_purchase,
    reprocess_redemption,
    swing_price,
)
from gateway.core.money import Ratio, UnitRounding
from gateway.core.sessions import micros
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SCALES = Scales(nav=2, units=4)


def at(day: date, clock: str) -> int:
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("America/New_York"))
    return micros(local.astimezone(UTC))


@pytest.mark.parametrize(
    ("received", "sent", "trade_date", "is_as_of"),
    [
        (at(MONDAY, "15:58"), at(TUESDAY, "04:40"), MONDAY, False),
        (at(MONDAY, "15:58"), at(TUESDAY, "05:00"), MONDAY, False),
        (at(MONDAY, "15:58"), at(TUESDAY, "05:00") + 1, MONDAY, True),
        (at(MONDAY, "15:58"), at(TUESDAY, "09:10"), MONDAY, True),
        (at(MONDAY, "16:01"), at(TUESDAY, "09:10"), TUESDAY, False),
        (at(date(2026, 11, 20), "12:00"), at(MONDAY, "04:59"), date(2026, 11, 20), False),
    ],
)
def test_g07_receipt_gives_the_session_and_transmission_only_whether_it_is_as_of(
    received: int, sent: int, trade_date: date, is_as_of: bool
) -> None:
    dated = date_order(received, sent, CALENDAR)
    assert (dated.trade_date, dated.is_as_of) == (trade_date, is_as_of)


def test_g07_an_as_of_purchase_costs_the_fund_what_the_price_has_risen() -> None:
    units = SCALES.units_for(250_000_00, 10_00)
    assert units == 25_000_0000
    assert as_of_dilution(units, 10_00, 10_08, SCALES) == 2_000_00
    assert as_of_dilution(-units, 10_00, 10_08, SCALES) == -2_000_00
    assert SCALES.units_for(250_000_00, 10_08) == 24_801_5873


@given(received=st.integers(at(MONDAY, "00:00"), at(TUESDAY, "23:00")), late=st.integers(0, 10**11))
def test_a_later_transmission_never_changes_the_session(received: int, late: int) -> None:
    dated = date_order(received, received + late, CALENDAR)
    assert dated.trade_date == CALENDAR.trade_date(received)
    if dated.is_as_of:
        assert date_order(received, received + late + 1, CALENDAR).is_as_of


# --- wrong NAVs ------------------------------------------------------------------------------

WRONG, RIGHT = 12_43, 12_36


@pytest.mark.parametrize(
    ("published", "correct", "kind"),
    [
        (12_43, 12_36, NavErrorKind.MATERIAL),
        (12_40, 12_37, NavErrorKind.IMMATERIAL),
        (12_00, 12_00, NavErrorKind.NONE),
        (12_01, 12_00, NavErrorKind.IMMATERIAL),
        (12_05, 12_00, NavErrorKind.IMMATERIAL),
        (12_06, 12_00, NavErrorKind.MATERIAL),
        (11_94, 12_00, NavErrorKind.MATERIAL),
        (11_95, 12_00, NavErrorKind.IMMATERIAL),
    ],
)
def test_g23_half_of_one_percent_of_the_correct_nav_is_material(
    published: int, correct: int, kind: NavErrorKind
) -> None:
    assert classify_error(published, correct, 1) is kind


def test_a_difference_below_a_cent_that_was_not_rounded_is_no_error() -> None:
    # At four decimals, with a cent as the smallest error.
    found = [classify_error(12_4300 + off, 12_4300, 100) for off in (99, 100, -99, -100)]
    none, error = NavErrorKind.NONE, NavErrorKind.IMMATERIAL
    assert found == [none, error, none, error]


def test_g23_an_account_worth_ten_dollars_is_fixed_and_a_smaller_one_left() -> None:
    a = reprocess_purchase(10_000_00, WRONG, RIGHT, SCALES)
    assert (a.before, a.after, a.change) == (804_5052, 809_0615, 4_5563)
    assert (a.fund_gain_minor, a.is_fixed) == (56_32, True)
    c = reprocess_purchase(500_00, WRONG, RIGHT, SCALES)
    assert (c.before, c.after, c.change) == (40_2253, 40_4531, 2278)
    assert (c.fund_gain_minor, c.is_fixed) == (2_82, False)


def test_g23_an_overpaid_redemption_is_recovered_and_the_fund_is_made_whole() -> None:
    b = reprocess_redemption(5_000_0000, WRONG, RIGHT, SCALES)
    assert (b.before, b.after, b.change) == (62_150_00, 61_800_00, -350_00)
    bought = [reprocess_purchase(n, WRONG, RIGHT, SCALES) for n in (10_000_00, 500_00)]
    effect = error_effect(bought, [b], RIGHT, SCALES)
    assert (effect.purchases_minor, effect.redemptions_minor) == (59_13, -350_00)
    assert effect.owed_to_fund_minor == 290_87
    benefit = error_effect(bought, [], RIGHT, SCALES)
    assert (benefit.purchases_minor, benefit.owed_to_fund_minor) == (59_13, 0)


def test_g23_a_day_that_is_not_material_is_paid_on_net_units_and_not_reprocessed() -> None:
    lost = immaterial_effect(-20_000_0000, 12_40, 12_37, SCALES)
    assert lost == -600_00
    assert period_effect([-290_87, lost]) == 890_87
    assert period_effect([700_00, lost]) == 0


def test_half_of_one_percent_and_ten_dollars_are_exact() -> None:
    kinds = [classify_error(1000_0000 + off, 1000_0000, 1) for off in (4_9999, 5_0000)]
    assert kinds == [NavErrorKind.IMMATERIAL, NavErrorKind.MATERIAL]
    ten, less = (reprocess_redemption(n, 1_01, 1_00, SCALES) for n in (1_000_0000, 999_0000))
    assert (ten.change, ten.is_fixed) == (-10_00, True)
    assert (less.change, less.is_fixed) == (-9_99, False)


@pytest.mark.parametrize(("worth", "fixed"), [(56_31, True), (56_32, True), (56_33, False)])
def test_a_difference_of_the_amount_worth_fixing_is_fixed(worth: int, fixed: bool) -> None:
    assert reprocess_purchase(10_000_00, WRONG, RIGHT, SCALES, worth).is_fixed is fixed
    assert reprocess_redemption(5_000_0000, WRONG, RIGHT, SCALES, 350_00).is_fixed
    assert not reprocess_redemption(5_000_0000, WRONG, RIGHT, SCALES, 350_01).is_fixed


NAVS = st.integers(5_00, 20_00)


@given(amount=st.integers(0, 10**10), published=NAVS, correct=NAVS)
def test_a_fund_gains_when_it_sells_too_dear_and_loses_when_it_pays_too_much(
    amount: int, published: int, correct: int
) -> None:
    bought = reprocess_purchase(amount, published, correct, SCALES)
    assert bought.fund_gain_minor >= 0 if published >= correct else bought.fund_gain_minor <= 0
    sold = reprocess_redemption(amount, published, correct, SCALES)
    assert sold.fund_gain_minor <= 0 if published >= correct else sold.fund_gain_minor >= 0
    assert reprocess_purchase(amount, correct, correct, SCALES).change == 0
    effect = error_effect([bought], [sold], correct, SCALES)
    assert effect.owed_to_fund_minor >= 0


# --- swing price ------------------------------------------------------------------------------

SWING = SwingTerms(Ratio(2, 100), Ratio(75, 10_000))
ASSETS = 100_000_000_00


@pytest.mark.parametrize(
    ("flow", "nav"),
    [
        (-3_000_000_00, 9_925),
        (-2_000_000_00, 10_000),
        (-2_000_000_01, 9_925),
        (-1_999_999_99, 10_000),
        (3_000_000_00, 10_000),
        (0, 10_000),
    ],
)
def test_g32_the_price_swings_for_all_when_the_net_outflow_passes_the_threshold(
    flow: int, nav: int
) -> None:
    assert swing_price(10_000, flow, ASSETS, SWING) == nav


def test_g32_everybody_trades_at_the_swung_price() -> None:
    scales = Scales(nav=3, units=4)
    nav = swing_price(10_000, -3_000_000_00, ASSETS, SWING)
    assert scales.value_of(10_000_0000, nav) == 99_250_00
    assert scales.units_for(9_925_00, nav) == 1_000_0000


def test_a_swung_price_rounds_half_up() -> None:
    assert swing_price(10_001, -3_000_000_00, ASSETS, SWING) == 9_926


def test_a_fund_that_swings_both_ways_swings_up_for_inflows() -> None:
    both = SwingTerms(Ratio(2, 100), Ratio(75, 10_000), swings_up=True)
    assert swing_price(10_000, 3_000_000_00, ASSETS, both) == 10_075
    assert swing_price(10_000, 2_000_000_00, ASSETS, both) == 10_000
    assert swing_price(10_000, -3_000_000_00, ASSETS, both) == 9_925


@given(nav=st.integers(1, 10**9), flow=st.integers(-(10**12), 10**12))
def test_a_swung_price_is_within_the_factor_of_the_nav(nav: int, flow: int) -> None:
    swung = swing_price(nav, flow, 10**12, SWING)
    assert abs(swung - nav) * 20_000 <= nav * 150 + 10_000
    assert swung <= nav


def test_a_weekend_lies_between_the_session_and_its_deadline() -> None:
    friday = date(2026, 11, 20)
    received = at(friday, "15:00")
    sunday = at(friday + timedelta(days=2), "23:00")
    assert not date_order(received, sunday, CALENDAR).is_as_of


def test_a_fund_that_cuts_off_units_gives_none_for_less_than_the_smallest() -> None:
    nearest, cut_off = Scales(4, 3), Scales(4, 3, rounding=UnitRounding.DOWN)
    assert [scales.units_for(50_00, 13_3800) for scales in (nearest, cut_off)] == [3_737, 3_736]
    assert nearest.value_of(3_736, 13_3800) == cut_off.value_of(3_736, 13_3800) == 49_99
