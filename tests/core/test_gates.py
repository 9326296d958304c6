"""What a fund lets its plans out of: faults, dealing days, room, and who gets how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.gates import (
    LIQUID,
    OFFER,
    SUSPENDED,
    DealingDays,
    GateDay,
    GateFault,
    GateRoom,
    GateTerms,
    Lot,
    Opened,
    PlanRequest,
    after_leaving,
    gate_faults,
    gate_opens,
    is_dealing_day,
    last_request_day,
    meet,
    offer_on,
    remembered,
    still_young,
)
from gateway.core.liquidity import Bases, CapBasis, CapPeriod, GateCap, Suspension
from gateway.core.money import Ratio, units_for, value_of
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import Offer
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)
MAR_31, APR_1 = date(2026, 3, 31), date(2026, 4, 1)
CAP = GateCap(
    "Q", Ratio(5, 100), CapBasis.PRIOR_QUARTER_NAV, CapPeriod.QUARTER, False, date(2026, 1, 1), None
)
SUMMER = Offer(
    Ratio(5, 100), Ratio(1, 100), date(2026, 5, 1), date(2026, 6, 5), date(2026, 6, 12),
    date(2026, 6, 18),
)  # fmt: skip
GATE = GateTerms(DealingDays.EVERY_SESSION, CarryPolicy.CARRY, TranchePricing.PER_TRANCHE, (CAP,))
FUND = Opened(
    APR_1, Bases(1_000_000_00, 100_000_0000, 900_000_00, 800_000_00), [], 500_000_00, 10_0000, 4, 4
)


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        (replace(GATE, caps=(CAP, replace(CAP, cap=Ratio(7, 100)))), GateFault.CAP_TWICE),
        (replace(GATE, caps=(replace(CAP, cap=Ratio(101, 100)),)), GateFault.SHARE),
        (replace(GATE, early_deduction=Ratio(-1, 100)), GateFault.SHARE),
        (replace(GATE, caps=(replace(CAP, last=date(2025, 12, 31)),)), GateFault.DATES),
        (replace(GATE, suspensions=(Suspension(APR_1, MAR_31),)), GateFault.DATES),
        (replace(GATE, offers=(SUMMER,)), GateFault.OFFER_WITHOUT_DEALING),
        (
            replace(GATE, dealing=DealingDays.OFFERS, offers=(SUMMER, SUMMER)),
            GateFault.OFFER_TWICE,
        ),
        (
            replace(
                GATE, dealing=DealingDays.OFFERS,
                offers=(replace(SUMMER, extra=Ratio(3, 100)),),
            ),
            GateFault.SHARE,
        ),
        (
            replace(
                GATE, dealing=DealingDays.OFFERS,
                offers=(replace(SUMMER, payment_date=date(2026, 6, 11)),),
            ),
            GateFault.DATES,
        ),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_applied_are_named(terms: GateTerms, fault: GateFault) -> None:
    assert gate_faults(terms) == (fault,)


def test_terms_that_stand_have_no_fault() -> None:
    offers = replace(GATE, dealing=DealingDays.OFFERS, offers=(SUMMER,))
    assert gate_faults(GATE) == gate_faults(offers) == ()
    whole = replace(SUMMER, extra=Ratio(2, 100))
    assert gate_faults(replace(offers, offers=(whole,))) == ()


@pytest.mark.parametrize(
    ("dealing", "days"),
    [
        (DealingDays.EVERY_SESSION, {date(2026, 2, 27), date(2026, 3, 30), MAR_31, APR_1}),
        (DealingDays.LAST_OF_MONTH, {date(2026, 2, 27), MAR_31}),
        (DealingDays.LAST_OF_QUARTER, {MAR_31}),
        (DealingDays.OFFERS, set()),
    ],
)
def test_dealing_days(dealing: DealingDays, days: set[date]) -> None:
    """28 February 2026 is a Saturday: its month ends with the session before."""
    terms = replace(GATE, dealing=dealing)
    asked = {date(2026, 2, 27), date(2026, 3, 30), MAR_31, APR_1}
    assert {day for day in asked if is_dealing_day(terms, day, CALENDAR)} == days


def test_an_offer_deals_on_its_pricing_date_with_requests_until_its_deadline() -> None:
    terms = replace(GATE, dealing=DealingDays.OFFERS, offers=(SUMMER,))
    assert is_dealing_day(terms, SUMMER.pricing_date, CALENDAR)
    assert offer_on(terms, SUMMER.pricing_date) == SUMMER
    assert offer_on(terms, SUMMER.request_deadline) is None
    assert last_request_day(terms, SUMMER.pricing_date) == SUMMER.request_deadline
    assert last_request_day(GATE, APR_1) == APR_1


def test_notice_is_given_in_calendar_days_and_an_offer_s_deadline_stays() -> None:
    terms = replace(GATE, notice_days=30)
    assert last_request_day(terms, APR_1) == date(2026, 3, 2)
    offered = replace(GATE, dealing=DealingDays.OFFERS, offers=(SUMMER,))
    between = (SUMMER.pricing_date - SUMMER.request_deadline).days
    for days, last in (
        (between - 1, SUMMER.request_deadline),
        (between + 1, SUMMER.request_deadline - timedelta(days=1)),
    ):
        noticed = replace(offered, notice_days=days)
        assert last_request_day(noticed, SUMMER.pricing_date) == last


def test_no_more_than_a_year_of_notice_is_asked_for() -> None:
    assert gate_faults(replace(GATE, notice_days=366)) == ()
    for days in (-1, 367):
        assert gate_faults(replace(GATE, notice_days=days)) == (GateFault.NOTICE,)


def test_the_least_room_binds() -> None:
    assert gate_opens(GATE, FUND) == GateRoom(40_000_00, "Q")
    assert gate_opens(GATE, replace(FUND, liquid_minor=39_999_99)) == GateRoom(39_999_99, LIQUID)
    assert gate_opens(GATE, replace(FUND, liquid_minor=-1)) == GateRoom(0, LIQUID)
    assert gate_opens(None, FUND) == GateRoom(500_000_00, LIQUID)
    shut = replace(GATE, suspensions=(Suspension(APR_1, APR_1),))
    assert gate_opens(shut, FUND) == GateRoom(0, SUSPENDED)
    assert gate_opens(shut, replace(FUND, day=date(2026, 4, 2))) == GateRoom(40_000_00, "Q")


def test_what_was_met_in_the_period_counts_against_a_cap_and_purchases_may_add_to_it() -> None:
    before = [
        GateDay(MAR_31, 30_000_00, 3_000_0000, 0, 0), GateDay(APR_1, 1_00, 1000, 7_00, 7000)
    ]  # fmt: skip
    assert gate_opens(GATE, replace(FUND, before=before)).minor == 40_000_00 - 1_00
    net = replace(GATE, caps=(replace(CAP, net_of_subscriptions=True),))
    assert gate_opens(net, replace(FUND, before=before)).minor == 40_000_00 + 6_00


def test_a_cap_in_units_is_worth_its_units_at_the_nav_of_the_day_rounded_down() -> None:
    cap = replace(CAP, cap=Ratio(1, 1_000_000), basis=CapBasis.UNITS)
    fund = replace(FUND, nav=10_9999)
    assert gate_opens(replace(GATE, caps=(cap,)), fund) == GateRoom(1_09, "Q")


def test_an_offer_is_for_a_share_of_units_and_a_little_more() -> None:
    """5 % of 100,000 units at 10.00, and 2 % more."""
    terms = replace(GATE, caps=(), dealing=DealingDays.OFFERS, offers=(SUMMER,))
    fund = replace(FUND, day=SUMMER.pricing_date)
    assert gate_opens(terms, fund) == GateRoom(50_000_00, OFFER)
    more = replace(terms, offers=(replace(SUMMER, extra=Ratio(2, 100)),))
    assert gate_opens(more, fund) == GateRoom(70_000_00, OFFER)


def test_only_days_of_the_calendar_quarter_are_remembered() -> None:
    days = [GateDay(day, 1, 1, 0, 0) for day in (date(2025, 4, 1), MAR_31, APR_1)]
    assert remembered(days, date(2026, 6, 30)) == days[2:]
    assert remembered(days, date(2026, 7, 1)) == []


def test_an_offers_fee_and_the_deduction_from_young_units_stay_in_the_fund() -> None:
    """500 units are older than a year, 500 younger; 800 leave, of them 300 young."""
    terms = replace(
        GATE, caps=(), dealing=DealingDays.OFFERS, offers=(SUMMER,), early_deduction=Ratio(2, 100)
    )
    fund = replace(FUND, day=SUMMER.pricing_date)
    lots = {"PLN": [Lot(date(2026, 1, 30), 500_0000)]}
    asked = [PlanRequest("PLN", fund.day, 8_000_00, 1_000_0000, 0)]
    (met,) = meet(asked, GateRoom(8_000_00, OFFER), terms, fund, lots)
    assert (met.units, met.met_minor) == (800_0000, 8_000_00)
    assert met.kept_minor == 80_00 + 60_00
    assert met.paid_minor == 7_860_00


def test_units_bought_a_year_before_the_next_closing_are_not_young() -> None:
    """Golden G30: bought on 1 February 2026, 31 January 2027 is late enough, 30 December is not."""
    lots = [Lot(date(2026, 2, 1), 10)]
    assert still_young(lots, date(2026, 12, 31)) == lots
    assert still_young(lots, date(2027, 1, 31)) == []


@given(
    st.lists(st.integers(1, 50), max_size=5), st.integers(0, 100), st.integers(0, 300)
)  # fmt: skip
def test_the_oldest_units_leave_first(sizes: list[int], old: int, leaving: int) -> None:
    lots = [Lot(date(2026, 1, 1 + at), size) for at, size in enumerate(sizes)]
    held = old + sum(sizes)
    stay = after_leaving(lots, held, min(leaving, held))
    gone_of_lots = max(0, min(leaving, held) - old)
    assert sum(lot.units for lot in stay) == sum(sizes) - gone_of_lots
    # What stays are the youngest ones, the first of them perhaps in part.
    assert [lot.bought_on for lot in stay] == [
        lot.bought_on for lot in lots[len(lots) - len(stay) :]
    ]
    assert [lot.units for lot in stay[1:]] == sizes[len(sizes) - len(stay) + 1 :]


PLANS = st.lists(
    st.tuples(
        st.integers(1, 10**9), st.integers(0, 10**9), st.sampled_from((0, 9_1234, 10_0000)),
        st.integers(0, 2),
    ), max_size=6,
)  # fmt: skip
YOUNG = st.lists(st.integers(1, 10**8), max_size=3)


@given(
    PLANS, st.integers(0, 10**10), st.sampled_from(CarryPolicy), st.integers(1, 20_0000), YOUNG
)  # fmt: skip
def test_requests_are_met_lapse_or_wait_to_the_cent(
    asks: Sequence[tuple[int, int, int, int]],
    room: int,
    policy: CarryPolicy,
    nav: int,
    young: list[int],
) -> None:
    """No more than the room is met, nothing is lost, and nobody is paid more than met."""
    asked = [
        PlanRequest(f"PLN-{at}", date(2026, 3, 1 + back), minor, held, first)
        for at, (minor, held, first, back) in enumerate(asks)
    ]
    terms = replace(GATE, policy=policy, early_deduction=Ratio(2, 100))
    fund = replace(FUND, nav=nav)
    lots = {each.plan_id: [Lot(MAR_31, units) for units in young] for each in asked}
    met = meet(asked, GateRoom(room, "Q"), terms, fund, lots)
    whole = sum(each.met_minor for each in met)
    assert whole <= room
    if policy is not CarryPolicy.RATABLE:
        assert whole == min(room, sum(each.asked_minor for each in asked))
    for before, after in zip(asked, met, strict=True):
        assert after.met_minor + after.queued_minor + after.lapsed_minor == before.asked_minor
        assert (after.lapsed_minor == 0) or policy is CarryPolicy.RESUBMIT
        assert (after.queued_minor == 0) or policy is not CarryPolicy.RESUBMIT
        assert after.nav == (before.nav or nav)
        units = units_for(after.met_minor, after.nav, nav_scale=4, unit_scale=4)
        assert after.units == units
        assert 0 <= after.kept_minor <= after.met_minor * 2 // 100 + 1
        young_units = min(sum(young), after.units)
        worth = value_of(young_units, after.nav, nav_scale=4, unit_scale=4)
        assert after.kept_minor <= worth * 2 // 100 + 2


def test_odd_lots_go_first_whatever_the_discipline() -> None:
    asked = [
        PlanRequest("A", APR_1, 900_00, 10, 0),
        PlanRequest("B", APR_1, 300_00, 10, 0, odd_lot=True),
        PlanRequest("C", APR_1, 100_00, 10, 0, odd_lot=True),
    ]
    for policy in CarryPolicy:
        terms = replace(GATE, policy=policy)
        met = meet(asked, GateRoom(500_00, "Q"), terms, FUND, {})
        assert [(each.met_minor, each.odd_lot) for each in met] == [
            (100_00, False), (300_00, True), (100_00, True)
        ]  # fmt: skip
        few = meet(asked, GateRoom(200_00, "Q"), replace(terms, policy=CarryPolicy.CARRY), FUND, {})
        assert [each.met_minor for each in few] == [0, 150_00, 50_00]
