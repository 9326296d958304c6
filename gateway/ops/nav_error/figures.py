"""A session's orders at the NAV they got and at the one they should have got.

A purchase keeps its money and its units change; a redemption keeps its units and its money
changes. A plan is computed again as a whole, and shared among its accounts by their money
(largest remainder) as its fill was: accounts add up to their plan exactly, in units and in
money. An account is corrected if it differs by the smallest amount worth it or more, all its
purchases of the session together, and so all its redemptions. Units and NAVs are scaled
integers, money is minor units; what units are worth is half-up at the correct NAV.

Not here: reading the orders (`trades`), the whole error period (`period`).
Source: domain.md §3.4, golden G23. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from gateway.core.dilution import (
    NavErrorKind,
    Reprocessed,
    Scales,
    classify_error,
    error_effect,
    immaterial_effect,
    reprocess_purchase,
    reprocess_redemption,
)
from gateway.core.money import half_up, split
from gateway.core.nav_correction import paid_change


class Side(StrEnum):
    """What orders did."""

    PURCHASE = "PURCHASE"
    REDEMPTION = "REDEMPTION"


@dataclass(frozen=True, slots=True)
class Correct:
    """The NAV a session should have had, with as many decimals as are known."""

    value: int
    scale: int

    def price(self, nav_scale: int) -> int:
        """What orders would have got: half-up at the fund's own decimals."""
        return half_up(self.value * 10**nav_scale, 10**self.scale)

    def kind(self, published: int, nav_scale: int) -> NavErrorKind:
        """What the difference from a published NAV is; it is tested before rounding."""
        scale = max(self.scale, nav_scale)
        wider = 10 ** (scale - nav_scale)
        return classify_error(
            published * wider, self.value * 10 ** (scale - self.scale), smallest=wider
        )


@dataclass(frozen=True, slots=True)
class Traded:
    """A plan's orders of one side in one fill, account by account.

    Attributes:
        participants: Tokens, in the order in which the fill was shared out.
        minor: Money of each, above zero.
        units: Units each got or gave, which add up to the plan's omnibus units.
        sent: Session at whose close they were sent; later than their own if they came late.
        kept_minor: What the fund kept of the proceeds; it keeps its share of what is corrected.
    """

    plan_id: str
    recordkeeper: str
    side: Side
    sent: date
    participants: tuple[str, ...]
    minor: tuple[int, ...]
    units: tuple[int, ...]
    kept_minor: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How a fund counts, and from which amount an account is corrected."""

    fund_id: str
    currency: str
    scales: Scales
    worth_fixing_minor: int


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account's orders of a session and side, before and after.

    Attributes:
        worth_minor: What the fund had by the error, at the correct NAV; a loss if negative.
        corrected: Whether it is worth correcting.
    """

    plan_id: str
    recordkeeper: str
    participant: str
    side: Side
    units_before: int
    units_after: int
    minor_before: int
    minor_after: int
    worth_minor: int
    corrected: bool

    @property
    def units_change(self) -> int:
        """Units the account gains, or gives back if negative."""
        return self.units_after - self.units_before

    @property
    def minor_change(self) -> int:
        """Money the account is owed, or was paid too much if negative."""
        return self.minor_after - self.minor_before


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The same of a plan: the sums of its accounts.

    Attributes:
        corrected: How many of the accounts are corrected.
        units_to_book: Units these gain, less those they give back.
        minor_to_book: Money these are owed, less what they were paid too much.
    """

    plan_id: str
    recordkeeper: str
    side: Side
    accounts: int
    units_before: int
    units_after: int
    minor_before: int
    minor_after: int
    corrected: int
    units_to_book: int
    minor_to_book: int

    @property
    def units_change(self) -> int:
        """Units the plan gains, or gives back if negative."""
        return self.units_after - self.units_before

    @property
    def minor_change(self) -> int:
        """Money the plan is owed, or was paid too much if negative."""
        return self.minor_after - self.minor_before


@dataclass(frozen=True, slots=True)
class Orders:
    """What was bought and redeemed in a session, all plans together."""

    buy_minor: int = 0
    buy_units: int = 0
    sell_minor: int = 0
    sell_units: int = 0

    @property
    def net_units(self) -> int:
        """Units sold less units taken back."""
        return self.buy_units - self.sell_units


@dataclass(frozen=True, slots=True)
class SessionError:
    """A session of which a correct NAV was named; amounts are gains of the fund.

    Attributes:
        published: NAV its orders got.
        price: The correct NAV at the fund's own decimals.
        purchases_minor: Fund's gain on units it sold.
        redemptions_minor: Fund's gain on units it took back.
        effect_minor: All together, before anything is corrected.
        left_minor: What of it stays if every correction is booked and recovered.
        unrecovered_minor: What of it stays if nothing can be recovered.
    """

    session: date
    published: int
    correct: Correct
    price: int
    kind: NavErrorKind
    orders: Orders
    purchases_minor: int = 0
    redemptions_minor: int = 0
    effect_minor: int = 0
    left_minor: int = 0
    unrecovered_minor: int = 0
    accounts: tuple[AccountChange, ...] = ()
    plans: tuple[PlanChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def difference(self) -> int:
        """By how much the published NAV was too high, at the fund's own decimals."""
        return self.published - self.price


@dataclass(slots=True)
class _Account:
    """An account's figures while fills are added up."""

    recordkeeper: str
    units_before: int = 0
    units_after: int = 0
    minor_before: int = 0
    minor_after: int = 0


@dataclass(slots=True)
class _Again:
    """A session computed again, fill by fill."""

    published: int
    price: int
    terms: Terms
    accounts: dict[tuple[str, Side, str], _Account] = field(default_factory=dict)
    purchases: list[Reprocessed] = field(default_factory=list)
    redemptions: list[Reprocessed] = field(default_factory=list)

    def add(self, traded: Traded) -> None:
        """One plan's orders of one side in one fill, its accounts by their money."""
        units, minor = list(traded.units), list(traded.minor)
        if traded.side is Side.PURCHASE:
            again = reprocess_purchase(sum(minor), self.published, self.price, self.terms.scales)
            self.purchases.append(again)
            units = split(sum(units) + again.change, traded.minor)
        else:
            again = reprocess_redemption(sum(units), self.published, self.price, self.terms.scales)
            change = paid_change(again.change, sum(minor), traded.kept_minor)
            self.redemptions.append(replace(again, after=again.before + change))
            minor = split(sum(minor) + change, traded.minor)
        for at, participant in enumerate(traded.participants):
            key = traded.plan_id, traded.side, participant
            account = self.accounts.setdefault(key, _Account(traded.recordkeeper))
            account.units_before += traded.units[at]
            account.units_after += units[at]
            account.minor_before += traded.minor[at]
            account.minor_after += minor[at]

    def changes(self) -> Iterable[AccountChange]:
        """The accounts, by plan, side and participant."""
        for (plan_id, side, participant), each in sorted(self.accounts.items()):
            units = each.units_after - each.units_before
            minor = each.minor_after - each.minor_before
            worth = minor + self.terms.scales.value_of(units, self.price)
            yield AccountChange(
                plan_id, each.recordkeeper, participant, side, each.units_before,
                each.units_after, each.minor_before, each.minor_after, worth,
                (units != 0 or minor != 0) and abs(worth) >= self.terms.worth_fixing_minor,
            )  # fmt: skip


def session_error(
    session: date, published: int, correct: Correct, traded: Sequence[Traded], terms: Terms
) -> SessionError:
    """What a session's orders at a published NAV did, and what corrects them.

    Args:
        session: The session.
        published: NAV its orders got, scaled.
        correct: NAV they should have got.
        traded: Its orders, whenever they were sent and filled, in any order.
        terms: The fund's.

    Returns:
        Accounts and plans only of a material error; of an immaterial one its effect by net
        units; nothing of a difference that is no error.

    Source: domain.md §3.4, golden G23.
    """
    scales = terms.scales
    price, kind = correct.price(scales.nav), correct.kind(published, scales.nav)
    orders = _orders(traded)
    if kind is NavErrorKind.NONE:
        return SessionError(session, published, correct, price, kind, orders)
    if kind is NavErrorKind.IMMATERIAL:
        effect = immaterial_effect(orders.net_units, published, price, scales)
        return SessionError(
            session, published, correct, price, kind, orders,
            effect_minor=effect, left_minor=effect, unrecovered_minor=effect,
        )  # fmt: skip
    again = _Again(published, price, terms)
    for each in traded:
        again.add(each)
    accounts = tuple(again.changes())
    whole = error_effect(again.purchases, again.redemptions, price, scales)
    effect = whole.purchases_minor + whole.redemptions_minor
    left = _gain((a for a in accounts if not a.corrected), price, scales)
    lost = _gain((a for a in accounts if a.corrected and a.worth_minor < 0), price, scales)
    return SessionError(
        session, published, correct, price, kind, orders, whole.purchases_minor,
        whole.redemptions_minor, effect, left, left + lost, accounts, _plans(accounts),
    )  # fmt: skip


def _gain(accounts: Iterable[AccountChange], price: int, scales: Scales) -> int:
    """What the fund had by the error from some accounts: their units together, and their money."""
    units = minor = 0
    for each in accounts:
        units += each.units_change
        minor += each.minor_change
    return minor + scales.value_of(units, price)


def _orders(traded: Iterable[Traded]) -> Orders:
    sums = dict.fromkeys(Side, (0, 0))
    for each in traded:
        minor, units = sums[each.side]
        sums[each.side] = minor + sum(each.minor), units + sum(each.units)
    return Orders(*sums[Side.PURCHASE], *sums[Side.REDEMPTION])


def _plans(accounts: Sequence[AccountChange]) -> tuple[PlanChange, ...]:
    """The sums of accounts, by plan and side."""
    grouped: dict[tuple[str, Side], list[AccountChange]] = {}
    for each in accounts:
        grouped.setdefault((each.plan_id, each.side), []).append(each)
    return tuple(
        PlanChange(
            plan_id, mine[0].recordkeeper, side, len(mine),
            sum(a.units_before for a in mine), sum(a.units_after for a in mine),
            sum(a.minor_before for a in mine), sum(a.minor_after for a in mine),
            sum(a.corrected for a in mine),
            sum(a.units_change for a in mine if a.corrected),
            sum(a.minor_change for a in mine if a.corrected),
        )
        for (plan_id, side), mine in sorted(grouped.items())
    )  # fmt: skip
