"""The kinds of fields of a book file: names, shares, times, amounts, figures.

Not here: which entries have which fields (`said`, `said_terms`).
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from gateway.core.money import Ratio, fits_int64, parse_amount

LEAP_YEAR = 2028
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_SCALED = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def _ratio(said: object) -> object:
    return Ratio.parse(said) if isinstance(said, str) else said


def _share(ratio: Ratio) -> Ratio:
    if not 0 <= ratio.num <= ratio.den:
        raise ValueError(f"{ratio} is no share: write one from 0% to 100%")
    return ratio


def in_order(*ratios: Ratio) -> bool:
    """Whether ratios rise, or stay, from one to the next."""
    return all(a.num * b.den <= b.num * a.den for a, b in pairwise(ratios))


def _not_negative(ratio: Ratio) -> Ratio:
    if ratio.num < 0:
        raise ValueError(f"{ratio} is below zero")
    return ratio


def _time(said: object) -> object:
    parts = _TIME.fullmatch(said) if isinstance(said, str) else None
    if parts is None or int(parts[1]) > 23:
        raise ValueError(f"{said!r} is not a local time: write it as 18:30")
    return int(parts[1]) * 60 + int(parts[2])


def _month_day(said: object) -> object:
    try:
        if isinstance(said, str):
            day = date.fromisoformat(f"{LEAP_YEAR}-{said}")
            return day.month, day.day
    except ValueError:
        pass
    raise ValueError(f"{said!r} is no day of a year: write month and day, as 12-31")


Name = Annotated[str, Field(pattern=_NAME)]
Share = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_share)]
Times = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_not_negative)]
MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]
LocalTime = Annotated[int, BeforeValidator(_time)]
Scale = Annotated[int, Field(ge=0, le=12)]
Days = Annotated[int, Field(ge=0, le=3650)]
Level = Annotated[int, Field(gt=0, lt=2**63)]


class Said(BaseModel):
    """An entry of a book file: what is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def amount_of(said: str, currency: str) -> int:
    """An amount that is not below zero, minor units."""
    amount = parse_amount(said, currency)
    if amount < 0:
        raise ValueError(f"{said!r} is below zero")
    return amount


def scaled_of(said: str, scale: int) -> int:
    """A decimal figure as an integer with so many decimals."""
    parts = _SCALED.fullmatch(said)
    if parts is None or len(parts[2] or "") > scale:
        raise ValueError(f"{said!r} is not a figure with at most {scale} decimals, as 10.0250")
    value = int(parts[1].replace(",", "") + (parts[2] or "").ljust(scale, "0"))
    if not fits_int64(value):
        raise ValueError(f"{said!r} is larger than 64 bits hold")
    return value


# --- where a field stands ----------------------------------------------------------------
