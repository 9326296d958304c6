"""The cap on a fund's expenses at work: what is waived day by day, and taken back later.

A waiver accrues on the days and the base of the management fee, recomputed from where the fee
was last paid, and lessens what the fund owes of it. Where it is larger than the fee, whoever
waives owes the fund the difference. While expenses are below the cap, what was waived is taken
back, the oldest first, as far as the lowest cap since then leaves room.

Not here: the formulas (`fees`), when the fee is paid (the fund desk).
Source: domain.md §4.3; golden G29. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Annotated

from gateway.core.fee_terms import ExpenseCap
from gateway.core.fees import (
    DayCount,
    FeePeriod,
    Recapture,
    Waived,
    accrued,
    expense_ratio,
    recapture,
    recapture_room,
    to_post,
    waiver,
    year_fraction,
)
from gateway.core.money import Ratio
from gateway.core.sessions import ONE_DAY

NO_CAP = ExpenseCap(Ratio(1, 1), Ratio(0, 1), Ratio(0, 1), recapture_years=0)
"""Nothing is waived nor taken back: of a fund that lost its cap, until it has settled."""


@dataclass(slots=True)
class Waivers:
    """A cap between two payments of the fee.

    Attributes:
        periods: Days since the fee was last paid, each with its own rate of waiver; twice
            where the fee has another base than net assets.
        waived_minor: Posted for them.
        recaptured_minor: Taken back in them.
        left: What may still be taken back, by day.
        lowest: The lowest cap since the oldest of it was waived.
    """

    periods: list[FeePeriod] = field(default_factory=list)
    waived_minor: int = 0
    recaptured_minor: int = 0
    left: list[Waived] = field(default_factory=list)
    lowest: Ratio | None = None

    @property
    def open_minor(self) -> int:
        """Waived less taken back since the fee was last paid, minor units."""
        return self.waived_minor - self.recaptured_minor

    def settle(self) -> None:
        """Begin again: the fee was paid, and what was waived of it is settled."""
        self.periods, self.waived_minor, self.recaptured_minor = [], 0, 0

    def take(self, on: date, waived_minor: int, taken_minor: int, cap: ExpenseCap) -> None:
        """Keep what was waived and taken back on a day."""
        self.waived_minor += waived_minor
        self.recaptured_minor += taken_minor
        self.left = list(recapture(self.left, on, taken_minor, cap.recapture_years).left)
        if waived_minor:
            self.lowest = lower(cap.cap, self.lowest)
            self.left.append(Waived(on, waived_minor))
        if not self.left:
            self.lowest = None


@dataclass(frozen=True, slots=True)
class Capped:
    """What a cap does on the days of a strike."""

    periods: Annotated[tuple[FeePeriod, ...], "the days, with the rate of the waiver"]
    expenses: Annotated[Ratio, "total annual operating expenses before it, of net assets"]
    waived_minor: Annotated[int, "waived, minor units"]
    taken: Annotated[Recapture, "taken back, left and lapsed"]


def lower(one: Ratio, other: Ratio | None) -> Ratio:
    """The lower of two caps, if there are two."""
    if other is None or one.num * other.den <= other.num * one.den:
        return one
    return other


def waived_days(
    days: tuple[date, date],
    base_minor: int,
    expenses: Ratio,
    cap: Ratio,
    beside: FeePeriod | None = None,
) -> tuple[FeePeriod, ...]:
    """The days of a waiver: what is above the cap, a share of net assets and of the fee's base.

    A management fee of another base stays a share of that base, so that the waiver is exact:
    the whole fee is waived, less the part of net assets that the cap leaves to it.

    Args:
        days: First and last day.
        base_minor: Net assets, minor units.
        expenses: Expenses a year, of net assets.
        cap: The cap.
        beside: The management fee of these days, if its base is another; it is not in expenses.

    Source: domain.md §4.3, golden G29.
    """
    first, last = days
    if beside is None:
        return (FeePeriod(first, last, base_minor, waiver(expenses, cap)),)
    over = Fraction(expenses.num, expenses.den) - Fraction(cap.num, cap.den)
    if over * base_minor + _a_year(beside) <= 0:
        return ()
    return beside, FeePeriod(first, last, base_minor, Ratio(over.numerator, over.denominator))


def _a_year(fee: FeePeriod | None) -> Fraction:
    """A fee on its base in a year, minor units."""
    if fee is None or fee.rate is None:
        return Fraction(0)
    return fee.base_minor * Fraction(fee.rate.num, fee.rate.den)


def under_cap(
    days: tuple[date, date],
    base_minor: int,
    rate: Ratio,
    count: DayCount,
    cap: ExpenseCap,
    waivers: Waivers,
    kept: Sequence[FeePeriod],
    posted_minor: int,
    beside: FeePeriod | None = None,
) -> Capped:
    """What is waived or taken back on the days of a strike.

    Args:
        days: First and last day.
        base_minor: Net assets the cap is a share of, minor units.
        rate: The management fee's, of net assets.
        count: How days make a year.
        cap: The cap.
        waivers: What was waived before.
        kept: Days since the fee was last paid; none where it is paid now.
        posted_minor: What was waived for them.
        beside: The management fee of these days, if its base is another; its rate is here.

    Source: domain.md §4.3, golden G29 (32.88 on the first day, 65.75 after two).
    """
    first, last = days
    total = expense_ratio((rate, cap.other, cap.acquired))
    periods = waived_days(days, base_minor, total, cap.cap, beside)
    waived = to_post(accrued([*kept, *periods], rate, count), posted_minor)
    year = year_fraction(first, last + ONE_DAY, count)
    least = lower(cap.cap, waivers.lowest)
    room = recapture_room(total, least, base_minor, year, _a_year(beside))
    # A day's room is rounded down, so that the cap is not passed by a fraction of a cent.
    taken = recapture(waivers.left, last, room, cap.recapture_years)
    return Capped(periods, total, waived, taken)
