"""What accounts are due at the correct NAV, and who pays what is left."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.dilution import NavErrorKind, Scales
from gateway.core.money import split, units_for
from gateway.core.nav_correction import (
    CorrectionTotals,
    Filled,
    KeptFill,
    NavCorrection,
    Settled,
    due,
    paid_change,
    sessions_back,
    settled,
    worth_fixing,
)
from gateway.ops.calendars import us_calendar
from gateway.ops.nav_error.figures import Correct, Side, Terms, Traded, session_error

DAY = date(2026, 11, 24)
SCALES = Scales(nav=2, units=4)


def filled(nav: int, buys: dict[int, int], sells: dict[int, int], plan: int = 0) -> Filled:
    """A fill of one plan: money by account, units shared by it."""
    accounts = sorted({*buys, *sells})
    bought_minor = [buys.get(who, 0) for who in accounts]
    sold_minor = [sells.get(who, 0) for who in accounts]
    units = [
        split(units_for(sum(column), nav, nav_scale=2, unit_scale=4), column)
        if any(column) else [0] * len(column)
        for column in (bought_minor, sold_minor)
    ]  # fmt: skip
    columns = [
        np.array(column, np.int64)
        for column in (
            [plan] * len(accounts), accounts, bought_minor, sold_minor, *units, [0] * len(accounts)
        )
    ]  # fmt: skip
    return Filled(nav, *columns)


def correction(kind: NavErrorKind, published: int = 1243, nav: int = 1236) -> NavCorrection:
    return NavCorrection(
        "FUND", DAY, DAY, "D1", kind, published, nav, 2, 4, "ana", "ben", "a wrong price"
    )


def totals(
    *, net: int = 0, overpaid: int = 0, short: int = 0, left: int = 0, left_minor: int = 0
) -> CorrectionTotals:
    return CorrectionTotals(
        0, "FUND", DAY, "D1", net, 0, overpaid, short, left, left_minor, (), (),
        np.zeros(0, np.int64),
    )  # fmt: skip


def test_golden_g23_a_is_due_units_and_b_was_paid_too_much() -> None:
    found = due([filled(1243, {1: 10_000_00}, {2: 62_150_00})], 1236, SCALES)
    assert found.account.tolist() == [1, 2]
    assert found.units.tolist() == [4_5563, 0]
    assert found.minor.tolist() == [0, -350_00]


def test_golden_g23_c_is_left_as_it_is() -> None:
    assert worth_fixing(4_5563, 0, 1236, SCALES)
    assert not worth_fixing(2278, 0, 1236, SCALES)
    # Both thresholds count themselves.
    assert worth_fixing(0, -10_00, 1236, SCALES)
    assert not worth_fixing(0, -9_99, 1236, SCALES)


def test_an_account_in_several_fills_is_looked_at_once() -> None:
    fills = [filled(1243, {1: 10_000_00}, {}), filled(1243, {1: 5_000_00}, {})]
    found = due(fills, 1236, SCALES)
    assert (found.account.tolist(), len(found.units)) == ([1], 1)
    assert found.units[0] == 4_5563 + 2_2781


def test_what_was_filled_at_the_correct_nav_already_is_due_nothing() -> None:
    found = due([filled(1236, {1: 10_000_00}, {2: 61_800_00})], 1236, SCALES)
    assert not found.units.any()
    assert not found.minor.any()


@pytest.mark.parametrize("minor", [10**16 + 1, 2**53 + 1])
def test_what_is_due_is_exact_however_large_a_plan_is(minor: int) -> None:
    """At 100.00 a cent buys the least part of a unit there is; floating point would lose one."""
    found = due([filled(100_00, {1: minor}, {2: minor})], 100_00, SCALES)
    assert (found.units.tolist(), found.minor.tolist()) == ([0, 0], [0, 0])
    halved = due([filled(200_00, {1: 2 * minor}, {2: 2 * minor})], 100_00, SCALES)
    assert (halved.units.tolist(), halved.minor.tolist()) == ([minor, 0], [0, -minor])


def test_plans_of_a_fill_are_computed_each_on_its_own() -> None:
    both = filled(1243, {1: 10_000_00, 2: 5_000_00}, {})
    apart = Filled(1243, np.array([3, 8], np.int64), *(
        getattr(both, name)
        for name in ("account", "buy_minor", "sell_minor", "bought", "sold", "kept_minor")
    ))  # fmt: skip
    assert due([apart], 1236, SCALES).units.tolist() == [4_5563, 2_2781]


@pytest.mark.parametrize("fills", [[], [filled(1243, {}, {})]])
def test_no_orders_are_due_nothing_and_nothing_is_a_whole_number_too(fills: list[Filled]) -> None:
    found = due(fills, 1236, SCALES)
    assert (len(found.account), len(found.units), len(found.minor)) == (0, 0, 0)
    assert {found.account.dtype, found.units.dtype, found.minor.dtype} == {np.dtype(np.int64)}


def test_an_account_that_bought_and_sold_is_looked_at_as_a_whole() -> None:
    """0.4855 units at 12.36 are worth 6.00."""
    assert worth_fixing(4855, 4_00, 1236, SCALES)
    assert worth_fixing(-4855, -4_00, 1236, SCALES)
    assert not worth_fixing(4855, 3_99, 1236, SCALES)
    assert not worth_fixing(-4855, 4_00, 1236, SCALES)


def test_golden_g23_the_payer_pays_the_overpayment_and_the_fund_keeps_what_c_lost() -> None:
    told = [totals(overpaid=350_00), totals(left=2278)]
    assert settled(correction(NavErrorKind.MATERIAL), told) == Settled(350_00, 2_82)


def test_a_net_loss_by_accounts_that_are_left_is_paid_too() -> None:
    told = [totals(left=-2278, short=1_0000)]
    assert settled(correction(NavErrorKind.MATERIAL), told) == Settled(12_36 + 2_82, 0)


def test_golden_g23_an_error_that_is_not_material_is_settled_by_net_units() -> None:
    loss = correction(NavErrorKind.IMMATERIAL, 1240, 1237)
    assert settled(loss, [totals(net=5_000_0000), totals(net=-25_000_0000)]) == Settled(600_00, 0)
    assert settled(loss, [totals(net=10_000_0000)]) == Settled(0, 300_00)


@pytest.mark.parametrize(
    ("change", "paid", "kept", "is_paid"),
    [
        (400_00, 39_600_00, 400_00, 396_00),
        (-400_00, 39_600_00, 400_00, -396_00),
        (400_00, 40_000_00, 0, 400_00),
        # Half a cent of fifty is kept: half-up, away from zero.
        (50, 99, 1, 49),
        (-50, 99, 1, -49),
    ],
)
def test_of_a_change_of_proceeds_the_fund_keeps_the_share_it_kept(
    change: int, paid: int, kept: int, is_paid: int
) -> None:
    assert paid_change(change, paid, kept) == is_paid


def test_sessions_back_ends_where_the_calendar_begins() -> None:
    calendar = us_calendar(2026, 2026)
    assert sessions_back(calendar, date(2026, 11, 30), 2) == date(2026, 11, 25)
    assert sessions_back(calendar, date(2026, 1, 5), 10) == date(2026, 1, 2)


def test_a_fill_is_kept_in_little_room_and_read_back_whole() -> None:
    before = filled(1243, {1: 10_000_00, 4: 5_00}, {}, plan=3)
    kept = KeptFill.of(
        1243, before.account, before.buy_minor, before.sell_minor, before.bought, before.sold
    )
    assert [len(each) for each in kept.columns] == [2, 0, 2, 0, 0], "what is zero takes no room"
    assert kept.account.dtype == np.int32
    after = kept.filled(before.plan)
    assert after.nav == 1243
    for name in ("plan", "account", "buy_minor", "sell_minor", "bought", "sold", "kept_minor"):
        then, now = getattr(before, name), getattr(after, name)
        assert (now.tolist(), now.dtype) == (then.tolist(), np.int64), name


def let_out() -> KeptFill:
    """5,000 units at 12.43 that a gate let out: 2 % of 62,150.00 was kept."""
    paid, sold, kept = (np.array([n], np.int64) for n in (60_907_00, 5_000_0000, 1_243_00))
    return KeptFill.met(1243, np.array([2], np.int64), DAY, paid, sold, kept)


def test_what_a_gate_let_out_is_kept_with_what_the_fund_kept_of_it() -> None:
    kept = let_out()
    assert kept.account.dtype == np.int32
    assert (kept.met_on, len(kept.columns[0])) == (DAY, 0)
    fill = kept.filled(np.array([7], np.int64))
    assert (fill.nav, fill.plan.tolist(), fill.account.tolist()) == (1243, [7], [2])
    assert [fill.buy_minor.tolist(), fill.bought.tolist()] == [[0], [0]]
    assert {each.dtype for each in (fill.buy_minor, fill.bought)} == {np.dtype(np.int64)}
    assert [fill.sell_minor.tolist(), fill.sold.tolist()] == [[60_907_00], [5_000_0000]]
    assert fill.kept_minor.tolist() == [1_243_00]


def test_of_what_is_due_the_fund_keeps_the_share_it_kept_of_the_proceeds() -> None:
    """The proceeds were 350.00 too much; 2 % of that, 7.00, were never paid."""
    found = due([let_out().filled(np.array([0], np.int64))], 1236, SCALES)
    assert (found.units.tolist(), found.minor.tolist()) == ([0], [-343_00])


@pytest.mark.parametrize(
    ("change", "paid", "kept", "due_minor"),
    [
        (100_00, 98_00, 2_00, 98_00),
        (-100_00, 98_00, 2_00, -98_00),
        (25, 98_00, 2_00, 24),
        (24, 98_00, 2_00, 24),
        (24, 98_00, 0, 24),
        (100, 99, 1, 99),
        (100_00, 0, 5_00, 0),
    ],
)
def test_half_a_cent_of_what_a_change_leaves_in_the_fund_is_kept(
    change: int, paid: int, kept: int, due_minor: int
) -> None:
    assert paid_change(change, paid, kept) == due_minor


MONEY = st.dictionaries(st.integers(0, 6), st.integers(1, 5_000_000_00), max_size=5)
NAVS = st.integers(800, 2000)


@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=3), NAVS, NAVS)
def test_accounts_are_due_what_the_command_computes_for_them(
    orders: list[tuple[dict[int, int], dict[int, int]]], published: int, nav: int
) -> None:
    fills = [filled(published, *each) for each in orders]
    found = due(fills, nav, SCALES)
    traded = [
        Traded("PLN", "RK", side, DAY, tuple(f"{fill.account[row]}" for row in rows),
               tuple(minor[rows].tolist()), tuple(units[rows].tolist()))
        for fill in fills
        for side, minor, units in ((Side.PURCHASE, fill.buy_minor, fill.bought),
                                   (Side.REDEMPTION, fill.sell_minor, fill.sold))
        if len(rows := np.flatnonzero(minor))
    ]  # fmt: skip
    terms = Terms("FUND", "USD", SCALES, 10_00)
    error = session_error(DAY, published, Correct(nav, 2), traded, terms)
    if error.kind is not NavErrorKind.MATERIAL:
        return
    by_account = {(int(each.participant), each.side): each for each in error.accounts}
    for at, who in enumerate(found.account.tolist()):
        bought, sold = (by_account.get((who, side)) for side in Side)
        assert int(found.units[at]) == (0 if bought is None else bought.units_change)
        assert int(found.minor[at]) == (0 if sold is None else sold.minor_change)
        for change, row in ((bought, (int(found.units[at]), 0)), (sold, (0, int(found.minor[at])))):
            if change is not None and any(row):
                assert worth_fixing(*row, nav, SCALES) == change.corrected


@given(MONEY, MONEY, NAVS, NAVS)
def test_accounts_add_up_to_their_plan(
    buys: dict[int, int], sells: dict[int, int], published: int, nav: int
) -> None:
    fill = filled(published, buys, sells)
    found = due([fill], nav, SCALES)
    before, after = (SCALES.units_for(sum(buys.values()), each) for each in (published, nav))
    assert int(found.units.sum()) == after - before
    sold = int(fill.sold.sum())
    was, should = (SCALES.value_of(sold, each) for each in (published, nav))
    assert int(found.minor.sum()) == should - was
