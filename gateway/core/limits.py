"""Minority limits: exact tests, headroom, trims, passive breaches.

A limit compares alternatives with a total, `alt × den <= num × total`, in integers.
It is tested on acquisition, pro forma: the total is the one after the trade. A limit
passed by the market is passive: purchases freeze and a cure clock runs, nothing is sold.

Not here: the vectorised test of order lines (`line_limits`), reports of breaches
(`breach_reports`).
Source: domain.md §2.2; golden G11 to G15. Law: L2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from gateway.core.money import Ratio, ceil_div, split


class LimitScope(StrEnum):
    """What a limit is about."""

    PARTICIPANT = "PARTICIPANT"
    PLAN = "PLAN"
    FUND = "FUND"
    SLEEVE = "SLEEVE"
    MANAGER = "MANAGER"
    ASSET_CLASS = "ASSET_CLASS"
    ISSUER = "ISSUER"


class ExcessPolicy(StrEnum):
    """What becomes of the part that does not fit."""

    TRIM = "TRIM"
    REJECT = "REJECT"


class Sharing(StrEnum):
    """How scarce headroom is shared."""

    FIFO = "FIFO"
    PRO_RATA = "PRO_RATA"


SALE_BY_AMOUNT = Ratio(95, 100)
"""Share of a position's last value that may be sold by amount. The rest covers a fall of the
price until the sale is filled, so that no sale takes more units than are held; a NAV that
falls so far that one would is held."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A minority limit as the documents state it."""

    limit_id: Annotated[str, "name of the limit"]
    scope: Annotated[LimitScope, "what it is about"]
    cap: Annotated[Ratio, "hard cap: largest share of alternatives after a purchase"]
    soft_cap: Annotated[Ratio | None, "share from which people are warned"]
    on_excess: Annotated[ExcessPolicy, "what becomes of the part that does not fit"]
    cure_days: Annotated[int, "calendar days a passive breach may last"]
    about: Annotated[str, "vehicle, manager, asset class or issuer; empty: all alternatives"] = ""
    counts_unfunded: Annotated[bool, "a fund's limit: unfunded commitments count as held"] = False
    report_days: Annotated[
        int, "a fund's limit: bank days to the report of a passive breach; 0: none"
    ] = 0
    plan_days: Annotated[int, "a fund's limit: calendar days to the cure plan; 0: none"] = 0
    report_again_days: Annotated[
        int, "a fund's limit: calendar days after which it is reported again, each time; 0: never"
    ] = 0


@dataclass(frozen=True, slots=True)
class BreachState:
    """A passive breach, if one is open."""

    since: Annotated[date | None, "session it was first seen"] = None
    cure_by: Annotated[date | None, "day by which it must be cured"] = None

    @property
    def buys_frozen(self) -> bool:
        """Whether purchases of alternatives are frozen."""
        return self.since is not None


def is_within(alternative: int, total: int, cap: Ratio) -> bool:
    """Whether a share is at or below the cap, exactly.

    Source: domain.md §2.2, golden G11.
    """
    return alternative * cap.den <= cap.num * total


def headroom(alternative: int, total: int, cap: Ratio) -> int:
    """How much more may be bought, minor units, when `total` is the total after the trade.

    Rounded down, so that what is bought up to it is within the cap; never below zero.

    Source: domain.md §2.2, goldens G11, G13.
    """
    return max(0, cap.num * total // cap.den - alternative)


def is_above_soft_cap(alternative: int, total: int, limit: Limit) -> bool:
    """Whether people are to be warned; never so where there is no soft cap.

    Source: domain.md §2.2.
    """
    return limit.soft_cap is not None and not is_within(alternative, total, limit.soft_cap)


def redemption_capacity(total: int, alternative: int, cap: Ratio) -> int:
    """How much can be paid out of the liquid part before the cap is passed. Source: G15.

    Under a cap of zero that is all or, once anything alternative is held, nothing.
    """
    if cap.num == 0:
        return max(0, total) if alternative <= 0 else 0
    return max(0, total - ceil_div(alternative * cap.den, cap.num))


def inflow_to_cure(alternative: int, total: int, cap: Ratio) -> int | None:
    """The smallest liquid inflow, minor units, that brings a share back to the cap. Source: G14.

    None if no inflow can: anything alternative is above a cap of zero.
    """
    if cap.num == 0:
        return 0 if alternative <= 0 else None
    return max(0, ceil_div(alternative * cap.den, cap.num) - total)


def grant(asks: Sequence[int], room: int, sharing: Sharing) -> list[int]:
    """Share out headroom among those who compete for it; never more than asked or there is.

    Args:
        asks: Shape (n,), minor units, in the order of receipt.
        room: Minor units to share.
        sharing: First in first served, or in proportion (largest remainder).

    Source: golden G12.
    """
    assert all(ask >= 0 for ask in asks), asks
    room = min(max(room, 0), sum(asks))
    if sharing is Sharing.PRO_RATA:
        return split(room, asks) if asks else []
    granted: list[int] = []
    for ask in asks:
        granted.append(min(ask, room))
        room -= granted[-1]
    return granted


def review(
    alternative: int, total: int, limit: Limit, session: date, state: BreachState
) -> BreachState:
    """The passive breach of a limit after a session's valuation: opened, kept or cured.

    Source: golden G14.
    """
    if is_within(alternative, total, limit.cap):
        return BreachState()
    if state.since is not None:
        return state
    return BreachState(session, session + timedelta(days=limit.cure_days))


class CallTreatment(StrEnum):
    """How the payment of a capital call counts; it is paid either way."""

    ORDINARY = "ORDINARY"
    PASSIVE_COMMITMENT = "PASSIVE_COMMITMENT"


def treat_call(
    alternative: int, total: int, call_minor: int, cap: Ratio, state: BreachState
) -> CallTreatment:
    """How a call on a commitment made earlier counts: never refused, passive above the cap.

    The call is paid from the liquid sleeve, so the total stays.

    Source: domain.md §2.2, golden G14.
    """
    if state.buys_frozen or not is_within(alternative + call_minor, total, cap):
        return CallTreatment.PASSIVE_COMMITMENT
    return CallTreatment.ORDINARY
