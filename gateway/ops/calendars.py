"""The United States calendars, as data for a book change.

The days come from the `holidays` library (New York Stock Exchange, Federal Reserve), then
from `calendar_overrides.yaml`, which has the last word: closures for mourning, storms and
outages are announced faster than a library is released. The version of a calendar ends in
a digest of its days, so two calendars of one version are the same calendar, whatever
releases made them.

Not here: what a calendar means (`core.sessions`), and its use by a desk: a desk knows only
the calendar that came to it in a message.
Source: domain.md §8.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path

import holidays
import yaml

from gateway.core.book import CalendarTerms, EarlyClose
from gateway.core.sessions import SATURDAY, Calendar
from gateway.errors import ConfigError

EARLY_CLOSE_MINUTES = 13 * 60
FIRST_YEAR, LAST_YEAR = 1999, 2100
"""The years for which the library has both calendars, and every early close at 13:00."""

_DEFAULT_FILE = "calendar_overrides.yaml"
_KEYS = {"day", "exchange", "bank", "reason", "source"}
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class DayChange:
    """What was announced for one day, against the usual calendar.

    Attributes:
        day: A weekday.
        exchange: CLOSED, OPEN, the local time of an early close such as 13:00, or None if
            nothing was announced.
        bank: CLOSED, OPEN or None.
        reason: Why.
        source: Where it was announced.
    """

    day: date
    exchange: str | None
    bank: str | None
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class CalendarOverrides:
    """One version of the announced changes, at most one a day."""

    version: str
    changes: tuple[DayChange, ...]


def us_calendar(
    first_year: int, last_year: int, overrides: CalendarOverrides | None = None
) -> Calendar:
    """The exchange and bank calendar of whole years.

    Args:
        first_year: First year covered, 1999 or later.
        last_year: Last year covered, 2100 or earlier.
        overrides: Announced changes; those delivered with the gateway unless given.

    Raises:
        ConfigError: The years are not covered, or the changes do not fit the calendar.
    """
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        raise ConfigError(
            f"no calendar for {first_year} to {last_year}: "
            f"ask for years from {FIRST_YEAR} to {LAST_YEAR}, the first one first"
        )
    overrides = load_overrides() if overrides is None else overrides
    changes = [c for c in overrides.changes if first_year <= c.day.year <= last_year]
    try:
        changed = _usual(first_year, last_year).with_changes(
            overrides.version,
            closed=[c.day for c in changes if c.exchange == "CLOSED"],
            opened=[c.day for c in changes if c.exchange not in ("CLOSED", None)],
            early_closes={
                c.day: _minutes(c.exchange)
                for c in changes
                if c.exchange not in ("CLOSED", "OPEN", None)
            },
            bank_closed=[c.day for c in changes if c.bank == "CLOSED"],
            bank_opened=[c.day for c in changes if c.bank == "OPEN"],
        )
    except ValueError as wrong:
        raise ConfigError(f"calendar changes of version {overrides.version}: {wrong}") from wrong
    return replace(changed, version=f"US-{overrides.version}-{_digest(changed)}")


def _usual(first_year: int, last_year: int) -> Calendar:
    """The calendar of the library, before any announced change."""
    years = range(first_year, last_year + 1)
    exchange = holidays.financial_holidays("XNYS", years=years)
    early = holidays.financial_holidays("XNYS", years=years, categories=("half_day",))
    bank = holidays.financial_holidays("XFED", years=years)
    return Calendar(
        version="usual",
        first=date(first_year, 1, 1),
        last=date(last_year, 12, 31),
        exchange_closed=_weekdays(exchange.keys()),
        early_closes=tuple((day, EARLY_CLOSE_MINUTES) for day in sorted(_weekdays(early.keys()))),
        bank_closed=_weekdays(bank.keys()),
    )


def _weekdays(days: Iterable[date]) -> frozenset[date]:
    return frozenset(day for day in days if day.weekday() < SATURDAY)


def _digest(calendar: Calendar) -> str:
    """Eight hex digits of everything a calendar says, but for its version."""
    said = repr(replace(calendar_terms(calendar), version=""))
    return hashlib.blake2b(said.encode(), digest_size=4).hexdigest()


def calendar_terms(calendar: Calendar) -> CalendarTerms:
    """A calendar as a book change carries it; `CalendarTerms.calendar` is the way back."""
    return CalendarTerms(
        version=calendar.version,
        first=calendar.first,
        last=calendar.last,
        exchange_closed=tuple(sorted(calendar.exchange_closed)),
        early_closes=tuple(EarlyClose(day, at) for day, at in sorted(calendar.early_closes)),
        bank_closed=tuple(sorted(calendar.bank_closed)),
        zone=calendar.zone,
        close_minutes=calendar.close_minutes,
    )


def load_overrides(path: Path | None = None) -> CalendarOverrides:
    """Read announced changes from a file, or those delivered with the gateway.

    Raises:
        ConfigError: The file cannot be read, or says something a calendar cannot.
    """
    name = str(path or _DEFAULT_FILE)
    try:
        text = (
            path.read_text(encoding="utf-8")
            if path is not None
            else resources.files("gateway.ops").joinpath(_DEFAULT_FILE).read_text(encoding="utf-8")
        )
        read: object = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as wrong:
        raise ConfigError(f"{name}: cannot be read: {wrong}") from wrong
    if not isinstance(read, dict) or set(read) != {"version", "changes"}:
        raise ConfigError(f"{name}: a calendar file has a version and changes, nothing else")
    version, rows = read["version"], read["changes"]
    if not isinstance(version, str) or not version:
        raise ConfigError(f'{name}: version is {version!r}: write a text in quotes, "2026.1"')
    if not isinstance(rows, list):
        raise ConfigError(f"{name}: changes is {rows!r}: write a list of days, or []")
    changes = tuple(_change(f"{name}: change {at}", row) for at, row in enumerate(rows, 1))
    days = [change.day for change in changes]
    if twice := sorted({day for day in days if days.count(day) > 1}):
        raise ConfigError(f"{name}: {twice[0]} is changed twice: make one change of it")
    return CalendarOverrides(version, changes)


def _change(where: str, row: object) -> DayChange:
    if not isinstance(row, dict) or not set(row) <= _KEYS:
        raise ConfigError(f"{where}: a change has {', '.join(sorted(_KEYS))}, not {row!r}")
    day, exchange, bank = row.get("day"), row.get("exchange"), row.get("bank")
    reason, source = row.get("reason"), row.get("source")
    # A datetime is a date to Python, but has no place in a calendar.
    if type(day) is not date or day.weekday() >= SATURDAY:
        raise ConfigError(f"{where}: day is {day!r}: write a weekday as 2025-01-09")
    if exchange is None and bank is None:
        raise ConfigError(f"{where}: {day} changes nothing: say what exchange or bank does")
    if exchange not in ("CLOSED", "OPEN", None) and not _is_time(exchange):
        raise ConfigError(
            f'{where}: exchange is {exchange!r} on {day}: write CLOSED, OPEN or a time, "13:00"'
        )
    if bank not in ("CLOSED", "OPEN", None):
        raise ConfigError(f"{where}: bank is {bank!r} on {day}: write CLOSED or OPEN")
    if not (isinstance(reason, str) and reason and isinstance(source, str) and source):
        raise ConfigError(f"{where}: {day} has no reason or no source: a reader needs both")
    return DayChange(day, exchange, bank, reason, source)


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _minutes(local_time: str | None) -> int:
    """Minutes after midnight of a local time such as 13:00."""
    parts = _TIME.fullmatch(local_time or "")
    if parts is None:
        raise ValueError(f"{local_time!r} is not a time such as 13:00")
    return int(parts[1]) * 60 + int(parts[2])
