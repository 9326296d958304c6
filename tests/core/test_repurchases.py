"""Repurchase and tender offers, early exits: goldens G16, G17 and G30 and their boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.money import Ratio, split
from gateway.core.repurchases import (
    Offer,
    OfferFault,
    Tender,
    accept,
    deadlines,
    early_repurchase,
    is_held_a_year,
    is_interval_offer,
    latest_payment,
    latest_pricing,
    may_withdraw,
    next_monthly_closing,
    offer_faults,
    offer_room,
    tender_open_until,
)
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)
FIVE, TWO = Ratio(5, 100), Ratio(2, 100)
OUTSTANDING = 40_000_000
NOTICE, DEADLINE = date(2026, 11, 2), date(2026, 12, 7)
G17 = Offer(FIVE, TWO, NOTICE, DEADLINE, date(2026, 12, 18), date(2026, 12, 24))


def large(holder: str, tendered: int) -> Tender:
    return Tender(holder, tendered, tendered + 1_000)


@pytest.mark.parametrize(
    ("extra", "room", "factor", "ours", "parts"),
    [
        (Ratio(0, 1), 2_000_000, Ratio(40, 63), 78_384, [31_746, 25_396, 21_242]),
        (TWO, 2_800_000, Ratio(8, 9), 109_738, [44_444, 35_555, 29_739]),
    ],
)
def test_g16_an_oversubscribed_offer_takes_an_exact_share_and_ours_is_split_to_the_unit(
    extra: Ratio, room: int, factor: Ratio, ours: int, parts: list[int]
) -> None:
    assert offer_room(OUTSTANDING, FIVE, extra) == room
    tenders = [large("OURS", 123_456), large("REST", 3_150_000 - 123_456)]
    taken = accept(tenders, room)
    assert taken.factor == factor
    assert taken.taken[0] == ours
    assert split(ours, [50_000, 40_000, 33_456]) == parts


def test_an_offer_that_is_not_filled_takes_everything() -> None:
    taken = accept([large("A", 999), large("B", 1_000)], 2_000)
    assert taken.taken == (999, 1_000)
    assert taken.factor == Ratio(1, 1)


def test_an_offer_and_what_is_added_to_it_are_each_rounded_down() -> None:
    assert offer_room(99, FIVE) == 4
    assert offer_room(99, FIVE, TWO) == 4 + 1


def test_no_more_than_two_percent_may_be_added() -> None:
    with pytest.raises(ValueError, match="more than the 2/100"):
        offer_room(OUTSTANDING, FIVE, Ratio(201, 10_000))


def test_holders_of_fewer_than_100_units_who_tender_all_go_first() -> None:
    tenders = [
        Tender("SMALL", 99, 99),
        Tender("HUNDRED", 100, 100),
        Tender("PART", 50, 99),
        Tender("LARGE", 851, 5_000),
    ]
    taken = accept(tenders, 600, odd_lots_first=True)
    assert taken.odd_lots == 99
    assert taken.factor == Ratio(501, 1001)
    assert taken.taken == (99, 50, 25, 425)
    equal = accept(tenders, 600)
    assert (equal.odd_lots, equal.factor) == (0, Ratio(6, 11))
    assert equal.taken == (54, 54, 27, 464)


def test_a_hundred_units_are_a_hundred_whatever_the_decimals_of_units() -> None:
    tenders = [Tender("SMALL", 99_9999, 99_9999), Tender("HUNDRED", 100_0000, 100_0000)]
    taken = accept(tenders, 100_0000, unit_scale=4, odd_lots_first=True)
    assert taken.taken == (99_9999, 1)


def test_odd_lots_alone_do_not_take_more_than_the_offer() -> None:
    taken = accept([Tender("A", 90, 90), Tender("B", 90, 90)], 100, odd_lots_first=True)
    assert taken.taken == (50, 50)
    assert taken.factor == Ratio(1, 1)


TENDERS = st.lists(
    st.builds(
        lambda tendered, more: Tender("H", tendered, tendered + more),
        st.one_of(st.integers(0, 150), st.integers(0, 10**9)),
        st.sampled_from([0, 0, 1, 1000]),
    ),
    max_size=8,
)


@given(tenders=TENDERS, room=st.integers(0, 10**10), odd=st.booleans())
def test_an_offer_takes_no_more_than_there_is_room_for_and_wastes_less_than_a_unit_a_holder(
    tenders: list[Tender], room: int, odd: bool
) -> None:
    made = accept(tenders, room, odd_lots_first=odd)
    assert all(0 <= n <= each.tendered for n, each in zip(made.taken, tenders, strict=True))
    whole = min(room, sum(each.tendered for each in tenders))
    assert whole - len(tenders) < sum(made.taken) + 1 <= whole + 1
    backwards = accept(tenders[::-1], room, odd_lots_first=odd)
    assert backwards.taken[::-1] == made.taken
    factor = Fraction(made.factor.num, made.factor.den)
    if not odd:
        exact = [each.tendered * factor for each in tenders]
        assert all(0 <= e - n < 1 for e, n in zip(exact, made.taken, strict=True))


@given(tenders=TENDERS, room=st.integers(0, 10**10), more=st.integers(0, 10**9))
def test_a_larger_offer_takes_nobody_less(tenders: list[Tender], room: int, more: int) -> None:
    for odd in (True, False):
        before = accept(tenders, room, odd_lots_first=odd).taken
        after = accept(tenders, room + more, odd_lots_first=odd).taken
        assert all(now >= then for then, now in zip(before, after, strict=True))


# --- dates --------------------------------------------------------------------------------


def test_g17_a_notice_of_2_november_allows_deadlines_from_23_november_to_14_december() -> None:
    assert deadlines(NOTICE) == (date(2026, 11, 23), date(2026, 12, 14))


def test_g17_pricing_and_payment_have_last_days() -> None:
    assert latest_pricing(DEADLINE, CALENDAR) == date(2026, 12, 21)
    assert latest_payment(date(2026, 12, 18), CALENDAR) == date(2026, 12, 24)


def test_a_14th_day_that_is_no_session_slips_to_the_next() -> None:
    assert latest_pricing(date(2026, 12, 11), CALENDAR) == date(2026, 12, 28)  # Christmas, Friday


def test_g17_the_offer_as_it_was_made_has_no_fault() -> None:
    assert offer_faults(G17, CALENDAR, liquid_minor=100, offered_minor=100) == ()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (replace(G17, request_deadline=date(2026, 11, 23)), OfferFault.PRICED_TOO_LATE),
        (replace(G17, request_deadline=date(2026, 11, 20)), OfferFault.NOTICE_TOO_SHORT),
        (replace(G17, request_deadline=date(2026, 11, 22)), OfferFault.NOTICE_TOO_SHORT),
        (replace(G17, request_deadline=date(2026, 12, 15)), OfferFault.NOTICE_TOO_LONG),
        (replace(G17, share=Ratio(499, 10_000)), OfferFault.SIZE),
        (replace(G17, share=Ratio(2501, 10_000)), OfferFault.SIZE),
        (replace(G17, fee=Ratio(201, 10_000)), OfferFault.FEE),
        (replace(G17, pricing_date=date(2026, 12, 4)), OfferFault.PRICED_BEFORE_DEADLINE),
        (replace(G17, payment_date=date(2026, 12, 18)), OfferFault.PAID_BEFORE_PRICING),
        (replace(G17, payment_date=date(2026, 12, 25)), OfferFault.PAID_TOO_LATE),
    ],
)
def test_a_term_outside_the_rule_is_named(changed: Offer, fault: OfferFault) -> None:
    assert fault in offer_faults(changed, CALENDAR, liquid_minor=1, offered_minor=1)


@pytest.mark.parametrize("deadline", [date(2026, 11, 23), date(2026, 12, 14)])
def test_the_first_and_the_last_deadline_are_allowed(deadline: date) -> None:
    found = offer_faults(
        replace(G17, request_deadline=deadline), CALENDAR, liquid_minor=1, offered_minor=1
    )
    assert OfferFault.NOTICE_TOO_SHORT not in found
    assert OfferFault.NOTICE_TOO_LONG not in found


@pytest.mark.parametrize("priced", [DEADLINE, date(2026, 12, 21)])
def test_the_first_and_the_last_pricing_date_are_allowed(priced: date) -> None:
    changed = replace(G17, pricing_date=priced, payment_date=latest_payment(priced, CALENDAR))
    assert offer_faults(changed, CALENDAR, liquid_minor=1, offered_minor=1) == ()


def test_all_faults_are_given_in_the_order_they_are_declared() -> None:
    wrong = Offer(
        Ratio(1, 100), Ratio(3, 100), NOTICE, date(2026, 11, 20), date(2026, 12, 21),
        date(2027, 1, 29),
    )  # fmt: skip
    assert offer_faults(wrong, CALENDAR, liquid_minor=99, offered_minor=100) == (
        OfferFault.SIZE, OfferFault.FEE, OfferFault.NOTICE_TOO_SHORT, OfferFault.PRICED_TOO_LATE,
        OfferFault.PAID_TOO_LATE, OfferFault.NOT_LIQUID,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hundredths", "allowed"), [(499, False), (500, True), (2500, True), (2501, False)]
)
def test_an_interval_fund_offers_for_5_to_25_percent(hundredths: int, allowed: bool) -> None:
    assert is_interval_offer(Ratio(hundredths, 10_000)) is allowed


def test_a_tender_offer_stays_open_20_business_days_the_first_counted() -> None:
    # Mon 2 Nov is the first; Veterans Day and Thanksgiving do not count.
    assert tender_open_until(NOTICE, CALENDAR) == date(2026, 12, 1)
    # From a Sunday the next business day is the first.
    assert tender_open_until(date(2026, 11, 1), CALENDAR) == date(2026, 12, 1)


def test_a_change_of_price_leaves_ten_business_days_more() -> None:
    assert tender_open_until(NOTICE, CALENDAR, [date(2026, 11, 5)]) == date(2026, 12, 1)
    assert tender_open_until(NOTICE, CALENDAR, [date(2026, 11, 24)]) == date(2026, 12, 8)


def test_units_may_be_withdrawn_while_the_offer_is_open_and_when_it_drags_on() -> None:
    expires = date(2026, 12, 1)
    on = {
        day: may_withdraw(day, NOTICE, expires, taken=False, calendar=CALENDAR)
        for day in (expires, date(2026, 12, 2), date(2026, 12, 30), date(2026, 12, 31))
    }
    assert list(on.values()) == [True, False, False, True]
    late = date(2027, 1, 29)
    assert not may_withdraw(late, NOTICE, expires, taken=True, calendar=CALENDAR)


@given(start=st.dates(date(2026, 1, 2), date(2027, 6, 30)))
def test_a_later_beginning_never_ends_an_offer_earlier(start: date) -> None:
    assert tender_open_until(start, CALENDAR) <= tender_open_until(
        start + timedelta(days=1), CALENDAR
    )
    assert latest_pricing(start, CALENDAR) >= start + timedelta(days=14)
    paid = latest_payment(start, CALENDAR)
    assert start < paid <= start + timedelta(days=7)
    assert CALENDAR.is_settlement_day(paid)


# --- early exits ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repurchased", "paid", "kept"),
    [(date(2026, 12, 31), 245_000_00, 5_000_00), (date(2027, 1, 31), 250_000_00, 0)],
)
def test_g30_a_year_is_counted_to_the_closing_after_the_repurchase(
    repurchased: date, paid: int, kept: int
) -> None:
    made = early_repurchase(250_000_00, date(2026, 2, 1), next_monthly_closing(repurchased))
    assert (made.paid_minor, made.kept_minor) == (paid, kept)


@pytest.mark.parametrize(
    ("day", "closing"),
    [(date(2026, 12, 31), date(2027, 1, 1)), (date(2027, 1, 1), date(2027, 2, 1)),
     (date(2027, 1, 31), date(2027, 2, 1)), (date(2026, 11, 30), date(2026, 12, 1))],
)  # fmt: skip
def test_a_closing_follows_on_the_first_of_the_month(day: date, closing: date) -> None:
    assert next_monthly_closing(day) == closing


@pytest.mark.parametrize(
    ("closing", "held"), [(date(2029, 2, 28), False), (date(2029, 3, 1), True)]
)
def test_the_year_of_a_leap_day_ends_on_the_first_of_march(closing: date, held: bool) -> None:
    assert is_held_a_year(date(2028, 2, 29), closing) is held


def test_half_a_cent_of_a_deduction_is_kept() -> None:
    made = early_repurchase(25, date(2026, 2, 1), date(2026, 3, 1))
    assert (made.paid_minor, made.kept_minor) == (24, 1)
    none = early_repurchase(24, date(2026, 2, 1), date(2026, 3, 1))
    assert (none.paid_minor, none.kept_minor) == (24, 0)


def test_a_vehicle_may_keep_less_than_it_may_at_most() -> None:
    made = early_repurchase(100_00, date(2026, 2, 1), date(2026, 3, 1), Ratio(1, 100))
    assert (made.paid_minor, made.kept_minor) == (99_00, 1_00)


@given(proceeds=st.integers(0, 10**13), days=st.integers(1, 800))
def test_l1_what_is_paid_and_kept_is_the_proceeds(proceeds: int, days: int) -> None:
    subscribed = date(2026, 2, 1)
    made = early_repurchase(proceeds, subscribed, subscribed + timedelta(days=days))
    assert made.paid_minor + made.kept_minor == proceeds
    assert abs(made.kept_minor * 50 - proceeds) <= 25 if days < 365 else made.kept_minor == 0
