"""When a holder may take back what it asked a fund to redeem, before the fund has met it.

What a participant asked for and has not been given may be taken back as the fund's documents say:
never, until the deadline of the offer it was tendered into, while a tender offer is open and again
when it drags on, or as long as it waits. What is taken back stays in the fund: nothing is bought
with it and no limit is asked.

Not here: who asks and what of a request waits (the plan desk), offers themselves (`repurchases`).
Source: 17 CFR 240.13e-4(f)(2), 17 CFR 270.23c-3(b), domain.md §2.3-§2.4. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from gateway.core.refusals import bits
from gateway.core.repurchases import Offer, may_withdraw
from gateway.core.sessions import Calendar
from gateway.core.vocabulary import RejectCode

NO_REASON_TO_STAY = bits(
    RejectCode.BLACKOUT, RejectCode.MIN_AMOUNT, RejectCode.NO_AGREEMENT, RejectCode.SUSPENDED
)
"""Reasons against a sale that are none against taking one back: the money stays where it is."""


class Withdrawal(StrEnum):
    """Until when a request that waits may be withdrawn."""

    NONE = "NONE"
    UNTIL_DEADLINE = "UNTIL_DEADLINE"
    TENDER = "TENDER"
    WHILE_WAITING = "WHILE_WAITING"


OF_OFFERS = frozenset({Withdrawal.UNTIL_DEADLINE, Withdrawal.TENDER})
"""Those that have no meaning without offers."""


def offer_of(offers: Sequence[Offer], asked_on: date, day: date) -> Offer | None:
    """The offer that a request is tendered into on a day.

    That is the first of those still to be priced whose deadline the request met; after the last
    of them, the one priced last, whose rest waits. None if the request met the deadline of none.

    Args:
        offers: Of the fund, in any order.
        asked_on: Trade date of the request.
        day: Session of the withdrawal.

    Source: 23c-3(b), domain.md §2.3.
    """
    mine = sorted(
        (each for each in offers if asked_on <= each.request_deadline),
        key=lambda each: each.pricing_date,
    )
    return next((each for each in mine if day <= each.pricing_date), mine[-1] if mine else None)


def may_take_back(
    terms: Withdrawal, offers: Sequence[Offer], asked_on: date, day: date, calendar: Calendar
) -> bool:
    """Whether what waits of a request may be withdrawn in a session.

    A request that no offer waits for is bound by none. What waits has not been taken, so the 40
    business days of a tender offer open it again even while its result is awaited.

    Args:
        terms: What the fund's documents say.
        offers: Of the fund, in any order.
        asked_on: Trade date of the request.
        day: Session of the withdrawal: that of its receipt.
        calendar: Calendar in force.

    Source: 13e-4(f)(2), 23c-3(b), domain.md §2.3-§2.4.
    """
    if terms is Withdrawal.NONE:
        return False
    offer = offer_of(offers, asked_on, day) if terms in OF_OFFERS else None
    if offer is None:
        return True
    if terms is Withdrawal.TENDER:
        return may_withdraw(day, offer.notice_date, offer.request_deadline, False, calendar)
    return day <= offer.request_deadline or offer.pricing_date < day
