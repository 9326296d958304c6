"""What an order must satisfy before any limit, and where contributions go instead.

Agreements, qualifications, closed funds, minimums, blackouts and the mapping of funds: all of
it is dated reference data and is asked for the session whose NAV a line gets. Nothing stated is
nothing asked: without an entry an agreement is in force and a fund is open to everybody.

Not here: which of them a line meets (`line_eligibility`), limits (`limits`).
Source: domain.md §1.1, §1.5, §6.2.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.vocabulary import MoneySource, OrderKind


class Qualification(StrEnum):
    """What an investor must be to buy a fund; each includes the ones before it."""

    NONE = "NONE"
    ACCREDITED = "ACCREDITED"
    QUALIFIED_PURCHASER = "QUALIFIED_PURCHASER"


class Side(StrEnum):
    """What a fund is closed to."""

    PURCHASES = "PURCHASES"
    SALES = "SALES"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A participation agreement of a plan with a fund, and while it is in force."""

    fund_id: Annotated[str, "fund"]
    first: Annotated[date, "first session it is in force"]
    last: Annotated[date | None, "last one; None while nobody has ended it"] = None


@dataclass(frozen=True, slots=True)
class PlanQualification:
    """That a plan is a qualified investor, as its papers say."""

    kind: Annotated[Qualification, "what it is"]
    as_of: Annotated[date, "first day it is known to be"]
    valid_until: Annotated[date | None, "last day the papers are good for"] = None


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A time in which a fund takes no purchases, or no sales."""

    side: Annotated[Side, "PURCHASES or SALES"]
    first: Annotated[date, "first session"]
    last: Annotated[date | None, "last session; None until it opens again"] = None


@dataclass(frozen=True, slots=True)
class Blackout:
    """A time in which participants of a plan cannot move money, such as a change of funds."""

    first: Annotated[date, "first session"]
    last: Annotated[date, "last session"]
    funds: Annotated[tuple[str, ...], "funds it is about; none named: all"] = ()
    stops: Annotated[
        tuple[OrderKind, ...], "kinds stopped; contributions are sent elsewhere, never refused"
    ] = ()


@dataclass(frozen=True, slots=True)
class FundMapping:
    """A fund that takes another one's place in a plan."""

    from_fund: Annotated[str, "fund that is left"]
    to_fund: Annotated[str, "fund that takes its place"]
    first: Annotated[date, "session from which contributions go to the new fund"]


STOPPED = (OrderKind.EXCHANGE, OrderKind.DISTRIBUTION)
"""What a blackout stops if it does not say."""


def within(first: date, last: date | None, on: date) -> bool:
    """Whether a day lies in a time that ends on `last`, or never."""
    return first <= on and (last is None or on <= last)


def may_trade(agreements: Collection[Agreement], fund_id: str, on: date, *, buys: bool) -> bool:
    """Whether the plan's agreement with a fund allows a purchase, or a sale, on a session.

    Nothing trades before the agreement is in force. What was bought under one that has ended
    may be sold; nothing more may be bought.

    Source: domain.md §1.1 (before the first trade a participation agreement must exist).
    """
    mine = [each for each in agreements if each.fund_id == fund_id]
    if not mine:
        return True
    if buys:
        return any(within(each.first, each.last, on) for each in mine)
    return any(each.first <= on for each in mine)


def is_qualified(
    needed: Qualification, papers: Collection[PlanQualification], on: date
) -> bool:  # fmt: skip
    """Whether a plan is, on a session, what a fund's investors must be.

    A qualified purchaser is accredited too. Papers count from the day they speak of to the last
    day they are good for, both included.

    Source: domain.md §1.5 (NOT_ELIGIBLE).
    """
    ranks = tuple(Qualification)
    held = [ranks.index(p.kind) for p in papers if within(p.as_of, p.valid_until, on)]
    return max(held, default=0) >= ranks.index(needed)


def is_closed(periods: Collection[ClosedPeriod], side: Side, on: date) -> bool:
    """Whether a fund takes no purchases, or no sales, on a session.

    Source: domain.md §1.5 (SUSPENDED), §1.6 (announcements 19 and 20).
    """
    return any(each.side is side and within(each.first, each.last, on) for each in periods)


def is_blacked_out(
    blackouts: Collection[Blackout], kind: OrderKind, fund_id: str, on: date
) -> bool:
    """Whether a kind of order may not touch a fund of the plan on a session.

    Source: domain.md §6.2 (mapping has blackout dates).
    """
    return any(
        kind in (each.stops or STOPPED)
        and within(each.first, each.last, on)
        and (not each.funds or fund_id in each.funds)
        for each in blackouts
    )


def mapped_to(mappings: Collection[FundMapping], fund_id: str, on: date) -> str:
    """The fund that has taken a fund's place on a session; the fund itself if none has.

    Of several mappings of a fund the one that began last holds. The new fund may have been
    replaced as well; a circle, which no book may state, is gone round once at most.

    Source: domain.md §6.2 (fund-to-fund mapping).
    """
    begun = sorted((each for each in mappings if each.first <= on), key=lambda each: each.first)
    leads = {each.from_fund: each.to_fund for each in begun}
    seen = {fund_id}
    while leads.get(fund_id, fund_id) not in seen:
        fund_id = leads[fund_id]
        seen.add(fund_id)
    return fund_id


def contributed_to(
    mappings: Collection[FundMapping],
    blackouts: Collection[Blackout],
    fund_id: str,
    liquid_fund: str,
    on: date,
) -> str:
    """The fund that a contribution into a fund buys on a session.

    From its session on a mapping holds. In a blackout that stops contributions into the fund
    they go to the fund that is to take its place, and to the plan's liquid option if none is:
    money from a payroll is never sent back.

    Source: domain.md §6.2 (mapping has blackout dates).
    """
    now = mapped_to(mappings, fund_id, on)
    if not is_blacked_out(blackouts, OrderKind.CONTRIBUTION, now, on):
        return now
    later = mapped_to(mappings, now, date.max)
    return liquid_fund if later == now else later


def follows_mapping(mappings: Collection[FundMapping], sold: str, bought: str, on: date) -> bool:
    """Whether an exchange moves units from a fund that was replaced into the one in its place.

    Such an exchange may pass a blackout, which is made for it, and no minimum applies to it.

    Source: domain.md §6.2 (fund-to-fund mapping).
    """
    return sold != bought and mapped_to(mappings, sold, on) == bought


def is_at_will(kind: OrderKind, source: MoneySource) -> bool:
    """Whether an order's amount is somebody's choice, so that a minimum may be asked of it.

    What comes with a payroll is as large as it is; of contributions only a rollover is chosen.

    Source: domain.md §1.5 (MIN_AMOUNT), §6.2.
    """
    return kind is not OrderKind.CONTRIBUTION or source is MoneySource.ROLLOVER


def is_too_small(amount_minor: int, minimum_minor: int, sellable_minor: int | None = None) -> bool:
    """Whether an order is below a fund's minimum.

    Args:
        amount_minor: What the line asks, minor units.
        minimum_minor: The fund's least purchase or sale, minor units; 0: none.
        sellable_minor: Of a sale, what the position may sell by amount at the last NAV; if that
            is below the minimum any amount may be sold, so that nobody is locked in.

    Source: domain.md §1.5 (MIN_AMOUNT).
    """
    if sellable_minor is not None and sellable_minor < minimum_minor:
        return False
    return 0 < amount_minor < minimum_minor
