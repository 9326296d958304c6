"""Refunds of a late close: principal is unfunded again, interest touches no commitment (G26)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calls import (
    CallFault,
    CallNotice,
    Commitment,
    DistributionNotice,
    LineKind,
    NoticeLine,
    after_call,
    call_faults,
    due_date,
)
from gateway.core.equalization import (
    PastCall,
    after_equalization,
    equalization_faults,
    equalize_late_close,
    interest_of,
)
from tests.core.test_calls import CALENDAR, NOTICE

MONEY = st.integers(0, 10**12)


def refund(principal: int, interest: int = 0) -> tuple[NoticeLine, ...]:
    return (
        NoticeLine(LineKind.RETURN_OF_CAPITAL, principal, principal),
        NoticeLine(LineKind.LATE_CLOSE_INTEREST, interest, 0),
    )


def faults(lines: tuple[NoticeLine, ...], called: int = 9_000_000_00) -> tuple[CallFault, ...]:
    total = sum(line.amount_minor for line in lines)
    return equalization_faults(DistributionNotice(total, lines), Commitment(45_000_000_00, called))


def test_g26_both_sides_of_a_late_close_add_up_to_what_is_committed_and_not_called() -> None:
    due = NOTICE
    owed = equalize_late_close(
        [45_000_000_00], [5_000_000_00], [PastCall(due, 9_000_000_00)],
        due.fromordinal(due.toordinal() + 180),
    )  # fmt: skip
    (principal,), (interest,) = owed.refunded_minor, owed.interest_received_minor
    assert (principal, interest) == (900_000_00, 35_506_85)
    lines = refund(principal, interest)
    assert faults(lines) == ()
    earlier = after_equalization(Commitment(45_000_000_00, 9_000_000_00), lines)
    assert (earlier.called_inside_minor, earlier.unfunded_minor) == (8_100_000_00, 36_900_000_00)
    late = after_call(
        Commitment(5_000_000_00),
        (
            NoticeLine(LineKind.INVESTMENT, principal, -principal),
            NoticeLine(LineKind.LATE_CLOSE_INTEREST, interest, 0),
        ),
    )
    assert late.unfunded_minor == 4_100_000_00
    assert earlier.unfunded_minor + late.unfunded_minor == (50_000_000 - 9_000_000) * 100
    assert interest_of(lines) == interest


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (refund(9_000_000_01), CallFault.EXCEEDS_UNFUNDED),
        ((NoticeLine(LineKind.RETURN_OF_CAPITAL, 1_00, 0),), CallFault.EFFECT),
        ((NoticeLine(LineKind.LATE_CLOSE_INTEREST, 1_00, 1_00),), CallFault.EFFECT),
        ((NoticeLine(LineKind.LATE_CLOSE_INTEREST, -1, 0),), CallFault.NEGATIVE_LINE),
    ],
)
def test_a_refund_that_cannot_be_is_found(lines: tuple[NoticeLine, ...], fault: CallFault) -> None:
    assert faults(lines) == (fault,)


def test_all_that_was_called_may_come_back() -> None:
    assert faults(refund(9_000_000_00)) == ()
    back = after_equalization(Commitment(45_000_000_00, 9_000_000_00), refund(9_000_000_00))
    assert (back.called_inside_minor, back.unfunded_minor) == (0, 45_000_000_00)
    assert faults(refund(1, 0), called=0) == (CallFault.EXCEEDS_UNFUNDED,)


def test_interest_called_inside_the_commitment_is_a_fault_of_a_call() -> None:
    due = due_date(NOTICE, CALENDAR, "BANK")
    good = CallNotice(NOTICE, due, 5, (NoticeLine(LineKind.LATE_CLOSE_INTEREST, 5, 0),))
    assert call_faults(good, Commitment(10), CALENDAR, "BANK") == ()
    bad = replace(good, lines=(NoticeLine(LineKind.LATE_CLOSE_INTEREST, 5, -5),))
    assert call_faults(bad, Commitment(10), CALENDAR, "BANK") == (CallFault.EFFECT,)


def test_more_than_was_called_is_never_booked() -> None:
    with pytest.raises(AssertionError):
        after_equalization(Commitment(10, 5), refund(6))


@given(commitment=MONEY, called=MONEY, principal=MONEY, interest=MONEY)
def test_l1_a_refund_without_faults_moves_its_principal_from_called_to_unfunded(
    commitment: int, called: int, principal: int, interest: int
) -> None:
    before = Commitment(commitment, min(called, commitment), 7, 3, 5)
    lines = refund(principal, interest)
    notice = DistributionNotice(principal + interest, lines)
    if equalization_faults(notice, before):
        return
    after = after_equalization(before, lines)
    assert after.unfunded_minor == before.unfunded_minor + principal
    assert after.called_inside_minor == before.called_inside_minor - principal
    same = ("commitment_minor", "called_outside_minor", "recallable_minor", "kept_minor")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
