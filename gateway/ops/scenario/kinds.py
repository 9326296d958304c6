"""What a cell of a scenario row can hold, read from text and written back as text.

Amounts are minor units in an int, figures (units, NAVs, levels) are exact decimals, shares
are exact fractions, times are UTC microseconds. Nothing here rounds, but for one thing: a
share that was computed equals one that was written if it does so at the decimals written.

Not here: which row has which cells (`words`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.money import Ratio, format_amount, half_up, parse_amount
from gateway.core.sessions import EPOCH, micros

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOME_ZONE = "America/New_York"
SHOWN_PLACES = 4
_DATE = re.compile(r"(?:(\w{3}) )?(\d{4}-\d{2}-\d{2})")
_TIME = re.compile(
    r"(?:\w{3} )?(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(?: ?(\S+))?"
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_FIGURE = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_PERCENT = re.compile(r"-?[0-9]+(?:\.([0-9]+))? ?%")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole; `places` are the decimals of percent it was written with, if any."""

    exact: Fraction
    places: int | None = None

    @property
    def ratio(self) -> Ratio:
        """The share as the core knows it."""
        return Ratio(self.exact.numerator, self.exact.denominator)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of cell: how to read it, how to write it, and when two of them are the same."""

    name: str
    about: str
    sample: str
    parse: Callable[[str], object]
    show: Callable[[object], str]
    same: Callable[[object, object], bool] = lambda expected, got: expected == got


def _name(text: str) -> str:
    if not text or " " in text:
        raise ValueError(f"{text!r} is not a name: one word without blanks")
    return text


def _date(text: str) -> date:
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a date: write it as 2026-11-24 or Tue 2026-11-24")
    day = date.fromisoformat(parts[2])
    told = WEEKDAYS[day.weekday()]
    if parts[1] not in (None, told):
        raise ValueError(f"{parts[2]} is a {told}, not a {parts[1]}")
    return day


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name such as New_York, America/New_York, Z or UTC."""
    if name in ("Z", "UTC"):
        return ZoneInfo("UTC")
    for place in (name, f"America/{name}", f"Europe/{name}", f"Pacific/{name}", f"Asia/{name}"):
        try:
            return ZoneInfo(place)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise ValueError(f"no zone {name!r}: write New_York, Los_Angeles, UTC or an IANA name")


def _time(text: str) -> int:
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError(
            f"{text!r} is not a time: write it as 2026-11-24 15:59:59.999 New_York, "
            "or 2026-11-24T20:59Z"
        )
    zone = zone_of(parts[6] or HOME_ZONE)
    at = datetime.fromisoformat(f"{parts[1]}T{parts[2]}:{parts[3]}:{parts[4] or '00'}")
    fraction = int((parts[5] or "").ljust(6, "0"))
    return micros(at.replace(microsecond=fraction, tzinfo=zone).astimezone(UTC))


def _shown_time(value: object) -> str:
    assert isinstance(value, int)
    at = (EPOCH + timedelta(microseconds=value)).astimezone(ZoneInfo(HOME_ZONE))
    fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} New_York"


def _clock(text: str) -> int:
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a time of day: write it as 18:30")
    return int(parts[1]) * 60 + int(parts[2])


def _shown_clock(value: object) -> str:
    assert isinstance(value, int)
    hours, minutes = divmod(value, 60)
    return f"{hours:02d}:{minutes:02d}"


def _figure(text: str) -> Decimal:
    if not _FIGURE.fullmatch(text):
        raise ValueError(f"{text!r} is not a figure: write it as 13.3700 or 1,250,000.0000")
    return Decimal(text.replace(",", ""))


def _share(text: str) -> Share:
    ratio = Ratio.parse(text)
    percent = _PERCENT.fullmatch(text)
    places = None if percent is None else len(percent[1] or "")
    return Share(Fraction(ratio.num, ratio.den), places)


def _at_places(share: Share, places: int) -> int:
    scaled = share.exact * 100 * 10**places
    return half_up(scaled.numerator, scaled.denominator)


def _shown_share(value: object) -> str:
    assert isinstance(value, Share)
    places = SHOWN_PLACES if value.places is None else value.places
    scaled = _at_places(value, places)
    text = f"{Decimal(scaled).scaleb(-places):,.{places}f}"
    short = text.rstrip("0").rstrip(".") if value.places is None and "." in text else text
    return f"{short}%"


def _same_share(expected: object, got: object) -> bool:
    if not isinstance(expected, Share) or not isinstance(got, Share):
        return False
    if expected.places is None:
        return expected.exact == got.exact
    return _at_places(expected, expected.places) == _at_places(got, expected.places)


def _count(text: str) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither yes nor no")
    return text == "yes"


def _parts(text: str) -> tuple[tuple[str, Fraction], ...]:
    """`BOND` or `TDF 60% BOND 40%`."""
    words = text.split(" ")
    if len(words) == 1:
        return ((_name(text), Fraction(1)),)
    if len(words) % 2:
        raise ValueError(f"{text!r} is no election: write TDF 60% BOND 40%")
    parts = tuple((words[at], _share(words[at + 1]).exact) for at in range(0, len(words), 2))
    if sum(part for _, part in parts) != 1:
        raise ValueError(f"the parts of {text!r} do not add up to 100%")
    return parts


def _shown_parts(value: object) -> str:
    assert isinstance(value, tuple)
    if len(value) == 1:
        return str(value[0][0])
    return " ".join(f"{name} {_shown_share(Share(part))}" for name, part in value)


def _shown_amount(value: object) -> str:
    assert isinstance(value, int)
    return format_amount(value)


def choice(*allowed: str) -> Kind:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return Kind("choice", f"one of {', '.join(allowed)}", allowed[0], parse, str)


def counted(least: int, most: int) -> Kind:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        value = _count(text)
        if not least <= value <= most:
            raise ValueError(f"{text} is not from {least} to {most}")
        return value

    return Kind("count", f"a whole number from {least} to {most}", str(least), parse, str)


def several(kind: Kind) -> Kind:
    """Some of a kind, one blank between them; a dash for none."""

    def parse(text: str) -> tuple[object, ...]:
        return () if text == "-" else tuple(kind.parse(part) for part in text.split(" "))

    def show(value: object) -> str:
        assert isinstance(value, tuple)
        return " ".join(kind.show(each) for each in value) or "-"

    def same(expected: object, got: object) -> bool:
        if not isinstance(expected, tuple) or not isinstance(got, tuple):
            return False
        pairs: Sequence[tuple[object, object]] = list(zip(expected, got, strict=False))
        return len(expected) == len(got) and all(kind.same(one, other) for one, other in pairs)

    about = f"{kind.name}s, one blank between them; `-` for none"
    return Kind(f"{kind.name}s", about, f"{kind.sample} {kind.sample}", parse, show, same)


def _contains(expected: object, got: object) -> bool:
    return isinstance(expected, str) and isinstance(got, str) and expected in got


def _plain_figure(value: object) -> str:
    assert isinstance(value, Decimal)
    return f"{value:,f}"


NAME = Kind("name", "one word; who or what is meant", "TDF_2045", _name, str)
TEXT = Kind("text", "words with single blanks; part of a text is enough to match it",
            "difference -1", str, str, _contains)  # fmt: skip
AMOUNT = Kind("amount", "money in US dollars, with cents, thousands set apart by commas or not",
              "1,204.10", parse_amount, _shown_amount)  # fmt: skip
FIGURE = Kind("figure", "units, a NAV or an index level, exact as written", "13.3700",
              _figure, _plain_figure)  # fmt: skip
SHARE = Kind("share", "a percentage, a fraction or a decimal; a percentage that came out is "
             "compared at the decimals written", "12.5%", _share, _shown_share,
             _same_share)  # fmt: skip
DATE = Kind("date", "a day, with its weekday if wanted (a wrong weekday is refused)",
            "Fri 2026-11-20", _date, str)  # fmt: skip
TIME = Kind("time", "a local time with its place, or UTC with Z; without a place, New York",
            "2026-11-20 15:59:59.999 New_York", _time, _shown_time)  # fmt: skip
CLOCK = Kind("clock", "a local time of day", "18:30", _clock, _shown_clock)
COUNT = Kind("count", "a whole number", "3", _count, str)
YES = Kind("yes or no", "yes or no", "yes", _yes, lambda value: "yes" if value else "no")
PARTS = Kind("election", "one fund, or funds with percentages that add up to 100%",
             "TDF 60% BOND 40%", _parts, _shown_parts)  # fmt: skip

ALL = (NAME, TEXT, AMOUNT, FIGURE, SHARE, DATE, TIME, CLOCK, COUNT, YES, PARTS)
