"""Gates: how much a vehicle lets out at a dealing day.

A cap is dated reference data: managers raise, restore and abandon it within months. What
may be paid is the least that any cap in force leaves, and nothing during a suspension. A
gate counts in one measure, minor units of money or scaled units; its caps say which.

Not here: who gets how much of it (`redemption_queue`), offers with a calendar of their own
(`repurchases`), paying participants while a vehicle is gated (`cash_needs`).
Source: domain.md §2.3-§2.4; goldens G16, G18, G19.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from gateway.core.money import Ratio, floor_div, half_up

WHOLE = Ratio(1, 1)


class CapBasis(StrEnum):
    """What a cap is a share of."""

    NAV = "NAV"
    UNITS = "UNITS"
    PRIOR_MONTH_NAV = "PRIOR_MONTH_NAV"
    PRIOR_QUARTER_NAV = "PRIOR_QUARTER_NAV"


class CapPeriod(StrEnum):
    """How long payments count against a cap."""

    DEALING_DAY = "DEALING_DAY"
    MONTH = "MONTH"
    QUARTER = "QUARTER"


@dataclass(frozen=True, slots=True)
class GateCap:
    """A cap as the terms state it from a day on, or for a time."""

    cap_id: Annotated[str, "name of the cap; an override has the name of what it overrides"]
    cap: Annotated[Ratio, "largest share of the basis that is paid in a period"]
    basis: Annotated[CapBasis, "what it is a share of"]
    period: Annotated[CapPeriod, "period in which payments count against it"]
    net_of_subscriptions: Annotated[bool, "subscriptions of the period add to what may be paid"]
    first: Annotated[date, "first dealing day it holds"]
    last: Annotated[date | None, "last dealing day it holds; None until another replaces it"]


@dataclass(frozen=True, slots=True)
class Bases:
    """What caps are shares of, at one dealing day."""

    nav_minor: Annotated[int, "net assets at the dealing day, minor units"]
    units: Annotated[int, "units outstanding, scaled"]
    prior_month_minor: Annotated[int, "net assets at the end of the month before"]
    prior_quarter_minor: Annotated[int, "net assets at the end of the quarter before"]

    def of(self, basis: CapBasis) -> int:
        """The basis a cap asks for, minor units or scaled units."""
        return {
            CapBasis.NAV: self.nav_minor,
            CapBasis.UNITS: self.units,
            CapBasis.PRIOR_MONTH_NAV: self.prior_month_minor,
            CapBasis.PRIOR_QUARTER_NAV: self.prior_quarter_minor,
        }[basis]


@dataclass(frozen=True, slots=True)
class Movement:
    """What went out and came in on an earlier dealing day, or today, in the gate's measure."""

    day: Annotated[date, "dealing day"]
    paid: Annotated[int, "paid out, >= 0"]
    subscribed: Annotated[int, "subscribed, >= 0"] = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which nothing is paid."""

    first: Annotated[date, "first day"]
    last: Annotated[date | None, "last day; None until it is lifted"]


def caps_in_force(caps: Iterable[GateCap], day: date) -> tuple[GateCap, ...]:
    """The caps that hold on a day, one a name, sorted by name.

    Of several versions of a cap the one that began last holds. An override with a last day
    gives way to what it overrode when that day is past.

    Raises:
        ValueError: Two versions of a cap begin on one day.

    Source: domain.md §2.4 (7 % by exception in March, then 5 % again).
    """
    found: dict[str, GateCap] = {}
    for cap in caps:
        if day < cap.first or (cap.last is not None and day > cap.last):
            continue
        other = found.get(cap.cap_id)
        if other is not None and other.first == cap.first:
            raise ValueError(f"two versions of cap {cap.cap_id} begin on {cap.first}")
        if other is None or other.first < cap.first:
            found[cap.cap_id] = cap
    return tuple(found[name] for name in sorted(found))


def is_same_period(period: CapPeriod, one: date, other: date) -> bool:
    """Whether two days count against a cap together; quarters are those of the calendar.

    Source: domain.md §2.3, golden G18.
    """
    match period:
        case CapPeriod.DEALING_DAY:
            return one == other
        case CapPeriod.MONTH:
            return (one.year, one.month) == (other.year, other.month)
        case CapPeriod.QUARTER:
            return (one.year, (one.month - 1) // 3) == (other.year, (other.month - 1) // 3)


def cap_room(cap: GateCap, day: date, bases: Bases, movements: Iterable[Movement]) -> int:
    """What one cap still lets out on a day, rounded down; never below zero.

    Args:
        cap: A cap in force.
        day: The dealing day.
        bases: What caps are shares of on that day.
        movements: Payments so far, and subscriptions with today's; other periods are ignored.

    Source: golden G18 (50 m a quarter, of which 37.8 m are paid, leaves 12.2 m).
    """
    same = [each for each in movements if is_same_period(cap.period, each.day, day)]
    room = floor_div(cap.cap.num * bases.of(cap.basis), cap.cap.den)
    room -= sum(each.paid for each in same)
    if cap.net_of_subscriptions:
        room += sum(each.subscribed for each in same)
    return max(0, room)


def gate_room(
    caps: Iterable[GateCap],
    day: date,
    bases: Bases,
    movements: Sequence[Movement],
    suspensions: Iterable[Suspension] = (),
) -> int | None:
    """What a gate lets out on a day: the least its caps leave, nothing while suspended.

    Returns:
        Minor units or scaled units, as the caps' bases are; None if no cap is in force.

    Raises:
        ValueError: Caps in units stand beside caps in money.

    Source: domain.md §2.3-§2.4, golden G18.
    """
    if is_suspended(suspensions, day):
        return 0
    held = caps_in_force(caps, day)
    if len({cap.basis is CapBasis.UNITS for cap in held}) > 1:
        raise ValueError("a gate has caps in units and caps in money: state them in one measure")
    return min((cap_room(cap, day, bases, movements) for cap in held), default=None)


def is_suspended(suspensions: Iterable[Suspension], day: date) -> bool:
    """Whether payments are suspended on a day; the first and the last day are.

    Source: domain.md §2.3 (suspendable).
    """
    return any(
        each.first <= day and (each.last is None or day <= each.last) for each in suspensions
    )


def proration_factor(room: int, asked: int) -> Ratio:
    """The share of what is asked that can be met, exact and in lowest terms; at most one.

    Source: goldens G16 (40/63), G18 (61/106).
    """
    assert room >= 0 <= asked, (room, asked)
    if room >= asked:
        return WHOLE
    exact = Fraction(room, asked)
    return Ratio(exact.numerator, exact.denominator)


def filled_amount(asked_minor: int, factor: Ratio) -> int:
    """The part of an amount that a stated factor meets, half-up to the cent. Source: G19."""
    return half_up(asked_minor * factor.num, factor.den)


def filled_units(asked: int, factor: Ratio) -> int:
    """The part of units that a stated factor meets, rounded down. Source: G16."""
    return floor_div(asked * factor.num, factor.den)
