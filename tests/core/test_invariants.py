"""What holds of a rule whatever its figures: nothing lost, never beyond a bound, in any order.

Not here: figures worked by hand (the test file of each module).
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calls import due_date, net_wire
from gateway.core.dilution import (
    NavErrorKind,
    Scales,
    as_of_dilution,
    classify_error,
    immaterial_effect,
    period_effect,
)
from gateway.core.fees import (
    expense_ratio,
    observed_ratio,
    participant_charges,
    per_thousand,
    recapture_room,
    waiver,
)
from gateway.core.limits import (
    BreachState,
    CallTreatment,
    ExcessPolicy,
    Limit,
    LimitScope,
    is_above_soft_cap,
    is_within,
    review,
    treat_call,
)
from gateway.core.liquidity import (
    Bases,
    CapBasis,
    CapPeriod,
    GateCap,
    Movement,
    cap_room,
    filled_amount,
    filled_units,
    gate_room,
    is_same_period,
)
from gateway.core.money import Ratio, format_scaled, parse_implied, units_for
from gateway.core.nav import (
    HoldReason,
    NavStatus,
    RollStep,
    is_stale,
    status_ladder,
    strike,
    tolerance_breach,
    true_up,
)
from gateway.core.netting import releasable
from gateway.core.performance_fees import crystallize_part
from gateway.core.redemption_queue import (
    GateFill,
    TranchePricing,
    convert_queue,
    gated_exchange,
)
from gateway.core.repurchases import deadlines, is_held_a_year, next_monthly_closing, offer_room
from gateway.core.units_roll import units_roll_difference
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2028)
SCALES = Scales(nav=4, units=4)
DAY = date(2027, 3, 31)
MONEY = st.integers(0, 10**13)
SIGNED = st.integers(-(10**12), 10**12)
NAVS = st.integers(1, 10**7)
UNITS = st.integers(0, 10**12)
SHARES = st.builds(Ratio, st.integers(0, 100), st.just(100))
DAYS = st.dates(date(2026, 2, 1), date(2028, 10, 31))
CAPS = st.builds(
    GateCap,
    st.sampled_from(["A", "B", "C"]), SHARES, st.just(CapBasis.NAV), st.sampled_from(CapPeriod),
    st.booleans(), st.just(date(2027, 1, 1)), st.none(),
)  # fmt: skip
MOVEMENTS = st.lists(
    st.builds(Movement, st.dates(date(2027, 1, 1), DAY), st.integers(0, 10**10), MONEY), max_size=5
)


# --- limits -------------------------------------------------------------------------------------


def limit(cap: Ratio, cure_days: int = 90) -> Limit:
    return Limit("L", LimitScope.FUND, cap, cap, ExcessPolicy.TRIM, cure_days)


@given(MONEY, MONEY, SHARES)
def test_a_warning_is_given_exactly_above_the_soft_cap(held: int, total: int, cap: Ratio) -> None:
    assert is_above_soft_cap(held, total, limit(cap)) != is_within(held, total, cap)


@given(MONEY, MONEY, SHARES, st.dates(), st.integers(0, 365))
def test_a_breach_is_open_exactly_above_the_cap_and_its_clock_is_never_wound_again(
    held: int, total: int, cap: Ratio, session: date, days: int
) -> None:
    session = min(session, date.max - timedelta(days=2 * 366))
    first = review(held, total, limit(cap, days), session, BreachState())
    assert first.buys_frozen != is_within(held, total, cap)
    assert review(held, total, limit(cap, days), session + timedelta(days=9), first) == first


@given(MONEY, MONEY, MONEY, SHARES)
def test_a_call_in_breach_counts_as_passive_whatever_its_size(
    held: int, total: int, call: int, cap: Ratio
) -> None:
    frozen = BreachState(DAY, DAY)
    assert treat_call(held, total, call, cap, frozen) is CallTreatment.PASSIVE_COMMITMENT
    fits = treat_call(held, total, call, cap, BreachState()) is CallTreatment.ORDINARY
    assert fits == is_within(held + call, total, cap)


# --- valuation ----------------------------------------------------------------------------------


@given(MONEY, MONEY, st.integers(1, 9999), st.integers(1, 9999), MONEY)
def test_two_true_ups_come_to_the_one_from_the_first_mark_to_the_last(
    old: int, new: int, before: int, after: int, last: int
) -> None:
    steps = [RollStep(DAY, before, after, 0, 0, 0, Ratio(0, 1))]
    one, other = true_up(old, new, steps, Ratio(1, 2)), true_up(new, last, steps, Ratio(1, 2))
    whole = true_up(old, last, steps, Ratio(1, 2))
    assert one.difference_minor + other.difference_minor == whole.difference_minor


@given(MONEY, st.integers(1, 10**12), st.integers(0, 6))
def test_a_nav_times_the_units_is_within_half_a_step_of_net_assets(
    assets: int, units: int, scale: int
) -> None:
    nav = strike(assets, units, 4, scale, initial_nav=1)
    exact = Fraction(assets * 10 ** (4 + scale), units * 100)
    assert abs(nav - exact) <= Fraction(1, 2)


@given(NAVS, NAVS, SHARES)
def test_a_nav_is_held_exactly_where_its_change_passes_the_tolerance(
    before: int, after: int, tolerance: Ratio
) -> None:
    held = tolerance_breach(before, after, Ratio(0, 1), tolerance)
    change = Fraction(after - before, before)
    assert (held is not None) == (abs(change) > Fraction(tolerance.num, tolerance.den))
    assert held is None or Fraction(held.num, held.den) == change


@given(DAYS, st.integers(0, 400), st.integers(0, 400))
def test_a_mark_once_stale_stays_stale(measured: date, age: int, limit_days: int) -> None:
    session = measured + timedelta(days=age)
    assert is_stale(measured, session, limit_days) == (age > limit_days)
    assert is_stale(measured, session + timedelta(days=1), limit_days) >= (age > limit_days)


@given(UNITS, UNITS, UNITS, SIGNED)
def test_what_the_register_has_too_many_is_found_to_the_last_unit(
    opening: int, subscribed: int, redeemed: int, off: int
) -> None:
    closing = opening + subscribed - redeemed + off
    assert units_roll_difference(opening, subscribed, redeemed, closing) == off


@given(st.lists(st.sampled_from(HoldReason), max_size=6))
def test_the_status_of_a_nav_does_not_depend_on_the_order_of_its_controls(
    reasons: list[HoldReason],
) -> None:
    standing = status_ladder(reasons)
    assert standing == status_ladder(reversed(reasons)) == status_ladder({*reasons})
    assert standing.held == (standing.status is NavStatus.INDICATIVE)
    assert not (standing.held and standing.redemptions_served)
    assert standing.redemptions_served or not standing.alternative_buys_allowed


# --- prices -------------------------------------------------------------------------------------


@given(st.integers(1, 10**9), NAVS, NAVS)
def test_what_a_purchase_costs_the_fund_a_redemption_brings_it(
    units: int, as_of: int, processed: int
) -> None:
    cost = as_of_dilution(units, as_of, processed, SCALES)
    assert as_of_dilution(-units, as_of, processed, SCALES) == -cost
    assert (cost > 0) <= (processed > as_of)


@given(NAVS, st.integers(0, 10**5), st.integers(1, 100))
def test_a_larger_difference_is_never_a_lesser_error(correct: int, off: int, smallest: int) -> None:
    order = list(NavErrorKind)
    one = classify_error(correct + off, correct, smallest)
    more = classify_error(correct + off + 1, correct, smallest)
    assert order.index(one) <= order.index(more)
    assert (one is NavErrorKind.NONE) == (off < smallest)


@given(SIGNED, NAVS, NAVS)
def test_an_error_the_other_way_has_the_effect_the_other_way(
    units: int, published: int, correct: int
) -> None:
    effect = immaterial_effect(units, published, correct, SCALES)
    assert immaterial_effect(units, correct, published, SCALES) == -effect


@given(st.lists(SIGNED, max_size=6))
def test_what_is_owed_for_an_error_is_never_below_zero_and_in_any_order_the_same(
    days: list[int],
) -> None:
    assert period_effect(days) == period_effect(sorted(days)) == max(0, -sum(days))


# --- fees ---------------------------------------------------------------------------------------


@given(st.lists(SHARES, min_size=1, max_size=4), SHARES, MONEY, st.integers(1, 365))
def test_expenses_after_a_waiver_are_within_the_cap_and_so_they_stay_after_a_recapture(
    rates: list[Ratio], cap: Ratio, assets: int, days: int
) -> None:
    total, most = expense_ratio(rates), Fraction(cap.num, cap.den)
    waived = waiver(total, cap)
    charged = Fraction(total.num, total.den) - Fraction(waived.num, waived.den)
    assert charged == min(Fraction(total.num, total.den), most)
    year = Fraction(days, 365)
    room = recapture_room(total, cap, assets, year)
    assert room >= 0
    assert room == 0 or charged * assets * year + room <= most * assets * year


@given(MONEY, st.integers(1, 10**13), st.integers(1, 730))
def test_an_observed_ratio_gives_the_expenses_back(charged: int, assets: int, days: int) -> None:
    year = Fraction(days, 365)
    found = observed_ratio(charged, assets, year)
    assert Fraction(found.num, found.den) * assets * year == charged


@given(SHARES)
def test_each_percent_is_ten_dollars_of_a_thousand(total: Ratio) -> None:
    assert per_thousand(total) == total.num * 10_00


@given(MONEY, st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_charges_shown_add_up_and_nobody_is_shown_less_for_holding_more(
    charge: int, held: list[int]
) -> None:
    shown = participant_charges(charge, held)
    assert sum(shown) == charge
    ranked = sorted(zip(held, shown, strict=True))
    assert [part for _, part in ranked] == sorted(shown)


@given(MONEY, UNITS, st.integers(1, 10**12))
def test_a_fee_that_leaves_and_one_that_stays_are_the_accrual(
    accrual: int, redeemed: int, outstanding: int
) -> None:
    due, stays = crystallize_part(accrual, min(redeemed, outstanding), outstanding)
    assert due + stays == accrual
    assert 0 <= due <= accrual


# --- gates, offers, queues ----------------------------------------------------------------------


@given(st.sampled_from(CapPeriod), DAYS, DAYS)
def test_days_of_a_month_are_days_of_its_quarter(period: CapPeriod, one: date, other: date) -> None:
    assert is_same_period(period, one, one)
    assert is_same_period(period, one, other) == is_same_period(period, other, one)
    assert is_same_period(CapPeriod.QUARTER, one, other) >= is_same_period(
        CapPeriod.MONTH, one, other
    )


@given(CAPS, MONEY, MOVEMENTS, st.integers(0, 10**10))
def test_what_is_paid_takes_room_and_never_makes_any(
    cap: GateCap, nav: int, movements: list[Movement], paid: int
) -> None:
    bases = Bases(nav, 0, nav, nav)
    room = cap_room(cap, DAY, bases, movements)
    after = cap_room(cap, DAY, bases, [*movements, Movement(DAY, min(paid, room))])
    assert after == room - min(paid, room) >= 0


@given(st.lists(CAPS, max_size=3, unique_by=lambda cap: cap.cap_id), MONEY, MOVEMENTS)
def test_a_gate_lets_out_what_its_tightest_cap_does_in_any_order(
    caps: list[GateCap], nav: int, movements: list[Movement]
) -> None:
    bases = Bases(nav, 0, nav, nav)
    rooms = [cap_room(cap, DAY, bases, movements) for cap in caps]
    found = gate_room(caps, DAY, bases, movements)
    assert found == gate_room(caps[::-1], DAY, bases, movements[::-1])
    assert found == (min(rooms) if rooms else None)


@given(MONEY, SHARES)
def test_a_part_that_is_met_is_never_more_than_was_asked(asked: int, factor: Ratio) -> None:
    exact = Fraction(asked * factor.num, factor.den)
    assert 0 <= exact - filled_units(asked, factor) < 1
    assert abs(filled_amount(asked, factor) - exact) <= Fraction(1, 2)
    assert filled_units(asked, factor) <= filled_amount(asked, factor) <= asked


@given(MONEY, MONEY, MONEY, st.sampled_from(TranchePricing))
def test_a_gated_exchange_buys_what_was_sold_and_loses_nothing(
    paid: int, queued: int, lapsed: int, pricing: TranchePricing
) -> None:
    made = gated_exchange(GateFill("r", paid, queued, lapsed), pricing)
    assert made.bought_minor == made.sold_minor == paid
    assert (made.queued_minor, made.lapsed_minor) == (queued, lapsed)
    assert (made.code is None) == (queued + lapsed == 0)


@given(MONEY, st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.lists(UNITS, max_size=4))
def test_a_queue_that_ends_pays_out_the_whole_and_leaves_nobody_waiting(
    amount: int, held: list[int], waiting: list[int]
) -> None:
    queue = [GateFill(str(at), 0, units, 0) for at, units in enumerate(waiting)]
    made = convert_queue(queue, held, amount)
    assert sum(made.shares_minor) == amount
    assert made.lapsed == sum(waiting)


@given(UNITS, SHARES, st.builds(Ratio, st.integers(0, 2), st.just(100)))
def test_an_offer_is_never_for_more_units_than_its_share_and_what_is_added(
    outstanding: int, offer: Ratio, extra: Ratio
) -> None:
    room = offer_room(outstanding, offer, extra)
    exact = Fraction((offer.num + extra.num) * outstanding, 100)
    assert 0 <= exact - room < 2


@given(DAYS)
def test_deadlines_lie_three_weeks_apart_and_a_closing_is_the_next_first_of_a_month(
    day: date,
) -> None:
    first, last = deadlines(day)
    assert (last - first).days == (first - day).days == 21
    closing = next_monthly_closing(day)
    assert closing.day == 1
    assert 0 < (closing - day).days <= 31
    assert is_held_a_year(day, closing + timedelta(days=366))
    assert not is_held_a_year(day, day + timedelta(days=364))


# --- calls, settlement, units -------------------------------------------------------------------


@given(DAYS, st.integers(0, 15))
def test_a_call_is_due_on_a_business_day_and_never_sooner_for_more_notice(
    notice: date, days: int
) -> None:
    due = due_date(notice, CALENDAR, "BANK", days)
    assert days == 0 or CALENDAR.is_bank_day(due)
    assert notice <= due < due_date(notice, CALENDAR, "BANK", days + 1)


@given(MONEY, MONEY)
def test_a_netted_wire_is_the_same_size_seen_from_the_other_side(call: int, back: int) -> None:
    assert net_wire(call, back) == -net_wire(back, call)


@given(DAYS)
def test_a_wire_goes_out_once_the_next_session_settles_later(session: date) -> None:
    session = CALENDAR.session_on_or_after(session)
    settles = CALENDAR.settlement_date(session)
    after = CALENDAR.settlement_date(CALENDAR.next_session(session))
    assert releasable(settles, after) == (settles != after)


@given(MONEY, MONEY, NAVS)
def test_more_money_never_buys_fewer_units(one: int, other: int, nav: int) -> None:
    few, many = (units_for(each, nav, nav_scale=4, unit_scale=4) for each in sorted((one, other)))
    assert few <= many
    assert units_for(-one, nav, nav_scale=4, unit_scale=4) == -units_for(
        one, nav, nav_scale=4, unit_scale=4
    )


@given(st.integers(0, 10**9 - 1))
def test_digits_with_an_implied_point_read_back_as_they_were_written(cents: int) -> None:
    assert parse_implied(f"{cents:09d}") == cents
    assert format_scaled(cents, 2).replace(".", "").rjust(9, "0") == f"{cents:09d}"
