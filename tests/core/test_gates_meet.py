"""Gates at work: what counts against a cap in units, which units are young, who waits for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.core.gates import (
    LIQUID,
    OFFER,
    DealingDays,
    GateDay,
    GateFault,
    GateRoom,
    GateTerms,
    Lot,
    PlanRequest,
    RequestMet,
    after_leaving,
    gate_faults,
    gate_opens,
    is_dealing_day,
    meet,
    still_young,
)
from gateway.core.liquidity import CapBasis, CapPeriod, Suspension
from gateway.core.money import Ratio, UnitRounding
from gateway.core.redemption_queue import CarryPolicy
from tests.core.test_gates import APR_1, CALENDAR, CAP, FUND, GATE, MAR_31, SUMMER

OFFERED = replace(GATE, caps=(), dealing=DealingDays.OFFERS, offers=(SUMMER,))
YOUNG = replace(GATE, caps=(), early_deduction=Ratio(2, 100))
LAST_MONTH = date(2026, 3, 2)


def asks(plan: str, minor: int, held: int = 1_000_0000, *, dealing: date = APR_1) -> PlanRequest:
    return PlanRequest(plan, dealing, minor, held, 0)


def met(
    requests: list[PlanRequest], room: int, terms: GateTerms | None, lots: dict[str, list[Lot]]
) -> tuple[RequestMet, ...]:
    return meet(requests, GateRoom(room, LIQUID), terms, FUND, lots)


# --- terms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [Ratio(0, 1), Ratio(1, 1), Ratio(100, 100)])
def test_a_cap_may_be_none_of_a_fund_or_all_of_it(share: Ratio) -> None:
    assert gate_faults(replace(GATE, caps=(replace(CAP, cap=share),))) == ()


def test_a_cap_or_a_suspension_may_last_one_day() -> None:
    one_day = replace(CAP, first=APR_1, last=APR_1)
    terms = replace(GATE, caps=(one_day,), suspensions=(Suspension(APR_1, APR_1),))
    assert gate_faults(terms) == ()


@pytest.mark.parametrize(
    "offer",
    [
        replace(SUMMER, request_deadline=date(2026, 4, 30)),
        replace(SUMMER, pricing_date=date(2026, 6, 4)),
        replace(SUMMER, payment_date=date(2026, 6, 11)),
    ],
)
def test_the_days_of_an_offer_follow_each_other(offer: object) -> None:
    terms = replace(OFFERED, offers=(offer,))  # type: ignore[arg-type]  # an offer
    assert gate_faults(terms) == (GateFault.DATES,)


@pytest.mark.parametrize(
    ("session", "deals"),
    [
        (date(2026, 12, 31), True),
        (date(2026, 9, 30), True),
        (date(2026, 10, 30), False),
        (date(2026, 4, 30), False),
    ],
)
def test_quarters_end_with_march_june_september_and_december(session: date, deals: bool) -> None:
    terms = replace(GATE, dealing=DealingDays.LAST_OF_QUARTER)
    assert is_dealing_day(terms, session, CALENDAR) is deals
    assert is_dealing_day(replace(GATE, dealing=DealingDays.LAST_OF_MONTH), session, CALENDAR)


# --- room -------------------------------------------------------------------------------------


def test_a_fund_without_a_gate_and_without_liquid_money_lets_nothing_out() -> None:
    assert gate_opens(None, replace(FUND, liquid_minor=0)) == GateRoom(0, LIQUID)
    assert gate_opens(None, replace(FUND, liquid_minor=-5)) == GateRoom(0, LIQUID)


def test_units_redeemed_and_bought_in_the_period_count_against_a_cap_in_units() -> None:
    """5 % of 100,000 units are 5,000; 1,000 left in April and 200 came in: worth 10.00 each."""
    cap = replace(CAP, basis=CapBasis.UNITS)
    before = [GateDay(MAR_31, 0, 700_0000, 0, 0), GateDay(APR_1, 0, 1_000_0000, 0, 200_0000)]
    fund = replace(FUND, before=before)
    assert gate_opens(replace(GATE, caps=(cap,)), fund) == GateRoom(40_000_00, "Q")
    net = replace(cap, net_of_subscriptions=True)
    assert gate_opens(replace(GATE, caps=(net,)), fund) == GateRoom(42_000_00, "Q")
    monthly = replace(cap, period=CapPeriod.MONTH)
    may = replace(fund, day=date(2026, 5, 4))
    assert gate_opens(replace(GATE, caps=(monthly,)), may) == GateRoom(50_000_00, "Q")


# --- who gets how much ------------------------------------------------------------------------


def test_what_became_of_a_request_names_its_plan_and_its_dealing_day() -> None:
    """Half of 200.00 is met: 10 units at 10.00, and the rest waits."""
    (found,) = met([asks("PLN", 200_00, dealing=MAR_31)], 100_00, GATE, {})
    assert found == RequestMet("PLN", MAR_31, 200_00, 100_00, 0, 100_00, 0, 10_0000, 10_0000)


def test_what_a_fund_without_a_gate_cannot_meet_waits() -> None:
    (found,) = met([asks("PLN", 200_00)], 150_00, None, {})
    assert (found.met_minor, found.queued_minor, found.lapsed_minor) == (150_00, 50_00, 0)
    assert found.kept_minor == 0


def test_first_come_first_served_goes_by_the_dealing_day_asked_for() -> None:
    first = replace(GATE, policy=CarryPolicy.FIFO)
    requests = [asks("A", 100_00, dealing=APR_1), asks("B", 100_00, dealing=MAR_31)]
    assert [each.met_minor for each in met(requests, 120_00, first, {})] == [20_00, 100_00]


def test_a_ratable_gate_goes_by_the_units_plans_hold() -> None:
    ratable = replace(GATE, policy=CarryPolicy.RATABLE)
    requests = [asks("A", 100_00, held=30_0000), asks("B", 100_00, held=10_0000)]
    assert [each.met_minor for each in met(requests, 40_00, ratable, {})] == [30_00, 10_00]


# --- young units ------------------------------------------------------------------------------
# Units are whole here, and worth 10.00 each: 2 % of one is 0.20.


def left(requests: list[PlanRequest], lots: dict[str, list[Lot]]) -> list[int]:
    """What the fund keeps of each request that is met in full."""
    room = GateRoom(sum(each.asked_minor for each in requests), LIQUID)
    found = meet(requests, room, YOUNG, replace(FUND, unit_scale=0), lots)
    return [each.kept_minor for each in found]


def test_of_two_requests_of_a_plan_the_second_takes_the_younger_units() -> None:
    """6 of 10 units are old, and leave first; all of the next 4 are young."""
    lots = {"PLN": [Lot(LAST_MONTH, 4)]}
    requests = [asks("PLN", 60_00, 10, dealing=MAR_31), asks("PLN", 40_00, 10)]
    assert left(requests, lots) == [0, 80]
    requests = [asks("PLN", 70_00, 10, dealing=MAR_31), asks("PLN", 30_00, 10)]
    assert left(requests, lots) == [20, 60]


def test_the_units_of_one_plan_do_not_make_those_of_another_younger() -> None:
    lots = {plan: [Lot(LAST_MONTH, 5)] for plan in ("A", "B")}
    requests = [asks(plan, 50_00, 10) for plan in ("A", "B", "C")]
    assert left(requests, lots) == [0, 0, 0]


def test_the_deduction_is_from_exactly_the_units_that_are_young() -> None:
    lots = {"PLN": [Lot(LAST_MONTH, 4), Lot(MAR_31, 6)]}
    assert left([asks("PLN", 100_00, 10)], lots) == [2_00]
    assert left([asks("PLN", 30_00, 10)], lots) == [60]
    assert left([asks("PLN", 30_00, 13)], lots) == [0]


def test_lots_of_more_than_a_year_are_not_young_wherever_they_lie() -> None:
    """1 unit in no lot and 2 bought long ago leave first, then 2 young ones."""
    lots = {"PLN": [Lot(date(2024, 1, 2), 2), Lot(LAST_MONTH, 2), Lot(date(2024, 1, 3), 1)]}
    assert [left([asks("PLN", n * 10_00, 6)], lots) for n in (3, 4, 5, 6)] == [
        [0], [20], [40], [40],
    ]  # fmt: skip


def test_lots_that_hold_more_than_the_plan_are_young_from_the_first_unit() -> None:
    """A plan may be left with fewer units than it bought within the year."""
    lots = {"PLN": [Lot(LAST_MONTH, 10)]}
    assert left([asks("PLN", 50_00, 9)], lots) == [1_00]
    assert after_leaving(lots["PLN"], 9, 5) == [Lot(LAST_MONTH, 5)]


def test_what_buys_no_unit_bears_nothing() -> None:
    dear = replace(FUND, nav=10**12)
    (found,) = meet([asks("PLN", 1)], GateRoom(1, LIQUID), YOUNG, dear, {})
    assert (found.units, found.met_minor, found.kept_minor) == (0, 1, 0)


def test_without_a_deduction_young_units_bear_the_offers_fee_alone() -> None:
    """3 % of 100.00; between offers there is no fee at all."""
    terms = replace(OFFERED, offers=(replace(SUMMER, fee=Ratio(3, 100)),))
    fund = replace(FUND, day=SUMMER.pricing_date)
    lots = {"PLN": [Lot(LAST_MONTH, 100_0000)]}
    request = asks("PLN", 100_00, held=100_0000)
    (priced,) = meet([request], GateRoom(100_00, OFFER), terms, fund, lots)
    assert priced.kept_minor == 3_00
    (between,) = met([request], 100_00, terms, lots)
    assert between.kept_minor == 0


def test_a_lot_that_leaves_to_the_last_unit_is_gone() -> None:
    lots = [Lot(LAST_MONTH, 10), Lot(MAR_31, 10)]
    assert after_leaving(lots, 20, 10) == lots[1:]
    assert after_leaving(lots, 20, 11) == [Lot(MAR_31, 9)]
    assert after_leaving(lots, 20, 1) == [Lot(LAST_MONTH, 9), lots[1]]
    assert after_leaving(lots, 25, 5) == lots, "units in no lot are the oldest"


def test_only_lots_of_the_last_year_are_kept() -> None:
    old, new = Lot(date(2025, 4, 1), 5), Lot(date(2025, 6, 1), 5)
    assert still_young([old, new], APR_1) == [new]


def test_units_of_what_is_met_are_rounded_as_the_fund_does() -> None:
    fund = replace(FUND, nav=13_3800, unit_scale=3)
    down = replace(fund, unit_rounding=UnitRounding.DOWN)
    for where, units in ((fund, 3_737), (down, 3_736)):
        (row,) = meet([asks("A", 50_00)], GateRoom(50_00, LIQUID), GATE, where, {})
        assert (row.met_minor, row.units) == (50_00, units)
