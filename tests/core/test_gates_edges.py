"""Gates, queues, offers and forecasts at their edges."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.core.cash_needs import Expected, forecast
from gateway.core.redemption_queue import (
    CarryPolicy,
    GateFill,
    Request,
    Tranche,
    TranchePricing,
    apply_gate,
    convert_queue,
    gated_exchange,
    price_tranches,
)
from gateway.core.repurchases import Tender, accept
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)


@pytest.mark.parametrize("policy", CarryPolicy)
def test_each_request_gets_its_own_fill_in_the_order_they_came(policy: CarryPolicy) -> None:
    day = date(2027, 3, 31)
    requests = [Request("LATER", day, 300_00, 30), Request("SOONER", day, 100_00, 10)]
    fills = apply_gate(requests, 200_00, policy)
    assert [(each.request_id, each.paid) for each in fills] == [
        ("LATER", 150_00),
        ("SOONER", 50_00),
    ]


def test_an_exchange_of_which_part_waits_and_part_lapses_is_partly_filled() -> None:
    made = gated_exchange(GateFill("R", 20_00, 40_00, 40_00), TranchePricing.PER_TRANCHE)
    assert (made.status, made.code) == ("PARTIALLY_FILLED", "GATM")
    assert (made.bought_minor, made.queued_minor, made.lapsed_minor) == (20_00, 40_00, 40_00)


@pytest.mark.parametrize(
    ("pricing", "yen"), [(TranchePricing.ONE_NAV, 1_010), (TranchePricing.PER_TRANCHE, 1_020)]
)
def test_parts_of_a_request_in_yen_are_paid_in_whole_yen(pricing: TranchePricing, yen: int) -> None:
    tranches = [Tranche(10_0000, 10_100), Tranche(10_0000, 10_200)]
    paid = price_tranches(tranches, pricing, nav_scale=2, unit_scale=4, minor_scale=0)
    assert paid == [1_010, yen]


@pytest.mark.parametrize(("amount", "shares"), [(0, (0, 0)), (1, (1, 0)), (4, (3, 1))])
def test_a_queue_may_be_ended_with_little_or_nothing_to_distribute(
    amount: int, shares: tuple[int, int]
) -> None:
    ended = convert_queue([GateFill("R", 0, 70, 0)], [3, 1], amount)
    assert (ended.shares_minor, ended.lapsed) == (shares, 70)


def test_a_queue_is_not_ended_by_taking_money_from_its_holders() -> None:
    with pytest.raises(AssertionError):
        convert_queue([GateFill("R", 0, 70, 0)], [3, 1], -1)


def test_an_offer_says_what_it_was_for_and_what_of_it_went_to_odd_lots() -> None:
    taken = accept([Tender("SMALL", 50, 50), Tender("LARGE", 900, 900)], 500, odd_lots_first=True)
    assert (taken.room, taken.odd_lots, taken.taken) == (500, 50, (50, 450))


def test_money_that_comes_in_on_the_weekend_before_the_last_day_arrives_on_it() -> None:
    thursday, saturday, monday = date(2026, 11, 19), date(2026, 11, 21), date(2026, 11, 23)
    made = forecast(0, thursday, [Expected(saturday, 7_00)], CALENDAR, days=2)
    assert [(each.day, each.net_flow_minor) for each in made.days] == [
        (date(2026, 11, 20), 0),
        (monday, 7_00),
    ]


def test_ratable_gives_nothing_to_a_request_that_says_nothing_of_what_is_held() -> None:
    day = date(2027, 3, 31)
    requests = [Request("SILENT", day, 100_00), Request("HOLDER", day, 100_00, 1)]
    fills = apply_gate(requests, 100_00, CarryPolicy.RATABLE)
    assert [each.paid for each in fills] == [0, 100_00]
