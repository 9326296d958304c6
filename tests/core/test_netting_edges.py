"""Netting at its edges: legs and instructions of one cent, wires issued on their own day."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.core.netting import (
    Correction,
    Leg,
    corrected,
    in_its_direction,
    instruction_id,
    net,
    unpaid_minor,
)

TUESDAY = date(2026, 10, 13)


def leg(amount_minor: int) -> Leg:
    return Leg("RK_A", "USD", TUESDAY, TUESDAY, amount_minor, "FUND_X", "PLAN_1")


def test_legs_of_one_cent_and_of_nothing_are_netted_like_any_other() -> None:
    (wire,) = net([leg(1), leg(-1), leg(0), leg(1)])
    assert (wire.gross_in_minor, wire.gross_out_minor, wire.amount_minor) == (2, 1, 1)
    assert wire.legs == 4


def test_an_instruction_may_be_issued_on_its_settlement_day() -> None:
    assert instruction_id(TUESDAY, "RK_A", "USD", TUESDAY, 1) == "SI-20261013-RK_A-USD-1"


@pytest.mark.parametrize(
    ("amount", "settled", "unpaid"), [(1, 0, 1), (1, 1, 0), (-1, 0, -1), (-1, 1, 0), (0, 0, 0)]
)
def test_a_cent_is_owed_until_it_is_paid(amount: int, settled: int, unpaid: int) -> None:
    assert unpaid_minor(amount, settled) == unpaid


@pytest.mark.parametrize(("amount", "settled"), [(1, 2), (-1, 2), (1, -1)])
def test_no_more_is_paid_of_an_instruction_than_it_is_for(amount: int, settled: int) -> None:
    with pytest.raises(AssertionError):
        unpaid_minor(amount, settled)


@pytest.mark.parametrize(("amount", "signed"), [(1, 5_00), (-1, -5_00)])
def test_what_goes_out_again_goes_the_way_the_instruction_went(amount: int, signed: int) -> None:
    assert in_its_direction(amount, 5_00) == signed


@pytest.mark.parametrize(
    ("amount", "right", "correction"),
    [(1, 3, Correction(3, -2)), (1, 0, Correction(0, 1)), (-1, 2, Correction(-2, 1))],
)
def test_an_instruction_of_one_cent_can_be_corrected(
    amount: int, right: int, correction: Correction
) -> None:
    assert corrected(amount, 0, right) == correction


def test_an_instruction_that_moves_no_money_cannot_be_corrected() -> None:
    with pytest.raises(AssertionError):
        corrected(0, 0, 5_00)
