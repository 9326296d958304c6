"""Fees that accrue into a daily NAV, the cap on them, and what a participant is shown.

An accrual is recomputed from the start of its period every day and never summed from
rounded days: what is posted on a day is the rounded whole less what has been posted. Exact
amounts are fractions of minor units; they round half-up where they are posted.

Not here: fees on performance (`performance_fees`), what each base is (`fee_bases`).
Source: domain.md §4.3; goldens G27, G29. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from gateway.core.money import Ratio, half_up, split
from gateway.core.sessions import ONE_DAY

YEAR_DAYS = 365
LEAP_YEAR_DAYS = 366
RECAPTURE_YEARS = 3
"""Years after a waiver in which it may be recaptured, unless the terms say otherwise."""
DISCLOSED_ON_MINOR = 1_000_00
"""Participants are told what each $1,000 costs them a year. Source: 29 CFR 2550.404a-5."""


class DayCount(StrEnum):
    """How much of a year lies between two days.

    ACT_365F: actual days over 365. ACT_ACT: actual days over the length of the year that
    each lies in. THIRTY_360: months of 30 days over 360.
    """

    ACT_365F = "ACT_365F"
    ACT_ACT = "ACT_ACT"
    THIRTY_360 = "THIRTY_360"


class FeeBase(StrEnum):
    """What a management fee is a share of."""

    NET = "NET"
    GROSS = "GROSS"
    COMMITTED = "COMMITTED"
    INVESTED = "INVESTED"


class PaidEach(StrEnum):
    """How often a management fee is paid: at the first strike of a new period."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


def is_paid_between(last: date, session: date, each: PaidEach) -> bool:
    """Whether a period of the calendar ended after one strike and before the next.

    What was posted until the last session of a period is paid at the first of the next.

    Source: domain.md §4.3 (quarterly in arrears).
    """
    months = {PaidEach.MONTH: 1, PaidEach.QUARTER: 3, PaidEach.YEAR: 12}[each]
    return _period(last, months) != _period(session, months)


def _period(day: date, months: int) -> int:
    return (day.year * 12 + day.month - 1) // months


@dataclass(frozen=True, slots=True)
class BaseFigures:
    """What fees are shares of, at the session before, minor units."""

    net_minor: int
    gross_minor: int
    committed_minor: int
    invested_minor: int

    def of(self, base: FeeBase) -> int:
        """The figure a fee's terms name. Source: domain.md §4.3."""
        return {
            FeeBase.NET: self.net_minor,
            FeeBase.GROSS: self.gross_minor,
            FeeBase.COMMITTED: self.committed_minor,
            FeeBase.INVESTED: self.invested_minor,
        }[base]


def year_fraction(first: date, until: date, count: DayCount) -> Fraction:
    """The part of a year from a day up to, not including, another.

    Source: golden G27; 30/360 as US bonds count it, but for the end of February.
    """
    assert first <= until, (first, until)
    match count:
        case DayCount.ACT_365F:
            return Fraction((until - first).days, YEAR_DAYS)
        case DayCount.THIRTY_360:
            from_day = min(first.day, 30)
            to_day = 30 if until.day == 31 and from_day == 30 else until.day
            months = (until.year - first.year) * 12 + until.month - first.month
            return Fraction(months * 30 + to_day - from_day, 360)
        case DayCount.ACT_ACT:
            whole = Fraction(0)
            while first < until:
                turn = min(until, date(first.year + 1, 1, 1))
                whole += Fraction((turn - first).days, _days_of(first.year))
                first = turn
            return whole


def _days_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


@dataclass(frozen=True, slots=True)
class FeePeriod:
    """Days on which a fee accrues on one base: usually one, three over a weekend."""

    first: Annotated[date, "first day that accrues"]
    last: Annotated[date, "last day that accrues"]
    base_minor: Annotated[int, "base of the session before, minor units"]
    rate: Annotated[Ratio | None, "its own share a year, if it is not that of every day"] = None


def accrued(periods: Iterable[FeePeriod], rate: Ratio, count: DayCount) -> Fraction:
    """A fee from the start of its period, exact: base × rate × days, over all bases.

    Args:
        periods: Days since the fee was last paid, without gaps or overlaps.
        rate: Share of the base a year, of days that have none of their own.
        count: How days make a year.

    Returns:
        Minor units, exact.

    Source: domain.md §4.3, golden G27.
    """
    exact = Fraction(0)
    for each in periods:
        share = rate if each.rate is None else each.rate
        year = year_fraction(each.first, each.last + ONE_DAY, count)
        exact += each.base_minor * year * Fraction(share.num, share.den)
    return exact


def to_post(exact: Fraction, posted_minor: int) -> int:
    """What is posted today: the whole accrual, half-up, less what has been posted.

    Negative where an accrual falls back. After it, what has been posted is within half a
    minor unit of the exact accrual, however many days there were.

    Source: domain.md §0.8, golden G27 (15,410.96, not three times 5,136.99).
    """
    return half_up(exact.numerator, exact.denominator) - posted_minor


def expense_ratio(rates: Iterable[Ratio]) -> Ratio:
    """Total annual operating expenses of a class: fees, expenses, acquired fund fees.

    Source: domain.md §4.3, golden G29.
    """
    whole = sum((Fraction(rate.num, rate.den) for rate in rates), Fraction(0))
    return Ratio(whole.numerator, whole.denominator)


def share_of_net(rate: Ratio, base_minor: int, net_minor: int) -> Ratio:
    """What a fee of another base comes to as a share of net assets a year, exact.

    Args:
        rate: Its share of the base a year.
        base_minor: The base, minor units.
        net_minor: Net assets of the same day, minor units, > 0.

    Source: domain.md §4.3 (404a-5 tells expenses as one percentage).
    """
    assert net_minor > 0, net_minor
    exact = Fraction(rate.num * base_minor, rate.den * net_minor)
    return Ratio(exact.numerator, exact.denominator)


def waiver(total: Ratio, cap: Ratio) -> Ratio:
    """The part of the expenses above a cap, which is waived; zero at or below it.

    Source: golden G29 (0.87 % under a cap of 0.75 %).
    """
    over = Fraction(total.num, total.den) - Fraction(cap.num, cap.den)
    over = max(over, Fraction(0))
    return Ratio(over.numerator, over.denominator)


def recapture_room(
    total: Ratio, cap: Ratio, base_minor: int, year: Fraction, beside: Fraction = Fraction(0)
) -> int:
    """What may be recaptured for a time without passing the cap again, rounded down.

    Args:
        total: Expenses now.
        cap: The lower of the cap when they were waived and the cap now.
        base_minor: Net assets, minor units.
        year: The time, as part of a year.
        beside: A fee of another base, minor units a year; it is not in the expenses.

    Source: domain.md §4.3 (recapture window, if any).
    """
    under = Fraction(cap.num, cap.den) - Fraction(total.num, total.den)
    exact = max(under * base_minor - beside, Fraction(0)) * year
    return exact.numerator // exact.denominator


@dataclass(frozen=True, slots=True)
class Waived:
    """What was waived on a day, and not yet recaptured."""

    on: Annotated[date, "day of the waiver"]
    left_minor: Annotated[int, "minor units, >= 0"]


@dataclass(frozen=True, slots=True)
class Recapture:
    """What a manager takes back, and what is left of its waivers."""

    taken_minor: int
    left: tuple[Waived, ...]
    lapsed_minor: int


def recapture(
    waived: Sequence[Waived], on: date, room_minor: int, years: int = RECAPTURE_YEARS
) -> Recapture:
    """Take waived expenses back, the oldest first, as far as the cap leaves room.

    Args:
        waived: Waivers in any order.
        on: Day of the recapture.
        room_minor: What the cap leaves, minor units, >= 0.
        years: Years in which a waiver may be taken back; its anniversary is the last day.

    Returns:
        What was taken, what may still be taken later (oldest first), and what may not any
        more; together they are what was waived.

    Source: domain.md §4.3 (recapture window, if any). Law: L1.
    """
    assert room_minor >= 0, room_minor
    left: list[Waived] = []
    taken, lapsed = 0, 0
    for each in sorted(waived, key=lambda each: each.on):
        assert each.left_minor >= 0, each
        if on > _anniversary(each.on, years):
            lapsed += each.left_minor
            continue
        part = min(each.left_minor, room_minor - taken)
        taken += part
        if part < each.left_minor:
            left.append(Waived(each.on, each.left_minor - part))
    return Recapture(taken, tuple(left), lapsed)


def _anniversary(day: date, years: int) -> date:
    """The same day so many years on; 28 February for a 29th that the year lacks."""
    lacks = (day.month, day.day) == (2, 29) and _days_of(day.year + years) < LEAP_YEAR_DAYS
    return day.replace(year=day.year + years, day=28 if lacks else day.day)


def observed_ratio(expenses_minor: int, average_assets_minor: int, year: Fraction) -> Ratio:
    """Expenses of a time as a share of average net assets a year, exact.

    Args:
        expenses_minor: What was charged.
        average_assets_minor: Average net assets, > 0.
        year: The time, as part of a year, > 0.

    Source: domain.md §4.3.
    """
    assert average_assets_minor > 0 < year, (average_assets_minor, year)
    exact = Fraction(expenses_minor) / (average_assets_minor * year)
    return Ratio(exact.numerator, exact.denominator)


def per_thousand(total: Ratio) -> int:
    """What total annual operating expenses come to for each $1,000, half-up to the cent.

    Source: 29 CFR 2550.404a-5(d)(1)(iv), domain.md §4.3.
    """
    return half_up(DISCLOSED_ON_MINOR * total.num, total.den)


def participant_charges(charge_minor: int, holdings: Sequence[int]) -> list[int]:
    """A charge as participants are shown it: by units held, adding up to the whole.

    Source: 29 CFR 2550.404a-5(c)(2)(ii) (dollars charged, quarterly). Law: L1.
    """
    return split(charge_minor, holdings)
