"""A fund's period of performance: what the fee is measured against, from strike to strike.

The fee is the same for every unit, so it is worked out on all units at once: assets, start and
losses are those of the units outstanding, in minor units, and only the fee is rounded. New
units enter at what was paid for them, without a gain or a loss of their own, and their hurdle
grows from then on; redeemed units take their part of everything along. So orders move neither
the gain nor the fee of those who stay.

Not here: the fee on a gain (`performance_fees`), who is paid (the fund desk).
Source: domain.md §4.3; golden G28. Law: L1.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Annotated

from gateway.core.fee_terms import Crystallizes, PerformanceFeeTerms
from gateway.core.fees import YEAR_DAYS
from gateway.core.money import half_up
from gateway.core.performance_fees import (
    HurdleBase,
    PerformanceState,
    PerformanceTerms,
    crystallize,
    crystallize_part,
    performance_fee,
)
from gateway.core.sessions import ONE_DAY

MONTHS = {Crystallizes.YEAR: 12, Crystallizes.QUARTER: 3}


@dataclass(frozen=True, slots=True)
class PerformancePeriod:
    """Where a period of performance stands, for all units outstanding."""

    first: Annotated[date, "first day of the period"]
    last: Annotated[date, "last day counted"]
    start_minor: Annotated[int, "worth of the units when they entered the period, minor units"]
    loss_minor: Annotated[int, "losses not yet made good, minor units"]
    hurdle_days: Annotated[int, "minor units × days on which the hurdle has grown"]
    accrued_minor: Annotated[int, "fee accrued and not due, minor units"]

    @property
    def high_water_minor(self) -> int:
        """The assets from which gains bear a fee again, minor units."""
        return self.start_minor + self.loss_minor


def opened(day: date, net_minor: int) -> PerformancePeriod:
    """A period that begins on a day at net assets, of which no day is counted yet."""
    return PerformancePeriod(day, day - ONE_DAY, max(0, net_minor), 0, 0, 0)


def period_end(day: date, terms: PerformanceFeeTerms) -> date:
    """The day on which the performance period that holds a day ends: the dated event.

    Source: domain.md §4.3 (crystallised 31 Dec, or at each quarter's end of such a year).
    """
    step = MONTHS[terms.crystallizes]
    months = day.year * 12 + day.month - 1
    at = months + (terms.year_end_month - 1 - months) % step
    end = _day_of(at, terms.year_end_day)
    return end if end >= day else _day_of(at + step, terms.year_end_day)


def _day_of(months: int, day: int) -> date:
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))


def counted(
    period: PerformancePeriod, session: date, gross_minor: int, terms: PerformanceTerms
) -> PerformancePeriod:
    """The period at a strike: its days counted, its fee recomputed from where it began.

    Args:
        period: As the strike before left it.
        session: The session; days without one count on the next.
        gross_minor: Net assets before this fee, minor units.
        terms: The fee's formula.

    Returns:
        The period with the accrual that is taken off net assets, half-up; never below zero.

    Source: domain.md §4.3, golden G28 (days 73 and 146).
    """
    days = (session - period.last).days
    grown = replace(
        period, last=session, hurdle_days=period.hurdle_days + _grows_on(period, terms) * days
    )
    state, year = _at(grown, terms)
    return replace(grown, accrued_minor=performance_fee(gross_minor, state, terms, year))


def ended(
    period: PerformancePeriod, gross_minor: int, terms: PerformanceTerms
) -> PerformancePeriod:
    """The period that begins after a dated event: at the net assets, with the losses left.

    What was accrued is due. Source: domain.md §4.3, golden G28.
    """
    state, year = _at(period, terms)
    began = crystallize(gross_minor, state, terms, year).state
    return PerformancePeriod(
        period.last + ONE_DAY, period.last, max(0, began.start_nav), began.loss_carry, 0, 0
    )


def _grows_on(period: PerformancePeriod, terms: PerformanceTerms) -> int:
    on_start = terms.base is HurdleBase.START
    return period.start_minor if on_start else period.high_water_minor


def _at(period: PerformancePeriod, terms: PerformanceTerms) -> tuple[PerformanceState, Fraction]:
    """The period as its formula knows it; of a year, each unit's part since it entered."""
    whole = _grows_on(period, terms) * YEAR_DAYS
    year = Fraction(period.hurdle_days, whole) if whole else Fraction(0)
    return PerformanceState(period.start_minor, period.loss_minor), year


def after_orders(
    period: PerformancePeriod, redeemed: int, outstanding: int, paid_in_minor: int
) -> tuple[int, PerformancePeriod]:
    """The fee that redeemed units take along, and the period of the units after the orders.

    Args:
        period: At the strike.
        redeemed: Units redeemed, scaled.
        outstanding: Units before, scaled alike.
        paid_in_minor: What new units were paid for, minor units.

    Returns:
        Minor units that are due now, and the period.

    Source: domain.md §4.3 (pro-rata crystallise on redemption). Law: L1.
    """
    if outstanding <= 0:
        return 0, replace(period, start_minor=period.start_minor + paid_in_minor)
    gone = min(redeemed, outstanding)
    due, accrued = crystallize_part(period.accrued_minor, gone, outstanding)
    start, loss, hurdle_days = (
        whole - half_up(whole * gone, outstanding)
        for whole in (period.start_minor, period.loss_minor, period.hurdle_days)
    )
    return due, replace(
        period, start_minor=start + paid_in_minor, loss_minor=loss, hurdle_days=hurdle_days,
        accrued_minor=accrued,
    )  # fmt: skip


def moved_past(period: PerformancePeriod, net_flow_minor: int) -> PerformancePeriod:
    """The period after orders that crystallise nothing: gain and accrual stay as they are.

    Such are the orders of a held session that are filled behind a later strike, and those
    filled at a NAV that people put in the place of the one struck.

    Source: domain.md §3.3, §4.3.
    """
    return replace(period, start_minor=max(0, period.start_minor + net_flow_minor))
