"""Exchange sessions, cut-offs and settlement days.

A calendar is reference data: it arrives as a message and is replayed as it was in
force. Days are dates; instants are UTC microseconds; local times are minutes after
midnight in the calendar's zone, so that daylight saving moves the cut-off in UTC.

Not here: where holidays come from, and today's date.
Source: domain.md §1.2, §8; golden G01 to G06.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from gateway.core.vocabulary import I64

ONE_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SATURDAY = 5


def micros(moment: datetime) -> int:
    """UTC microseconds of an aware instant."""
    return (moment - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Calendar:
    """One version of the calendars that matter: exchange, bank, and their local clock."""

    version: str
    first: date
    last: date
    exchange_closed: frozenset[date]
    early_closes: tuple[tuple[date, int], ...]
    bank_closed: frozenset[date]
    zone: str = "America/New_York"
    close_minutes: int = 16 * 60
    _early: dict[date, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the early closes."""
        self._early.update(self.early_closes)

    def _covered(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise ValueError(
                f"calendar {self.version} covers {self.first} to {self.last}, not {day}: "
                "apply a book change with a longer calendar"
            )

    def is_session(self, day: date) -> bool:
        """Whether the exchange is open on a day."""
        self._covered(day)
        return day.weekday() < SATURDAY and day not in self.exchange_closed

    def is_settlement_day(self, day: date) -> bool:
        """Whether money for trades can move: exchange session and bank day."""
        return self.is_session(day) and day not in self.bank_closed

    def next_session(self, day: date) -> date:
        """The first session after a day."""
        day += ONE_DAY
        while not self.is_session(day):
            day += ONE_DAY
        return day

    def previous_session(self, day: date) -> date:
        """The last session before a day."""
        day -= ONE_DAY
        while not self.is_session(day):
            day -= ONE_DAY
        return day

    def session_on_or_after(self, day: date) -> date:
        """The day itself if it is a session, else the next one."""
        return day if self.is_session(day) else self.next_session(day)

    def local_at(self, day: date, minutes: int) -> int:
        """UTC microseconds of a local time; the earlier of the two where a clock goes back."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return micros((midnight + timedelta(minutes=minutes)).astimezone(UTC))

    def cutoff_at(self, session: date) -> int:
        """UTC microseconds of a session's close; an order must be received before it."""
        return self.local_at(session, self._early.get(session, self.close_minutes))

    @cached_property
    def _sessions(self) -> list[date]:
        days = (self.last - self.first).days + 1
        every = (self.first + ONE_DAY * n for n in range(days))
        return [day for day in every if self.is_session(day)]

    @cached_property
    def _cutoffs(self) -> list[int]:
        return [self.cutoff_at(session) for session in self._sessions]

    @cached_property
    def _columns(self) -> tuple[I64, I64]:
        days = [(session - EPOCH.date()).days for session in self._sessions]
        return np.array(self._cutoffs, np.int64), np.array(days, np.int64)

    def trade_date(self, received_at: int) -> date:
        """The session whose NAV an order gets: the first whose close is after its receipt."""
        at = bisect.bisect_right(self._cutoffs, received_at)
        if at >= len(self._sessions):
            raise ValueError(f"calendar {self.version} ends on {self.last}: apply a longer one")
        return self._sessions[at]

    def trade_dates(self, received_at: I64) -> I64:
        """Trade dates of many orders, as days since 1970."""
        cutoffs, days = self._columns
        at = np.searchsorted(cutoffs, received_at, side="right")
        if len(at) and int(at.max()) >= len(days):
            raise ValueError(f"calendar {self.version} ends on {self.last}: apply a longer one")
        return days[at]

    def settlement_date(self, trade_date: date, days: int = 1) -> date:
        """The settlement day T+n: n settlement days after the trade date."""
        day = trade_date
        for _ in range(days):
            day += ONE_DAY
            while not self.is_settlement_day(day):
                day += ONE_DAY
        return day
