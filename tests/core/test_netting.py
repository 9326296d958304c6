"""Netting: goldens G03 and G10, conservation, wires released once, an
instruction's life and its correction."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.netting import (
    ALLOWED_STEPS,
    FINAL,
    OURS_ALONE,
    RELEASED,
    Correction,
    InstructionState,
    Leg,
    corrected,
    instruction_id,
    may_become,
    net,
    releasable,
    unpaid_minor,
)

FRIDAY, COLUMBUS_DAY, TUESDAY = date(2026, 10, 9), date(2026, 10, 12), date(2026, 10, 13)
DAYS = st.sampled_from([FRIDAY, COLUMBUS_DAY, TUESDAY])
LEGS = st.lists(
    st.builds(
        Leg,
        counterparty=st.sampled_from(["RK_A", "RK_B", "CUSTODIAN"]),
        currency=st.sampled_from(["USD", "EUR"]),
        settlement_date=DAYS,
        trade_date=DAYS,
        amount_minor=st.integers(-(10**12), 10**12),
        fund_id=st.sampled_from(["FUND_1", "FUND_2"]),
        reference=st.sampled_from(["PLAN_1", "PLAN_2", "PLAN_3"]),
    ),
    max_size=30,
)


def leg(
    amount_minor: int, *, trade_date: date = FRIDAY, fund_id: str = "FUND_X", currency: str = "USD"
) -> Leg:
    return Leg("RK_A", currency, TUESDAY, trade_date, amount_minor, fund_id, "PLAN_1")


def test_g03_friday_and_columbus_day_settle_as_one_wire_that_names_both_trade_dates() -> None:
    purchase = leg(1_000_000_00, trade_date=FRIDAY)
    redemption = leg(-400_000_00, trade_date=COLUMBUS_DAY)
    (wire,) = net([redemption, purchase])
    assert wire.amount_minor == 600_000_00
    assert (wire.gross_in_minor, wire.gross_out_minor) == (1_000_000_00, 400_000_00)
    assert wire.trade_dates == (FRIDAY, COLUMBUS_DAY)
    assert (wire.references, wire.legs) == (("PLAN_1",), 2)
    assert wire.is_payable


@pytest.mark.parametrize(
    ("next_session_settles", "released"),
    [(COLUMBUS_DAY, False), (TUESDAY, False), (date(2026, 10, 14), True)],
)
def test_g03_a_wire_waits_while_a_later_session_can_still_settle_on_its_day(
    next_session_settles: date, released: bool
) -> None:
    assert releasable(TUESDAY, next_session_settles) is released


def test_g10_three_funds_net_to_one_debit_and_exchanges_cancel() -> None:
    contributions = [leg(1_250_000_00, fund_id="A"), leg(84_000_00, fund_id="B")]
    loan_repayments = [leg(12_345_67, fund_id="A")]
    exchanges = [
        leg(310_000_00, fund_id="A"),
        leg(-275_500_25, fund_id="A"),
        leg(-310_000_00, fund_id="B"),
        leg(275_500_25, fund_id="C"),
    ]
    paid = [leg(-940_120_10, fund_id="A"), leg(-51_234_56, fund_id="B")]
    legs = contributions + loan_repayments + exchanges + paid
    by_fund = Counter[str]()
    for each in legs:
        by_fund[each.fund_id] += each.amount_minor
    assert by_fund == {"A": 356_725_32, "B": -277_234_56, "C": 275_500_25}
    assert sum(each.amount_minor for each in exchanges) == 0
    (wire,) = net(legs)
    assert wire.amount_minor == 354_991_01
    assert wire.fund_ids == ("A", "B", "C")


def test_currencies_are_never_netted_against_each_other() -> None:
    nets = net([leg(100), leg(-100, currency="EUR")])
    assert [(each.currency, each.amount_minor) for each in nets] == [("EUR", -100), ("USD", 100)]


def test_legs_that_cancel_are_kept_as_a_net_that_moves_no_money() -> None:
    (nothing,) = net([leg(100), leg(-100)])
    assert (nothing.amount_minor, nothing.is_payable) == (0, False)
    assert (nothing.gross_in_minor, nothing.gross_out_minor, nothing.legs) == (100, 100, 2)


@given(legs=LEGS)
def test_l1_nets_add_up_to_the_legs_per_currency_and_settlement_day(legs: list[Leg]) -> None:
    owed: Counter[tuple[str, date]] = Counter()
    netted: Counter[tuple[str, date]] = Counter()
    for each in legs:
        owed[each.currency, each.settlement_date] += each.amount_minor
    nets = net(legs)
    for wire in nets:
        netted[wire.currency, wire.settlement_date] += wire.amount_minor
        assert wire.amount_minor == wire.gross_in_minor - wire.gross_out_minor
        assert min(wire.gross_in_minor, wire.gross_out_minor) >= 0
    assert owed == netted
    assert sum(wire.legs for wire in nets) == len(legs)
    keys = [(wire.counterparty, wire.currency, wire.settlement_date) for wire in nets]
    assert all(before < after for before, after in pairwise(keys))


@given(legs=LEGS.flatmap(lambda legs: st.tuples(st.just(legs), st.permutations(legs))))
def test_l4_the_order_of_the_legs_changes_nothing(legs: tuple[list[Leg], list[Leg]]) -> None:
    as_they_came, otherwise = legs
    assert net(as_they_came) == net(otherwise)


def test_an_instruction_id_reads_as_what_it_settles() -> None:
    assert instruction_id(COLUMBUS_DAY, "RK_A", "USD", TUESDAY, 1) == "SI-20261013-RK_A-USD-1"
    assert instruction_id(COLUMBUS_DAY, "RK_A", "USD", TUESDAY, 2) == "SI-20261013-RK_A-USD-2"


def test_an_instruction_is_never_issued_after_its_settlement_day() -> None:
    with pytest.raises(AssertionError):
        instruction_id(date(2026, 10, 14), "RK_A", "USD", TUESDAY, 1)


S = InstructionState


@pytest.mark.parametrize(
    "life",
    [
        (S.ISSUED, S.SENT, S.ACKNOWLEDGED, S.SETTLED),
        (S.SENT, S.PARTIALLY_SETTLED, S.PARTIALLY_SETTLED, S.SETTLED),
        (S.ISSUED, S.CANCELLED),
        (S.ACKNOWLEDGED, S.CANCEL_REQUESTED, S.CANCELLED),
        (S.ACKNOWLEDGED, S.CANCEL_REQUESTED, S.CANCEL_REFUSED, S.SETTLED),
        (S.SENT, S.FAILED, S.CANCEL_REQUESTED, S.CANCELLED),
        (S.SENT, S.FAILED, S.SETTLED),
    ],
)
def test_an_instruction_lives_step_by_step(life: tuple[InstructionState, ...]) -> None:
    assert all(may_become(before, after) for before, after in pairwise(life))


def test_nothing_follows_what_is_settled_or_rejected() -> None:
    assert {state for state in S if not ALLOWED_STEPS[state]} == FINAL - {S.CANCELLED}
    assert RELEASED < FINAL
    assert set(ALLOWED_STEPS) == set(S)


def test_only_a_payment_may_follow_a_cancellation() -> None:
    assert ALLOWED_STEPS[S.CANCELLED] == {S.SETTLED}


def test_what_was_acknowledged_is_cancelled_only_after_the_partner_was_asked() -> None:
    assert {state for state in S if may_become(state, S.CANCELLED)} == {
        *OURS_ALONE,
        S.CANCEL_REQUESTED,
    }
    assert not any(may_become(state, S.CANCEL_REQUESTED) for state in OURS_ALONE)


def test_only_a_part_that_is_settled_may_follow_itself() -> None:
    assert [state for state in S if may_become(state, state)] == [S.PARTIALLY_SETTLED]
    assert not any(may_become(state, S.ISSUED) for state in S)


@pytest.mark.parametrize(
    ("amount", "settled", "right", "again", "carried"),
    [
        (600_000_00, 0, 500_000_00, 500_000_00, 100_000_00),
        (600_000_00, 400_000_00, 500_000_00, 100_000_00, 100_000_00),
        (600_000_00, 600_000_00, 450_000_00, -150_000_00, 150_000_00),
        (600_000_00, 0, 700_000_00, 700_000_00, -100_000_00),
        (-600_000_00, 0, 500_000_00, -500_000_00, -100_000_00),
        (-600_000_00, 600_000_00, 0, 600_000_00, -600_000_00),
    ],
)
def test_a_corrected_amount_goes_out_at_once_and_the_difference_is_carried(
    amount: int, settled: int, right: int, again: int, carried: int
) -> None:
    assert corrected(amount, settled, right) == Correction(again, carried)


SIGNED = st.integers(-(10**15), 10**15).filter(bool)


@given(amount=SIGNED, share=st.integers(0, 100), right=st.integers(0, 10**15))
def test_l1_a_correction_moves_money_in_time_and_makes_none(
    amount: int, share: int, right: int
) -> None:
    settled = abs(amount) * share // 100
    parts = corrected(amount, settled, right)
    paid = amount - unpaid_minor(amount, settled)
    assert paid + parts.again_minor + parts.carried_minor == amount
    assert abs(paid + parts.again_minor) == right
