"""The day T+n on each fund's own calendar: settlement days, bank days, or sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from gateway.core.settling_days import SettlesOn, settling_date, soonest_date
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2026)
SETTLEMENT, BANK, SESSION = SettlesOn.SETTLEMENT, SettlesOn.BANK, SettlesOn.SESSION
BEFORE_GOOD_FRIDAY = date(2026, 4, 2)
"""On Good Friday, 3 April, the exchange is shut and banks are open."""
BEFORE_COLUMBUS_DAY = date(2026, 10, 9)
"""On Columbus Day, Monday 12 October, banks are shut and the exchange is open."""


@dataclass(frozen=True)
class Terms:
    """How a fund counts."""

    settle_days: int
    settles_on: SettlesOn


@pytest.mark.parametrize(
    ("session", "days", "counts", "settles"),
    [
        (BEFORE_GOOD_FRIDAY, 1, SETTLEMENT, date(2026, 4, 6)),
        (BEFORE_GOOD_FRIDAY, 1, BANK, date(2026, 4, 3)),
        (BEFORE_GOOD_FRIDAY, 1, SESSION, date(2026, 4, 6)),
        (BEFORE_GOOD_FRIDAY, 2, BANK, date(2026, 4, 6)),
        (BEFORE_COLUMBUS_DAY, 1, SETTLEMENT, date(2026, 10, 13)),
        (BEFORE_COLUMBUS_DAY, 1, BANK, date(2026, 10, 13)),
        # Counted it is, but on it no money can move.
        (BEFORE_COLUMBUS_DAY, 1, SESSION, date(2026, 10, 13)),
        (BEFORE_COLUMBUS_DAY, 2, SESSION, date(2026, 10, 13)),
        (BEFORE_COLUMBUS_DAY, 2, BANK, date(2026, 10, 14)),
        (date(2026, 10, 12), 0, SETTLEMENT, date(2026, 10, 13)),
        (date(2026, 10, 12), 0, BANK, date(2026, 10, 13)),
        (date(2026, 10, 12), 0, SESSION, date(2026, 10, 13)),
        (BEFORE_COLUMBUS_DAY, 0, BANK, BEFORE_COLUMBUS_DAY),
    ],
)
def test_the_day_on_which_money_moves(
    session: date, days: int, counts: SettlesOn, settles: date
) -> None:
    assert settling_date(CALENDAR, session, Terms(days, counts)) == settles


def test_the_soonest_is_that_of_the_fund_that_settles_first() -> None:
    funds = [Terms(2, SETTLEMENT), Terms(1, BANK), Terms(3, SESSION)]
    assert soonest_date(CALENDAR, BEFORE_GOOD_FRIDAY, funds) == date(2026, 4, 3)
    assert soonest_date(CALENDAR, BEFORE_GOOD_FRIDAY, funds[::2]) == date(2026, 4, 7)
