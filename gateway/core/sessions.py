"""Exchange sessions, cut-offs and settlement days.

A calendar is reference data: it arrives as a message and is replayed as it was in
force. Days are dates; instants are UTC microseconds; local times are minutes after
midnight in the calendar's zone, so that daylight saving moves the cut-off in UTC.

Not here: where holidays come from, and today's date.
Source: domain.md §1.2, §8; golden G01 to G06.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I64

ONE_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SATURDAY = 5
MINUTES_A_DAY = 24 * 60

Bools = npt.NDArray[np.bool_]
DayCount = Literal["EXCHANGE", "BANK"]
NO_EARLY_CLOSES: Mapping[date, int] = MappingProxyType({})


def micros(moment: datetime) -> int:
    """UTC microseconds of an aware instant."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def local_at(day: date, minutes: int, zone: str) -> int:
    """UTC microseconds of a local wall-clock time.

    Args:
        day: The local day.
        minutes: Minutes after midnight on the wall clock; from 1440 on, of the next day.
        zone: IANA zone.

    Returns:
        The earlier of the two instants where a clock goes back. A time that a clock jumps
        over is read with the offset before the jump, so 02:30 becomes what is 03:30 then.

    Source: domain.md §8, daylight saving.
    """
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return micros((wall + timedelta(minutes=minutes)).astimezone(UTC))


@dataclass(frozen=True)
class Calendar:
    """One version of the calendars that matter: exchange, bank, and their local clock.

    Attributes:
        version: Name of this version; a calendar with other days has another name.
        first: First day covered. A question about a day outside is refused, not guessed.
        last: Last day covered.
        exchange_closed: Weekdays on which the exchange is shut; weekends always are.
        early_closes: Sessions that close early, with local minutes after midnight.
        bank_closed: Weekdays on which banks are shut; weekends always are.
        zone: IANA zone of the local times.
        close_minutes: Local minutes after midnight of a usual close.
    """

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
        """Whether the exchange is open on a day.

        Source: domain.md §8; golden G04, G05.
        """
        self._covered(day)
        return day.weekday() < SATURDAY and day not in self.exchange_closed

    def is_bank_day(self, day: date) -> bool:
        """Whether banks are open on a day.

        Source: domain.md §8; golden G03, G04.
        """
        self._covered(day)
        return day.weekday() < SATURDAY and day not in self.bank_closed

    def is_settlement_day(self, day: date) -> bool:
        """Whether money for trades can move: exchange session and bank day.

        Source: domain.md §8; golden G03, G04.
        """
        return self.is_session(day) and self.is_bank_day(day)

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
        """UTC microseconds of a time in the calendar's zone; see `local_at`."""
        return local_at(day, minutes, self.zone)

    def cutoff_at(self, session: date) -> int:
        """UTC microseconds of a session's close; an order must be received before it.

        Source: domain.md §1.2, §8; golden G01, G02, G06.
        """
        if not self.is_session(session):
            raise ValueError(f"{session} is no session in calendar {self.version}: it has no close")
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
        """The session whose NAV an order gets: the first whose close is after its receipt.

        An order received at the very close belongs to the next session. One received before
        the first day covered gets the first session, so that whoever books it sees a trade
        date long past and can refuse the line; `covers` tells.

        Source: rule 22c-1; golden G01 to G06.
        """
        at = bisect.bisect_right(self._cutoffs, received_at)
        if at >= len(self._sessions):
            raise self._too_short()
        return self._sessions[at]

    def trade_dates(self, received_at: I64) -> I64:
        """Trade dates of many orders, as days since 1970; what `trade_date` gives for each.

        Source: rule 22c-1; golden G01 to G06.
        """
        cutoffs, days = self._columns
        at = np.searchsorted(cutoffs, received_at, side="right")
        if len(at) and int(at.max()) >= len(days):
            raise self._too_short()
        return days[at]

    def covers(self, received_at: I64) -> Bools:
        """Which instants lie within the days covered, and before the last close.

        Args:
            received_at: Shape (n,), UTC microseconds.

        Returns:
            Shape (n,); where true, `trade_dates` answers and its answer is the right one.
        """
        if not self._cutoffs:
            return np.zeros(len(received_at), np.bool_)
        return (received_at >= self.local_at(self.first, 0)) & (received_at < self._cutoffs[-1])

    def _too_short(self) -> ValueError:
        return ValueError(
            f"calendar {self.version} has no session after this before it ends on {self.last}: "
            "apply a book change with a longer calendar"
        )

    @cached_property
    def _settlement_days(self) -> list[date]:
        return [session for session in self._sessions if self.is_settlement_day(session)]

    def settlement_date(self, trade_date: date, days: int = 1) -> date:
        """The day T+n on which a trade's money moves.

        Args:
            trade_date: The session whose NAV applies; it need not be a settlement day.
            days: Settlement days after the trade date. With 0, the trade date itself if it
                is a settlement day, else the next one.

        Source: domain.md §8; golden G01 to G05.
        """
        if days < 0:
            raise ValueError(f"T{days} is no settlement term: trades settle on T+0 or later")
        self._covered(trade_date)
        if days == 0:
            at = bisect.bisect_left(self._settlement_days, trade_date)
        else:
            at = bisect.bisect_right(self._settlement_days, trade_date) + days - 1
        if at >= len(self._settlement_days):
            raise self._too_short()
        return self._settlement_days[at]

    def add_business_days(self, day: date, days: int, which: DayCount = "BANK") -> date:
        """A day so many business days away, as a contract counts them.

        Args:
            day: Where to count from; it is not counted itself.
            days: How many, backwards if negative; 0 gives the day itself.
            which: The calendar that the contract names.

        Source: golden G24.
        """
        is_open = self.is_bank_day if which == "BANK" else self.is_session
        self._covered(day)
        step = ONE_DAY if days > 0 else -ONE_DAY
        for _ in range(abs(days)):
            day += step
            while not is_open(day):
                day += step
        return day

    def with_changes(
        self,
        version: str,
        *,
        closed: Iterable[date] = (),
        opened: Iterable[date] = (),
        early_closes: Mapping[date, int] = NO_EARLY_CLOSES,
        bank_closed: Iterable[date] = (),
        bank_opened: Iterable[date] = (),
    ) -> Calendar:
        """A new version of this calendar; this one stays as it is.

        Args:
            version: Name of the new version.
            closed: Days on which the exchange is shut after all.
            opened: Weekdays on which it opens after all, with the usual close.
            early_closes: Session to local minutes of its close; the usual close clears one.
            bank_closed: Days on which banks are shut after all.
            bank_opened: Weekdays on which they open after all.

        Source: domain.md §8 (calendars are versioned data).
        """
        if version == self.version:
            raise ValueError(f"calendar {version} exists: give the changed one another version")
        shut, again = frozenset(closed), frozenset(opened)
        early = {day: close for day, close in self.early_closes if day not in shut | again}
        early |= early_closes
        usual = self.close_minutes
        changed = replace(
            self,
            version=version,
            exchange_closed=(self.exchange_closed - again) | shut,
            early_closes=tuple(sorted((d, close) for d, close in early.items() if close != usual)),
            bank_closed=(self.bank_closed - frozenset(bank_opened)) | frozenset(bank_closed),
        )
        if faults := changed.faults():
            raise ValueError(f"calendar {version} cannot be used: {'; '.join(faults)}")
        return changed

    def with_closure(self, day: date, version: str) -> Calendar:
        """A new version in which the exchange does not open on a day.

        Orders received that day and not yet priced get the next session's trade date.

        Source: domain.md §8 (unscheduled closures).
        """
        return self.with_changes(version, closed=[day])

    def faults(self) -> list[str]:
        """What is wrong with this calendar, a sentence each; none if it can be used.

        Desks fold calendars without asking, so whoever makes or takes one asks first.
        """
        faults: list[str] = []
        if self.first > self.last:
            faults.append(f"it ends on {self.last}, before it begins on {self.first}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            faults.append(f"{self.zone!r} is not an IANA zone")
        early = [day for day, _ in self.early_closes]
        outside = [
            day
            for day in sorted({*self.exchange_closed, *self.bank_closed, *early})
            if not self.first <= day <= self.last
        ]
        faults.extend(f"{day} is outside {self.first} to {self.last}" for day in outside)
        if not 0 < self.close_minutes < MINUTES_A_DAY:
            faults.append(f"a close at {self.close_minutes} minutes is not a time of day")
        if len(set(early)) < len(early):
            faults.append("a session has two early closes")
        for day, minutes in self.early_closes:
            if day not in outside and not self.is_session(day):
                faults.append(f"{day} has an early close but is no session")
            if not 0 < minutes < self.close_minutes:
                faults.append(f"{day} closes at {minutes} minutes, not before the usual close")
        return faults
