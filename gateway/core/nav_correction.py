"""A wrong NAV put right: who decided it, what each account gains, what the fund is owed.

Two people name the correct NAV of a session. Below the size of an error nothing is done; an
error that is not material is settled in money with whoever is responsible, and every order
stays as it was filled; of a material one each purchase gets the units it should have got, and
each redemption the money. A redemption that was paid too much is not taken back from the
account: the responsible party pays it to the fund. Accounts that differ by less than is worth
it stay as they are; what the fund gained by them it keeps, what it lost is paid to it.

Units and NAVs are scaled integers, money is minor units; rounding is that of `dilution`.

Not here: what an error is (`dilution`), booking it (the desks).
Source: domain.md §3.4, golden G23. Laws: L1, L7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np

from gateway.core.dilution import (
    LONGEST_AS_OF,
    WORTH_FIXING_MINOR,
    NavErrorKind,
    Scales,
    immaterial_effect,
    reprocess_purchase,
    reprocess_redemption,
)
from gateway.core.money import UnitRounding, half_up, split_columns
from gateway.core.sessions import Calendar
from gateway.core.vocabulary import I32, I64

CORRECTABLE_SESSIONS = LONGEST_AS_OF
"""Sessions back from the one that opens with a correction, beyond which no NAV is corrected."""
KEPT_SESSIONS = CORRECTABLE_SESSIONS + 2
"""Sessions back for which fills are kept account by account."""
NAV_ERROR = "NAV_ERROR"
"""Reason of what the responsible party pays for a wrong NAV, and of what plans are paid."""
NAV_ERROR_FUND_SIDE = "NAV_ERROR_FUND_SIDE"
"""Reason of the custodian's side of it."""


@dataclass(frozen=True, slots=True)
class NavCorrection:
    """Two people named the correct NAV of a session; it is booked when another one opens."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was wrong"]
    effective: Annotated[date, "session with whose opening it is booked"]
    batch_id: Annotated[str, "name of the decision"]
    kind: Annotated[NavErrorKind, "what the difference calls for"]
    published: Annotated[int, "NAV the orders got, scaled"]
    nav: Annotated[int, "NAV they should have got, scaled"]
    nav_scale: Annotated[int, "decimal places of both"]
    unit_scale: Annotated[int, "decimal places of units"]
    requested_by: Annotated[str, "who asked"]
    approved_by: Annotated[str, "who approved"]
    reason: Annotated[str, "why; names no participant"]
    unit_rounding: Annotated[UnitRounding, "how units are rounded"] = UnitRounding.HALF_UP

    @property
    def scales(self) -> Scales:
        """The fund's decimals, and how it rounds units."""
        return Scales(self.nav_scale, self.unit_scale, rounding=self.unit_rounding)


@dataclass(frozen=True, slots=True)
class CorrectionFill:
    """A session's orders at the correct NAV, in one plan partition: what each account differs by.

    A row is an account's purchases or its redemptions of the session, all of them together. One
    whose `units` and `paid_minor` are 0 is left as it was.
    """

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was wrong"]
    batch_id: Annotated[str, "name of the decision"]
    nav: Annotated[int, "correct NAV, scaled"]
    nav_scale: Annotated[int, "decimal places of nav"]
    unit_scale: Annotated[int, "decimal places of units"]
    net_units: Annotated[int, "units sold less units taken back at the wrong NAV, scaled"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    units_due: Annotated[I64, "of purchases: units too few, scaled; too many if negative"]
    minor_due: Annotated[I64, "of redemptions: minor units too few; too many if negative"]
    units: Annotated[I64, "units booked to the account, scaled; taken from it if negative"]
    paid_minor: Annotated[I64, "minor units paid to the account"]


@dataclass(frozen=True, slots=True)
class CorrectionTotals:
    """What the accounts of one plan partition come to, for the fund."""

    partition: Annotated[int, "plan partition that sends it"]
    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was wrong"]
    batch_id: Annotated[str, "name of the decision"]
    net_units: Annotated[int, "units sold less units taken back at the wrong NAV, scaled"]
    units: Annotated[int, "units booked to accounts less units taken from them, scaled"]
    overpaid_minor: Annotated[int, "paid too much for redemptions that are corrected, minor units"]
    short_units: Annotated[int, "units to be taken back that accounts have no longer, scaled"]
    left_units: Annotated[int, "units due to accounts that are left as they are, scaled"]
    left_minor: Annotated[int, "minor units due to accounts that are left as they are"]
    plans: Annotated[tuple[str, ...], "plans that are paid"]
    settling_entities: Annotated[tuple[str, ...], "who settles for each of plans"]
    paid_minor: Annotated[I64, "minor units paid per plan"]
    recordkeepers: Annotated[tuple[str, ...], "who sent the orders of each of plans"] = ()


@dataclass(frozen=True, slots=True)
class NavErrorBooked:
    """A wrong NAV was put right in the fund: units, and money owed to it and by it."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was wrong"]
    booked: Annotated[date, "session that was open"]
    batch_id: Annotated[str, "name of the decision"]
    kind: Annotated[NavErrorKind, "what the difference called for"]
    payer: Annotated[str, "party responsible for it"]
    units_change: Annotated[int, "units issued less units cancelled, scaled"]
    paid_in_minor: Annotated[int, "the responsible party pays to the fund, minor units"]
    paid_out_minor: Annotated[int, "the fund pays to plans, minor units"]
    kept_minor: Annotated[int, "gain that stays in the fund, minor units"]
    units: Annotated[int, "units outstanding afterwards, scaled"]
    liquid_minor: Annotated[int, "liquid sleeve afterwards, minor units"]


@dataclass(frozen=True, slots=True)
class Filled:
    """The orders of a fill, account by account.

    Attributes:
        nav: NAV they got, scaled.
        plan: The plan of each account, as a number.
        account: Accounts, each once.
        buy_minor: Money of each that bought units.
        sell_minor: Money of each that was paid for units.
        bought: Units each got; those of a plan add up to its omnibus units.
        sold: Units each gave.
        kept_minor: What the fund kept of the proceeds; `sell_minor` is without it.
    """

    nav: int
    plan: I64
    account: I64
    buy_minor: I64
    sell_minor: I64
    bought: I64
    sold: I64
    kept_minor: I64


@dataclass(frozen=True, slots=True)
class KeptFill:
    """The same in little room: a column of zeros is kept as none at all."""

    nav: int
    account: I32
    columns: tuple[I64, I64, I64, I64, I64]
    met_on: date | None = None
    """Of requests of a gated fund: the dealing day on which they were met."""

    @classmethod
    def of(cls, nav: int, account: I64, *columns: I64) -> KeptFill:
        """Money bought and sold, units got and given, in this order."""
        none = np.zeros(0, np.int64)
        buy, sell, bought, sold = (each if each.any() else none for each in columns)
        return cls(nav, account.astype(np.int32), (buy, sell, bought, sold, none))

    @classmethod
    def met(cls, nav: int, account: I64, met_on: date, *columns: I64) -> KeptFill:
        """What a gate let out: money paid, units given and money kept, in this order."""
        none = np.zeros(0, np.int64)
        paid, sold, kept = columns
        return cls(nav, account.astype(np.int32), (none, paid, none, sold, kept), met_on)

    def filled(self, plan: I64) -> Filled:
        """All of it, with the plan of each account."""
        zeros = np.zeros(len(self.account), np.int64)
        columns = (each if len(each) else zeros for each in self.columns)
        return Filled(self.nav, plan, self.account.astype(np.int64), *columns)


@dataclass(frozen=True, slots=True)
class Due:
    """What accounts differ by: a row an account, both sides of the trade in columns."""

    account: I64
    units: I64
    minor: I64


def due(fills: Iterable[Filled], nav: int, scales: Scales) -> Due:
    """The orders of some fills at the correct NAV: units due for purchases, money for redemptions.

    A plan is computed again as a whole and shared among its accounts by their money (largest
    remainder), as its fill was. Of what a plan is due, the fund keeps the share that it kept of
    the proceeds, half-up.

    Source: domain.md §3.4, golden G23. Law: L1.
    """
    accounts: list[I64] = []
    units: list[I64] = []
    minor: list[I64] = []
    for fill in fills:
        plans, group = np.unique(fill.plan, return_inverse=True)
        sums = np.zeros((5, len(plans)), np.int64)
        columns = (fill.buy_minor, fill.sell_minor, fill.bought, fill.sold, fill.kept_minor)
        for at, column in enumerate(columns):
            np.add.at(sums[at], group, column)
        more = [reprocess_purchase(m, fill.nav, nav, scales).change for m in sums[0].tolist()]
        paid = [
            paid_change(reprocess_redemption(sold, fill.nav, nav, scales).change, minor, kept)
            for minor, sold, kept in sums[[1, 3, 4]].T.tolist()
        ]
        after = sums[2] + np.array(more, np.int64)
        money = sums[1] + np.array(paid, np.int64)
        accounts.append(fill.account)
        units.append(split_columns(after, group, fill.buy_minor) - fill.bought)
        minor.append(split_columns(money, group, fill.sell_minor) - fill.sell_minor)
    none = np.zeros(0, np.int64)
    every, group = np.unique(np.concatenate([none, *accounts]), return_inverse=True)
    found = np.zeros((2, len(every)), np.int64)
    np.add.at(found[0], group, np.concatenate([none, *units]))
    np.add.at(found[1], group, np.concatenate([none, *minor]))
    return Due(every, found[0], found[1])


def paid_change(change: int, paid_minor: int, kept_minor: int) -> int:
    """What of a change of proceeds is paid: the fund keeps the share it kept of them, half-up.

    Args:
        change: By how much the proceeds change, minor units.
        paid_minor: What was paid of them.
        kept_minor: What the fund kept of them: an offer's fee, a deduction from young units.

    Source: domain.md §2.3, §3.4.
    """
    if not kept_minor:
        return change
    return change - half_up(change * kept_minor, paid_minor + kept_minor)


def worth_fixing(units: int, minor: int, nav: int, scales: Scales) -> bool:
    """Whether an account that differs by so many units, or so much money, is corrected."""
    return abs(minor + scales.value_of(units, nav)) >= WORTH_FIXING_MINOR


@dataclass(frozen=True, slots=True)
class Settled:
    """What a wrong NAV comes to for the fund, minor units, each zero or more."""

    paid_in_minor: int
    kept_minor: int


def settled(correction: NavCorrection, totals: Iterable[CorrectionTotals]) -> Settled:
    """Who owes what, from the totals of all plan partitions in any order.

    The responsible party pays what redemptions were paid too much and what units are worth that
    cannot be taken back; and the net loss by the accounts that are left as they are. A net gain
    by these stays in the fund.

    Source: domain.md §3.4, golden G23.
    """
    every, scales = list(totals), correction.scales
    if correction.kind is not NavErrorKind.MATERIAL:
        net = sum(each.net_units for each in every)
        gain = immaterial_effect(net, correction.published, correction.nav, scales)
        return Settled(max(0, -gain), max(0, gain))
    left = sum(each.left_units for each in every)
    gain = sum(each.left_minor for each in every) + scales.value_of(left, correction.nav)
    short = scales.value_of(sum(each.short_units for each in every), correction.nav)
    overpaid = sum(each.overpaid_minor for each in every)
    return Settled(overpaid + short + max(0, -gain), max(0, gain))


def sessions_back(calendar: Calendar, session: date, count: int) -> date:
    """The session so many before another; the calendar's first if there are not as many."""
    first = calendar.session_on_or_after(calendar.first)
    for _ in range(count):
        if session <= first:
            break
        session = calendar.previous_session(session)
    return session
