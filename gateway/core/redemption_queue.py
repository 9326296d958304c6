"""Gated requests: who gets how much of what a vehicle lets out, and at which NAV.

What is asked beyond the room of a gate is treated by one of four disciplines. Requests and
rooms are counted in one measure, minor units of money or scaled units. What is paid, what
waits and what lapses add up to what was asked. A queue that is ended for good becomes a
distribution to all holders.

Not here: the room itself (`liquidity`), offers (`repurchases`), what desks do with a queue.
Source: domain.md §1.4-§1.5, §2.4; goldens G18, G19. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.money import split, value_of


class CarryPolicy(StrEnum):
    """What becomes of requests that a gate does not meet, and in which order they are met.

    RESUBMIT: in proportion to the asks; the rest lapses and may be asked for again.
    CARRY: in proportion to the asks, old and new alike; the rest waits.
    FIFO: requests of the earlier dealing day first, those of one day in proportion; the rest
    waits.
    RATABLE: in proportion to the units held by those who ask, never beyond an ask; the rest
    waits. Nobody gains by asking for more.
    """

    RESUBMIT = "RESUBMIT"
    CARRY = "CARRY"
    FIFO = "FIFO"
    RATABLE = "RATABLE"


class TranchePricing(StrEnum):
    """At which NAV the parts of a gated request are paid."""

    ONE_NAV = "ONE_NAV"
    PER_TRANCHE = "PER_TRANCHE"


GATE_CODES = {TranchePricing.ONE_NAV: "GAT1", TranchePricing.PER_TRANCHE: "GATM"}
"""ISO 20022 reasons of a partial settlement. Source: domain.md §1.5."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one holder wants paid."""

    request_id: Annotated[str, "name of the request"]
    asked_on: Annotated[date, "dealing day it was first for"]
    amount: Annotated[int, "minor units or scaled units, >= 0"]
    held: Annotated[int, "units the holder has, scaled; RATABLE goes by it"] = 0


@dataclass(frozen=True, slots=True)
class GateFill:
    """What became of a request; paid + queued + lapsed is what was asked."""

    request_id: Annotated[str, "name of the request"]
    paid: Annotated[int, "paid now"]
    queued: Annotated[int, "waits for the next dealing day"]
    lapsed: Annotated[int, "has to be asked for again"]


def apply_gate(
    requests: Sequence[Request], room: int | None, policy: CarryPolicy
) -> tuple[GateFill, ...]:
    """Meet requests from what a gate lets out.

    Args:
        requests: Old and new, in an order that is the same on every run: it decides last
            cents between equals.
        room: What may be paid; None if nothing limits it.
        policy: The discipline of the vehicle.

    Returns:
        A fill for each request, in their order. What is paid is the lesser of what is asked
        and what there is, to the last minor unit (largest remainder; RATABLE may leave some
        of it where those who ask hold nothing).

    Source: domain.md §2.4, golden G18. Law: L1.
    """
    asks = [each.amount for each in requests]
    assert min(asks, default=0) >= 0, "a request is below zero"
    there = sum(asks) if room is None else min(max(room, 0), sum(asks))
    match policy:
        case CarryPolicy.FIFO:
            paid = _by_age(requests, there)
        case CarryPolicy.RATABLE:
            paid = _by_holding(asks, [each.held for each in requests], there)
        case CarryPolicy.RESUBMIT | CarryPolicy.CARRY:
            paid = split(there, asks)
    lapses = policy is CarryPolicy.RESUBMIT
    return tuple(
        GateFill(
            request_id=each.request_id,
            paid=part,
            queued=0 if lapses else each.amount - part,
            lapsed=each.amount - part if lapses else 0,
        )
        for each, part in zip(requests, paid, strict=True)
    )


def _by_age(requests: Sequence[Request], there: int) -> list[int]:
    """Requests of the earlier dealing day in full before those of a later one."""
    paid = [0] * len(requests)
    for day in sorted({each.asked_on for each in requests}):
        same = [at for at, each in enumerate(requests) if each.asked_on == day]
        asks = [requests[at].amount for at in same]
        part = min(there, sum(asks))
        for at, share in zip(same, split(part, asks), strict=True):
            paid[at] = share
        there -= part
    return paid


def _by_holding(asks: Sequence[int], held: Sequence[int], there: int) -> list[int]:
    """Shares by units held; what exceeds an ask is shared again among the others."""
    assert min(held, default=0) >= 0, "a holding is below zero"
    paid = [0] * len(asks)
    open_at = [at for at, (ask, units) in enumerate(zip(asks, held, strict=True)) if ask and units]
    while open_at:
        whole = sum(held[at] for at in open_at)
        full = [at for at in open_at if there * held[at] >= asks[at] * whole]
        if not full:
            shares = split(there, [held[at] for at in open_at])
            for at, share in zip(open_at, shares, strict=True):
                paid[at] = share
            break
        for at in full:
            paid[at] = asks[at]
        there -= sum(asks[at] for at in full)
        open_at = [at for at in open_at if at not in full]
    return paid


@dataclass(frozen=True, slots=True)
class GatedExchange:
    """An exchange whose sale is gated: what is bought is what was released, no more."""

    sold_minor: int
    bought_minor: int
    queued_minor: int
    lapsed_minor: int
    status: str
    code: str | None


def gated_exchange(fill: GateFill, pricing: TranchePricing) -> GatedExchange:
    """The two legs of an exchange after the gate of the fund sold.

    Source: domain.md §1.4, golden G19.
    """
    left = fill.queued + fill.lapsed
    status = "FILLED" if left == 0 else "PARTIALLY_FILLED" if fill.paid else "NOT_FILLED"
    code = GATE_CODES[pricing] if left else None
    return GatedExchange(fill.paid, fill.paid, fill.queued, fill.lapsed, status, code)


@dataclass(frozen=True, slots=True)
class Tranche:
    """A part of a request that was met on one dealing day."""

    units: Annotated[int, "units redeemed, scaled, >= 0"]
    nav: Annotated[int, "NAV of that dealing day, scaled"]


def price_tranches(
    tranches: Sequence[Tranche],
    pricing: TranchePricing,
    *,
    nav_scale: int,
    unit_scale: int,
    minor_scale: int = 2,
) -> list[int]:
    """What each part of a gated request is paid.

    Args:
        tranches: In the order of their dealing days; the first has the NAV of the request.
        pricing: ONE_NAV pays all at the first NAV, rounded cumulatively, so that the parts add
            up to the value of the whole; PER_TRANCHE pays each at its own, half-up.
        nav_scale: Decimals of the NAVs.
        unit_scale: Decimals of the units.
        minor_scale: Decimals of the currency.

    Source: domain.md §1.5 (GAT1, GATM), §2.4.
    """
    proceeds: list[int] = []
    units = 0
    for each in tranches:
        if pricing is TranchePricing.PER_TRANCHE:
            units, nav, before = each.units, each.nav, 0
        else:
            units, nav, before = units + each.units, tranches[0].nav, sum(proceeds)
        worth = value_of(
            units, nav, nav_scale=nav_scale, unit_scale=unit_scale, minor_scale=minor_scale
        )
        proceeds.append(worth - before)
    return proceeds


@dataclass(frozen=True, slots=True)
class ReturnOfCapital:
    """A distribution to all holders in place of a queue; no unit is cancelled."""

    shares_minor: tuple[int, ...]
    lapsed: int


def convert_queue(
    queue: Iterable[GateFill], holdings: Sequence[int], amount_minor: int
) -> ReturnOfCapital:
    """End a queue for good: its requests lapse, and all holders are paid by units held.

    Args:
        queue: What waits.
        holdings: Units of every holder, whether or not they asked, scaled.
        amount_minor: What is distributed, >= 0; the fund's net assets fall by it.

    Returns:
        Minor units per holder, in order (largest remainder), and what lapsed.

    Source: domain.md §2.4 (tenders ended for good, replaced by return of capital). Law: L1.
    """
    assert amount_minor >= 0, amount_minor
    return ReturnOfCapital(tuple(split(amount_minor, holdings)), sum(fill.queued for fill in queue))
