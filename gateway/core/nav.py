"""Daily values of assets that are marked quarterly, and the NAV struck from them.

A manager's mark is rolled forward day by day with a proxy index, an expected income
and the day's flows; the NAV per unit is net assets over the units outstanding before
the session's orders. A better mark that comes later trues the value up: a change of
estimate, booked on its day, that restates nothing. All amounts are exact integers;
the two places that round say so.

Not here: which mark is in force (the fund desk), fees (`fees`), correcting NAV errors.
Source: domain.md §3.1-§3.3, goldens G20-G22. Laws: L6, L7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import gcd
from typing import Annotated

from gateway.core.money import Ratio, half_up

CARRY = 10**6
"""A rolled value is carried between steps with six decimals beyond the minor unit."""


class NavStatus(StrEnum):
    """How far a NAV may be relied on, from least to most."""

    INDICATIVE = "INDICATIVE"
    ESTIMATED = "ESTIMATED"
    OFFICIAL = "OFFICIAL"
    CORRECTED = "CORRECTED"


class HoldReason(StrEnum):
    """Why a NAV is held or only an estimate; several may apply, listed in this order."""

    TOLERANCE = "TOLERANCE"
    STALE_MARK = "STALE_MARK"
    NOT_INDEPENDENT = "NOT_INDEPENDENT"
    PROXY_MISSING = "PROXY_MISSING"
    LIQUIDITY = "LIQUIDITY"
    UNITS_ROLL = "UNITS_ROLL"
    UNITS_SHORT = "UNITS_SHORT"


ESTIMATES = frozenset({HoldReason.STALE_MARK, HoldReason.NOT_INDEPENDENT})
"""What makes a NAV an estimate and does not hold it."""


@dataclass(frozen=True, slots=True)
class RollStep:
    """One session of a private holding between marks; flows count at the end of the day."""

    session: Annotated[date, "session"]
    proxy_before: Annotated[int, "proxy level at the session before, greater than zero"]
    proxy_after: Annotated[int, "proxy level at the session, scaled alike"]
    calls_minor: Annotated[int, "capital paid in, minor units"]
    distributions_minor: Annotated[int, "distributions received, minor units"]
    fees_minor: Annotated[int, "fees accrued, minor units"]
    alpha: Annotated[Ratio, "expected income of the day as a share of value"]


@dataclass(frozen=True, slots=True)
class TrueUp:
    """The value of today by the old mark and by the new one, minor units."""

    old_minor: int
    new_minor: int
    difference_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a NAV may be used for."""

    status: NavStatus
    held: bool
    holds: tuple[HoldReason, ...]
    alternative_buys_allowed: bool
    redemptions_served: bool
    redemptions_from_liquid_only: bool


def roll_forward(mark_value_minor: int, steps: Iterable[RollStep], beta: Ratio) -> int:
    """Carry a mark to the session of the last step.

    Each step is V x (1 + alpha + beta x (after - before) / before) + calls -
    distributions - fees. Compounding is per step: beta times the daily moves is not
    beta times the move of the whole period.

    Args:
        mark_value_minor: The mark, minor units.
        steps: Sessions since the mark, in order; none leaves the mark as it is.
        beta: Share of the proxy's move taken.

    Returns:
        Minor units, half-up; between steps carried with six more decimals, half-up.

    Source: domain.md §3.2, golden G20.
    """
    value = mark_value_minor * CARRY
    for step in steps:
        assert step.proxy_before > 0, step
        whole = step.alpha.den * beta.den * step.proxy_before
        income = step.alpha.num * beta.den * step.proxy_before
        move = beta.num * (step.proxy_after - step.proxy_before) * step.alpha.den
        flows = step.calls_minor - step.distributions_minor - step.fees_minor
        value = half_up(value * (whole + income + move), whole) + flows * CARRY
    return half_up(value, CARRY)


def true_up(
    old_mark_minor: int, new_mark_minor: int, steps: Iterable[RollStep], beta: Ratio
) -> TrueUp:
    """The effect on today's value when a mark replaces the one that was rolled forward.

    Booked in today's NAV: NAVs since the mark stand, no order is reprocessed.

    Source: golden G21. Law: L7.
    """
    since = tuple(steps)
    old = roll_forward(old_mark_minor, since, beta)
    new = roll_forward(new_mark_minor, since, beta)
    return TrueUp(old, new, new - old)


def strike(
    net_assets_minor: int,
    units: int,
    unit_scale: int,
    nav_scale: int,
    minor_scale: int = 2,
    *,
    initial_nav: int,
) -> int:
    """NAV per unit: net assets over the units outstanding before today's orders.

    Args:
        net_assets_minor: Net assets before today's orders, minor units.
        units: Units outstanding, scaled by `unit_scale` decimal places, >= 0.
        unit_scale: Decimal places of units.
        nav_scale: Decimal places of the NAV.
        minor_scale: Decimal places of the currency.
        initial_nav: NAV of a fund without units, scaled by `nav_scale`.

    Returns:
        The NAV, scaled by `nav_scale`, half-up.

    Source: domain.md §3.2.
    """
    assert units >= 0, units
    if units == 0:
        return initial_nav
    return half_up(net_assets_minor * 10 ** (unit_scale + nav_scale), units * 10**minor_scale)


def tolerance_breach(
    previous_nav: int, nav: int, expected_change: Ratio, tolerance: Ratio
) -> Ratio | None:
    """The part of the day's change nothing explains, if it is larger than the tolerance.

    Args:
        previous_nav: NAV of the session before, > 0.
        nav: NAV of the session, scaled alike.
        expected_change: Change the proxies explain, as a share of the previous NAV.
        tolerance: Largest unexplained change, up or down, as a share; itself allowed.

    Returns:
        Change minus expected change in lowest terms, signed, or None if tolerated.

    Source: domain.md §3.3, golden G22 (+2.6 % against +0.24 %: 2.36 % unexplained).
    """
    assert previous_nav > 0, previous_nav
    num = (nav - previous_nav) * expected_change.den - expected_change.num * previous_nav
    den = previous_nav * expected_change.den
    if abs(num) * tolerance.den <= tolerance.num * den:
        return None
    shared = gcd(num, den)
    return Ratio(num // shared, den // shared)


def is_stale(measurement_date: date, session: date, limit_days: int) -> bool:
    """Whether a mark is more than `limit_days` calendar days old at the session.

    Source: golden G22 (124 days against 120).
    """
    return (session - measurement_date).days > limit_days


def status_ladder(
    reasons: Iterable[HoldReason], *, released: bool = False, corrects: bool = False
) -> Standing:
    """What a NAV may be used for, given everything its controls found.

    A stale mark or an independent value that is overdue alone does not hold a NAV: it
    makes it an estimate, at which participants are still paid (from the liquid sleeve)
    but no alternatives are bought. Every other reason holds it until a named approver
    releases it; while held it is information only.

    Args:
        reasons: What the controls found, in any order.
        released: An approver has released this NAV despite its holds.
        corrects: It replaces an official NAV of the same session.

    Source: domain.md §3.1, §3.3, golden G22.
    """
    found = set(reasons)
    estimated = bool(found & ESTIMATES)
    held = bool(found - ESTIMATES) and not released
    if held:
        status = NavStatus.INDICATIVE
    elif estimated:
        status = NavStatus.ESTIMATED
    else:
        status = NavStatus.CORRECTED if corrects else NavStatus.OFFICIAL
    return Standing(
        status=status,
        held=held,
        holds=tuple(reason for reason in HoldReason if reason in found),
        alternative_buys_allowed=not held and not estimated,
        redemptions_served=not held,
        redemptions_from_liquid_only=estimated,
    )
