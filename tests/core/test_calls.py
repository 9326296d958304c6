"""Capital calls, distributions, late closers: goldens G24 to G26 and their boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calls import (
    CallAlarm,
    CallFault,
    CallNotice,
    Commitment,
    DistributionNotice,
    LineKind,
    NoticeLine,
    after_call,
    after_distribution,
    call_alarm,
    call_faults,
    distribution_faults,
    due_date,
    fund_call,
    net_wire,
    split_lines,
)
from gateway.core.equalization import PastCall, equalize_late_close
from gateway.core.money import Ratio
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)
NOTICE, DUE = date(2026, 11, 9), date(2026, 11, 24)
BEFORE = Commitment(20_000_000_00, 8_500_000_00, recallable_minor=400_000_00)


def inside(kind: LineKind, amount_minor: int) -> NoticeLine:
    return NoticeLine(kind, amount_minor, -amount_minor)


def outside(kind: LineKind, amount_minor: int) -> NoticeLine:
    return NoticeLine(kind, amount_minor, 0)


def recallable(amount_minor: int) -> NoticeLine:
    return NoticeLine(LineKind.RETURN_OF_CAPITAL, amount_minor, amount_minor)


G24_LINES = (
    inside(LineKind.INVESTMENT, 1_320_000_00),
    inside(LineKind.MANAGEMENT_FEE, 125_000_00),
    inside(LineKind.EXPENSES, 30_000_00),
    outside(LineKind.OTHER, 25_000_00),
)
G24 = CallNotice(NOTICE, DUE, 1_500_000_00, G24_LINES)


def test_g24_a_call_lowers_unfunded_by_its_inside_lines_and_a_recallable_part_raises_it() -> None:
    assert BEFORE.unfunded_minor == 11_900_000_00
    called = after_call(BEFORE, G24.lines)
    assert called.unfunded_minor == 10_425_000_00
    assert (called.called_inside_minor, called.called_outside_minor) == (9_975_000_00, 25_000_00)
    paid_out = (outside(LineKind.GAIN, 600_000_00), recallable(300_000_00))
    after = after_distribution(called, paid_out)
    assert after.unfunded_minor == 10_725_000_00
    assert (after.recallable_minor, after.kept_minor) == (700_000_00, 600_000_00)


def test_g24_ten_business_days_end_where_the_named_calendar_says() -> None:
    assert due_date(NOTICE, CALENDAR, "BANK") == date(2026, 11, 24)
    assert due_date(NOTICE, CALENDAR, "EXCHANGE") == date(2026, 11, 23)


def test_g24_the_call_has_no_fault_by_the_calendar_it_names() -> None:
    assert call_faults(G24, BEFORE, CALENDAR, "BANK") == ()
    a_day_early = replace(G24, due_date=date(2026, 11, 23))
    assert call_faults(a_day_early, BEFORE, CALENDAR, "BANK") == (CallFault.NOTICE_TOO_SHORT,)
    assert call_faults(a_day_early, BEFORE, CALENDAR, "EXCHANGE") == ()


def test_everything_that_is_wrong_with_a_call_is_told_in_the_order_of_the_faults() -> None:
    wrong = CallNotice(
        NOTICE,
        date(2026, 11, 11),
        1,
        (
            NoticeLine(LineKind.OTHER, -1, 1),
            NoticeLine(LineKind.INVESTMENT, 30_000_000_00, -30_000_000_00),
            NoticeLine(LineKind.EXPENSES, 10, -5),
        ),
    )
    assert call_faults(wrong, BEFORE, CALENDAR, "BANK") == tuple(CallFault)
    assert CallFault.NOT_A_BUSINESS_DAY not in call_faults(wrong, BEFORE, CALENDAR, "EXCHANGE")


@pytest.mark.parametrize(("beyond", "told"), [(-1, False), (0, False), (1, True)])
def test_a_call_may_take_all_that_is_unfunded_and_not_a_cent_more(beyond: int, told: bool) -> None:
    amount = BEFORE.unfunded_minor + beyond
    call = CallNotice(NOTICE, DUE, amount, (inside(LineKind.INVESTMENT, amount),))
    found = call_faults(call, BEFORE, CALENDAR, "BANK")
    assert (CallFault.EXCEEDS_UNFUNDED in found) is told


@pytest.mark.parametrize(("beyond", "told"), [(0, False), (1, True)])
def test_no_more_can_be_called_again_than_was_called(beyond: int, told: bool) -> None:
    amount = 8_100_000_00 + beyond
    distribution = DistributionNotice(amount, (recallable(amount),))
    found = distribution_faults(distribution, BEFORE)
    assert found == ((CallFault.EXCEEDS_UNFUNDED,) if told else ())


def test_lines_of_nothing_and_lines_of_either_effect_are_no_fault() -> None:
    lines = (inside(LineKind.INVESTMENT, 0), outside(LineKind.OTHER, 7))
    assert call_faults(CallNotice(NOTICE, DUE, 7, lines), BEFORE, CALENDAR, "BANK") == ()
    given_back = (recallable(0), recallable(5), outside(LineKind.GAIN, 7))
    assert distribution_faults(DistributionNotice(12, given_back), BEFORE) == ()


def test_a_commitment_nobody_has_called_is_all_unfunded() -> None:
    assert Commitment(5).unfunded_minor == 5
    assert fund_call(5, 0, 5).is_funded


def test_a_distribution_with_half_an_effect_or_other_lines_is_told() -> None:
    lines = (NoticeLine(LineKind.INCOME, 10, 5), NoticeLine(LineKind.GAIN, -1, 0))
    assert distribution_faults(DistributionNotice(10, lines), BEFORE) == (
        CallFault.LINES, CallFault.NEGATIVE_LINE, CallFault.EFFECT,
    )  # fmt: skip


def test_a_call_netted_against_a_distribution_is_one_wire_and_two_facts() -> None:
    assert net_wire(1_500_000_00, 900_000_00) == 600_000_00
    assert net_wire(900_000_00, 1_500_000_00) == -600_000_00
    both = after_distribution(after_call(BEFORE, G24_LINES), (recallable(900_000_00),))
    other = after_call(after_distribution(BEFORE, (recallable(900_000_00),)), G24_LINES)
    assert both == other
    assert both.called_inside_minor - BEFORE.called_inside_minor == 1_475_000_00


def test_g25_the_cent_that_is_left_goes_to_the_larger_of_two_equal_remainders() -> None:
    lines = [inside(LineKind.INVESTMENT, 1_500_000_00)]
    investors = split_lines(lines, [3_333_333_00, 7_777_777_00, 8_888_890_00])
    shares = [each[0].amount_minor for each in investors]
    assert shares == [249_999_97, 583_333_28, 666_666_75]
    assert [each[0].unfunded_effect_minor for each in investors] == [-share for share in shares]


MONEY = st.integers(0, 10**12)
CALL_LINES = st.lists(
    st.builds(
        lambda kind, amount, counts: NoticeLine(kind, amount, -amount if counts else 0),
        st.sampled_from(list(LineKind)),
        MONEY,
        st.booleans(),
    ),
    max_size=5,
)
COMMITMENTS = st.lists(st.integers(1, 10**12), min_size=1, max_size=6)


@given(lines=CALL_LINES, commitments=COMMITMENTS)
def test_l1_every_line_and_its_effect_add_up_over_the_investors(
    lines: list[NoticeLine], commitments: list[int]
) -> None:
    investors = split_lines(lines, commitments)
    assert len(investors) == len(commitments)
    for at, line in enumerate(lines):
        mine = [each[at] for each in investors]
        assert sum(each.amount_minor for each in mine) == line.amount_minor
        assert sum(each.unfunded_effect_minor for each in mine) == line.unfunded_effect_minor
        assert all(each.unfunded_effect_minor in (0, -each.amount_minor) for each in mine)
        assert {each.kind for each in mine} == {line.kind}


@given(lines=CALL_LINES, recall=MONEY)
def test_unfunded_moves_by_the_effects_alone(lines: list[NoticeLine], recall: int) -> None:
    before = Commitment(10**13, 10**12)
    after = after_distribution(after_call(before, lines), (recallable(recall),))
    effects = sum(line.unfunded_effect_minor for line in lines) + recall
    assert after.unfunded_minor == before.unfunded_minor + effects
    paid = after.called_inside_minor + after.called_outside_minor - before.called_inside_minor
    assert paid == sum(line.amount_minor for line in lines)


@given(commitments=COMMITMENTS, amount=MONEY)
def test_a_distribution_splits_its_recallable_effect_upwards(
    commitments: list[int], amount: int
) -> None:
    investors = split_lines([recallable(amount)], commitments)
    assert all(each[0].unfunded_effect_minor == each[0].amount_minor for each in investors)


# --- alarms and funding -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "alarm"),
    [
        (date(2026, 11, 18), CallAlarm.NONE),
        (date(2026, 11, 19), CallAlarm.DUE_SOON),
        (date(2026, 11, 23), CallAlarm.DUE_SOON),
        (DUE, CallAlarm.DUE_TODAY),
        (date(2026, 11, 25), CallAlarm.DEFAULT),
    ],
)
def test_an_unpaid_call_alarms_before_its_due_date_and_is_a_default_after_it(
    today: date, alarm: CallAlarm
) -> None:
    assert call_alarm(100, 99, DUE, today, CALENDAR, "BANK") is alarm
    assert call_alarm(100, 100, DUE, today, CALENDAR, "BANK") is CallAlarm.NONE


@pytest.mark.parametrize(
    ("set_aside", "cash", "liquid", "lacking"),
    [(0, 30, 70, 0), (50, 30, 50, 20), (49, 30, 51, 19), (100, 30, 0, 70), (110, 20, 0, 80),
     (130, 0, 0, 100), (999, 0, 0, 100)],
)  # fmt: skip
def test_a_call_is_paid_from_cash_then_liquid_without_touching_what_is_set_aside(
    set_aside: int, cash: int, liquid: int, lacking: int
) -> None:
    made = fund_call(100, 30, 100, set_aside)
    assert (made.from_cash_minor, made.from_liquid_minor) == (cash, liquid)
    assert made.shortfall_minor == lacking
    assert made.is_funded is (lacking == 0)


@given(call=MONEY, cash=MONEY, liquid=MONEY, aside=MONEY)
def test_l1_draws_and_shortfall_are_the_call(call: int, cash: int, liquid: int, aside: int) -> None:
    made = fund_call(call, cash, liquid, aside)
    assert made.from_cash_minor + made.from_liquid_minor + made.shortfall_minor == call
    left = cash + liquid - made.from_cash_minor - made.from_liquid_minor
    assert left >= min(aside, cash + liquid)
    assert made.is_funded is (call <= max(0, cash + liquid - aside))


# --- late closers --------------------------------------------------------------------------


FIRST_CALL = date(2026, 1, 5)
LATE_CLOSE = FIRST_CALL + timedelta(days=180)


def test_g26_a_late_closer_pays_its_share_of_past_calls_with_interest() -> None:
    made = equalize_late_close(
        [45_000_000_00], [5_000_000_00], [PastCall(FIRST_CALL, 9_000_000_00)], LATE_CLOSE
    )
    assert made.principal_minor == (900_000_00,)
    assert made.interest_minor == (35_506_85,)
    assert made.refunded_minor[0] + made.interest_received_minor[0] == 935_506_85
    old = Commitment(45_000_000_00, 9_000_000_00 - made.refunded_minor[0])
    new = Commitment(5_000_000_00, made.principal_minor[0])
    assert old.called_inside_minor == 8_100_000_00
    assert (old.unfunded_minor, new.unfunded_minor) == (36_900_000_00, 4_100_000_00)
    assert old.unfunded_minor + new.unfunded_minor == 41_000_000_00


def test_interest_runs_from_each_due_date_and_is_rounded_once() -> None:
    calls = [
        PastCall(LATE_CLOSE - timedelta(days=365), 1_000_00),
        PastCall(LATE_CLOSE - timedelta(days=73), 1_000_00),
        PastCall(LATE_CLOSE, 1_000_00),
    ]
    made = equalize_late_close([50], [50], calls, LATE_CLOSE, Ratio(10, 100))
    assert made.principal_minor == (1_500_00,)
    assert made.interest_minor == (60_00,)  # 50.00 + 10.00 + 0.00


def test_those_who_join_together_owe_each_other_nothing() -> None:
    calls = [PastCall(FIRST_CALL, 9_000_000_00)]
    together = equalize_late_close([45], [3, 2], calls, LATE_CLOSE)
    assert together.principal_minor == (540_000_00, 360_000_00)
    assert sum(together.interest_minor) == 35_506_85


EARLIER = st.lists(st.integers(1, 10**9), min_size=1, max_size=5)
LATE = st.lists(st.integers(0, 10**9), min_size=1, max_size=4)
CALLS = st.lists(
    st.builds(
        lambda days, amount: PastCall(LATE_CLOSE - timedelta(days=days), amount),
        st.integers(0, 900),
        st.integers(0, 10**11),
    ),
    max_size=5,
)


@given(earlier=EARLIER, late=LATE, calls=CALLS)
def test_l1_what_late_closers_pay_is_what_the_others_receive(
    earlier: list[int], late: list[int], calls: list[PastCall]
) -> None:
    made = equalize_late_close(earlier, late, calls, LATE_CLOSE)
    assert sum(made.principal_minor) == sum(made.refunded_minor)
    assert sum(made.interest_minor) == sum(made.interest_received_minor)
    share = Fraction(sum(late), sum(earlier) + sum(late))
    called = sum(call.inside_minor for call in calls)
    assert abs(sum(made.principal_minor) - called * share) <= Fraction(1, 2)
    assert min(made.principal_minor + made.interest_minor + made.refunded_minor) >= 0
    backwards = equalize_late_close(earlier, late, calls[::-1], LATE_CLOSE)
    assert backwards == made


@given(earlier=EARLIER, late=LATE, calls=CALLS)
def test_a_higher_rate_moves_interest_and_no_principal(
    earlier: list[int], late: list[int], calls: list[PastCall]
) -> None:
    cheap = equalize_late_close(earlier, late, calls, LATE_CLOSE, Ratio(0, 1))
    dear = equalize_late_close(earlier, late, calls, LATE_CLOSE, Ratio(10, 100))
    assert cheap.principal_minor == dear.principal_minor
    assert sum(cheap.interest_minor) == 0 <= sum(dear.interest_minor)
