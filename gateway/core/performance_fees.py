"""Performance fees: high-water mark, hurdle, catch-up, loss carry, crystallisation.

A fee accrues on the gain since the last crystallisation and is recomputed from there every
day; it can fall, and falls to nothing. Gains first make good the losses of earlier periods:
the high-water mark is the NAV a period began with, plus the losses carried into it. NAVs and
fees are per unit, integers with one scale; the fee rounds half-up at that scale.

Not here: posting it (`fees.to_post`), fees on assets (`fees`).
Source: domain.md §4.3; golden G28.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from gateway.core.money import Ratio, half_up


class HurdleKind(StrEnum):
    """What a hurdle does once it is passed.

    SOFT: the whole gain bears the fee at once. HARD: only the gain beyond the hurdle does.
    CATCH_UP: the manager takes its catch-up share of the gain beyond the hurdle until it has
    its share of the whole gain.
    """

    SOFT = "SOFT"
    HARD = "HARD"
    CATCH_UP = "CATCH_UP"


class HurdleBase(StrEnum):
    """What a hurdle grows on: the NAV the period began with, or the high-water mark."""

    START = "START"
    HIGH_WATER_MARK = "HIGH_WATER_MARK"


FULL_CATCH_UP = Ratio(1, 1)


@dataclass(frozen=True, slots=True)
class PerformanceTerms:
    """A performance fee as the documents state it."""

    rate: Annotated[Ratio, "share of the gain, such as 12.5/100"]
    hurdle: Annotated[Ratio, "simple return a year before any fee, 0/1 for none"]
    kind: Annotated[HurdleKind, "what the hurdle does once passed"]
    catch_up: Annotated[Ratio, "share of the gain beyond the hurdle; not below the rate"] = (
        FULL_CATCH_UP
    )
    base: Annotated[HurdleBase, "what the hurdle grows on"] = HurdleBase.START


@dataclass(frozen=True, slots=True)
class PerformanceState:
    """Where a period of performance began."""

    start_nav: Annotated[int, "NAV per unit after the last crystallisation, scaled"]
    loss_carry: Annotated[int, "losses not yet made good, per unit, scaled, >= 0"] = 0

    @property
    def high_water_mark(self) -> int:
        """The NAV from which gains bear a fee again."""
        return self.start_nav + self.loss_carry


def performance_fee(
    gross_nav: int, state: PerformanceState, terms: PerformanceTerms, year: Fraction
) -> int:
    """The fee accrued per unit from the start of the period to now; never below zero.

    Args:
        gross_nav: NAV per unit before this fee, scaled.
        state: Where the period began.
        terms: The fee's terms.
        year: Part of a year since the period began.

    Returns:
        Scaled alike, half-up. The net NAV never falls below the high-water mark by it.

    Source: domain.md §4.3, golden G28.
    """
    gain = gross_nav - state.high_water_mark
    grows_on = state.start_nav if terms.base is HurdleBase.START else state.high_water_mark
    hurdle = grows_on * Fraction(terms.hurdle.num, terms.hurdle.den) * year
    if gain <= 0 or gain <= hurdle:
        return 0
    rate = Fraction(terms.rate.num, terms.rate.den)
    match terms.kind:
        case HurdleKind.SOFT:
            exact = rate * gain
        case HurdleKind.HARD:
            exact = rate * (gain - hurdle)
        case HurdleKind.CATCH_UP:
            catch_up = Fraction(terms.catch_up.num, terms.catch_up.den)
            assert rate <= catch_up <= 1, "a catch-up below the rate never catches up"
            exact = min(rate * gain, catch_up * (gain - hurdle))
    return half_up(exact.numerator, exact.denominator)


@dataclass(frozen=True, slots=True)
class Crystallized:
    """A fee that has become due, and where the next period begins."""

    fee: int
    net_nav: int
    state: PerformanceState


def crystallize(
    gross_nav: int, state: PerformanceState, terms: PerformanceTerms, year: Fraction
) -> Crystallized:
    """End a period on its dated event: the fee is due, the next period begins at the net NAV.

    A net NAV above the high-water mark is the new mark, with or without a fee; one below it
    carries the difference as a loss.

    Source: domain.md §4.3, golden G28.
    """
    fee = performance_fee(gross_nav, state, terms, year)
    net = gross_nav - fee
    return Crystallized(fee, net, PerformanceState(net, max(0, state.high_water_mark - net)))


def crystallize_part(accrued_minor: int, redeemed: int, outstanding: int) -> tuple[int, int]:
    """The part of an accrued fee that leaves with redeemed units, and the part that stays.

    Args:
        accrued_minor: Accrual of all units, minor units, >= 0.
        redeemed: Units redeemed, scaled.
        outstanding: Units before, scaled alike, > 0.

    Returns:
        Minor units that are due now, half-up, and the rest; together the accrual.

    Source: domain.md §4.3. Law: L1.
    """
    assert 0 <= redeemed <= outstanding > 0, (redeemed, outstanding)
    due = half_up(accrued_minor * redeemed, outstanding)
    return due, accrued_minor - due
