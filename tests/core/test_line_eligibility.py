"""Which reasons terms give against an order line: all of them at once, and for the right day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
    is_too_small,
)
from gateway.core.line_eligibility import (
    is_below_minimum,
    purchase_faults,
    sale_faults,
    trade_faults,
)
from gateway.core.refusals import codes_in
from gateway.core.vocabulary import OrderKind, RejectCode
from tests.day.market_day import book

DAY = date(2026, 11, 24)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
CONTRIBUTION, EXCHANGE, DISTRIBUTION = OrderKind
R = RejectCode

PLAN = book().plans[0]
FUNDS = {fund.fund_id: fund for fund in book().funds}
SHUT = (ClosedPeriod(Side.SALES, DAY, DAY), ClosedPeriod(Side.PURCHASES, DAY, DAY))


def reasons(
    plan: PlanTerms, funds: dict[str, FundTerms], kind: OrderKind, legs: tuple[str, str],
    on: date = DAY,
) -> tuple[RejectCode, ...]:  # fmt: skip
    return codes_in(trade_faults(plan, funds, kind, legs, on))


def test_a_fund_closed_to_sales_on_the_day_is_not_sold() -> None:
    fund = replace(FUNDS["MA_ALT"], closed=SHUT)
    plan = replace(PLAN, agreements=(Agreement("MA_ALT", AFTER),))
    assert [codes_in(sale_faults(PLAN, fund, on)) for on in (BEFORE, DAY, AFTER)] == [
        (), (R.SUSPENDED,), (),
    ]  # fmt: skip
    assert set(codes_in(sale_faults(plan, fund, DAY))) == {R.SUSPENDED, R.NO_AGREEMENT}


def test_what_was_bought_under_an_agreement_that_has_ended_is_sold() -> None:
    plan = replace(PLAN, agreements=(Agreement("MA_ALT", BEFORE, BEFORE),))
    assert sale_faults(plan, FUNDS["MA_ALT"], DAY) == 0
    assert codes_in(purchase_faults(plan, FUNDS["MA_ALT"], DAY)) == (R.NO_AGREEMENT,)


def test_a_fund_closed_to_purchases_or_an_investor_without_papers_on_the_day() -> None:
    fund = replace(FUNDS["MA_ALT"], closed=SHUT, qualification=Qualification.ACCREDITED)
    plan = replace(
        PLAN,
        qualifications=(PlanQualification(Qualification.ACCREDITED, DAY, DAY),),
        agreements=(Agreement("MA_ALT", BEFORE, DAY),),
    )
    assert codes_in(purchase_faults(plan, fund, BEFORE)) == (R.NOT_ELIGIBLE,)
    assert codes_in(purchase_faults(plan, fund, DAY)) == (R.CLOSED_TO_PURCHASES,)
    assert set(codes_in(purchase_faults(plan, fund, AFTER))) == {R.NO_AGREEMENT, R.NOT_ELIGIBLE}


def test_an_exchange_is_told_what_is_against_its_sale_and_its_purchase() -> None:
    funds = FUNDS | {"TDF_2045": replace(FUNDS["TDF_2045"], closed=SHUT[:1])}
    plan = replace(PLAN, agreements=(Agreement("MA_ALT", AFTER),))
    legs = ("TDF_2045", "MA_ALT")
    assert set(reasons(plan, funds, EXCHANGE, legs)) == {R.SUSPENDED, R.NO_AGREEMENT}
    assert reasons(plan, funds, EXCHANGE, legs, AFTER) == ()
    assert reasons(PLAN, funds, DISTRIBUTION, ("TDF_2045", "")) == (R.SUSPENDED,)
    assert reasons(PLAN, funds, CONTRIBUTION, ("", "TDF_2045")) == ()


def test_a_purchase_of_alternatives_is_told_of_both_funds_it_may_end_in() -> None:
    funds = FUNDS | {PLAN.liquid_fund: replace(FUNDS[PLAN.liquid_fund], closed=SHUT[1:])}
    plan = replace(PLAN, agreements=(Agreement("MA_ALT", AFTER),))
    assert set(reasons(plan, funds, CONTRIBUTION, ("", "MA_ALT"))) == {
        R.NO_AGREEMENT, R.CLOSED_TO_PURCHASES,
    }  # fmt: skip
    assert reasons(plan, funds, CONTRIBUTION, ("", "MA_ALT"), AFTER) == ()
    alone = {"MA_ALT": FUNDS["MA_ALT"]}
    assert reasons(PLAN, alone, CONTRIBUTION, ("", "MA_ALT")) == ()


@pytest.mark.parametrize(
    ("about", "legs", "stopped"),
    [
        ("TDF_2045", ("TDF_2045", "MA_ALT"), True),
        ("MA_ALT", ("TDF_2045", "MA_ALT"), True),
        ("LIQ", ("TDF_2045", "MA_ALT"), True),
        ("LIQ", ("MA_ALT", "TDF_2045"), False),
        ("TDF_2045", ("LIQ", "MA_ALT"), False),
        ("", ("LIQ", "MA_ALT"), False),
        ("OTHER", ("OTHER", "MA_ALT"), False),
    ],
)
def test_a_blackout_of_a_fund_stops_exchanges_that_touch_it(
    about: str, legs: tuple[str, str], stopped: bool
) -> None:
    """A purchase of alternatives touches the liquid option it may end in."""
    plan = replace(PLAN, blackouts=(Blackout(DAY, DAY, (about,)),))
    assert (reasons(plan, FUNDS, EXCHANGE, legs) == (R.BLACKOUT,)) is stopped
    assert reasons(plan, FUNDS, EXCHANGE, legs, AFTER) == ()


def test_a_blackout_stands_beside_the_other_reasons_and_never_stops_a_contribution() -> None:
    plan = replace(
        PLAN, agreements=(Agreement("TDF_2045", AFTER),),
        blackouts=(Blackout(DAY, DAY, (), (CONTRIBUTION, DISTRIBUTION)),),
    )  # fmt: skip
    assert set(reasons(plan, FUNDS, DISTRIBUTION, ("TDF_2045", ""))) == {
        R.BLACKOUT, R.NO_AGREEMENT,
    }  # fmt: skip
    assert reasons(plan, FUNDS, CONTRIBUTION, ("", "MA_ALT")) == ()
    assert reasons(plan, FUNDS, EXCHANGE, ("MA_ALT", "LIQ")) == ()


def test_an_exchange_passes_the_blackout_once_its_mapping_has_begun() -> None:
    plan = replace(
        PLAN, blackouts=(Blackout(BEFORE, AFTER),),
        mappings=(FundMapping("TDF_2045", "MA_ALT", DAY),),
    )  # fmt: skip
    legs = ("TDF_2045", "MA_ALT")
    assert reasons(plan, FUNDS, EXCHANGE, legs, BEFORE) == (R.BLACKOUT,)
    assert reasons(plan, FUNDS, EXCHANGE, legs, DAY) == ()
    least = replace(FUNDS["MA_ALT"], minimum_purchase_minor=500)
    assert is_below_minimum(plan, least, legs, 499, BEFORE)
    assert not is_below_minimum(plan, least, legs, 499, DAY)
    assert not is_below_minimum(plan, least, legs, 500, BEFORE)
    assert not is_below_minimum(plan, None, legs, 499, BEFORE)


def test_a_cent_is_too_small_an_amount_and_nothing_is_none() -> None:
    assert is_too_small(1, 500)
    assert not is_too_small(0, 500)
