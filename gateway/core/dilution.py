"""What a late, a wrong and a moving price cost, and who bears it.

An order sent late is processed at its own session's NAV and somebody pays for the
difference. A NAV that was published wrong is an error above a threshold, and material above
a larger one: then the session's trades are computed again, account by account, where that is
worth it. A swung price makes those who trade pay for the trading. NAVs and units are
integers with a scale, money is minor units.

Not here: true-ups, which are estimates that proved off and no errors (`nav.true_up`).
Source: domain.md §1.3-§1.4, §3.4; goldens G07, G23, G32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.money import Ratio, UnitRounding, half_up, units_for, value_of
from gateway.core.sessions import Calendar

LONGEST_AS_OF = 10
"""Sessions back beyond which no fund takes orders as of."""
TRANSMISSION_MINUTES = 5 * 60
"""Local minutes after midnight until which the orders of the session before may be sent."""
MATERIAL = Ratio(5, 1000)
"""Share of the correct NAV from which an error is material. Source: domain.md §3.4."""
WORTH_FIXING_MINOR = 10_00
"""Accounts that differ by less are left as they are. Source: domain.md §3.4."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Decimals of a fund's NAV, units and currency, and how units are rounded."""

    nav: int
    units: int
    minor: int = 2
    rounding: UnitRounding = UnitRounding.HALF_UP

    def units_for(self, amount_minor: int, nav: int) -> int:
        """Units an amount buys, rounded as the fund does."""
        return units_for(
            amount_minor, nav, nav_scale=self.nav, unit_scale=self.units, minor_scale=self.minor,
            rounding=self.rounding,
        )  # fmt: skip

    def value_of(self, units: int, nav: int) -> int:
        """What units are worth, half-up."""
        return value_of(
            units, nav, nav_scale=self.nav, unit_scale=self.units, minor_scale=self.minor
        )


@dataclass(frozen=True, slots=True)
class Dating:
    """The session an order is priced at, and whether it is processed as of an earlier day."""

    trade_date: date
    is_as_of: bool


def date_order(received_at: int, sent_at: int, calendar: Calendar) -> Dating:
    """Date an order by its receipt; by when it was sent, tell whether it is as-of.

    Args:
        received_at: When the plan's agent received it, UTC microseconds.
        sent_at: When it was transmitted; not before.
        calendar: Calendar in force.

    Returns:
        The first session that closes after the receipt, whenever it was sent. As-of if it was
        sent after 05:00 local time of the following session.

    Source: domain.md §1.2-§1.4, golden G07.
    """
    assert sent_at >= received_at, (received_at, sent_at)
    trade_date = calendar.trade_date(received_at)
    last = calendar.local_at(calendar.next_session(trade_date), TRANSMISSION_MINUTES)
    return Dating(trade_date, sent_at > last)


def as_of_dilution(units: int, nav_as_of: int, nav_processed: int, scales: Scales) -> int:
    """What an as-of order costs the fund, minor units; a gain of the fund if negative.

    Args:
        units: Units bought at the earlier NAV, scaled; negative if redeemed.
        nav_as_of: NAV of the order's session.
        nav_processed: NAV of the session in which it is processed.
        scales: Decimals of the fund.

    Source: domain.md §1.4, golden G07.
    """
    return scales.value_of(units, nav_processed - nav_as_of)


class NavErrorKind(StrEnum):
    """What a wrong NAV calls for."""

    NONE = "NONE"
    IMMATERIAL = "IMMATERIAL"
    MATERIAL = "MATERIAL"


def classify_error(
    published: int, correct: int, smallest: int, material: Ratio = MATERIAL
) -> NavErrorKind:
    """What a difference between two NAVs of a session is.

    Args:
        published: NAV orders were filled at, scaled.
        correct: NAV they should have been filled at, unrounded as far as known, scaled alike.
        smallest: Difference from which it is an error, scaled alike: 0.01 for a fund whose
            NAV has two decimals, 0.0001 for one with four.
        material: Share of the correct NAV from which it is material.

    Source: domain.md §3.4, golden G23. Both thresholds count themselves.
    """
    assert correct > 0 < smallest, (correct, smallest)
    off = abs(published - correct)
    if off < smallest:
        return NavErrorKind.NONE
    if off * material.den < material.num * correct:
        return NavErrorKind.IMMATERIAL
    return NavErrorKind.MATERIAL


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """An order at the NAV it got and at the one it should have got.

    A purchase keeps its money, `units` changes; a redemption keeps its units, `paid_minor`
    changes.
    """

    before: Annotated[int, "units issued, scaled, or minor units paid"]
    after: Annotated[int, "the same at the correct NAV"]
    fund_gain_minor: Annotated[int, "what the fund had by the error; a loss if negative"]
    is_fixed: Annotated[bool, "false: too small, the fund keeps or bears it"]

    @property
    def change(self) -> int:
        """What the account gains (or must give back), in units or minor units."""
        return self.after - self.before


def reprocess_purchase(
    amount_minor: int,
    published: int,
    correct: int,
    scales: Scales,
    worth_fixing_minor: int = WORTH_FIXING_MINOR,
) -> Reprocessed:
    """A purchase computed again: its units, and what they differ by at the correct NAV.

    Source: golden G23 (A gets 4.5563 units more, C is left as it is).
    """
    before = scales.units_for(amount_minor, published)
    after = scales.units_for(amount_minor, correct)
    gain = scales.value_of(after - before, correct)
    return Reprocessed(before, after, gain, abs(gain) >= worth_fixing_minor)


def reprocess_redemption(
    units: int,
    published: int,
    correct: int,
    scales: Scales,
    worth_fixing_minor: int = WORTH_FIXING_MINOR,
) -> Reprocessed:
    """A redemption computed again: its money. Source: golden G23 (B got 350.00 too much)."""
    before, after = scales.value_of(units, published), scales.value_of(units, correct)
    gain = after - before
    return Reprocessed(before, after, gain, abs(gain) >= worth_fixing_minor)


@dataclass(frozen=True, slots=True)
class ErrorEffect:
    """What a session's trades at a wrong NAV did to the fund, minor units."""

    purchases_minor: Annotated[int, "gain on units sold, a loss if negative"]
    redemptions_minor: Annotated[int, "gain on units taken back, a loss if negative"]

    @property
    def owed_to_fund_minor(self) -> int:
        """What the responsible party pays; a net benefit stays in the fund."""
        return max(0, -(self.purchases_minor + self.redemptions_minor))


def error_effect(
    purchases: Iterable[Reprocessed],
    redemptions: Iterable[Reprocessed],
    correct: int,
    scales: Scales,
) -> ErrorEffect:
    """The effect of a session's error on its fund, before any account is corrected.

    The gain on purchases is their difference in units, all together, at the correct NAV.

    Source: golden G23 (59.13 gained, 350.00 lost, 290.87 net).
    """
    units = sum(each.change for each in purchases)
    money = sum(each.change for each in redemptions)
    return ErrorEffect(scales.value_of(units, correct), money)


def immaterial_effect(net_units: int, published: int, correct: int, scales: Scales) -> int:
    """The gain of a fund from a day whose error is not material, by net units alone.

    Args:
        net_units: Units sold less units taken back, scaled.
        published: NAV used.
        correct: NAV that was right.
        scales: Decimals of the fund.

    Returns:
        Minor units, half-up; a loss, which the responsible party pays, if negative.

    Source: domain.md §3.4, golden G23 (20,000 units redeemed 0.03 too dear: 600.00).
    """
    return scales.value_of(net_units, published - correct)


def period_effect(days: Sequence[int]) -> int:
    """What is owed to a fund over an error period: its days' gains and losses together.

    Source: domain.md §3.4 (test each day, aggregate over the period).
    """
    return max(0, -sum(days))


@dataclass(frozen=True, slots=True)
class SwingTerms:
    """When a fund's price swings, and how far."""

    threshold: Annotated[Ratio, "net flow as a share of net assets beyond which it swings"]
    factor: Annotated[Ratio, "share of the NAV it swings by"]
    swings_up: Annotated[bool, "also up, for net inflows"] = False


def swing_price(nav: int, net_flow_minor: int, net_assets_minor: int, terms: SwingTerms) -> int:
    """The one price of a session for all its orders, half-up at the NAV's scale.

    Args:
        nav: NAV per unit, scaled.
        net_flow_minor: Purchases less redemptions, minor units.
        net_assets_minor: Net assets before them, >= 0.
        terms: The fund's swing; a flow at the threshold does not swing the price.

    Source: domain.md §3.4, golden G32.
    """
    size = abs(net_flow_minor)
    if size * terms.threshold.den <= terms.threshold.num * net_assets_minor:
        return nav
    if net_flow_minor > 0 and not terms.swings_up:
        return nav
    factor = terms.factor.num if net_flow_minor > 0 else -terms.factor.num
    return half_up(nav * (terms.factor.den + factor), terms.factor.den)
