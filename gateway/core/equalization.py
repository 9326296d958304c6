"""Equalisation of late closers: they pay what they would have paid, with interest.

An investor that joins after the first close pays its share of every call so far and
interest from each due date; those who were there before are refunded in proportion to their
commitments. The principal moves commitments: it is called of the one and becomes unfunded
of the others. The interest touches no commitment.

Not here: equalisation of performance fees between entry dates, which is another thing with
the same name.
Source: domain.md §4.2; golden G26. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Annotated

from gateway.core.calls import (
    CallFault,
    Commitment,
    DistributionNotice,
    LineKind,
    NoticeLine,
    distribution_faults,
)
from gateway.core.money import Ratio, half_up, split

INTEREST = Ratio(8, 100)
"""Simple interest a year where the contract names no other. Source: domain.md §4.2."""
YEAR_DAYS = 365
"""Actual days over 365, fixed."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call made before the late close."""

    due_date: Annotated[date, "day it was due"]
    inside_minor: Annotated[int, "part that counts against commitments, all investors"]


@dataclass(frozen=True, slots=True)
class LateCloseEqualization:
    """What late closers pay and the others receive; both sides add up to the same."""

    principal_minor: Annotated[tuple[int, ...], "of each late closer: called inside"]
    interest_minor: Annotated[tuple[int, ...], "of each late closer: outside the commitment"]
    refunded_minor: Annotated[tuple[int, ...], "to each earlier investor: unfunded again"]
    interest_received_minor: Annotated[tuple[int, ...], "to each earlier investor"]


def equalize_late_close(
    earlier_minor: Sequence[int],
    late_minor: Sequence[int],
    calls: Iterable[PastCall],
    closed_on: date,
    rate: Ratio = INTEREST,
) -> LateCloseEqualization:
    """Put investors of a late close where they would stand had they been there from the first.

    Args:
        earlier_minor: Commitments of those who were there before, not all zero.
        late_minor: Commitments of those who join, all on one day: those who join together
            owe each other nothing.
        calls: Calls so far.
        closed_on: Day of the late close; not before any due date.
        rate: Simple interest a year, actual days over 365.

    Returns:
        Principal and interest, each rounded once over all calls, half-up, then shared by
        commitment (largest remainder).

    Source: domain.md §4.2, golden G26.
    """
    earlier, late = sum(earlier_minor), sum(late_minor)
    assert earlier > 0 <= late, (earlier, late)
    share = Fraction(late, earlier + late)
    called, weighted = 0, 0
    for call in calls:
        days = (closed_on - call.due_date).days
        assert days >= 0, (call.due_date, closed_on)
        called += call.inside_minor
        weighted += call.inside_minor * days
    owed = called * share
    grown = weighted * share * Fraction(rate.num, rate.den * YEAR_DAYS)
    principal = half_up(owed.numerator, owed.denominator)
    interest = half_up(grown.numerator, grown.denominator)
    return LateCloseEqualization(
        principal_minor=tuple(split(principal, late_minor)),
        interest_minor=tuple(split(interest, late_minor)),
        refunded_minor=tuple(split(principal, earlier_minor)),
        interest_received_minor=tuple(split(interest, earlier_minor)),
    )


def interest_of(lines: Iterable[NoticeLine]) -> int:
    """The interest of a late close in a notice: a cost or an income, no part of the holding.

    Source: domain.md §4.2, golden G26.
    """
    return sum(line.amount_minor for line in lines if line.kind is LineKind.LATE_CLOSE_INTEREST)


def equalization_faults(
    equalization: DistributionNotice, commitment: Commitment
) -> tuple[CallFault, ...]:
    """Everything that is wrong with a refund to an earlier investor; none if it can be booked.

    As of a distribution, and every line but interest is principal: unfunded again by as much.

    Source: domain.md §4.2, golden G26.
    """
    found = {*distribution_faults(equalization, commitment)}
    if any(
        line.kind is not LineKind.LATE_CLOSE_INTEREST
        and line.unfunded_effect_minor != line.amount_minor
        for line in equalization.lines
    ):
        found.add(CallFault.EFFECT)
    return tuple(fault for fault in CallFault if fault in found)


def after_equalization(commitment: Commitment, lines: Sequence[NoticeLine]) -> Commitment:
    """An earlier investor's totals after a late close: what was refunded was never called.

    Source: domain.md §4.2, golden G26 (called 8,100,000, unfunded 36,900,000).
    """
    principal = sum(line.unfunded_effect_minor for line in lines)
    after = replace(commitment, called_inside_minor=commitment.called_inside_minor - principal)
    assert after.unfunded_minor <= after.commitment_minor, "more is refunded than was called"
    return after
