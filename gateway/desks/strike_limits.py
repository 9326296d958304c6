"""Which of a fund's limits binds a purchase of private holdings, and what it leaves.

The fund's own limit counts all private holdings; others count those of one vehicle, manager,
asset class or issuer. What drawdown vehicles may still call counts like what is held where a
limit says so. The one that leaves least binds. A soft cap stops nothing: passing it is
told.

Not here: the tests themselves (`core.limits`).
Source: domain.md §2.2. Law: L2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.limits import Limit, headroom, is_above_soft_cap
from gateway.desks.fund_state import Fund

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Binding:
    """The limit that bounds a purchase, and what it leaves, minor units."""

    limit_id: str
    room_minor: int


def counted(
    terms: FundTerms,
    limit: Limit,
    holdings: Mapping[str, int],
    unfunded: Mapping[str, int] = NOTHING,
) -> int:
    """What of the holdings a limit counts, unfunded commitments where it says so.

    Args:
        terms: The fund's terms.
        limit: The limit.
        holdings: Minor units by vehicle.
        unfunded: What drawdown vehicles may still call, minor units by vehicle.
    """
    return sum(
        holdings[sleeve.vehicle_id]
        + (unfunded.get(sleeve.vehicle_id, 0) if limit.counts_unfunded else 0)
        for sleeve in terms.sleeves
        if limit.about in ("", *subjects(sleeve))
    )


def subjects(sleeve: SleeveTerms) -> tuple[str, ...]:
    """What a holding is counted under."""
    return sleeve.vehicle_id, sleeve.manager, sleeve.asset_class, sleeve.issuer


def binding(
    terms: FundTerms,
    bought: SleeveTerms | None,
    holdings: Mapping[str, int],
    total: int,
    unfunded: Mapping[str, int] = NOTHING,
) -> Binding:
    """The limit that leaves least for a purchase of a holding; of equals the fund's own.

    Args:
        terms: The fund's terms.
        bought: The holding.
        holdings: Minor units by vehicle before the purchase.
        total: The fund's net assets after the session's orders, minor units.
        unfunded: What drawdown vehicles may still call, minor units by vehicle.
    """
    limits = [terms.limit]
    if bought is not None:
        limits += [limit for limit in terms.limits if limit.about in subjects(bought)]
    rooms = [
        Binding(
            limit.limit_id, headroom(counted(terms, limit, holdings, unfunded), total, limit.cap)
        )
        for limit in limits
    ]
    return min(rooms, key=lambda each: each.room_minor)


def warned(
    terms: FundTerms,
    holdings: Mapping[str, int],
    total: int,
    unfunded: Mapping[str, int] = NOTHING,
) -> tuple[str, ...]:
    """The limits whose soft cap holdings are above."""
    return tuple(
        limit.limit_id
        for limit in (terms.limit, *terms.limits)
        if is_above_soft_cap(counted(terms, limit, holdings, unfunded), total, limit)
    )


def uncalled_before(fund: Fund) -> int:
    """What the fund's own limit counts of commitments before a session, minor units."""
    if not fund.terms.limit.counts_unfunded:
        return 0
    return sum(max(0, each.unfunded_minor) for each in fund.commitments.values())
