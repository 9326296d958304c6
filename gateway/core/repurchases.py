"""Offers to buy units back: interval funds (rule 23c-3), tender offers (13e-4), early exits.

An interval fund must offer 5 to 25 % of its units at dates its policy fixes; a tender-offer
fund offers what its board decides. Both take units in proportion when too many are tendered,
small holders first. Units are integers with a scale; what a holder gets is rounded down at
that scale. A non-traded vehicle keeps a part of what leaves in its first year.

Not here: caps of vehicles that redeem without an offer (`liquidity`).
Source: 17 CFR 270.23c-3, 17 CFR 240.13e-4, domain.md §2.3; goldens G16, G17, G30.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from gateway.core.liquidity import filled_units, proration_factor
from gateway.core.money import Ratio, floor_div, half_up
from gateway.core.sessions import ONE_DAY, Calendar

NOTHING = Ratio(0, 1)
LEAST_OFFER, LARGEST_OFFER = Ratio(5, 100), Ratio(25, 100)
"""Share of units outstanding an interval fund offers for. Source: 23c-3(a)(3)."""
LARGEST_EXTRA = Ratio(2, 100)
"""Share of units outstanding that may be taken beyond the offer. Source: 23c-3(b)(5), 13e-4(f)."""
ODD_LOT = 100
"""Holders of fewer units who tender all of them may be taken first. Source: 23c-3(b)(5)(i)."""
LARGEST_FEE = Ratio(2, 100)
"""Share of the proceeds an interval fund may keep. Source: 23c-3(b)(1)."""
NOTICE_DAYS = (21, 42)
"""Calendar days from notice to request deadline, both allowed. Source: 23c-3(b)(4)(i)."""
PRICING_DAYS = 14
"""Calendar days from request deadline to pricing. Source: 23c-3(a)(5)."""
PAYMENT_DAYS = 7
"""Calendar days from pricing to payment. Source: 23c-3(a)(4)."""
TENDER_DAYS = 20
"""Business days a tender offer stays open, the first counted. Source: 13e-4(f)(1)(i)."""
TENDER_DAYS_AFTER_CHANGE = 10
"""Business days it stays open after a change of price or amount. Source: 13e-4(f)(1)(ii)."""
WITHDRAWAL_DAYS = 40
"""Business days after which units not yet taken may be withdrawn again. Source: 13e-4(f)(2)."""
EARLY_DEDUCTION = Ratio(2, 100)
"""Share kept of what leaves within a year. Source: domain.md §2.3."""


@dataclass(frozen=True, slots=True)
class Tender:
    """Units a holder offers."""

    holder: Annotated[str, "who"]
    tendered: Annotated[int, "units offered, scaled, >= 0"]
    held: Annotated[int, "all units the holder has, scaled"]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is taken of an offer."""

    room: Annotated[int, "units that may be taken, scaled"]
    odd_lots: Annotated[int, "units taken first, scaled"]
    factor: Annotated[Ratio, "share taken of all other units"]
    taken: Annotated[tuple[int, ...], "units taken of each tender, in order"]


def offer_room(outstanding: int, offer: Ratio, extra: Ratio = NOTHING) -> int:
    """Units an offer is for, with what is added to it, rounded down.

    Args:
        outstanding: Units outstanding at the request deadline, scaled.
        offer: Share offered for.
        extra: Share added if too many are tendered, at most 2 %.

    Source: 23c-3(b)(5), golden G16 (5 % of 40 m, and 2 % more).
    """
    if extra.num * LARGEST_EXTRA.den > LARGEST_EXTRA.num * extra.den:
        raise ValueError(f"{extra} of the units is more than the 2/100 that may be added")
    return floor_div(offer.num * outstanding, offer.den) + floor_div(
        extra.num * outstanding, extra.den
    )


def is_interval_offer(offer: Ratio) -> bool:
    """Whether an interval fund may offer for such a share: 5 to 25 %, both allowed.

    Source: 23c-3(a)(3), domain.md §2.3.
    """
    return (
        offer.num * LEAST_OFFER.den >= LEAST_OFFER.num * offer.den
        and offer.num * LARGEST_OFFER.den <= LARGEST_OFFER.num * offer.den
    )


def accept(
    tenders: Sequence[Tender], room: int, *, unit_scale: int = 0, odd_lots_first: bool = False
) -> Acceptance:
    """Take what is tendered, in proportion if it is more than there is room for.

    Args:
        tenders: In any order: what a holder gets does not depend on it.
        room: Units that may be taken, scaled.
        unit_scale: Decimals of units; each holder gets whole steps of it, rounded down, so a
            few may be left over.
        odd_lots_first: Holders of fewer than 100 units who tender all of them go first.

    Source: 23c-3(b)(5), 13e-4(f)(3), golden G16.
    """
    assert room >= 0, room
    small = ODD_LOT * 10**unit_scale
    first = [
        odd_lots_first and each.tendered == each.held and each.held < small for each in tenders
    ]
    lots = sum(each.tendered for each, odd in zip(tenders, first, strict=True) if odd)
    rest = sum(each.tendered for each in tenders) - lots
    odd_factor = proration_factor(room, lots)
    odd_taken = min(room, lots)
    factor = proration_factor(room - odd_taken, rest)
    taken = tuple(
        filled_units(each.tendered, odd_factor if odd else factor)
        for each, odd in zip(tenders, first, strict=True)
    )
    assert sum(taken) <= room, "an offer takes more units than it is for"
    return Acceptance(room, odd_taken, factor, taken)


class OfferFault(StrEnum):
    """What is wrong with the terms of an interval fund's offer, in this order."""

    SIZE = "SIZE"
    FEE = "FEE"
    NOTICE_TOO_SHORT = "NOTICE_TOO_SHORT"
    NOTICE_TOO_LONG = "NOTICE_TOO_LONG"
    PRICED_BEFORE_DEADLINE = "PRICED_BEFORE_DEADLINE"
    PRICED_TOO_LATE = "PRICED_TOO_LATE"
    PAID_BEFORE_PRICING = "PAID_BEFORE_PRICING"
    PAID_TOO_LATE = "PAID_TOO_LATE"
    NOT_LIQUID = "NOT_LIQUID"


@dataclass(frozen=True, slots=True)
class Offer:
    """An interval fund's offer as it was announced, or as it went."""

    share: Annotated[Ratio, "share of units outstanding"]
    fee: Annotated[Ratio, "share of the proceeds that is kept"]
    notice_date: Annotated[date, "day holders are told"]
    request_deadline: Annotated[date, "last day for requests"]
    pricing_date: Annotated[date, "day whose NAV is paid"]
    payment_date: Annotated[date, "day the money moves"]
    extra: Annotated[Ratio | None, "added if too much is tendered, at most 2 %"] = None


def deadlines(notice_date: date) -> tuple[date, date]:
    """The first and the last request deadline that a notice allows, both allowed.

    Source: 23c-3(b)(4)(i), golden G17.
    """
    least, most = NOTICE_DAYS
    return notice_date + timedelta(days=least), notice_date + timedelta(days=most)


def latest_pricing(request_deadline: date, calendar: Calendar) -> date:
    """The last day to price on: the 14th after the deadline, or the next session.

    Source: 23c-3(a)(5), golden G17.
    """
    return calendar.session_on_or_after(request_deadline + timedelta(days=PRICING_DAYS))


def latest_payment(pricing_date: date, calendar: Calendar) -> date:
    """The last day to pay on: the 7th after pricing, or the last settlement day before it.

    Source: 23c-3(a)(4), golden G17 (25 December is a holiday, so 24 December).
    """
    day = pricing_date + timedelta(days=PAYMENT_DAYS)
    while not calendar.is_settlement_day(day):
        day -= ONE_DAY
    return day


def offer_faults(
    offer: Offer, calendar: Calendar, *, liquid_minor: int, offered_minor: int
) -> tuple[OfferFault, ...]:
    """Everything in which an interval fund's offer departs from the rule; none if nothing.

    Args:
        offer: The offer.
        calendar: Calendar in force.
        liquid_minor: Liquid assets, minor units, at any day from notice to pricing.
        offered_minor: What the offer comes to at that day's NAV.

    Source: 23c-3(a)-(b), golden G17.
    """
    earliest, latest = deadlines(offer.notice_date)
    found = {
        OfferFault.SIZE: not is_interval_offer(offer.share),
        OfferFault.FEE: offer.fee.num * LARGEST_FEE.den > LARGEST_FEE.num * offer.fee.den,
        OfferFault.NOTICE_TOO_SHORT: offer.request_deadline < earliest,
        OfferFault.NOTICE_TOO_LONG: offer.request_deadline > latest,
        OfferFault.PRICED_BEFORE_DEADLINE: offer.pricing_date < offer.request_deadline,
        OfferFault.PRICED_TOO_LATE: offer.pricing_date
        > latest_pricing(offer.request_deadline, calendar),
        OfferFault.PAID_BEFORE_PRICING: offer.payment_date <= offer.pricing_date,
        OfferFault.PAID_TOO_LATE: offer.payment_date > latest_payment(offer.pricing_date, calendar),
        OfferFault.NOT_LIQUID: liquid_minor < offered_minor,
    }
    return tuple(fault for fault in OfferFault if found[fault])


def tender_open_until(commenced: date, calendar: Calendar, changes: Sequence[date] = ()) -> date:
    """The first day at whose end a tender offer may expire.

    Days count if both the exchange and banks are open, which is never fewer than the rule
    asks for; the first day counts itself.

    Args:
        commenced: Day the offer begins.
        calendar: Calendar in force.
        changes: Days on which a change of price or amount was announced.

    Source: 13e-4(f)(1), domain.md §2.3.
    """
    ends = [_counted(commenced, TENDER_DAYS, calendar)]
    ends.extend(_counted(day, TENDER_DAYS_AFTER_CHANGE, calendar) for day in changes)
    return max(ends)


def may_withdraw(
    day: date, commenced: date, expires: date, taken: bool, calendar: Calendar
) -> bool:
    """Whether tendered units may be withdrawn: while the offer is open, or if it drags on.

    Args:
        day: Day of the withdrawal.
        commenced: Day the offer began.
        expires: Day at whose end it expires.
        taken: Whether the units have been accepted for payment.
        calendar: Calendar in force.

    Source: 13e-4(f)(2).
    """
    if day <= expires:
        return True
    return not taken and day > _counted(commenced, WITHDRAWAL_DAYS, calendar)


def _counted(first: date, days: int, calendar: Calendar) -> date:
    """The last of so many settlement days, the first of them counted."""
    return calendar.settlement_date(calendar.settlement_date(first, 0), days - 1)


@dataclass(frozen=True, slots=True)
class EarlyRepurchase:
    """What is paid and what stays in the fund; together they are the proceeds."""

    paid_minor: int
    kept_minor: int


def next_monthly_closing(day: date) -> date:
    """The first subscription closing after a day, where each month's first day is one.

    Source: domain.md §2.3, golden G30.
    """
    return date(day.year + (day.month == 12), day.month % 12 + 1, 1)


def is_held_a_year(subscribed: date, next_closing: date) -> bool:
    """Whether units are held a year, counted to the subscription closing after they leave.

    The year of 29 February ends on 1 March. Source: domain.md §2.3, golden G30.
    """
    leap_day = (subscribed.month, subscribed.day) == (2, 29)
    year_on = (
        date(subscribed.year + 1, 3, 1)
        if leap_day
        else subscribed.replace(year=subscribed.year + 1)
    )
    return next_closing >= year_on


def early_repurchase(
    proceeds_minor: int,
    subscribed: date,
    next_closing: date,
    deduction: Ratio = EARLY_DEDUCTION,
) -> EarlyRepurchase:
    """The proceeds of a repurchase less what a fund keeps of an early one, half-up.

    Args:
        proceeds_minor: Units at the NAV, minor units.
        subscribed: Closing at which the units were bought.
        next_closing: First subscription closing after the repurchase date.
        deduction: Share kept.

    Source: domain.md §2.3, golden G30. Law: L1.
    """
    if is_held_a_year(subscribed, next_closing):
        return EarlyRepurchase(proceeds_minor, 0)
    kept = largest_deduction(proceeds_minor, deduction)
    return EarlyRepurchase(proceeds_minor - kept, kept)


def largest_deduction(proceeds_minor: int, deduction: Ratio = EARLY_DEDUCTION) -> int:
    """The most that a vehicle may keep of what it repurchases early, half-up.

    Source: domain.md §2.3, golden G30. Law: L1.
    """
    return half_up(proceeds_minor * deduction.num, deduction.den)
