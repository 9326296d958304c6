"""What is wrong with offers of interval and tender-offer funds, with what the rule expects.

Not here: the rule (`core.repurchases`), what a gate may be at all (`core.gates`).
Source: 17 CFR 270.23c-3, 17 CFR 240.13e-4, domain.md §2.3, golden G17.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.book import FundTerms, Wrapper
from gateway.core.money import Ratio, format_scaled
from gateway.core.repurchases import (
    LARGEST_FEE,
    LARGEST_OFFER,
    LEAST_OFFER,
    TENDER_DAYS,
    Offer,
    OfferFault,
    deadlines,
    latest_payment,
    latest_pricing,
    offer_faults,
    tender_open_until,
)
from gateway.core.sessions import Calendar

Fault = tuple[tuple[str | int, ...], str]
"""The field of the fund, and what is wrong with it."""


def interval_offer_faults(fund: FundTerms, calendar: Calendar) -> Iterator[Fault]:
    """Everything in which offers of an interval fund depart from the rule.

    What an offer is worth is not known before its day: whether the liquid sleeve covers it is
    told then.

    Args:
        fund: The fund; nothing is asked of other wrappers.
        calendar: Calendar in force.

    Source: 23c-3(a)-(b), golden G17.
    """
    if fund.wrapper != Wrapper.INTERVAL_FUND or fund.gate is None:
        return
    for number, offer in enumerate(fund.gate.offers):
        at = ("gate", "offers", number)
        yield from _unpriced(at, offer, calendar)
        for fault in offer_faults(offer, calendar, liquid_minor=0, offered_minor=0):
            field, text = _told(fault, offer, calendar)
            yield (*at, field), f"{fault}: {text}"


def tender_offer_faults(fund: FundTerms, calendar: Calendar) -> Iterator[Fault]:
    """Everything in which offers of a tender-offer fund depart from the rule.

    A price or amount that is changed keeps an offer open for longer: whoever states the change
    states its later deadline.

    Args:
        fund: The fund; nothing is asked of other wrappers.
        calendar: Calendar in force.

    Source: 13e-4(f)(1)(i), domain.md §2.3.
    """
    if fund.wrapper != Wrapper.TENDER_OFFER_FUND or fund.gate is None:
        return
    for number, offer in enumerate(fund.gate.offers):
        at = ("gate", "offers", number)
        yield from _unpriced(at, offer, calendar)
        expires = tender_open_until(offer.notice_date, calendar)
        if offer.request_deadline < expires:
            text = (
                f"{offer.request_deadline}: an offer of {offer.notice_date} is open for "
                f"{TENDER_DAYS} business days, to {expires} at least"
            )
            yield (*at, "request_deadline"), text


def _unpriced(at: tuple[str | int, ...], offer: Offer, calendar: Calendar) -> Iterator[Fault]:
    if not calendar.is_session(offer.pricing_date):
        text = f"{offer.pricing_date} is no session: no NAV is struck on it"
        yield (*at, "pricing_date"), text


def _told(fault: OfferFault, offer: Offer, calendar: Calendar) -> tuple[str, str]:
    """The field of an offer, and what was expected of it."""
    earliest, latest = deadlines(offer.notice_date)
    match fault:
        case OfferFault.SIZE:
            text = f"offer {_percent(LEAST_OFFER)} to {_percent(LARGEST_OFFER)}"
            return "share", f"{_percent(offer.share)} of the units: {text}"
        case OfferFault.FEE:
            text = f"at most {_percent(LARGEST_FEE)} may be kept"
            return "fee", f"{_percent(offer.fee)} of the proceeds: {text}"
        case OfferFault.NOTICE_TOO_SHORT | OfferFault.NOTICE_TOO_LONG:
            text = f"a notice of {offer.notice_date} allows {earliest} to {latest}"
            return "request_deadline", f"{offer.request_deadline}: {text}"
        case OfferFault.PRICED_BEFORE_DEADLINE:
            text = f"not before the deadline, {offer.request_deadline}"
            return "pricing_date", f"{offer.pricing_date}: {text}"
        case OfferFault.PRICED_TOO_LATE:
            last = latest_pricing(offer.request_deadline, calendar)
            text = f"a deadline of {offer.request_deadline} allows {last} at the latest"
            return "pricing_date", f"{offer.pricing_date}: {text}"
        case OfferFault.PAID_BEFORE_PRICING:
            return "payment_date", f"{offer.payment_date}: after the pricing, {offer.pricing_date}"
        case OfferFault.PAID_TOO_LATE:
            last = latest_payment(offer.pricing_date, calendar)
            text = f"a pricing of {offer.pricing_date} allows {last} at the latest"
            return "payment_date", f"{offer.payment_date}: {text}"
        case OfferFault.NOT_LIQUID:
            raise AssertionError("the liquid part was not asked")


def _percent(share: Ratio) -> str:
    """A share as a book file states it; a ratio if it has more decimals than people write."""
    hundredths, rest = divmod(share.num * 10_000, share.den)
    return str(share) if rest else f"{format_scaled(hundredths, 2).rstrip('0').rstrip('.')}%"
