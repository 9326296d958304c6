"""Minority limits: goldens G11 to G15, boundaries, and order lines over whole batches."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.limits import (
    BreachState,
    CallTreatment,
    ExcessPolicy,
    Limit,
    LimitScope,
    Sharing,
    grant,
    headroom,
    inflow_to_cure,
    is_above_soft_cap,
    is_within,
    redemption_capacity,
    review,
    treat_call,
)
from gateway.core.line_limits import (
    PARTICIPANT_SCOPE,
    PLAN_SCOPE,
    Base,
    Caps,
    Lines,
    Tested,
    hold_lines,
    hold_lines_reference,
)
from gateway.core.money import Ratio
from gateway.core.vocabulary import I64

CAP = Ratio(15, 100)
MILLION = 100_000_000
"""A million dollars in cents."""
AMOUNTS = st.integers(0, 10**13)
CAPS = st.builds(lambda den, part: Ratio(part % (den + 1), den), st.integers(1, 10**4), AMOUNTS)


def limit(soft_cap: Ratio | None = None) -> Limit:
    return Limit("L1", LimitScope.FUND, CAP, soft_cap, ExcessPolicy.TRIM, cure_days=90)


@pytest.mark.parametrize(("alternative", "within"), [(1499, True), (1500, True), (1501, False)])
def test_a_share_just_under_and_at_the_cap_is_within_and_just_over_is_not(
    alternative: int, within: bool
) -> None:
    assert is_within(alternative, 10_000, CAP) is within


def test_g11_a_purchase_is_trimmed_to_the_headroom_after_the_inflow() -> None:
    after_inflow = 205 * MILLION
    assert not is_within(31 * MILLION, after_inflow, CAP)
    assert headroom(29 * MILLION, after_inflow, CAP) == 175_000_000
    assert is_within(29 * MILLION + 175_000_000, after_inflow, CAP)
    assert not is_within(29 * MILLION + 175_000_001, after_inflow, CAP)


@pytest.mark.parametrize(
    ("sharing", "granted"),
    [(Sharing.FIFO, [100_000_000, 75_000_000]), (Sharing.PRO_RATA, [87_500_000, 87_500_000])],
)
def test_g12_two_purchases_race_for_the_headroom(sharing: Sharing, granted: list[int]) -> None:
    assert grant([100_000_000, 100_000_000], 175_000_000, sharing) == granted


def test_g13_an_exchange_has_the_headroom_of_an_unchanged_account() -> None:
    assert not is_within(12_300_00, 80_000_00, CAP)
    assert headroom(11_800_00, 80_000_00, CAP) == 200_00


def test_g14_a_market_fall_opens_a_passive_breach_that_only_the_full_inflow_cures() -> None:
    fallen = 165_600_000_00
    opened = review(28 * MILLION, fallen, limit(), date(2026, 11, 2), BreachState())
    assert opened == BreachState(date(2026, 11, 2), date(2027, 1, 31))
    assert opened.buys_frozen
    later = review(28 * MILLION, 175_600_000_00, limit(), date(2026, 11, 3), opened)
    assert later == opened
    cure = inflow_to_cure(28 * MILLION, fallen, CAP)
    assert cure == 21_066_666_67
    assert review(28 * MILLION, fallen + cure - 1, limit(), date(2026, 11, 4), later) == opened
    cured = review(28 * MILLION, fallen + cure, limit(), date(2026, 11, 4), later)
    assert cured == BreachState()
    assert not cured.buys_frozen


def test_g14_a_call_on_an_old_commitment_is_paid_and_logged_while_in_breach() -> None:
    open_breach = BreachState(date(2026, 11, 2), date(2027, 1, 31))
    within = (10 * MILLION, 100 * MILLION, 1 * MILLION, CAP)
    assert treat_call(*within, open_breach) is CallTreatment.PASSIVE_COMMITMENT
    assert treat_call(*within, BreachState()) is CallTreatment.ORDINARY


@pytest.mark.parametrize(
    ("call_minor", "treatment"),
    [(99, "ORDINARY"), (100, "ORDINARY"), (101, "PASSIVE_COMMITMENT")],
)
def test_a_call_that_passes_the_cap_is_passive_too(call_minor: int, treatment: str) -> None:
    assert treat_call(1400, 10_000, call_minor, CAP, BreachState()) == treatment


def test_g15_redemptions_are_paid_from_liquid_up_to_the_cap() -> None:
    assert redemption_capacity(100 * MILLION, 12 * MILLION, CAP) == 20 * MILLION


@pytest.mark.parametrize(("alternative", "warned"), [(1249, False), (1250, False), (1251, True)])
def test_people_are_warned_above_the_soft_cap(alternative: int, warned: bool) -> None:
    assert is_above_soft_cap(alternative, 10_000, limit(Ratio(125, 1000))) is warned
    assert not is_above_soft_cap(alternative, 10_000, limit())


def test_under_a_cap_of_zero_nothing_alternative_can_be_bought_or_cured() -> None:
    nothing = Ratio(0, 1)
    assert headroom(0, 100, nothing) == 0
    assert redemption_capacity(100, 0, nothing) == 100
    assert redemption_capacity(100, 1, nothing) == 0
    assert inflow_to_cure(0, 100, nothing) == 0
    assert inflow_to_cure(1, 100, nothing) is None


@given(alternative=AMOUNTS, total=AMOUNTS, cap=CAPS)
def test_l2_headroom_fits_and_one_cent_more_does_not(
    alternative: int, total: int, cap: Ratio
) -> None:
    room = headroom(alternative, total, cap)
    if is_within(alternative, total, cap):
        assert is_within(alternative + room, total, cap)
    else:
        assert room == 0
    assert not is_within(alternative + room + 1, total, cap)


@given(alternative=AMOUNTS, total=AMOUNTS, cap=CAPS.filter(lambda cap: cap.num > 0))
def test_capacity_and_cure_are_exact_to_the_cent(alternative: int, total: int, cap: Ratio) -> None:
    paid = redemption_capacity(total, alternative, cap)
    inflow = inflow_to_cure(alternative, total, cap)
    assert inflow is not None
    assert is_within(alternative, total + inflow, cap)
    if inflow:
        assert paid == 0
        assert not is_within(alternative, total + inflow - 1, cap)
    else:
        assert is_within(alternative, total - paid, cap)
        assert not is_within(alternative, total - paid - 1, cap)


@given(asks=st.lists(AMOUNTS, max_size=12), room=st.integers(-5, 10**14))
def test_a_grant_never_exceeds_the_room_nor_any_ask_and_wastes_nothing(
    asks: list[int], room: int
) -> None:
    for sharing in Sharing:
        granted = grant(asks, room, sharing)
        assert all(0 <= got <= ask for got, ask in zip(granted, asks, strict=True))
        assert sum(granted) == min(sum(asks), max(room, 0))


# --- order lines over whole batches -------------------------------------------------------

Batch = tuple[Lines, Caps, Base]


def column(values: list[int]) -> I64:
    return np.array(values, np.int64)


@st.composite
def batches(draw: st.DrawFn, largest: int = 2000) -> Batch:
    """Batches near their caps: few plans and participants, buys, sales, deposits, payments."""
    plans = draw(st.integers(1, 3))
    plan_of = draw(st.lists(st.integers(0, plans - 1), min_size=1, max_size=6))
    count = draw(st.integers(0, 25))
    amount = st.integers(0, largest)
    signed = st.integers(-largest, largest)

    def some(of: st.SearchStrategy[int], size: int) -> I64:
        return column(draw(st.lists(of, min_size=size, max_size=size)))

    who = some(st.integers(0, len(plan_of) - 1), count)
    den = st.sampled_from([3, 20, 100, 10_000])
    total = some(st.integers(0, 20 * largest), len(plan_of))
    alternative = column([t * draw(st.integers(0, 25)) // 100 for t in total.tolist()])
    plan_alt, plan_total = np.zeros(plans, np.int64), np.zeros(plans, np.int64)
    np.add.at(plan_alt, plan_of, alternative)
    np.add.at(plan_total, plan_of, total)
    buys = some(st.one_of(st.just(0), amount), count)
    lines = Lines(who, column(plan_of)[who], buys, some(signed, count), some(signed, count))
    dens = some(den, plans), some(den, plans)
    share = st.integers(0, 40)
    nums = [column([d * draw(share) // 100 for d in each.tolist()]) for each in dens]
    flags = st.lists(st.booleans(), min_size=plans, max_size=plans)
    reject = np.array(draw(flags), np.bool_), np.array(draw(flags), np.bool_)
    return (
        lines,
        Caps(nums[0], dens[0], nums[1], dens[1], *reject),
        Base(alternative, total, plan_alt, plan_total),
    )


def applied(lines: Lines, base: Base, tested: Tested) -> Base:
    """The amounts after the lines."""
    after = Base(*(getattr(base, each.name).copy() for each in fields(Base)))
    stands = ~tested.void
    for slots, alt, total in (
        (lines.participant, after.participant_alt, after.participant_total),
        (lines.plan, after.plan_alt, after.plan_total),
    ):
        np.add.at(alt, slots, (tested.accepted + lines.alt_other) * stands)
        np.add.at(total, slots, lines.total_change * stands)
    return after


def part(lines: Lines, rows: slice) -> Lines:
    return Lines(*(getattr(lines, each.name)[rows] for each in fields(Lines)))


def assert_alike(one: Tested, other: Tested) -> None:
    for each in fields(Tested):
        left, right = getattr(one, each.name), getattr(other, each.name)
        assert left.tolist() == right.tolist(), each.name


def by_fractions(lines: Lines, caps: Caps, base: Base) -> list[tuple[int, bool]]:
    """Accepted and void per line, from the rule as it is written, in fractions."""
    answers: list[tuple[int, bool]] = []
    for row in range(len(lines.plan)):
        one = part(lines, slice(row, row + 1))
        plan, buy = int(one.plan[0]), int(one.alt_buy[0])
        rooms = []
        for num, den, alt, total in (
            (caps.participant_num, caps.participant_den, base.participant_alt[one.participant],
             base.participant_total[one.participant]),
            (caps.plan_num, caps.plan_den, base.plan_alt[one.plan], base.plan_total[one.plan]),
        ):  # fmt: skip
            cap = Fraction(int(num[plan]), int(den[plan]))
            most = cap * (int(total[0]) + int(one.total_change[0])) // 1
            rooms.append(max(0, most - int(alt[0]) - int(one.alt_other[0])))
        got = min(buy, *rooms)
        binding = caps.participant_reject if rooms[0] <= rooms[1] else caps.plan_reject
        void = got < buy and bool(binding[plan])
        answers.append((0 if void else got, void))
        base = applied(one, base, Tested(
            column([answers[-1][0]]), np.zeros(1, np.int8), column([0]), np.array([void]),
        ))  # fmt: skip
    return answers


@settings(max_examples=300)
@given(batch=batches())
def test_l2_a_batch_is_held_to_the_limits_as_the_rule_is_written(batch: Batch) -> None:
    tested = hold_lines(*batch)
    assert_alike(tested, hold_lines_reference(*batch))
    got = list(zip(tested.accepted.tolist(), tested.void.tolist(), strict=True))
    assert got == by_fractions(*batch)


@settings(max_examples=60)
@given(batch=batches(largest=2 * 10**16))
def test_amounts_whose_products_leave_int64_are_held_as_exactly(batch: Batch) -> None:
    tested = hold_lines(*batch)
    got = list(zip(tested.accepted.tolist(), tested.void.tolist(), strict=True))
    assert got == by_fractions(*batch)


@given(batch=batches(), cuts=st.lists(st.integers(0, 25), max_size=4))
def test_l4_any_cutting_of_a_batch_gives_the_same_answers(batch: Batch, cuts: list[int]) -> None:
    lines, caps, base = batch
    whole = hold_lines(lines, caps, base)
    edges = [0, *sorted(min(cut, len(lines.plan)) for cut in cuts), len(lines.plan)]
    running = base
    for start, stop in pairwise(edges):
        rows = slice(start, stop)
        piece = hold_lines(part(lines, rows), caps, running)
        assert_alike(piece, Tested(*(getattr(whole, each.name)[rows] for each in fields(Tested))))
        running = applied(part(lines, rows), running, piece)


@given(batch=batches())
def test_l2_no_purchase_leaves_its_participant_or_plan_above_the_cap(batch: Batch) -> None:
    lines, caps, base = batch
    tested = hold_lines(lines, caps, base)
    for row in range(len(lines.plan)):
        now, rows = part(lines, slice(row, row + 1)), slice(row, row + 1)
        got = Tested(*(getattr(tested, each.name)[rows] for each in fields(Tested)))
        base = applied(now, base, got)
        if not tested.accepted[row]:
            continue
        who, plan = int(now.participant[0]), int(now.plan[0])
        person_cap = Ratio(int(caps.participant_num[plan]), int(caps.participant_den[plan]))
        plan_cap = Ratio(int(caps.plan_num[plan]), int(caps.plan_den[plan]))
        person = int(base.participant_alt[who]), int(base.participant_total[who])
        assert is_within(*person, person_cap)
        assert is_within(int(base.plan_alt[plan]), int(base.plan_total[plan]), plan_cap)


def one_line(
    buy: int, *, plan_alt: int = 0, reject: bool = False, other: int = 0, change: int = 0
) -> Tested:
    """G13: an account of 80,000.00 with 11,800.00 alternatives, caps of 15 %."""
    lines = Lines(*(column([v]) for v in (0, 0, buy, other, change)))
    fifteen = column([15]), column([100])
    base = Base(
        column([11_800_00]), column([80_000_00]), column([plan_alt]), column([1_000_000_00])
    )
    return hold_lines(lines, Caps(*fifteen, *fifteen, np.array([reject]), np.array([reject])), base)


@pytest.mark.parametrize(("buy", "scope"), [(199_99, 0), (200_00, 0), (200_01, 1), (500_00, 1)])
def test_g13_a_line_over_the_participant_cap_is_trimmed_to_its_headroom(
    buy: int, scope: int
) -> None:
    tested = one_line(buy)
    assert tested.accepted.tolist() == [min(buy, 200_00)]
    assert tested.scope.tolist() == [scope]
    assert tested.headroom.tolist() == [200_00 if scope else 0]


def test_g13_a_line_over_the_cap_is_void_where_the_policy_is_to_reject() -> None:
    tested = one_line(500_00, reject=True)
    assert (tested.accepted.tolist(), tested.void.tolist()) == ([0], [True])
    assert tested.headroom.tolist() == [200_00]


def test_the_smaller_headroom_names_the_scope_and_the_participant_wins_ties() -> None:
    tie = 150_000_00 - 200_00
    assert one_line(500_00, plan_alt=tie).scope.tolist() == [PARTICIPANT_SCOPE]
    assert one_line(500_00, plan_alt=tie + 1).scope.tolist() == [PLAN_SCOPE]
    assert one_line(500_00, plan_alt=tie + 1).accepted.tolist() == [199_99]


def test_a_sale_in_the_same_line_makes_room_and_new_money_a_share_of_it() -> None:
    assert one_line(500_00, other=-300_00).accepted.tolist() == [500_00]
    assert one_line(500_00, change=1_000_00).accepted.tolist() == [350_00]


def test_money_leaving_an_account_in_breach_is_never_cut() -> None:
    tested = one_line(0, plan_alt=500_000_00, reject=True, change=-70_000_00)
    assert (tested.scope.tolist(), tested.void.tolist()) == ([0], [False])
