"""What a fund lets its plans out of: its dealing days, its room, and who gets how much.

A fund with gate terms takes sales as requests. On a dealing day they are met as far as its
caps, its offer, a suspension and its own liquid money allow; what is not met lapses or waits,
as its discipline says. All is counted in money: a cap that is a share of units is worth what
those units are at the day's NAV, rounded down. What a fund keeps of the proceeds (an offer's
fee, a deduction from young units) stays in its net assets.

Not here: caps and suspensions (`liquidity`), disciplines (`redemption_queue`), dates and sizes
of offers (`repurchases`), the queue of participants' requests (the plan desk).
Source: domain.md §1.4, §2.3-§2.4; goldens G16, G18, G19, G30. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from gateway.core.liquidity import (
    Bases,
    CapBasis,
    CapPeriod,
    GateCap,
    Movement,
    Suspension,
    cap_room,
    caps_in_force,
    is_same_period,
    is_suspended,
)
from gateway.core.money import Ratio, UnitRounding, floor_div, half_up, units_for
from gateway.core.redemption_queue import (
    CarryPolicy,
    GateFill,
    Request,
    TranchePricing,
    apply_gate,
)
from gateway.core.repurchases import (
    LARGEST_EXTRA,
    NOTHING,
    Offer,
    is_held_a_year,
    next_monthly_closing,
    offer_room,
)
from gateway.core.sessions import Calendar
from gateway.core.withdrawals import OF_OFFERS, Withdrawal

CENTS = 100
LONGEST_NOTICE_DAYS = 366
"""A year: the longest notice a bank's collective fund may ask for. Source: 12 CFR 9.18."""
SUSPENDED, OFFER, LIQUID = "SUSPENDED", "OFFER", "LIQUID"
"""What binds a room that no cap does: a suspension, an offer's size, the fund's liquid money."""


class DealingDays(StrEnum):
    """The sessions on which requests are met."""

    EVERY_SESSION = "EVERY_SESSION"
    LAST_OF_MONTH = "LAST_OF_MONTH"
    LAST_OF_QUARTER = "LAST_OF_QUARTER"
    OFFERS = "OFFERS"


@dataclass(frozen=True, slots=True)
class GateTerms:
    """How a fund lets its plans out, as its documents state it."""

    dealing: Annotated[DealingDays, "sessions on which requests are met"]
    policy: Annotated[CarryPolicy, "who goes first, and what becomes of the rest"]
    pricing: Annotated[TranchePricing, "NAV of the later parts of a request"]
    caps: Annotated[tuple[GateCap, ...], "largest shares paid in a period, dated"] = ()
    suspensions: Annotated[tuple[Suspension, ...], "times in which nothing is paid"] = ()
    offers: Annotated[tuple[Offer, ...], "offers to repurchase; OFFERS deals on their pricing"] = ()
    early_deduction: Annotated[Ratio | None, "kept of units held less than a year"] = None
    odd_lots_first: Annotated[bool, "holders of fewer than 100 units who ask for all go first"] = (
        False
    )
    notice_days: Annotated[int, "calendar days from a request to the dealing day that takes it"] = 0
    withdrawal: Annotated[Withdrawal, "until when what waits may be withdrawn"] = Withdrawal.NONE


class GateFault(StrEnum):
    """What is wrong with gate terms, in this order."""

    CAP_TWICE = "CAP_TWICE"
    SHARE = "SHARE"
    DATES = "DATES"
    OFFER_TWICE = "OFFER_TWICE"
    OFFER_WITHOUT_DEALING = "OFFER_WITHOUT_DEALING"
    NOTICE = "NOTICE"
    WITHDRAWAL_WITHOUT_OFFERS = "WITHDRAWAL_WITHOUT_OFFERS"


def gate_faults(terms: GateTerms) -> tuple[GateFault, ...]:
    """Everything that keeps terms from being applied: no fund may have such a gate.

    Source: domain.md §2.3-§2.4.
    """
    begins = [(cap.cap_id, cap.first) for cap in terms.caps]
    priced = [offer.pricing_date for offer in terms.offers]
    shares = [
        *(cap.cap for cap in terms.caps),
        *(share for each in terms.offers for share in (each.share, each.extra, each.fee)),
        terms.early_deduction,
    ]
    stated = [share for share in shares if share is not None]
    spans: list[tuple[date, date | None]] = [(cap.first, cap.last) for cap in terms.caps]
    spans += [(each.first, each.last) for each in terms.suspensions]
    spans += [(each.notice_date, each.request_deadline) for each in terms.offers]
    spans += [(each.request_deadline, each.pricing_date) for each in terms.offers]
    spans += [(each.pricing_date, each.payment_date) for each in terms.offers]
    found = {
        GateFault.CAP_TWICE: len({*begins}) < len(begins),
        GateFault.SHARE: not all(0 <= share.num <= share.den for share in stated)
        or any(_adds_too_much(each.extra) for each in terms.offers),
        GateFault.DATES: any(last is not None and last < first for first, last in spans),
        GateFault.OFFER_TWICE: len({*priced}) < len(priced),
        GateFault.OFFER_WITHOUT_DEALING: bool(priced) and terms.dealing is not DealingDays.OFFERS,
        GateFault.NOTICE: not 0 <= terms.notice_days <= LONGEST_NOTICE_DAYS,
        GateFault.WITHDRAWAL_WITHOUT_OFFERS: terms.withdrawal in OF_OFFERS
        and terms.dealing is not DealingDays.OFFERS,
    }
    return tuple(fault for fault in GateFault if found[fault])


def _adds_too_much(extra: Ratio | None) -> bool:
    return extra is not None and extra.num * LARGEST_EXTRA.den > LARGEST_EXTRA.num * extra.den


def offer_on(terms: GateTerms, session: date) -> Offer | None:
    """The offer that is priced on a session, if one is. Source: 23c-3, domain.md §2.3."""
    return next((each for each in terms.offers if each.pricing_date == session), None)


def is_dealing_day(terms: GateTerms, session: date, calendar: Calendar) -> bool:
    """Whether requests are met on a session; months and quarters are those of the calendar.

    Source: domain.md §2.3 (monthly, quarterly, offers).
    """
    following = calendar.next_session(session)
    match terms.dealing:
        case DealingDays.EVERY_SESSION:
            return True
        case DealingDays.LAST_OF_MONTH:
            return (following.year, following.month) != (session.year, session.month)
        case DealingDays.LAST_OF_QUARTER:
            quarters = [(day.year, (day.month - 1) // 3) for day in (session, following)]
            return quarters[0] != quarters[1]
        case DealingDays.OFFERS:
            return offer_on(terms, session) is not None


def last_request_day(terms: GateTerms, session: date) -> date:
    """The last trade date of requests that a dealing day takes.

    An offer's has its deadline; where notice is to be given, it is that many calendar days
    before the dealing day. Of both the earlier.

    Source: 23c-3(b)(1), 12 CFR 9.18(b)(5)(iii), domain.md §2.3.
    """
    offer = offer_on(terms, session)
    noticed = session - timedelta(days=terms.notice_days)
    return noticed if offer is None else min(noticed, offer.request_deadline)


@dataclass(frozen=True, slots=True)
class GateDay:
    """What went through a fund's gate in a session."""

    day: Annotated[date, "session"]
    met_minor: Annotated[int, "requests met, minor units"]
    met_units: Annotated[int, "units redeemed for them, scaled"]
    subscribed_minor: Annotated[int, "purchases, minor units"]
    subscribed_units: Annotated[int, "units issued for them, scaled"]


def remembered(days: Sequence[GateDay], today: date) -> list[GateDay]:
    """The days that a cap can still count on a day: those of its calendar quarter.

    Source: domain.md §2.3-§2.4 (months lie within quarters), golden G18.
    """
    return [each for each in days if is_same_period(CapPeriod.QUARTER, each.day, today)]


@dataclass(frozen=True, slots=True)
class Opened:
    """A fund on a dealing day: what its room is worked out from."""

    day: Annotated[date, "session"]
    bases: Annotated[Bases, "what caps are shares of"]
    before: Annotated[Sequence[GateDay], "earlier sessions, and today's purchases"]
    liquid_minor: Annotated[int, "what the liquid sleeve can pay, minor units"]
    nav: Annotated[int, "NAV of the day, scaled"]
    nav_scale: Annotated[int, "decimal places of the NAV"]
    unit_scale: Annotated[int, "decimal places of units"]
    unit_rounding: Annotated[UnitRounding, "how units are rounded"] = UnitRounding.HALF_UP


@dataclass(frozen=True, slots=True)
class GateRoom:
    """What a gate lets out, and what bounds it."""

    minor: Annotated[int, "minor units"]
    bound_by: Annotated[str, "cap id, SUSPENDED, OFFER or LIQUID"]


def gate_opens(terms: GateTerms | None, fund: Opened) -> GateRoom:
    """The least of what caps, an offer and the fund's liquid money let out; 0 while suspended.

    Args:
        terms: The gate; None if the fund has none any more.
        fund: The fund on the day.

    Source: domain.md §2.3-§2.5, goldens G16, G18.
    """
    if terms is None:
        return GateRoom(max(0, fund.liquid_minor), LIQUID)
    if is_suspended(terms.suspensions, fund.day):
        return GateRoom(0, SUSPENDED)
    rooms = [
        GateRoom(_cap_minor(cap, fund), cap.cap_id) for cap in caps_in_force(terms.caps, fund.day)
    ]
    offer = offer_on(terms, fund.day)
    if offer is not None:
        units = offer_room(fund.bases.units, offer.share, offer.extra or NOTHING)
        rooms.append(GateRoom(_worth(units, fund), OFFER))
    rooms.append(GateRoom(max(0, fund.liquid_minor), LIQUID))
    return min(rooms, key=lambda room: room.minor)


def _cap_minor(cap: GateCap, fund: Opened) -> int:
    """What a cap leaves, in money; of one in units, what they are worth."""
    if cap.basis is CapBasis.UNITS:
        moved = [Movement(d.day, d.met_units, d.subscribed_units) for d in fund.before]
        return _worth(cap_room(cap, fund.day, fund.bases, moved), fund)
    moved = [Movement(d.day, d.met_minor, d.subscribed_minor) for d in fund.before]
    return cap_room(cap, fund.day, fund.bases, moved)


def _worth(units: int, fund: Opened) -> int:
    """Units at the NAV of the day, minor units, rounded down: a cap is never passed."""
    return floor_div(units * fund.nav * CENTS, 10 ** (fund.nav_scale + fund.unit_scale))


@dataclass(frozen=True, slots=True)
class Lot:
    """Units a plan bought within a year."""

    bought_on: Annotated[date, "session whose NAV they got"]
    units: Annotated[int, "scaled, > 0"]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What one plan's participants ask to redeem, of those that first came up on one day."""

    plan_id: Annotated[str, "plan"]
    dealing: Annotated[date, "dealing day they first came up on"]
    asked_minor: Annotated[int, "minor units, > 0"]
    held_units: Annotated[int, "units the plan holds in all, scaled"]
    nav: Annotated[int, "NAV they are paid at, scaled; 0: that of the day"]
    odd_lot: Annotated[bool, "of accounts with fewer than 100 units that ask for all"] = False


@dataclass(frozen=True, slots=True)
class RequestMet:
    """What became of a plan's requests; met + queued + lapsed is what was asked."""

    plan_id: Annotated[str, "plan"]
    dealing: Annotated[date, "dealing day they first came up on"]
    asked_minor: Annotated[int, "minor units asked"]
    met_minor: Annotated[int, "minor units redeemed"]
    kept_minor: Annotated[int, "of them, what the fund keeps, minor units"]
    queued_minor: Annotated[int, "minor units that wait"]
    lapsed_minor: Annotated[int, "minor units that have to be asked for again"]
    nav: Annotated[int, "NAV they were redeemed at, scaled"]
    units: Annotated[int, "units redeemed, scaled"]
    odd_lot: Annotated[bool, "of accounts with fewer than 100 units that asked for all"] = False

    @property
    def paid_minor(self) -> int:
        """What the plan is paid, minor units."""
        return self.met_minor - self.kept_minor


def meet(
    requests: Sequence[PlanRequest],
    room: GateRoom,
    terms: GateTerms | None,
    fund: Opened,
    lots: dict[str, list[Lot]],
) -> tuple[RequestMet, ...]:
    """Meet plans' requests from what a gate lets out.

    Args:
        requests: Sorted by plan and dealing day; odd lots, where they go first, are met before
            all others.
        room: What the gate lets out.
        terms: The gate; None if the fund has none any more: then all that can be is met.
        fund: The fund on the day.
        lots: Units each plan bought within a year, oldest first; older ones leave first.

    Source: domain.md §1.4, §2.3-§2.4; goldens G16, G18, G19, G30. Law: L1.
    """
    policy = CarryPolicy.CARRY if terms is None else terms.policy
    fills = _by_turn(requests, room.minor, policy)
    met: list[RequestMet] = []
    gone: dict[str, int] = {}
    for each, fill in zip(requests, fills, strict=True):
        nav = each.nav or fund.nav
        units = units_for(
            fill.paid, nav, nav_scale=fund.nav_scale, unit_scale=fund.unit_scale,
            rounding=fund.unit_rounding,
        )  # fmt: skip
        before = gone.get(each.plan_id, 0)
        young = _young(lots.get(each.plan_id, []), each.held_units, before, units, fund.day)
        gone[each.plan_id] = before + units
        kept = _kept(fill.paid, units, young, terms, fund.day)
        met.append(
            RequestMet(
                each.plan_id, each.dealing, each.asked_minor, fill.paid, kept, fill.queued,
                fill.lapsed, nav, units, each.odd_lot,
            )
        )  # fmt: skip
    return tuple(met)


def _by_turn(
    requests: Sequence[PlanRequest], room_minor: int, policy: CarryPolicy
) -> list[GateFill]:
    """Fills in the order of the requests: odd lots from the whole room, others from the rest."""
    found: dict[int, GateFill] = {}
    for odd in (True, False):
        turn = [at for at, each in enumerate(requests) if each.odd_lot is odd]
        asks = [
            Request(requests[at].plan_id, requests[at].dealing, requests[at].asked_minor,
                    requests[at].held_units)
            for at in turn
        ]  # fmt: skip
        fills = apply_gate(asks, room_minor, policy)
        found.update(zip(turn, fills, strict=True))
        room_minor -= sum(fill.paid for fill in fills)
    return [found[at] for at in range(len(requests))]


def _young(lots: Sequence[Lot], held: int, before: int, units: int, day: date) -> int:
    """How many of units that leave are held less than a year, the oldest leaving first."""
    old = held - sum(lot.units for lot in lots)
    young, first = 0, before
    closing = next_monthly_closing(day)
    at = max(0, old)
    for lot in lots:
        part = max(0, min(first + units, at + lot.units) - max(first, at))
        young += 0 if is_held_a_year(lot.bought_on, closing) else part
        at += lot.units
    return young


def _kept(met_minor: int, units: int, young: int, terms: GateTerms | None, day: date) -> int:
    """What the fund keeps: the offer's fee, and the deduction from young units, half-up each."""
    if terms is None or not units:
        return 0
    offer = offer_on(terms, day)
    fee = 0 if offer is None else half_up(met_minor * offer.fee.num, offer.fee.den)
    early = terms.early_deduction or NOTHING
    return fee + half_up(met_minor * young * early.num, units * early.den)


def after_leaving(lots: Sequence[Lot], held: int, units: int) -> list[Lot]:
    """The lots that stay when units leave, the oldest first.

    Args:
        lots: Oldest first.
        held: All units before, scaled; those in no lot are the oldest.
        units: Units that leave.

    Source: domain.md §2.3, golden G30.
    """
    left = units - max(0, held - sum(lot.units for lot in lots))
    stay: list[Lot] = []
    for lot in lots:
        gone = min(max(0, left), lot.units)
        left -= gone
        if gone < lot.units:
            stay.append(Lot(lot.bought_on, lot.units - gone))
    return stay


def still_young(lots: Sequence[Lot], day: date) -> list[Lot]:
    """The lots that are held less than a year on a day.

    Source: domain.md §2.3, golden G30.
    """
    closing = next_monthly_closing(day)
    return [lot for lot in lots if not is_held_a_year(lot.bought_on, closing)]
