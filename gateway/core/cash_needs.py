"""Where a fund's cash comes from while its vehicles are gated, and how long it lasts.

Participants are paid in full at the fund's NAV whatever a vehicle lets out. Money is taken
in a fixed order, dearest last; a buffer is kept in a band; and what falls due in the next
business days is laid against what is there, so that the alarm comes before the notice.
All amounts are minor units of one currency.

Not here: what a vehicle lets out (`liquidity`), what a call is (`calls`), the private share
that drifts up as participants are paid (`limits.redemption_capacity`).
Source: domain.md §2.5, §4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.money import Ratio, ceil_div, floor_div
from gateway.core.sessions import ONE_DAY, Calendar, DayCount

FORECAST_DAYS = 10
"""Business days ahead that calls due are covered for. Source: domain.md §4.1."""


class CashSource(StrEnum):
    """Where money is taken from, in this order."""

    INFLOW = "INFLOW"
    CASH = "CASH"
    LIQUID_SLEEVE = "LIQUID_SLEEVE"
    CREDIT_LINE = "CREDIT_LINE"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What each source gives, and what no source has: that is asked of the managers."""

    drawn_minor: Mapping[CashSource, int]
    to_request_minor: int


def draw(need_minor: int, available_minor: Mapping[CashSource, int]) -> Waterfall:
    """Meet a need from the sources in their order, none beyond what it has.

    Args:
        need_minor: What is to be paid, >= 0.
        available_minor: What each source has, >= 0; one that is not named, or not allowed by
            the fund's terms, has nothing.

    Returns:
        Draws of all sources, and the rest; together they are the need.

    Source: domain.md §2.5. Law: L1.
    """
    assert need_minor >= 0, need_minor
    left = need_minor
    drawn: dict[CashSource, int] = {}
    for source in CashSource:
        there = available_minor.get(source, 0)
        assert there >= 0, (source, there)
        drawn[source] = min(left, there)
        left -= drawn[source]
    return Waterfall(drawn, left)


@dataclass(frozen=True, slots=True)
class BufferTerms:
    """The band a cash buffer is kept in, as shares of net assets."""

    low: Annotated[Ratio, "below it the buffer is filled up"]
    target: Annotated[Ratio, "what it is brought to"]
    high: Annotated[Ratio, "above it the buffer is put to work"]


def buffer_move(cash_minor: int, net_assets_minor: int, terms: BufferTerms) -> int:
    """What is moved into the buffer (positive) or out of it to bring it back to its target.

    Returns:
        Minor units; 0 within the band, its ends included. A buffer that is filled up ends at
        the target rounded up, one that is drawn down at the target rounded down.

    Source: domain.md §2.1, §2.5.
    """
    if cash_minor * terms.low.den < terms.low.num * net_assets_minor:
        return ceil_div(terms.target.num * net_assets_minor, terms.target.den) - cash_minor
    if cash_minor * terms.high.den > terms.high.num * net_assets_minor:
        return floor_div(terms.target.num * net_assets_minor, terms.target.den) - cash_minor
    return 0


@dataclass(frozen=True, slots=True)
class Expected:
    """Money expected on a day: in if positive, out if negative."""

    day: date
    amount_minor: int
    is_call: Annotated[bool, "a capital call; else a flow of participants"] = False


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """One business day of a forecast."""

    day: date
    calls_minor: Annotated[int, "calls due, >= 0"]
    net_flow_minor: Annotated[int, "expected flows, out if negative"]
    left_minor: Annotated[int, "cash and liquid assets at the end of the day"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next business days, and whether what is there lasts."""

    days: tuple[ForecastDay, ...]
    first_short: Annotated[date | None, "first day that ends below zero"]
    shortfall_minor: Annotated[int, "the deepest any day falls below zero"]


def forecast(
    there_minor: int,
    today: date,
    expected: Iterable[Expected],
    calendar: Calendar,
    *,
    days: int = FORECAST_DAYS,
    which: DayCount = "BANK",
) -> Forecast:
    """Lay what falls due against what is there, business day by business day.

    Args:
        there_minor: Cash and what can be had the same day, at the end of today.
        today: Day of the forecast; its own flows are done.
        expected: In any order. What is to be paid on a day without business is paid on the
            last business day before, what is to come in arrives on the next one; what is
            overdue counts on the first day, what lies beyond the last day not at all.
        calendar: Calendar in force.
        days: Business days looked ahead, >= 1.
        which: Calendar the days are counted on.

    Source: domain.md §4.1: cash and liquid assets >= calls due in 10 business days and
    expected net redemptions.
    """
    assert days >= 1, days
    ahead = [calendar.add_business_days(today, n, which) for n in range(1, days + 1)]
    calls, flows = dict.fromkeys(ahead, 0), dict.fromkeys(ahead, 0)
    for each in expected:
        day = _moved(each, calendar, which, ahead)
        if day is None:
            continue
        if each.is_call:
            calls[day] -= each.amount_minor
        else:
            flows[day] += each.amount_minor
    left = there_minor
    made: list[ForecastDay] = []
    for day in ahead:
        left += flows[day] - calls[day]
        made.append(ForecastDay(day, calls[day], flows[day], left))
    short = [each for each in made if each.left_minor < 0]
    return Forecast(
        tuple(made),
        short[0].day if short else None,
        max((-each.left_minor for each in short), default=0),
    )


def _moved(each: Expected, calendar: Calendar, which: DayCount, ahead: list[date]) -> date | None:
    """The business day on which an expected amount counts; None beyond the last one."""
    day = each.day
    if day <= ahead[0]:
        return ahead[0]
    is_open = calendar.is_bank_day if which == "BANK" else calendar.is_session
    if each.amount_minor < 0:
        while not is_open(day):
            day -= ONE_DAY
    elif day < ahead[-1]:
        while not is_open(day):
            day += ONE_DAY
    return day if day <= ahead[-1] else None
