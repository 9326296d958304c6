"""The day a trade's money moves, on the calendar its fund counts on.

Most funds settle on days on which both the exchange and the banks are open. A wire to a private
vehicle needs the Fed alone, and some documents count sessions. Whatever is counted, money never
moves on a day banks are shut: what lands on one moves to the next bank day.

A later trade never settles earlier on any of the three, so the soonest day of the next session's
trades bounds what all later sessions can add.

Not here: when a capital call is due (`calls.due_date`), the days themselves (`sessions`).
Source: domain.md §1.3, §8; golden G03, G04.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Protocol

from gateway.core.sessions import ONE_DAY, Calendar


class SettlesOn(StrEnum):
    """The days that a fund's settlement is counted in."""

    SETTLEMENT = "SETTLEMENT"
    BANK = "BANK"
    SESSION = "SESSION"


class Settling(Protocol):
    """What a fund's terms say of settlement."""

    @property
    def settle_days(self) -> int:
        """Days after the trade date."""
        ...

    @property
    def settles_on(self) -> SettlesOn:
        """The days that are counted."""
        ...


def settling_date(calendar: Calendar, trade_date: date, terms: Settling) -> date:
    """The day T+n on which a trade's money moves, as its fund counts; always a bank day.

    Args:
        calendar: Calendar in force.
        trade_date: The session whose NAV applies; banks may be shut on it.
        terms: How many days, and of which kind. T+0 is the trade date itself, or the first
            day after it on which money can move.

    Source: domain.md §8; golden G03, G04.
    """
    days = terms.settle_days
    match terms.settles_on:
        case SettlesOn.BANK:
            day = calendar.add_business_days(trade_date, days)
        case SettlesOn.SESSION:
            day = trade_date
            for _ in range(days):
                day = calendar.next_session(day)
        case SettlesOn.SETTLEMENT:
            return calendar.settlement_date(trade_date, days)
    while not calendar.is_bank_day(day):
        day += ONE_DAY
    return day


def soonest_date(calendar: Calendar, session: date, funds: Iterable[Settling]) -> date:
    """The earliest day on which any fund's trades of a session settle.

    Args:
        calendar: Calendar in force.
        session: The session.
        funds: Terms of every fund; at least one.

    Source: domain.md §1.3; golden G03, G10.
    """
    return min(settling_date(calendar, session, terms) for terms in funds)
