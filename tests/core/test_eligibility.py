"""What an order must satisfy before limits: the edges of every dated rule, and sets of reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
    contributed_to,
    follows_mapping,
    is_at_will,
    is_blacked_out,
    is_closed,
    is_qualified,
    is_too_small,
    mapped_to,
    may_trade,
)
from gateway.core.eligibility_faults import is_circle
from gateway.core.line_eligibility import (
    is_below_minimum,
    purchase_faults,
    sale_faults,
    trade_faults,
)
from gateway.core.refusals import bit, bits, codes_in, first_of, with_later
from gateway.core.vocabulary import (
    REASONS,
    REJECT_CODES,
    REJECT_INDEX,
    MoneySource,
    OrderKind,
    RejectCode,
)
from tests.day.market_day import book

DAY = date(2026, 11, 24)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
CONTRIBUTION, EXCHANGE, DISTRIBUTION = OrderKind


@pytest.mark.parametrize(
    ("on", "buys", "sells"), [(BEFORE, False, False), (DAY, True, True), (AFTER, False, True)]
)
def test_an_agreement_holds_from_its_first_session_to_its_last(
    on: date, buys: bool, sells: bool
) -> None:
    joined = (Agreement("A", DAY, DAY), Agreement("B", date.min, None))
    assert may_trade(joined, "A", on, buys=True) is buys
    assert may_trade(joined, "A", on, buys=False) is sells
    assert may_trade(joined, "B", on, buys=True)
    assert may_trade(joined, "C", on, buys=True), "without an entry it is in force"


def test_an_agreement_may_be_made_again() -> None:
    twice = (Agreement("A", BEFORE, BEFORE), Agreement("A", AFTER))
    assert [may_trade(twice, "A", on, buys=True) for on in (BEFORE, DAY, AFTER)] == [
        True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("held", Qualification)
@pytest.mark.parametrize("needed", Qualification)
def test_a_qualified_purchaser_is_accredited_too(
    held: Qualification, needed: Qualification
) -> None:
    order = [Qualification.NONE, Qualification.ACCREDITED, Qualification.QUALIFIED_PURCHASER]
    papers = (PlanQualification(held, DAY, DAY),)
    assert is_qualified(needed, papers, DAY) is (order.index(held) >= order.index(needed))
    for on in (BEFORE, AFTER):
        assert is_qualified(needed, papers, on) is (needed is Qualification.NONE)


def test_a_fund_is_closed_on_its_first_day_and_its_last() -> None:
    periods = (ClosedPeriod(Side.PURCHASES, DAY, DAY), ClosedPeriod(Side.SALES, AFTER))
    on = (BEFORE, DAY, AFTER, date.max)
    assert [is_closed(periods, Side.PURCHASES, day) for day in on] == [False, True, False, False]
    assert [is_closed(periods, Side.SALES, day) for day in on] == [False, False, True, True]


def test_a_blackout_stops_exchanges_and_distributions_if_it_does_not_say() -> None:
    usual, some = Blackout(DAY, DAY), Blackout(DAY, DAY, ("A",), (DISTRIBUTION,))
    assert [is_blacked_out((usual,), kind, "A", DAY) for kind in OrderKind] == [False, True, True]
    assert not any(is_blacked_out((usual,), EXCHANGE, "A", on) for on in (BEFORE, AFTER))
    assert [is_blacked_out((some,), DISTRIBUTION, fund, DAY) for fund in "AB"] == [True, False]
    assert not is_blacked_out((some,), EXCHANGE, "A", DAY)


def test_a_mapping_leads_from_fund_to_fund_from_its_session_on() -> None:
    chain = (FundMapping("A", "B", DAY), FundMapping("B", "C", AFTER))
    assert [mapped_to(chain, "A", on) for on in (BEFORE, DAY, AFTER)] == ["A", "B", "C"]
    assert mapped_to((FundMapping("A", "B", BEFORE), FundMapping("A", "C", DAY)), "A", DAY) == "C"
    assert follows_mapping(chain, "A", "B", DAY)
    assert not follows_mapping(chain, "A", "B", BEFORE), "not before its session"
    assert not follows_mapping(chain, "B", "A", DAY), "not the way back"
    assert not follows_mapping(chain, "C", "C", DAY)


@given(
    st.lists(
        st.builds(
            FundMapping, st.sampled_from("ABCD"), st.sampled_from("ABCD"),
            st.sampled_from([BEFORE, DAY, AFTER]),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_without_a_circle_a_mapping_ends_where_nothing_leads_on(maps: list[FundMapping]) -> None:
    if any(is_circle(maps, each) for each in maps):
        return
    for fund in "ABCD":
        end = mapped_to(maps, fund, DAY)
        assert mapped_to(maps, end, DAY) == end


def test_mappings_in_a_circle_are_found() -> None:
    there, back = FundMapping("A", "B", BEFORE), FundMapping("B", "A", DAY)
    assert is_circle((there, back), there)
    assert is_circle((there, back), back)
    assert is_circle((FundMapping("A", "A", DAY),), FundMapping("A", "A", DAY))
    assert not is_circle((there, FundMapping("B", "C", DAY)), there)


def test_contributions_go_on_in_a_blackout() -> None:
    maps = (FundMapping("A", "B", AFTER),)
    stops = (Blackout(DAY, DAY, ("A", "X"), (CONTRIBUTION,)),)
    assert contributed_to(maps, (), "A", "LIQ", DAY) == "A"
    assert contributed_to(maps, stops, "A", "LIQ", DAY) == "B", "the fund to come"
    assert contributed_to(maps, stops, "X", "LIQ", DAY) == "LIQ", "none is to come"
    assert contributed_to(maps, stops, "C", "LIQ", DAY) == "C"
    assert contributed_to(maps, (), "A", "LIQ", AFTER) == "B"
    assert contributed_to(maps, (Blackout(DAY, DAY),), "A", "LIQ", DAY) == "A", "stops no payroll"


def test_a_payroll_has_no_minimum_and_a_rollover_has() -> None:
    at_will = [source for source in MoneySource if is_at_will(CONTRIBUTION, source)]
    assert at_will == [MoneySource.ROLLOVER]
    assert all(is_at_will(kind, MoneySource.PRE_TAX) for kind in (EXCHANGE, DISTRIBUTION))


@pytest.mark.parametrize(
    ("amount", "sellable", "small"),
    [
        (499, None, True),
        (500, None, False),
        (-1, None, False),
        (499, 500, True),
        (499, 499, False),
        (1, 0, False),
    ],
)
def test_a_position_that_cannot_reach_the_minimum_is_sold_freely(
    amount: int, sellable: int | None, small: bool
) -> None:
    assert is_too_small(amount, 500, sellable) is small
    assert not is_too_small(amount, 0, sellable)


def test_a_line_is_told_of_agreement_qualification_and_closed_fund_at_once() -> None:
    change = book()
    closed = ClosedPeriod(Side.PURCHASES, DAY)
    fund = replace(change.funds[1], qualification=Qualification.ACCREDITED, closed=(closed,))
    plan = replace(change.plans[0], agreements=(Agreement("MA_ALT", AFTER),))
    assert codes_in(purchase_faults(plan, fund, DAY)) == (
        RejectCode.NO_AGREEMENT, RejectCode.NOT_ELIGIBLE, RejectCode.CLOSED_TO_PURCHASES,
    )  # fmt: skip
    assert codes_in(sale_faults(plan, fund, DAY)) == (RejectCode.NO_AGREEMENT,)
    assert sale_faults(plan, fund, AFTER) == 0


def test_an_alternative_is_not_bought_where_the_liquid_option_is_shut() -> None:
    change = book()
    plan = replace(change.plans[0], agreements=(Agreement("LIQ", AFTER),))
    funds = {fund.fund_id: fund for fund in change.funds}
    for bought, found in (("MA_ALT", bits(RejectCode.NO_AGREEMENT)), ("TDF_2045", 0)):
        assert trade_faults(plan, funds, CONTRIBUTION, ("", bought), DAY) == found


def test_an_exchange_that_follows_a_mapping_passes_blackout_and_minimum() -> None:
    change = book()
    plan = replace(
        change.plans[0], blackouts=(Blackout(DAY, DAY),),
        mappings=(FundMapping("TDF_2045", "MA_ALT", DAY),),
    )  # fmt: skip
    funds = {fund.fund_id: fund for fund in change.funds}
    along, across = ("TDF_2045", "MA_ALT"), ("LIQ", "MA_ALT")
    assert trade_faults(plan, funds, EXCHANGE, along, DAY) == 0
    assert trade_faults(plan, funds, EXCHANGE, across, DAY) == bits(RejectCode.BLACKOUT)
    # A distribution buys nothing; one that says it does passes no blackout by it.
    assert trade_faults(plan, funds, DISTRIBUTION, along, DAY) == bits(RejectCode.BLACKOUT)
    least = replace(funds["MA_ALT"], minimum_purchase_minor=500)
    assert not is_below_minimum(plan, least, along, 499, DAY)
    assert is_below_minimum(plan, least, across, 499, DAY)


# --- sets of reasons --------------------------------------------------------------------


@given(st.lists(st.sets(st.sampled_from(REJECT_CODES[1:])), max_size=20))
def test_a_set_of_codes_is_read_back_and_begins_with_the_first(
    every: list[set[RejectCode]],
) -> None:
    column = np.array([bits(*codes) for codes in every], np.int64)
    assert [set(codes_in(each)) for each in column.tolist()] == every
    first = [min((REJECT_INDEX[code] for code in codes), default=0) for codes in every]
    assert first_of(column).tolist() == first


def test_no_reason_is_no_bit_and_every_reason_fits_64_bits() -> None:
    assert bit(RejectCode.NONE) == 0
    assert codes_in(0) == ()
    assert len(REJECT_CODES) < 63
    last = np.array([bit(REJECT_CODES[-1])], np.int64)
    assert first_of(last).tolist() == [len(REJECT_CODES) - 1]
    assert set(REASONS) == set(RejectCode)


def test_a_later_reason_stands_alone() -> None:
    hard = REJECT_INDEX[RejectCode.LIMIT_HARD]
    before = np.array([0, bits(RejectCode.MIN_AMOUNT), 0], np.int64)
    code = np.array([hard, REJECT_INDEX[RejectCode.MIN_AMOUNT], 0], np.int8)
    assert with_later(before, code).tolist() == [1 << hard, bits(RejectCode.MIN_AMOUNT), 0]
