"""What fund partitions decide beside the NAV: fees, capital, and sessions that were held.

Not here: the strike itself and the other desks' events (`events`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from gateway.core.calls import (
    Commitment,
    NoticeKind,
    NoticeLine,
    after_call,
    after_distribution,
)
from gateway.core.equalization import after_equalization
from gateway.core.fees import FeeBase
from gateway.core.money import Ratio
from gateway.core.performance_periods import PerformancePeriod
from gateway.core.vocabulary import RejectCode


@dataclass(frozen=True, slots=True)
class HeldFlowsFilled:
    """Flows of a held session were filled after a later session was struck."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was held"]
    nav: Annotated[int, "NAV that stands for it, scaled"]
    net_flow_minor: Annotated[int, "purchases minus redemptions, minor units"]
    liquid_minor: Annotated[int, "liquid sleeve afterwards, minor units"]
    units: Annotated[int, "units outstanding afterwards, scaled"]
    subscribed_units: Annotated[int, "units issued for orders, scaled"] = 0
    redeemed_units: Annotated[int, "units cancelled for orders and requests, scaled"] = 0


@dataclass(frozen=True, slots=True)
class FeeAccrued:
    """A fund's management fee of the days since its last strike."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    first: Annotated[date, "first day it is for; the session is the last"]
    base_minor: Annotated[int, "what it is a share of, minor units"]
    posted_minor: Annotated[int, "posted today, minor units"]
    accrued_minor: Annotated[int, "posted and unpaid, taken off net assets, minor units"]
    paid_minor: Annotated[int, "of it, paid at the end of the session, minor units"]
    base: Annotated[FeeBase, "what the figure of its base is"] = FeeBase.NET
    net_assets_minor: Annotated[int, "net assets of the session before, minor units"] = 0


@dataclass(frozen=True, slots=True)
class ExpensesCapped:
    """What a cap on a fund's expenses waives and takes back on the days of its management fee."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    first: Annotated[date, "first day it is for; the session is the last"]
    base_minor: Annotated[int, "net assets the cap is a share of, minor units"]
    expenses: Annotated[Ratio, "total annual operating expenses before any waiver, of net assets"]
    cap: Annotated[Ratio, "the cap"]
    waived_minor: Annotated[int, "waived today, minor units"]
    recaptured_minor: Annotated[int, "of earlier waivers taken back today, minor units"]
    lapsed_minor: Annotated[int, "of earlier waivers past their last day, minor units"]
    left_minor: Annotated[int, "waived and still to be taken back, minor units"]
    accrued_minor: Annotated[int, "waived less taken back, off what the fund owes, minor units"]
    settled_minor: Annotated[int, "of it, settled with the fee paid today, minor units"]
    beside: Annotated[Ratio | None, "rate of a management fee of another base: not in expenses"] = (
        None
    )
    beside_minor: Annotated[int, "base of that fee, minor units"] = 0


@dataclass(frozen=True, slots=True)
class PerformanceAccrued:
    """A fund's performance fee at a strike, recomputed from the start of its period."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    gross_minor: Annotated[int, "net assets before this fee, minor units"]
    posted_minor: Annotated[int, "change of the accrual since the last strike, minor units"]
    period: Annotated[PerformancePeriod, "before the session's orders; its accrual is taken off"]
    crystallized: Annotated[bool, "true: the period ended, all that was accrued is due"]
    due_minor: Annotated[int, "crystallised, paid at the end of the session, minor units"]
    after: Annotated[PerformancePeriod, "after the session's orders"]


@dataclass(frozen=True, slots=True)
class NoticeTaken:
    """A manager's notice is in order; it is booked when its money must move."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    sender: Annotated[str, "manager"]
    kind: Annotated[NoticeKind, "call or distribution"]
    due_date: Annotated[date, "day the money moves"]
    total_minor: Annotated[int, "minor units"]
    lines: Annotated[tuple[NoticeLine, ...], "what it is made of"]
    netted_with: Annotated[str, "the manager's name of the notice it is netted with, or empty"] = ""
    net_minor: Annotated[int, "of both, where netted: paid in if positive, minor units"] = 0

    def booked(self, before: Commitment) -> Commitment:
        """The holding's totals once it is booked."""
        match self.kind:
            case NoticeKind.CALL:
                return after_call(before, self.lines)
            case NoticeKind.DISTRIBUTION:
                return after_distribution(before, self.lines)
            case NoticeKind.EQUALIZATION:
                return after_equalization(before, self.lines)


@dataclass(frozen=True, slots=True)
class NoticeRefused:
    """A manager's notice that the fund cannot book; the manager is told."""

    fund_id: Annotated[str, "fund"]
    sender: Annotated[str, "manager"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    codes: Annotated[tuple[RejectCode, ...], "every reason, in the order of RejectCode"]
    detail: Annotated[str, "what is wrong with it"]


@dataclass(frozen=True, slots=True)
class CapitalMoved:
    """A call or distribution was booked: at the end of the session, after its NAV."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    kind: Annotated[NoticeKind, "call or distribution"]
    total_minor: Annotated[int, "minor units"]
    settlement_date: Annotated[date, "day the money moves"]
    commitment: Annotated[Commitment, "the holding's totals afterwards"]
    interest_minor: Annotated[int, "of it, interest of a late close: no part of the holding"] = 0
    netted_with: Annotated[str, "the manager's name of the notice it is netted with, or empty"] = ""
    net_minor: Annotated[int, "of both, where netted: paid in if positive, minor units"] = 0

    @property
    def holding_minor(self) -> int:
        """What the holding is worth more for it, less if below zero: minor units."""
        principal = self.total_minor - self.interest_minor
        return principal if self.kind is NoticeKind.CALL else -principal

    @property
    def gain_minor(self) -> int:
        """What net assets gain: interest received, below zero if paid."""
        return -self.interest_minor if self.kind is NoticeKind.CALL else self.interest_minor
