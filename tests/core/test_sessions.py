"""Calendars as data: days, batches of orders, contracts' business days, changed versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.sessions import EPOCH, Calendar, micros
from gateway.ops.calendars import us_calendar

CALENDAR = us_calendar(2026, 2028)
COLUMBUS_DAY, VETERANS_DAY = date(2026, 10, 12), date(2026, 11, 11)
OBSERVED_FOURTH = date(2026, 7, 3)
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
DAYS = st.dates(date(2026, 2, 1), date(2028, 11, 30))
MOMENTS = st.datetimes(
    datetime(2026, 2, 1), datetime(2028, 11, 30), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


def at(day: date, clock: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    return CALENDAR.local_at(day, hours * 60 + minutes)


def dates(days: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[date]:
    return [EPOCH.date() + timedelta(days=int(each)) for each in days]


def test_columbus_day_is_a_session_and_no_bank_day() -> None:
    assert CALENDAR.is_session(COLUMBUS_DAY)
    assert not CALENDAR.is_bank_day(COLUMBUS_DAY)
    assert not CALENDAR.is_settlement_day(COLUMBUS_DAY)


def test_a_holiday_on_saturday_shuts_the_exchange_on_friday_and_no_bank() -> None:
    assert not CALENDAR.is_session(OBSERVED_FOURTH)
    assert CALENDAR.is_bank_day(OBSERVED_FOURTH)
    assert not CALENDAR.is_settlement_day(OBSERVED_FOURTH)


@given(DAYS)
def test_money_moves_on_days_that_are_both(day: date) -> None:
    both = CALENDAR.is_session(day) and CALENDAR.is_bank_day(day)
    assert CALENDAR.is_settlement_day(day) == both


@given(st.lists(MOMENTS, max_size=8))
def test_a_batch_is_dated_as_its_orders_are_one_by_one(received: list[datetime]) -> None:
    moments = np.array([micros(each) for each in received], np.int64)
    assert dates(CALENDAR.trade_dates(moments)) == [
        CALENDAR.trade_date(int(each)) for each in moments
    ]


def test_an_order_at_the_very_close_is_of_the_next_session_in_a_batch_too() -> None:
    received = np.array([at(FRIDAY, "16:00") - 1, at(FRIDAY, "16:00")], np.int64)
    assert dates(CALENDAR.trade_dates(received)) == [FRIDAY, MONDAY]


def test_g24_veterans_day_counts_on_the_exchange_alone() -> None:
    notice = date(2026, 11, 9)
    assert CALENDAR.add_business_days(notice, 10, "BANK") == date(2026, 11, 24)
    assert CALENDAR.add_business_days(notice, 10, "EXCHANGE") == date(2026, 11, 23)
    assert CALENDAR.add_business_days(VETERANS_DAY, 0, "BANK") == VETERANS_DAY


@given(DAYS, st.integers(1, 15))
def test_business_days_counted_there_and_back_lead_to_where_they_began(
    day: date, count: int
) -> None:
    start = CALENDAR.add_business_days(day, 1)
    ahead = CALENDAR.add_business_days(start, count)
    assert CALENDAR.is_bank_day(ahead)
    assert CALENDAR.add_business_days(ahead, -count) == start


def test_a_changed_calendar_leaves_the_one_that_was_in_force_as_it_is() -> None:
    changed = CALENDAR.with_changes("storm", early_closes={FRIDAY: 12 * 60}, bank_closed=[MONDAY])
    assert changed.cutoff_at(FRIDAY) == at(FRIDAY, "12:00")
    assert CALENDAR.cutoff_at(FRIDAY) == at(FRIDAY, "16:00")
    assert changed.settlement_date(FRIDAY) == date(2026, 11, 24)
    assert CALENDAR.settlement_date(FRIDAY) == MONDAY
    with pytest.raises(ValueError, match="give the changed one another version"):
        CALENDAR.with_changes(CALENDAR.version, closed=[FRIDAY])


def test_a_day_on_which_the_exchange_does_not_open_redates_its_orders() -> None:
    closed = CALENDAR.with_closure(FRIDAY, "mourning")
    assert closed.trade_date(at(FRIDAY, "10:00")) == MONDAY
    assert closed.trade_date(at(FRIDAY, "10:00") - 86_400_000_000) == date(2026, 11, 19)
    assert not closed.is_session(FRIDAY)


def test_a_day_outside_of_a_calendar_is_refused_and_not_guessed() -> None:
    with pytest.raises(ValueError, match="apply a book change with a longer calendar"):
        CALENDAR.is_bank_day(date(2030, 1, 1))


def test_a_calendar_that_cannot_be_used_is_told_what_is_wrong_with_it() -> None:
    wrong = Calendar("w", MONDAY, FRIDAY, frozenset(), (), frozenset(), "Mars/Olympus", 0)
    assert len(wrong.faults()) == 3
