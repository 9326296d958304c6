"""An error period: its sessions together, who owes whom, and what recordkeepers have to book.

Each session is tested by itself and only material ones are corrected; gains and losses of the
fund are then taken together. Amounts are minor units, units are scaled.

Not here: one session (`figures`), how it is told (`tables`).
Source: domain.md §3.4, golden G23. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gateway.core.dilution import NavErrorKind, period_effect
from gateway.errors import LawBroken
from gateway.ops.nav_error.figures import SessionError, Side, Terms


@dataclass(frozen=True, slots=True)
class Booking:
    """What a plan's recordkeeper would have to book for one session.

    Attributes:
        units: Units to add to its accounts; to take from them if negative.
        minor: Money to pay to them; to recover from them if negative.
        accounts: How many purchases and redemptions of accounts are corrected.
    """

    recordkeeper: str
    plan_id: str
    fund_id: str
    session: date
    units: int
    minor: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Period:
    """An error period.

    Attributes:
        effect_minor: Fund's gain by all its sessions, before corrections; a loss if negative.
        owed_minor: What the responsible party owes the fund for it; 0 if the fund gained.
        kept_minor: A net benefit, which stays in the fund.
        owed_if_recovered_minor: Owed once every correction is booked and recovered.
        owed_if_unrecovered_minor: Owed once corrections are booked and nothing is recovered.
    """

    terms: Terms
    sessions: tuple[SessionError, ...]
    bookings: tuple[Booking, ...]
    effect_minor: int
    owed_minor: int
    kept_minor: int
    owed_if_recovered_minor: int
    owed_if_unrecovered_minor: int

    @property
    def is_material(self) -> bool:
        """Whether any session has to be computed again."""
        return any(each.kind is NavErrorKind.MATERIAL for each in self.sessions)


def period(sessions: Iterable[SessionError], terms: Terms) -> Period:
    """Sessions in any order as one error period.

    Raises:
        LawBroken: Corrections of accounts do not add up to those of their plans.
    """
    told = tuple(sorted(sessions, key=lambda each: each.session))
    for each in told:
        check(each)
    bookings = tuple(row for each in told for row in _bookings(each, terms))
    effects = [each.effect_minor for each in told]
    return Period(
        terms, told, bookings, sum(effects), period_effect(effects), max(0, sum(effects)),
        period_effect([each.left_minor for each in told]),
        period_effect([each.unrecovered_minor for each in told]),
    )  # fmt: skip


def _bookings(error: SessionError, terms: Terms) -> Iterable[Booking]:
    found: dict[str, Booking] = {}
    for plan in error.plans:
        if not plan.corrected:
            continue
        before = found.get(plan.plan_id)
        found[plan.plan_id] = Booking(
            plan.recordkeeper, plan.plan_id, terms.fund_id, error.session,
            plan.units_to_book + (before.units if before else 0),
            plan.minor_to_book + (before.minor if before else 0),
            plan.corrected + (before.accounts if before else 0),
        )  # fmt: skip
    return sorted(found.values(), key=lambda row: (row.recordkeeper, row.plan_id))


def check(error: SessionError) -> None:
    """Hold a session's plans against its orders, and its accounts against its plans.

    Raises:
        LawBroken: Something does not add up.
    """
    for side, minor, units in (
        (Side.PURCHASE, error.orders.buy_minor, error.orders.buy_units),
        (Side.REDEMPTION, error.orders.sell_minor, error.orders.sell_units),
    ):
        plans = [plan for plan in error.plans if plan.side is side]
        accounts = [account for account in error.accounts if account.side is side]
        whole = (minor, units) if error.kind is NavErrorKind.MATERIAL else (0, 0)
        sums = (
            ("before", whole, (sum(p.minor_before for p in plans),
                               sum(p.units_before for p in plans))),
            ("change", (sum(p.minor_change for p in plans), sum(p.units_change for p in plans)),
             (sum(a.minor_change for a in accounts), sum(a.units_change for a in accounts))),
        )  # fmt: skip
        for what, wanted, got in sums:
            if wanted != got:
                raise LawBroken(
                    f"law L1: {side} of {error.session}, {what}: minor units and units {wanted} "
                    f"are {got} by account"
                )
