"""What desks do to many at once is what the rule says of one: each rule against its twin.

A rule of the rulebook that names a twin is its exact reference. Amounts shared among several by
the largest remainder are within a minor unit of what the rule, asked one by one, rounds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calls import net_wire
from gateway.core.gates import (
    DealingDays,
    GateDay,
    GateRoom,
    GateTerms,
    Lot,
    Opened,
    PlanRequest,
    gate_opens,
    meet,
)
from gateway.core.liquidity import (
    Bases,
    CapBasis,
    CapPeriod,
    GateCap,
    Movement,
    Suspension,
    filled_amount,
    gate_room,
    proration_factor,
)
from gateway.core.marks import IndexLevel, ManagerMark
from gateway.core.money import Ratio
from gateway.core.nav import HoldReason, RollStep, true_up
from gateway.core.netting import Leg, net
from gateway.core.redemption_queue import (
    CarryPolicy,
    GateFill,
    TranchePricing,
    gated_exchange,
)
from gateway.core.repurchases import (
    Tender,
    accept,
    early_repurchase,
    next_monthly_closing,
)
from gateway.core.requests import RequestsFilled, RequestStatus
from gateway.core.vocabulary import I64
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.plan_request_sends import told_of_requests
from gateway.desks.plan_state import PlanState
from gateway.desks.strike_assets import assets_of
from tests.day.market_day import SESSION, book

DAY = date(2026, 12, 15)
AMOUNTS = st.integers(1, 10**9)
DAYS = st.sampled_from([date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 14), DAY])
SHARES = st.builds(Ratio, st.integers(0, 100), st.just(100))

GATE = GateTerms(DealingDays.EVERY_SESSION, CarryPolicy.CARRY, TranchePricing.PER_TRANCHE)


def opened(liquid_minor: int = 0, bases: Bases | None = None, *days: GateDay) -> Opened:
    """A fund whose NAV is 1 and whose units have two decimals: the last is worth a cent."""
    return Opened(
        DAY, bases or Bases(0, 0, 0, 0), days, liquid_minor, nav=1, nav_scale=0, unit_scale=2
    )


# --- gates --------------------------------------------------------------------------------------

CAPS = st.builds(
    GateCap, st.sampled_from(["A", "B", "C"]), SHARES,
    st.sampled_from([basis for basis in CapBasis if basis is not CapBasis.UNITS]),
    st.sampled_from(CapPeriod), st.booleans(), DAYS, st.none(),
)  # fmt: skip
MOVES = st.builds(GateDay, DAYS, AMOUNTS, st.just(0), AMOUNTS, st.just(0))
BASES = st.builds(Bases, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)


@given(
    st.lists(CAPS, max_size=3, unique_by=lambda cap: cap.cap_id), st.lists(MOVES, max_size=4),
    BASES, st.integers(-(10**6), 10**9), st.booleans(),
)  # fmt: skip
def test_a_fund_lets_out_the_least_of_its_caps_and_of_what_is_liquid(
    caps: list[GateCap], days: list[GateDay], bases: Bases, liquid: int, suspended: bool
) -> None:
    shut = (Suspension(DAY, DAY),) if suspended else ()
    moves = [Movement(each.day, each.met_minor, each.subscribed_minor) for each in days]
    room = gate_room(caps, DAY, bases, moves, shut)
    lets_out = gate_opens(
        replace(GATE, caps=tuple(caps), suspensions=shut), opened(liquid, bases, *days)
    ).minor
    there = max(0, liquid)
    assert lets_out == (there if room is None else min(room, there) if not suspended else 0)


@given(st.lists(AMOUNTS, min_size=1, max_size=6), st.integers(0, 10**10))
def test_requests_are_met_in_proportion_to_the_cent(asks: list[int], room: int) -> None:
    requests = [PlanRequest(f"P{at}", DAY, ask, ask, 0) for at, ask in enumerate(asks)]
    met = meet(requests, GateRoom(room, "CAP"), GATE, opened(), {})
    factor = proration_factor(room, sum(asks))
    assert all(
        abs(each.met_minor - filled_amount(ask, factor)) <= 1
        for each, ask in zip(met, asks, strict=True)
    )
    assert sum(each.met_minor for each in met) == min(room, sum(asks))


TENDERS = st.lists(
    st.tuples(st.integers(1, 300_00), st.integers(0, 300_00)), min_size=1, max_size=6
)  # fmt: skip


@given(TENDERS, st.integers(0, 10**5), st.booleans())
def test_an_offer_takes_of_each_what_the_gate_meets_and_odd_lots_first(
    holdings: list[tuple[int, int]], room: int, odd_lots_first: bool
) -> None:
    tenders = [
        Tender(f"P{at}", asked, asked + more) for at, (asked, more) in enumerate(holdings)
    ]  # fmt: skip
    taken = accept(tenders, room, unit_scale=2, odd_lots_first=odd_lots_first).taken
    requests = [
        PlanRequest(
            each.holder, DAY, each.tendered, each.held, 0,
            odd_lots_first and each.tendered == each.held < 100_00,
        )
        for each in tenders
    ]  # fmt: skip
    met = meet(requests, GateRoom(room, "OFFER"), GATE, opened(), {})
    # An offer takes whole steps of units, rounded down; the gate shares out what is left over.
    assert all(0 <= each.units - got <= 1 for each, got in zip(met, taken, strict=True))


@given(AMOUNTS, st.dates(date(2025, 11, 1), DAY), SHARES)
def test_the_gate_keeps_of_young_units_what_an_early_repurchase_does(
    proceeds: int, bought: date, deduction: Ratio
) -> None:
    request = PlanRequest("P", DAY, proceeds, proceeds, 0)
    lots = {"P": [Lot(bought, proceeds)]}
    (met,) = meet(
        [request],
        GateRoom(proceeds, "CAP"),
        replace(GATE, early_deduction=deduction),
        opened(),
        lots,
    )
    rule = early_repurchase(proceeds, bought, next_monthly_closing(DAY), deduction)
    assert (met.paid_minor, met.kept_minor) == (rule.paid_minor, rule.kept_minor)


@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.sampled_from(TranchePricing)
)  # fmt: skip
def test_a_recordkeeper_is_told_of_a_gated_exchange_what_the_rule_says(
    met: int, unmet: int, waits: bool, pricing: TranchePricing
) -> None:
    fill = GateFill("R", met, unmet if waits else 0, 0 if waits else unmet)
    state = PlanState(session=SESSION)
    state.book.plans.update({plan.plan_id: plan for plan in book().plans})

    def column(value: int) -> I64:
        return np.array([value], np.int64)

    first = np.zeros(1, np.int32)
    (send,) = told_of_requests(
        state,
        RequestsFilled(
            "MA_ALT", SESSION, SESSION, 4, 4, ("PLN-1", "B1", "LIQ"), column(0), first, first + 1,
            first, column(11), first + 2, first, column(met + unmet), column(met), column(0),
            column(fill.queued), column(fill.lapsed), pricing is TranchePricing.ONE_NAV,
            column(10_0000), column(0),
        ),
        pricing,
    )  # fmt: skip
    told, rule = send.message, gated_exchange(fill, pricing)
    assert isinstance(told, RequestStatus)
    assert (told.state, told.code or None) == (rule.status, rule.code)
    assert (told.paid_minor[0], told.left_minor[0], told.lapsed_minor[0]) == (
        rule.bought_minor, rule.queued_minor, rule.lapsed_minor,
    )  # fmt: skip


# --- capital ------------------------------------------------------------------------------------


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_call_and_a_distribution_of_one_day_are_one_wire(call: int, distribution: int) -> None:
    legs = [
        Leg("CUSTODIAN", "USD", DAY, SESSION, minor, "FUND", "PE_V")
        for minor in (call, -distribution)
    ]
    (wire,) = net(legs)
    assert wire.amount_minor == net_wire(call, distribution)


# --- valuation ----------------------------------------------------------------------------------

LEVELS = st.lists(st.integers(3000_00, 5000_00), min_size=1, max_size=5)


@given(st.integers(1, 10**10), st.integers(1, 10**10), LEVELS)
def test_a_strike_books_the_difference_that_a_new_mark_makes(
    old: int, new: int, levels: list[int]
) -> None:
    terms = next(fund for fund in book().funds if fund.fund_id == "TDF_2045")
    (sleeve,) = terms.sleeves
    terms = replace(terms, sleeves=(replace(sleeve, opening_minor=old),))
    state = FundState(session=SESSION)
    state.book.note(book(), SESSION)
    fund = state.funds[terms.fund_id] = Fund.opening(terms)
    befores = [sleeve.opening_proxy, *levels[:-1]]
    first = SESSION - timedelta(days=len(levels) - 1)
    steps = [
        RollStep(first + timedelta(days=at), before, after, 0, 0, 0, Ratio(0, 1))
        for at, (before, after) in enumerate(zip(befores, levels, strict=True))
    ]
    fund.sleeves[sleeve.vehicle_id].steps = steps[:-1]
    state.levels = {
        (name, SESSION): [IndexLevel("market", name, SESSION, level, 0)]
        for name, level in ((terms.liquid_index, 1000_00), (sleeve.proxy_id, levels[-1]))
    }
    state.marks[terms.fund_id] = [
        ManagerMark(
            sleeve.manager, "M1", sleeve.vehicle_id, terms.fund_id,
            sleeve.opening_measurement_date, new, "USD", 0,
        )
    ]  # fmt: skip
    holds: list[HoldReason] = []
    (booked,) = assets_of(state, fund, SESSION, holds).true_ups
    rule = true_up(old, new, steps, sleeve.beta)
    assert not holds
    assert (booked.estimate_minor, booked.value_minor) == (rule.old_minor, rule.new_minor)
    assert booked.value_minor - booked.estimate_minor == rule.difference_minor
