"""Gates and queues: goldens G18 and G19, the four disciplines, caps that change by date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.liquidity import (
    Bases,
    CapBasis,
    CapPeriod,
    GateCap,
    Movement,
    Suspension,
    cap_room,
    caps_in_force,
    filled_amount,
    filled_units,
    gate_room,
    is_same_period,
    proration_factor,
)
from gateway.core.money import Ratio
from gateway.core.redemption_queue import (
    CarryPolicy,
    GateFill,
    Request,
    Tranche,
    TranchePricing,
    apply_gate,
    convert_queue,
    gated_exchange,
    price_tranches,
)

MILLION = 100_000_000
"""A million dollars in cents."""
JAN, FEB, MAR = date(2027, 1, 29), date(2027, 2, 26), date(2027, 3, 31)
YEAR_START = date(2027, 1, 1)
MONTHLY = GateCap(
    "MONTH", Ratio(2, 100), CapBasis.PRIOR_MONTH_NAV, CapPeriod.MONTH, False, YEAR_START, None
)
QUARTERLY = GateCap(
    "QUARTER", Ratio(5, 100), CapBasis.PRIOR_QUARTER_NAV, CapPeriod.QUARTER, False, YEAR_START,
    None,
)  # fmt: skip
CAPS = (MONTHLY, QUARTERLY)
TENTH = MILLION // 10


def bases(prior_month: int, prior_quarter: int = 1000 * MILLION) -> Bases:
    return Bases(prior_month, 0, prior_month, prior_quarter)


def asked(amount: int, on: date = MAR, held: int = 0, name: str = "R") -> Request:
    return Request(name, on, amount, held)


def paid(fills: tuple[GateFill, ...]) -> list[int]:
    return [each.paid for each in fills]


def test_g18_each_month_pays_the_least_that_its_month_and_its_quarter_leave() -> None:
    movements: list[Movement] = []
    january = gate_room(CAPS, JAN, bases(1000 * MILLION), movements)
    assert january == 20 * MILLION
    movements.append(Movement(JAN, 18 * MILLION))
    february = gate_room(CAPS, FEB, bases(990 * MILLION), movements)
    assert february == 198 * TENTH
    movements.append(Movement(FEB, 198 * TENTH))
    assert cap_room(MONTHLY, MAR, bases(980 * MILLION), movements) == 196 * TENTH
    assert gate_room(CAPS, MAR, bases(980 * MILLION), movements) == 122 * TENTH
    april = date(2027, 4, 30)
    assert gate_room(CAPS, april, bases(960 * MILLION, 970 * MILLION), movements) == 192 * TENTH


@pytest.mark.parametrize(
    ("policy", "old_paid", "new_paid", "queued", "lapsed"),
    [
        (CarryPolicy.CARRY, 2_992_452_83, 9_207_547_17, 9 * MILLION, 0),
        (CarryPolicy.FIFO, 52 * TENTH, 7 * MILLION, 9 * MILLION, 0),
        (CarryPolicy.RESUBMIT, 2_992_452_83, 9_207_547_17, 0, 9 * MILLION),
    ],
)
def test_g18_in_march_the_disciplines_share_12_2_m_over_21_2_m(
    policy: CarryPolicy, old_paid: int, new_paid: int, queued: int, lapsed: int
) -> None:
    requests = [asked(52 * TENTH, FEB), asked(16 * MILLION)]
    fills = apply_gate(requests, 122 * TENTH, policy)
    assert paid(fills) == [old_paid, new_paid]
    assert (sum(f.queued for f in fills), sum(f.lapsed for f in fills)) == (queued, lapsed)


def test_g18_under_resubmit_february_lapses_and_march_gets_76_25_percent() -> None:
    (february,) = apply_gate([asked(25 * MILLION, FEB)], 198 * TENTH, CarryPolicy.RESUBMIT)
    assert (february.paid, february.lapsed, february.queued) == (198 * TENTH, 52 * TENTH, 0)
    factor = proration_factor(122 * TENTH, 16 * MILLION)
    assert factor == Ratio(61, 80)
    assert Fraction(factor.num, factor.den) == Fraction("0.7625")


def test_g18_the_factors_are_exact_and_in_lowest_terms() -> None:
    assert proration_factor(122 * TENTH, 212 * TENTH) == Ratio(61, 106)
    assert proration_factor(7 * MILLION, 16 * MILLION) == Ratio(7, 16)


@pytest.mark.parametrize(
    ("room", "factor"), [(0, "0/1"), (99, "99/100"), (100, "1/1"), (101, "1/1")]
)
def test_a_factor_is_never_above_one(room: int, factor: str) -> None:
    assert str(proration_factor(room, 100)) == factor
    assert proration_factor(room, 0) == Ratio(1, 1)


def test_g19_the_buy_leg_of_a_gated_exchange_shrinks_to_what_is_released() -> None:
    sold = filled_amount(100_000_00, Ratio(61, 106))
    assert sold == 57_547_17
    made = gated_exchange(GateFill("X", sold, 100_000_00 - sold, 0), TranchePricing.PER_TRANCHE)
    assert made.sold_minor == made.bought_minor == 57_547_17
    assert made.queued_minor == 42_452_83
    assert (made.status, made.code) == ("PARTIALLY_FILLED", "GATM")


@pytest.mark.parametrize(
    ("fill", "status", "code"),
    [
        (GateFill("X", 100, 0, 0), "FILLED", None),
        (GateFill("X", 99, 1, 0), "PARTIALLY_FILLED", "GAT1"),
        (GateFill("X", 99, 0, 1), "PARTIALLY_FILLED", "GAT1"),
        (GateFill("X", 0, 100, 0), "NOT_FILLED", "GAT1"),
    ],
)
def test_an_exchange_says_how_far_it_was_filled(
    fill: GateFill, status: str, code: str | None
) -> None:
    made = gated_exchange(fill, TranchePricing.ONE_NAV)
    assert (made.status, made.code) == (status, code)
    assert (made.queued_minor, made.lapsed_minor) == (fill.queued, fill.lapsed)


def test_a_stated_factor_rounds_money_half_up_and_units_down() -> None:
    assert [filled_amount(n, Ratio(1, 2)) for n in (1, 2, 3)] == [1, 1, 2]
    assert [filled_units(n, Ratio(1, 2)) for n in (1, 2, 3)] == [0, 1, 1]
    assert (filled_amount(100, Ratio(2, 3)), filled_units(100, Ratio(2, 3))) == (67, 66)


# --- caps ---------------------------------------------------------------------------------


def test_an_exception_for_one_month_gives_way_to_the_usual_cap_when_it_is_over() -> None:
    march = replace(QUARTERLY, cap=Ratio(7, 100), first=date(2027, 3, 1), last=date(2027, 3, 31))
    for caps in permutations((QUARTERLY, march)):
        shares = [
            caps_in_force(caps, day)[0].cap.num
            for day in (date(2027, 2, 28), date(2027, 3, 1), MAR, date(2027, 4, 1))
        ]
        assert shares == [5, 7, 7, 5]


def test_a_cap_holds_from_its_first_day_and_none_before() -> None:
    assert caps_in_force([MONTHLY], date(2026, 12, 31)) == ()
    assert gate_room([MONTHLY], date(2026, 12, 31), bases(MILLION), []) is None
    assert caps_in_force(CAPS[::-1], YEAR_START) == CAPS


def test_two_versions_of_a_cap_from_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="two versions of cap MONTH begin on 2027-01-01"):
        caps_in_force([MONTHLY, replace(MONTHLY, cap=Ratio(1, 100))], JAN)


@pytest.mark.parametrize(
    ("basis", "room"),
    [(CapBasis.NAV, 10), (CapBasis.UNITS, 20), (CapBasis.PRIOR_MONTH_NAV, 30),
     (CapBasis.PRIOR_QUARTER_NAV, 40)],
)  # fmt: skip
def test_a_cap_is_a_share_of_the_basis_it_names(basis: CapBasis, room: int) -> None:
    cap = replace(MONTHLY, cap=Ratio(10, 100), basis=basis)
    assert cap_room(cap, MAR, Bases(100, 200, 300, 409), []) == room


def test_caps_in_units_do_not_stand_beside_caps_in_money() -> None:
    mixed = (MONTHLY, replace(QUARTERLY, basis=CapBasis.UNITS))
    with pytest.raises(ValueError, match="state them in one measure"):
        gate_room(mixed, MAR, bases(MILLION), [])


def test_a_cap_net_of_subscriptions_lets_out_what_came_in() -> None:
    moved = [Movement(FEB, 5, 9), Movement(MAR, 3, 4)]
    gross = replace(MONTHLY, cap=Ratio(1, 10))
    assert cap_room(gross, MAR, bases(100), moved) == 7
    assert cap_room(replace(gross, net_of_subscriptions=True), MAR, bases(100), moved) == 11
    nothing_came = [Movement(MAR, 3)]
    assert cap_room(replace(gross, net_of_subscriptions=True), MAR, bases(100), nothing_came) == 7
    quarter = replace(gross, period=CapPeriod.QUARTER)
    assert cap_room(quarter, MAR, bases(100), moved) == 2


def test_what_is_used_up_leaves_nothing_and_never_less() -> None:
    assert cap_room(replace(MONTHLY, cap=Ratio(1, 10)), MAR, bases(100), [Movement(MAR, 11)]) == 0


@pytest.mark.parametrize(
    ("period", "other", "same"),
    [
        (CapPeriod.DEALING_DAY, MAR, True),
        (CapPeriod.DEALING_DAY, date(2027, 3, 30), False),
        (CapPeriod.MONTH, date(2027, 3, 1), True),
        (CapPeriod.MONTH, date(2027, 2, 28), False),
        (CapPeriod.MONTH, date(2026, 3, 31), False),
        (CapPeriod.QUARTER, date(2027, 1, 1), True),
        (CapPeriod.QUARTER, date(2026, 12, 31), False),
        (CapPeriod.QUARTER, date(2027, 4, 1), False),
        (CapPeriod.QUARTER, date(2026, 2, 1), False),
    ],
)
def test_payments_count_in_their_own_period(period: CapPeriod, other: date, same: bool) -> None:
    assert is_same_period(period, MAR, other) is same


def test_quarters_begin_in_january_april_july_and_october() -> None:
    months = [date(2027, month, 15) for month in range(1, 13)]
    alike = [[is_same_period(CapPeriod.QUARTER, one, other) for other in months] for one in months]
    assert alike == [[a // 3 == b // 3 for b in range(12)] for a in range(12)]


@pytest.mark.parametrize(
    ("day", "room"),
    [(date(2027, 2, 28), 2), (date(2027, 3, 1), 0), (MAR, 0), (date(2027, 4, 1), 2)],
)
def test_nothing_is_let_out_during_a_suspension(day: date, room: int) -> None:
    closed = [Suspension(date(2027, 3, 1), MAR)]
    assert gate_room([MONTHLY], day, bases(100), [], closed) == room
    for_now = [Suspension(date(2027, 3, 1), None)]
    assert gate_room([MONTHLY], date(2028, 1, 3), bases(100), [], for_now) == 0


# --- disciplines ---------------------------------------------------------------------------


def test_ratable_pays_by_units_held_and_never_beyond_an_ask() -> None:
    # 100 over holdings 60, 30, 10 is 60, 30, 10; the first wants 40 only, and its 20 go to
    # the others as 15 and 5.
    requests = [asked(40, held=60), asked(90, held=30), asked(90, held=10)]
    assert paid(apply_gate(requests, 100, CarryPolicy.RATABLE)) == [40, 45, 15]
    # Who asks for more gets no more.
    greedy = [asked(40, held=60), asked(90, held=30), asked(9000, held=10)]
    assert paid(apply_gate(greedy, 100, CarryPolicy.RATABLE)) == [40, 45, 15]


def test_ratable_pays_nothing_to_those_who_hold_nothing() -> None:
    fills = apply_gate([asked(10, held=0), asked(10, held=1)], 15, CarryPolicy.RATABLE)
    assert paid(fills) == [0, 10]
    assert [each.queued for each in fills] == [10, 0]


def test_fifo_shares_within_a_dealing_day_in_proportion() -> None:
    requests = [asked(10, MAR), asked(4, JAN), asked(30, MAR), asked(6, FEB)]
    assert paid(apply_gate(requests, 30, CarryPolicy.FIFO)) == [5, 4, 15, 6]
    assert paid(apply_gate(requests, 9, CarryPolicy.FIFO)) == [0, 4, 0, 5]


def test_without_a_gate_everything_is_paid() -> None:
    for policy in CarryPolicy:
        fills = apply_gate([asked(10, held=1), asked(0), asked(7, held=1)], None, policy)
        assert paid(fills) == [10, 0, 7]
        assert apply_gate([], None, policy) == ()


REQUESTS = st.lists(
    st.builds(
        Request,
        request_id=st.just("R"),
        asked_on=st.sampled_from([JAN, FEB, MAR]),
        amount=st.integers(0, 10**12),
        held=st.integers(0, 10**12),
    ),
    max_size=8,
)
POLICIES = st.sampled_from(CarryPolicy)
ROOMS = st.integers(0, 10**13)


@given(requests=REQUESTS, room=ROOMS, policy=POLICIES)
def test_l1_what_is_paid_waits_or_lapses_is_what_was_asked(
    requests: list[Request], room: int, policy: CarryPolicy
) -> None:
    fills = apply_gate(requests, room, policy)
    for request, fill in zip(requests, fills, strict=True):
        assert min(fill.paid, fill.queued, fill.lapsed) >= 0
        assert fill.paid + fill.queued + fill.lapsed == request.amount
        assert fill.lapsed == 0 or policy is CarryPolicy.RESUBMIT
        assert fill.queued == 0 or policy is not CarryPolicy.RESUBMIT
    total = sum(paid(fills))
    able = [each.amount for each in requests if policy is not CarryPolicy.RATABLE or each.held]
    assert total == min(room, sum(able))


@given(requests=REQUESTS, room=ROOMS, more=st.integers(0, 10**12), policy=POLICIES)
def test_a_larger_room_pays_nobody_less_but_for_a_last_cent(
    requests: list[Request], room: int, more: int, policy: CarryPolicy
) -> None:
    before = paid(apply_gate(requests, room, policy))
    after = paid(apply_gate(requests, room + more, policy))
    assert all(now >= then - 1 for then, now in zip(before, after, strict=True))


@given(requests=REQUESTS, room=ROOMS, policy=POLICIES, order=st.randoms(use_true_random=False))
def test_the_order_of_requests_moves_a_last_cent_between_equals_at_most(
    requests: list[Request], room: int, policy: CarryPolicy, order: Random
) -> None:
    at = list(range(len(requests)))
    order.shuffle(at)
    fills = paid(apply_gate(requests, room, policy))
    shuffled = paid(apply_gate([requests[i] for i in at], room, policy))
    put_back = dict(zip(at, shuffled, strict=True))
    by_holding = policy is CarryPolicy.RATABLE
    weights = [each.held if by_holding else each.amount for each in requests]
    for index, weight in enumerate(weights):
        assert abs(put_back[index] - fills[index]) <= (weights.count(weight) > 1)


@given(requests=REQUESTS, room=ROOMS)
def test_carry_is_the_exact_factor_within_a_cent(requests: list[Request], room: int) -> None:
    factor = proration_factor(room, sum(each.amount for each in requests))
    exact = Fraction(factor.num, factor.den)
    fills = apply_gate(requests, room, CarryPolicy.CARRY)
    for request, fill in zip(requests, fills, strict=True):
        assert abs(fill.paid - request.amount * exact) < 1


@given(requests=REQUESTS, room=ROOMS)
def test_fifo_leaves_an_older_request_open_only_if_no_newer_one_is_paid(
    requests: list[Request], room: int
) -> None:
    fills = apply_gate(requests, room, CarryPolicy.FIFO)
    waits = [r.asked_on for r, f in zip(requests, fills, strict=True) if f.queued]
    served = [r.asked_on for r, f in zip(requests, fills, strict=True) if f.paid]
    assert not waits or not served or max(served) <= min(waits)


@given(requests=REQUESTS, room=ROOMS)
def test_under_ratable_two_that_wait_have_the_same_for_each_unit(
    requests: list[Request], room: int
) -> None:
    fills = apply_gate(requests, room, CarryPolicy.RATABLE)
    waiting = [
        (f.paid, r.held) for r, f in zip(requests, fills, strict=True) if f.queued > 1 and r.held
    ]
    for one, units in waiting:
        for other, others in waiting:
            # Each is within a cent of its exact share.
            assert abs(one * others - other * units) <= units + others


# --- pricing and conversion ------------------------------------------------------------------


def test_one_nav_pays_all_parts_at_the_first_and_per_tranche_each_at_its_own() -> None:
    parts = [Tranche(1_000, 10_00), Tranche(500, 9_00), Tranche(500, 11_00)]
    one = price_tranches(parts, TranchePricing.ONE_NAV, nav_scale=2, unit_scale=0)
    each = price_tranches(parts, TranchePricing.PER_TRANCHE, nav_scale=2, unit_scale=0)
    assert one == [10_000_00, 5_000_00, 5_000_00]
    assert each == [10_000_00, 4_500_00, 5_500_00]


@given(units=st.lists(st.integers(0, 10**9), min_size=1, max_size=6), nav=st.integers(1, 10**7))
def test_l1_parts_at_one_nav_add_up_to_the_value_of_the_whole(units: list[int], nav: int) -> None:
    parts = [Tranche(each, nav) for each in units]
    one = price_tranches(parts, TranchePricing.ONE_NAV, nav_scale=4, unit_scale=4)
    whole = price_tranches(
        [Tranche(sum(units), nav)], TranchePricing.PER_TRANCHE, nav_scale=4, unit_scale=4
    )
    assert [sum(one)] == whole
    assert min(one) >= 0


def test_a_queue_ended_for_good_pays_all_holders_by_units_and_lapses() -> None:
    queue = apply_gate([asked(60), asked(30)], 45, CarryPolicy.CARRY)
    made = convert_queue(queue, [500, 300, 200], 1_000_01)
    assert made.shares_minor == (500_01, 300_00, 200_00)
    assert made.lapsed == 45
