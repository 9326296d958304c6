"""Capital at its edges: all of a commitment, nothing on one side, days of two calendars."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.core.calls import (
    CallAlarm,
    CallFault,
    CallNotice,
    Commitment,
    LineKind,
    NoticeLine,
    after_call,
    call_alarm,
    call_faults,
    fund_call,
    net_wire,
)
from gateway.core.equalization import PastCall, equalize_late_close
from gateway.core.sessions import DayCount
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)


def test_a_contract_may_ask_for_more_days_of_notice_than_is_usual() -> None:
    call = CallNotice(date(2026, 11, 9), date(2026, 11, 24), 0, ())
    commitment = Commitment(100_00)
    assert call_faults(call, commitment, CALENDAR, "BANK") == ()
    assert call_faults(call, commitment, CALENDAR, "BANK", days=11) == (CallFault.NOTICE_TOO_SHORT,)


def test_a_call_may_take_the_last_cent_of_a_commitment_and_then_no_more() -> None:
    last = (NoticeLine(LineKind.INVESTMENT, 1_00, -1_00),)
    called = after_call(Commitment(100_00, 99_00), last)
    assert called.unfunded_minor == 0
    with pytest.raises(AssertionError):
        after_call(called, last)


def test_a_call_that_leaves_a_cent_leaves_it_unfunded() -> None:
    line = (NoticeLine(LineKind.INVESTMENT, 99_99, -99_99),)
    assert after_call(Commitment(100_00), line).unfunded_minor == 1


@pytest.mark.parametrize(
    ("call", "distribution", "wire"), [(0, 0, 0), (0, 5_00, -5_00), (5_00, 0, 5_00), (1, 1, 0)]
)
def test_a_call_or_a_distribution_of_nothing_is_netted_like_any_other(
    call: int, distribution: int, wire: int
) -> None:
    assert net_wire(call, distribution) == wire


@pytest.mark.parametrize(("call", "distribution"), [(-1, 0), (0, -1)])
def test_no_call_and_no_distribution_is_below_zero(call: int, distribution: int) -> None:
    with pytest.raises(AssertionError):
        net_wire(call, distribution)


@pytest.mark.parametrize(
    ("which", "alarm"), [("BANK", CallAlarm.DUE_SOON), ("EXCHANGE", CallAlarm.NONE)]
)
def test_the_alarm_counts_days_on_the_calendar_of_the_contract(
    which: DayCount, alarm: CallAlarm
) -> None:
    friday, monday = date(2026, 11, 13), date(2026, 11, 9)
    # Veterans Day lies between: a session of the exchange, no day of the banks.
    assert call_alarm(100_00, 0, friday, monday, CALENDAR, which) is alarm


@pytest.mark.parametrize(("cash", "liquid", "aside"), [(-1, 50, 50), (50, -1, 50), (50, 50, -1)])
def test_no_call_is_funded_from_a_sleeve_below_zero(cash: int, liquid: int, aside: int) -> None:
    with pytest.raises(AssertionError):
        fund_call(10, cash, liquid, aside)


def test_without_a_past_call_a_late_closer_owes_nothing() -> None:
    made = equalize_late_close([100_00], [50_00], [], date(2026, 7, 1))
    assert (made.principal_minor, made.interest_minor) == ((0,), (0,))


@pytest.mark.parametrize(("called", "interest"), [(45_62, 0), (45_63, 1)])
def test_interest_of_half_a_cent_is_a_cent_and_less_is_none(called: int, interest: int) -> None:
    # Half of it for a day at 8 %: 45.625 dollars would bear 0.5 cents exactly.
    call = PastCall(date(2026, 7, 1), called)
    made = equalize_late_close([100_00], [100_00], [call], date(2026, 7, 2))
    assert made.interest_minor == made.interest_received_minor == (interest,)


def test_nobody_equalises_with_a_fund_that_has_no_earlier_commitment() -> None:
    with pytest.raises(AssertionError):
        equalize_late_close([0], [50_00], [], date(2026, 7, 1))
