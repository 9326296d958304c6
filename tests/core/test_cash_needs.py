"""Buffers, the waterfall of cash and the forecast of the next business days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.cash_needs import (
    BufferTerms,
    CashSource,
    Expected,
    buffer_move,
    draw,
    forecast,
)
from gateway.core.money import Ratio
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2027)
MONEY = st.integers(0, 10**13)
THERE = {
    CashSource.INFLOW: 10,
    CashSource.CASH: 20,
    CashSource.LIQUID_SLEEVE: 30,
    CashSource.CREDIT_LINE: 5,
}


@pytest.mark.parametrize(
    ("need", "drawn", "asked"),
    [(0, [0, 0, 0, 0], 0), (10, [10, 0, 0, 0], 0), (11, [10, 1, 0, 0], 0),
     (60, [10, 20, 30, 0], 0), (64, [10, 20, 30, 4], 0), (65, [10, 20, 30, 5], 0),
     (66, [10, 20, 30, 5], 1)],
)  # fmt: skip
def test_a_source_is_touched_only_when_those_before_it_are_used_up(
    need: int, drawn: list[int], asked: int
) -> None:
    made = draw(need, THERE)
    assert [made.drawn_minor[source] for source in CashSource] == drawn
    assert made.to_request_minor == asked


def test_a_credit_line_that_is_not_allowed_is_not_drawn() -> None:
    made = draw(66, {source: THERE[source] for source in list(CashSource)[:3]})
    assert made.drawn_minor[CashSource.CREDIT_LINE] == 0
    assert made.to_request_minor == 6


@given(need=MONEY, there=st.dictionaries(st.sampled_from(CashSource), MONEY))
def test_l1_draws_and_the_request_are_the_need(need: int, there: dict[CashSource, int]) -> None:
    made = draw(need, there)
    assert sum(made.drawn_minor.values()) + made.to_request_minor == need
    assert all(0 <= made.drawn_minor[s] <= there.get(s, 0) for s in CashSource)
    assert made.to_request_minor == max(0, need - sum(there.values()))


BAND = BufferTerms(Ratio(3, 100), Ratio(5, 100), Ratio(8, 100))


@pytest.mark.parametrize(("cash", "move"), [(299, 201), (300, 0), (500, 0), (800, 0), (801, -301)])
def test_a_buffer_is_left_alone_within_its_band_and_brought_to_target_outside(
    cash: int, move: int
) -> None:
    assert buffer_move(cash, 10_000, BAND) == move


def test_a_target_between_two_cents_is_kept_on_the_side_of_the_band() -> None:
    assert buffer_move(0, 10_010, BAND) == 501
    assert buffer_move(2_000, 10_010, BAND) == 500 - 2_000


@given(cash=MONEY, net_assets=MONEY)
def test_a_buffer_that_was_brought_to_target_needs_no_further_move(
    cash: int, net_assets: int
) -> None:
    after = cash + buffer_move(cash, net_assets, BAND)
    if net_assets >= 10_000:
        assert buffer_move(after, net_assets, BAND) == 0


# Wed 18 Nov 2026; the next ten bank days are 19, 20, 23, 24, 25, 27, 30 Nov, 1, 2, 3 Dec.
TODAY = date(2026, 11, 18)


def out(day: date, amount: int, *, call: bool = False) -> Expected:
    return Expected(day, -amount, call)


def test_the_next_ten_business_days_leave_out_thanksgiving() -> None:
    made = forecast(0, TODAY, [], CALENDAR)
    assert [each.day.day for each in made.days] == [19, 20, 23, 24, 25, 27, 30, 1, 2, 3]
    assert (made.first_short, made.shortfall_minor) == (None, 0)


def test_calls_and_flows_are_laid_against_what_is_there() -> None:
    expected = [
        out(date(2026, 11, 24), 100, call=True),
        out(date(2026, 11, 20), 30),
        Expected(date(2026, 11, 27), 50),
        out(date(2026, 12, 3), 20, call=True),
        out(date(2026, 12, 4), 999, call=True),
    ]
    made = forecast(120, TODAY, expected, CALENDAR)
    left = {each.day: each.left_minor for each in made.days}
    assert left[date(2026, 11, 20)] == 90
    assert left[date(2026, 11, 24)] == -10
    assert left[date(2026, 12, 3)] == 20
    assert made.days[3].calls_minor == 100
    assert made.days[1].net_flow_minor == -30
    assert (made.first_short, made.shortfall_minor) == (date(2026, 11, 24), 10)


def test_money_that_is_just_enough_is_not_short() -> None:
    made = forecast(100, TODAY, [out(date(2026, 11, 24), 100, call=True)], CALENDAR)
    assert (made.first_short, made.shortfall_minor) == (None, 0)


@pytest.mark.parametrize(
    ("amount", "day", "counts_on"),
    [
        (-5, date(2026, 11, 26), date(2026, 11, 25)),  # Thanksgiving: paid the day before
        (5, date(2026, 11, 26), date(2026, 11, 27)),  # and received the day after
        (-5, date(2026, 11, 1), date(2026, 11, 19)),  # overdue
        (5, date(2026, 11, 18), date(2026, 11, 19)),
        (5, date(2026, 12, 3), date(2026, 12, 3)),
        (5, date(2026, 12, 4), None),
        (-5, date(2026, 12, 4), None),
    ],
)
def test_an_amount_on_a_day_without_business_counts_on_the_careful_side(
    amount: int, day: date, counts_on: date | None
) -> None:
    made = forecast(0, TODAY, [Expected(day, amount)], CALENDAR)
    found = [each.day for each in made.days if each.net_flow_minor == amount]
    assert found == ([counts_on] if counts_on else [])


def test_a_call_due_on_a_weekend_after_the_last_day_is_paid_on_it() -> None:
    made = forecast(0, TODAY, [out(date(2026, 11, 21), 7, call=True)], CALENDAR, days=2)
    assert made.days[-1].calls_minor == 7
    received = forecast(0, TODAY, [Expected(date(2026, 11, 21), 7)], CALENDAR, days=2)
    assert [each.net_flow_minor for each in received.days] == [0, 0]


def test_the_exchange_calendar_counts_its_own_days() -> None:
    bank = forecast(0, date(2026, 11, 10), [], CALENDAR, days=1)
    exchange = forecast(0, date(2026, 11, 10), [], CALENDAR, days=1, which="EXCHANGE")
    assert (bank.days[0].day, exchange.days[0].day) == (date(2026, 11, 12), date(2026, 11, 11))
    veterans_day = [out(date(2026, 11, 11), 7, call=True)]
    paid = forecast(0, date(2026, 11, 9), veterans_day, CALENDAR, days=3, which="EXCHANGE")
    assert [each.calls_minor for each in paid.days] == [0, 7, 0]
    earlier = forecast(0, date(2026, 11, 6), veterans_day, CALENDAR, days=3)
    assert [each.calls_minor for each in earlier.days] == [0, 7, 0]


FLOWS = st.lists(
    st.builds(
        Expected,
        st.dates(date(2026, 11, 10), date(2026, 12, 10)),
        st.integers(-(10**9), 0),
        st.booleans(),
    ),
    max_size=10,
)


@given(there=MONEY, flows=FLOWS)
def test_a_forecast_does_not_depend_on_order_and_more_cash_is_never_worse(
    there: int, flows: list[Expected]
) -> None:
    made = forecast(there, TODAY, flows, CALENDAR)
    assert forecast(there, TODAY, flows[::-1], CALENDAR) == made
    assert made.days[-1].left_minor == there - sum(
        each.calls_minor - each.net_flow_minor for each in made.days
    )
    assert forecast(there + 1, TODAY, flows, CALENDAR).shortfall_minor <= made.shortfall_minor
    assert forecast(there + made.shortfall_minor, TODAY, flows, CALENDAR).first_short is None
