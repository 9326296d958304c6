"""Money as integers: minor units, exact splits, exact ratios, units and prices.

An amount is a count of minor units (cents for USD) in an int; its currency travels
beside it in the record. Units and NAVs are integers with a scale. The only divisions
of the core are here, and each says how it rounds.

Not here: formatting beyond a plain figure, currency conversion (never done), floats.
Source: domain.md part B, defaults. Law: L1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I64

Bools = npt.NDArray[np.bool_]

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
MINOR_SCALE: Mapping[str, int] = MappingProxyType(
    {"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "CHF": 2, "JPY": 0}
)
"""Decimals of the minor unit, by ISO 4217 code."""

# Strict on purpose: `1,25` is a figure of another country, and must not become 125.
_FIGURE = re.compile(r"(-?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_RATIO = re.compile(r"(-?[0-9]+)/([0-9]+)|(-?[0-9]+(?:\.[0-9]+)?)( ?%)?")
# Ten to this power is the largest that an int64 holds.
_LARGEST_SHIFT = 18


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
        parts = _RATIO.fullmatch(text.strip())
        if parts is None or (parts[2] is not None and int(parts[2]) == 0):
            raise ValueError(f"{text!r} is not a ratio: write it as 15%, 3/20 or 0.15")
        if parts[1] is not None:
            exact = Fraction(int(parts[1]), int(parts[2]))
        else:
            exact = Fraction(parts[3]) * (Fraction(1, 100) if parts[4] else 1)
        return cls(exact.numerator, exact.denominator)

    def __str__(self) -> str:
        """The ratio as num/den."""
        return f"{self.num}/{self.den}"


def fits_int64(value: int) -> bool:
    """Whether a value can travel as an Avro long."""
    return INT64_MIN <= value <= INT64_MAX


def floor_div(num: int, den: int) -> int:
    """The largest integer not above num/den."""
    return num // den


def ceil_div(num: int, den: int) -> int:
    """The smallest integer not below num/den."""
    return -(-num // den)


def half_up(num: int, den: int) -> int:
    """The integer nearest to num/den, halves away from zero.

    Source: domain.md B, defaults.
    """
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

    Source: domain.md B, defaults; goldens G08, G25. Law: L1.
    """
    assert min(weights, default=0) >= 0, "a weight is below zero"
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
        totals: Shape (k,), minor units or scaled units; a size is split, then its sign put back.
        group: Shape (n,), index into totals per row, in any order.
        weights: Shape (n,), non-negative; not all zero in a group whose total is not zero.

    Returns:
        Shape (n,): what `split` gives for each group, in the order of the rows. Groups whose
        products would not fit an int64 are shared out in Python integers.

    Source: domain.md B, defaults; golden G09. Law: L1.
    """
    k = len(totals)
    assert len(group) == len(weights), "a row needs a group and a weight"
    assert not (weights < 0).any(), "a weight is below zero"
    rows_in = np.bincount(group, minlength=k)
    assert len(rows_in) == k, "a row names a group without a total"
    largest = np.zeros(k, np.int64)
    np.maximum.at(largest, group, weights)
    assert not ((largest == 0) & (totals != 0)).any(), (
        "an amount cannot be split over weights that are all zero"
    )
    most = INT64_MAX // np.maximum(largest, 1)
    small = (totals != INT64_MIN) & (np.abs(totals) <= most) & (rows_in <= most)
    if small.all():
        shares = _split_small(totals, group, weights)
    else:
        shares = np.zeros(len(group), np.int64)
        here = small[group]
        shares[here] = _split_small(totals, group[here], weights[here])
        for large in np.flatnonzero(~small).tolist():
            rows = np.flatnonzero(group == large)
            shares[rows] = split(int(totals[large]), weights[rows].tolist())
    whole = np.zeros(k, np.int64)
    np.add.at(whole, group, shares)
    assert (whole == totals).all(), "law L1: shares do not add up to the whole"
    return shares


def _split_small(totals: I64, group: I64, weights: I64) -> I64:
    """`split_columns` for rows whose products and sums of weights fit an int64."""
    sizes = np.abs(totals)
    whole = np.zeros(len(totals), np.int64)
    np.add.at(whole, group, weights)
    shares, remainder = np.divmod(sizes[group] * weights, np.maximum(whole, 1)[group])
    left = sizes.copy()
    np.subtract.at(left, group, shares)
    # Fewer are left than rows with a remainder, so a row without one never gains.
    gains = np.flatnonzero((remainder > 0) & (left[group] > 0))
    ranked = gains[np.lexsort((-weights[gains], -remainder[gains], group[gains]))]
    ranked_group = group[ranked]
    place = np.arange(len(ranked)) - np.searchsorted(ranked_group, ranked_group)
    shares[ranked[place < left[ranked_group]]] += 1
    return np.where(totals[group] < 0, -shares, shares)


class UnitRounding(StrEnum):
    """How a fund rounds the units that money buys, or that are redeemed for it.

    HALF_UP: to the nearest, halves away from zero. DOWN: what is beyond the last decimal is cut
    off: nobody gets a unit that was not paid for, and nobody loses one that was not paid out.
    """

    HALF_UP = "HALF_UP"
    DOWN = "DOWN"


def units_for(
    amount_minor: int,
    nav: int,
    *,
    nav_scale: int,
    unit_scale: int,
    minor_scale: int = 2,
    rounding: UnitRounding = UnitRounding.HALF_UP,
) -> int:
    """Units an amount buys at a NAV, at the unit scale, rounded as the fund's terms say.

    Args:
        amount_minor: Minor units of money, signed.
        nav: NAV per unit times 10**nav_scale, greater than zero.
        nav_scale: Decimals of the NAV.
        unit_scale: Decimals of the units.
        minor_scale: Decimals of the currency.
        rounding: Of both signs alike: units redeemed for an amount are those it would buy.

    Source: domain.md B (half-up by default), §7.1 (rounding direction); golden G07, G09, G23.
    """
    if nav <= 0:
        raise ValueError(f"a NAV of {nav} at scale {nav_scale} buys nothing: it must be above zero")
    num, den = amount_minor * 10 ** (nav_scale + unit_scale), nav * 10**minor_scale
    if rounding is UnitRounding.DOWN:
        return floor_div(num, den) if num >= 0 else -floor_div(-num, den)
    return half_up(num, den)


def value_of(units: int, nav: int, *, nav_scale: int, unit_scale: int, minor_scale: int = 2) -> int:
    """Minor units that units are worth at a NAV, half-up to the cent.

    Source: domain.md B, defaults; golden G32.
    """
    return half_up(units * nav * 10**minor_scale, 10 ** (nav_scale + unit_scale))


def values_of(units: I64, nav: I64, shift: int) -> I64:
    """Minor units of many positions, half-up: units × nav ÷ 10**shift, exact.

    Args:
        units: Shape (n,), scaled units.
        nav: Shape (n,), scaled NAVs.
        shift: unit_scale + nav_scale − minor_scale, >= 0.

    Returns:
        Shape (n,): what `value_of` gives for each row. Rows whose product does not fit an
        int64 are computed in Python integers.

    Source: domain.md B, defaults.
    """
    assert shift >= 0, "scales of units and NAV add up to less than the currency's"
    den = 10**shift
    if shift <= _LARGEST_SHIFT and fits_int64(_largest(units) * _largest(nav)):
        return _half_up_small(units * nav, den)
    small = _product_fits(units, nav) & (shift <= _LARGEST_SHIFT)
    values = np.zeros(len(units), np.int64)
    if small.any():
        values[small] = _half_up_small(units[small] * nav[small], den)
    large = np.flatnonzero(~small)
    for row, held, price in zip(
        large.tolist(), units[large].tolist(), nav[large].tolist(), strict=True
    ):
        value = half_up(held * price, den)
        if not fits_int64(value):
            raise OverflowError(f"{held} units at a NAV of {price} are worth more than 64 bits")
        values[row] = value
    return values


def _largest(column: I64) -> int:
    """The largest size in a column, 0 if it is empty."""
    return max(int(column.max(initial=0)), -int(column.min(initial=0)))


def _product_fits(left: I64, right: I64) -> Bools:
    """Rows whose product surely fits an int64."""
    whole = (left != INT64_MIN) & (right != INT64_MIN)
    fits: Bools = whole & (np.abs(left) <= INT64_MAX // np.maximum(np.abs(right), 1))
    return fits


def _half_up_small(product: I64, den: int) -> I64:
    """`half_up` for products within an int64 and a denominator of at most 10**18."""
    whole = np.abs(product)
    size = whole // den
    size += 2 * (whole - size * den) >= den
    return np.where(product < 0, -size, size)


def parse_amount(text: str, currency: str = "USD") -> int:
    """Minor units of a figure such as `1,250,000.00`, exactly.

    Args:
        text: Digits, with commas between all thousands or none, at most as many decimals
            as the currency has, and a minus sign in front if below zero. Blank is not zero.
        currency: ISO 4217 code.
    """
    scale = _minor_scale(currency)
    parts = _FIGURE.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not an amount: write it as 1,250,000.00 or 1250000.00")
    sign, whole, decimals = parts[1], parts[2].replace(",", ""), parts[3] or ""
    if len(decimals) > scale:
        raise ValueError(f"{text!r} has {len(decimals)} decimals, {currency} has {scale}")
    minor = int(sign + whole + decimals.ljust(scale, "0"))
    if not fits_int64(minor):
        raise ValueError(f"{text!r} {currency} is larger than an amount can be (64 bits)")
    return minor


def parse_implied(digits: str) -> int | None:
    """Scaled units of a fixed-width figure whose point is implied, as picture 9(7)v99 has it.

    Args:
        digits: The field as the file has it: digits only, or blanks throughout.

    Returns:
        The digits as an integer, in units of the picture's last decimal; None if the field is
        blank, which says that nothing was stated and is not zero.

    Source: golden G31 (`000012345` of 9(7)v99 is 123.45).
    """
    if not digits.strip(" "):
        return None
    if re.fullmatch(r"[0-9]+", digits) is None:
        raise ValueError(f"{digits!r} is not a field of digits")
    scaled = int(digits)
    if not fits_int64(scaled):
        raise ValueError(f"{digits!r} is larger than a figure can be (64 bits)")
    return scaled


def _minor_scale(currency: str) -> int:
    if currency not in MINOR_SCALE:
        known = ", ".join(MINOR_SCALE)
        raise ValueError(f"no currency {currency!r}: the gateway knows {known}")
    return MINOR_SCALE[currency]


def format_amount(minor: int, currency: str = "USD") -> str:
    """An amount as people read it: `-1,250,000.00`."""
    return format_scaled(minor, _minor_scale(currency), grouped=True)


def format_scaled(value: int, scale: int, *, grouped: bool = False) -> str:
    """A scaled integer as a decimal figure."""
    whole, part = divmod(abs(value), 10**scale)
    text = f"{whole:,}" if grouped else str(whole)
    sign = "-" if value < 0 else ""
    return f"{sign}{text}.{part:0{scale}d}" if scale else f"{sign}{text}"
