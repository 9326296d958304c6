"""Money as integers: minor units, exact splits, exact ratios, units and prices.

An amount is a count of minor units (cents for USD) in an int; its currency travels
beside it in the record. Units and NAVs are integers with a scale. The only divisions
of the core are here, and each says how it rounds.

Not here: formatting beyond a plain figure, currency conversion (never done), floats.
Source: domain.md part B, defaults. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

import numpy as np

from gateway.core.vocabulary import I64

INT64_MAX = 2**63 - 1
MINOR_SCALE = {"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "CHF": 2, "JPY": 0}


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact ratio; 15 % is 15/100."""

    num: Annotated[int, "numerator"]
    den: Annotated[int, "denominator, greater than zero"]

    def __post_init__(self) -> None:
        """Refuse a denominator that is not positive."""
        if self.den <= 0:
            raise ValueError(f"a ratio needs a positive denominator, got {self.num}/{self.den}")

    @classmethod
    def parse(cls, text: str) -> Ratio:
        """Read `15%`, `12.5%`, `3/20` or `0.15`, exactly and in lowest terms."""
        stripped = text.strip()
        exact = (
            Fraction(stripped[:-1].strip()) / 100
            if stripped.endswith("%")
            else Fraction(stripped)
        )
        return cls(exact.numerator, exact.denominator)

    def __str__(self) -> str:
        """The ratio as num/den."""
        return f"{self.num}/{self.den}"


def fits_int64(value: int) -> bool:
    """Whether a value can travel as an Avro long."""
    return -INT64_MAX - 1 <= value <= INT64_MAX


def floor_div(num: int, den: int) -> int:
    """The largest integer not above num/den."""
    return num // den


def ceil_div(num: int, den: int) -> int:
    """The smallest integer not below num/den."""
    return -(-num // den)


def half_up(num: int, den: int) -> int:
    """The integer nearest to num/den, halves away from zero."""
    if den < 0:
        num, den = -num, -den
    size = (2 * abs(num) + den) // (2 * den)
    return size if num >= 0 else -size


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Share out an amount by weight; the shares add up to it exactly.

    Args:
        total_minor: Minor units; the size is split, then the sign put back.
        weights: Shape (n,), n >= 1; non-negative, not all zero.

    Returns:
        Shape (n,), minor units, in the order of `weights`. Largest remainder; ties go to
        the larger weight, then to the lower index.

    Source: domain.md B, defaults. Law: L1.
    """
    size = abs(total_minor)
    whole = sum(weights)
    if whole == 0:
        assert size == 0, "an amount cannot be split over weights that are all zero"
        return [0] * len(weights)
    shares = [size * weight // whole for weight in weights]
    left = size - sum(shares)
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(size * weights[i] % whole), -weights[i], i)
    )
    for index in by_remainder[:left]:
        shares[index] += 1
    assert sum(shares) == size, "law L1: shares do not add up to the whole"
    return shares if total_minor >= 0 else [-share for share in shares]


def split_columns(totals: I64, group: I64, weights: I64) -> I64:
    """Share out many amounts at once, each by the weights of its group; exact.

    Args:
        totals: Shape (k,), amounts >= 0.
        group: Shape (n,), index into totals per row.
        weights: Shape (n,), >= 0.

    Returns:
        Shape (n,): what `split` gives for each group, in the order of the rows.
    """
    n = len(group)
    shares = np.zeros(n, np.int64)
    if not n:
        assert not totals.any(), "an amount without weights"
        return shares
    order = np.argsort(group, kind="stable")
    grouped, weight = group[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], grouped[1:] != grouped[:-1])))
    sizes = np.diff(np.append(starts, n))
    whole = np.repeat(np.add.reduceat(weight, starts), sizes)
    total = totals[grouped]
    largest = int(totals.max(initial=0)) * int(weight.max(initial=0))
    if not fits_int64(largest):
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            rows = order[start : start + size]
            shares[rows] = split(int(totals[group[rows[0]]]), weights[rows].tolist())
        return shares
    safe = np.maximum(whole, 1)
    product = total * weight
    share = product // safe
    rank = np.lexsort((np.arange(n), -weight, -(product % safe), grouped))
    left = np.repeat(np.add.reduceat(share, starts), sizes)
    place = np.arange(n) - np.repeat(starts, sizes)
    share[rank[place < (total - left)]] += 1
    assert (np.add.reduceat(share, starts) == totals[grouped[starts]]).all(), "law L1: split"
    shares[order] = share
    return shares


def units_for(
    amount_minor: int, nav: int, *, nav_scale: int, unit_scale: int, minor_scale: int = 2
) -> int:
    """Units an amount buys at a NAV, half-up at the unit scale."""
    return half_up(amount_minor * 10 ** (nav_scale + unit_scale), nav * 10**minor_scale)


def value_of(
    units: int, nav: int, *, nav_scale: int, unit_scale: int, minor_scale: int = 2
) -> int:
    """Minor units that units are worth at a NAV, half-up to the cent."""
    return half_up(units * nav * 10**minor_scale, 10 ** (nav_scale + unit_scale))


def values_of(units: I64, nav: I64, shift: int) -> I64:
    """Minor units of many positions, half-up: units × nav ÷ 10**shift, exact.

    Args:
        units: Shape (n,), scaled units.
        nav: Shape (n,), scaled NAVs.
        shift: unit_scale + nav_scale − minor_scale, >= 0.
    """
    if not len(units):
        return np.zeros(0, np.int64)
    den = 10**shift
    largest = int(np.abs(units).max()) * int(np.abs(nav).max()) * 2 + den
    if fits_int64(largest):
        product = units * nav
        size = (2 * np.abs(product) + den) // (2 * den)
        return np.where(product < 0, -size, size)
    exact = [half_up(u * v, den) for u, v in zip(units.tolist(), nav.tolist(), strict=True)]
    return np.array(exact, np.int64)


def parse_amount(text: str, currency: str = "USD") -> int:
    """Minor units of a figure such as `1,250,000.00`; more decimals than the currency has are refused."""
    scaled = Fraction(text.replace(",", "")) * 10 ** MINOR_SCALE[currency]
    if scaled.denominator != 1:
        raise ValueError(f"{text} has more decimals than {currency} allows")
    return scaled.numerator


def format_amount(minor: int, currency: str = "USD") -> str:
    """An amount as people read it: `-1,250,000.00`."""
    return format_scaled(minor, MINOR_SCALE[currency], grouped=True)


def format_scaled(value: int, scale: int, *, grouped: bool = False) -> str:
    """A scaled integer as a decimal figure."""
    whole, part = divmod(abs(value), 10**scale)
    text = f"{whole:,}" if grouped else str(whole)
    sign = "-" if value < 0 else ""
    return f"{sign}{text}.{part:0{scale}d}" if scale else f"{sign}{text}"
