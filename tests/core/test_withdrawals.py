"""Until when what was asked of a fund may be taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.gates import DealingDays, GateFault, GateTerms, gate_faults
from gateway.core.money import Ratio
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import Offer
from gateway.core.withdrawals import OF_OFFERS, Withdrawal, may_take_back, offer_of
from tests.core.test_repurchases import CALENDAR

FIVE, NOTHING = Ratio(5, 100), Ratio(0, 1)
WINTER = Offer(
    FIVE, NOTHING, date(2026, 11, 2), date(2026, 12, 1), date(2027, 1, 8), date(2027, 1, 15)
)  # fmt: skip
SPRING = Offer(
    FIVE, NOTHING, date(2027, 2, 1), date(2027, 3, 1), date(2027, 3, 12), date(2027, 3, 19)
)  # fmt: skip
OFFERS = (SPRING, WINTER)
ASKED = date(2026, 11, 30)


def may(terms: Withdrawal, *day: int, asked_on: date = ASKED) -> bool:
    return may_take_back(terms, OFFERS, asked_on, date(*day), CALENDAR)


def test_terms_that_say_nothing_let_nothing_be_withdrawn() -> None:
    assert not may(Withdrawal.NONE, 2026, 11, 30)


def test_a_request_of_an_offers_last_day_was_tendered_into_it() -> None:
    last = WINTER.request_deadline
    assert offer_of(OFFERS, last, last) == WINTER
    assert offer_of(OFFERS, last + timedelta(days=1), last + timedelta(days=1)) == SPRING


def test_what_waits_may_be_taken_back_whatever_offers_there_are() -> None:
    assert may(Withdrawal.WHILE_WAITING, 2026, 12, 2)


@pytest.mark.parametrize(
    ("day", "tender", "until_deadline"),
    [
        ((2026, 12, 1), True, True),
        ((2026, 12, 2), False, False),
        ((2026, 12, 30), False, False),
        # The fortieth business day is over, and nothing is taken before the pricing.
        ((2026, 12, 31), True, False),
        ((2027, 1, 8), True, False),
        # The rest waits for the next offer.
        ((2027, 1, 11), True, True),
        ((2027, 3, 1), True, True),
        ((2027, 3, 2), False, False),
        # No offer is to come.
        ((2027, 3, 15), False, True),
        ((2027, 4, 1), True, True),
    ],
)
def test_a_tender_and_a_request_for_an_offer_through_two_offers(
    day: tuple[int, int, int], tender: bool, until_deadline: bool
) -> None:
    assert may(Withdrawal.TENDER, *day) is tender
    assert may(Withdrawal.UNTIL_DEADLINE, *day) is until_deadline


def test_a_request_behind_a_deadline_waits_for_the_next_offer() -> None:
    late = date(2026, 12, 2)
    assert offer_of(OFFERS, ASKED, late) is WINTER
    assert offer_of(OFFERS, late, late) is SPRING
    assert may(Withdrawal.TENDER, 2026, 12, 2, asked_on=late)
    assert offer_of(OFFERS, date(2027, 3, 2), date(2027, 3, 2)) is None
    assert may(Withdrawal.UNTIL_DEADLINE, 2027, 3, 2, asked_on=date(2027, 3, 2))


days = st.integers(0, 150).map(lambda at: date(2026, 11, 2) + timedelta(days=at))


@given(asked_on=days, day=days)
def test_while_an_offer_is_open_whoever_tendered_may_withdraw(asked_on: date, day: date) -> None:
    offer = offer_of(OFFERS, asked_on, day)
    for terms in OF_OFFERS:
        if offer is None or asked_on <= day <= offer.request_deadline:
            assert may_take_back(terms, OFFERS, asked_on, day, CALENDAR)
    if offer is not None and offer.request_deadline < day <= offer.pricing_date:
        assert not may_take_back(Withdrawal.UNTIL_DEADLINE, OFFERS, asked_on, day, CALENDAR)


@pytest.mark.parametrize("withdrawal", list(Withdrawal))
@pytest.mark.parametrize("dealing", list(DealingDays))
def test_terms_that_speak_of_offers_need_a_fund_that_deals_on_them(
    withdrawal: Withdrawal, dealing: DealingDays
) -> None:
    terms = GateTerms(dealing, CarryPolicy.CARRY, TranchePricing.PER_TRANCHE, withdrawal=withdrawal)
    wrong = withdrawal in OF_OFFERS and dealing is not DealingDays.OFFERS
    assert gate_faults(terms) == ((GateFault.WITHDRAWAL_WITHOUT_OFFERS,) if wrong else ())
