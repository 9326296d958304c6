"""Commitments, capital calls and distributions of drawdown vehicles.

Each line of a notice says its effect on the unfunded commitment itself: what is inside or
outside, recallable or not, follows from the effect and is not stated twice. A position is
running totals, never one balance. Participants get no calls: the sleeve that holds the
commitment pays them from its liquid part. Amounts are minor units of one currency.

Not here: how a call counts against a minority limit (`limits.treat_call`), late closers
(`equalization`), forecasts of calls (`cash_needs`).
Source: domain.md §4.1; goldens G24, G25. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.cash_needs import CashSource, Waterfall, draw
from gateway.core.money import split
from gateway.core.sessions import Calendar, DayCount

NOTICE_BUSINESS_DAYS = 10
"""Business days between notice and due date. Source: ILPA Principles 3.0; domain.md §4.1."""
ALARM_BUSINESS_DAYS = 3
"""Business days before the due date from which an unpaid call is called due soon."""


class CallCalendar(StrEnum):
    """The calendar that a vehicle's contract counts days on."""

    BANK = "BANK"
    EXCHANGE = "EXCHANGE"


class NoticeKind(StrEnum):
    """Which way a manager's notice moves capital; an equalisation refunds earlier investors."""

    CALL = "CALL"
    DISTRIBUTION = "DISTRIBUTION"
    EQUALIZATION = "EQUALIZATION"


class LineKind(StrEnum):
    """What a line of a notice is for."""

    INVESTMENT = "INVESTMENT"
    MANAGEMENT_FEE = "MANAGEMENT_FEE"
    EXPENSES = "EXPENSES"
    OTHER = "OTHER"
    RETURN_OF_CAPITAL = "RETURN_OF_CAPITAL"
    GAIN = "GAIN"
    INCOME = "INCOME"
    LATE_CLOSE_INTEREST = "LATE_CLOSE_INTEREST"


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A line of a call or distribution; an amount of two effects is two lines."""

    kind: Annotated[LineKind, "what it is for"]
    amount_minor: Annotated[int, "minor units, >= 0"]
    unfunded_effect_minor: Annotated[
        int, "change of the unfunded commitment: minus the amount (called inside), plus the "
        "amount (recallable), or 0 (called outside, or kept for good)"
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallNotice:
    """A capital call as its manager states it."""

    notice_date: Annotated[date, "day of the notice"]
    due_date: Annotated[date, "day the money must be there"]
    total_minor: Annotated[int, "amount called, minor units"]
    lines: Annotated[tuple[NoticeLine, ...], "what it is made of"]


@dataclass(frozen=True, slots=True)
class DistributionNotice:
    """A distribution as its manager states it."""

    total_minor: Annotated[int, "amount distributed, minor units"]
    lines: Annotated[tuple[NoticeLine, ...], "what it is made of"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """An investor's commitment and its totals since inception, minor units."""

    commitment_minor: Annotated[int, "capital committed"]
    called_inside_minor: Annotated[int, "paid in, counted against the commitment"] = 0
    called_outside_minor: Annotated[int, "paid in beside the commitment"] = 0
    recallable_minor: Annotated[int, "distributed, may be called again"] = 0
    kept_minor: Annotated[int, "distributed for good"] = 0

    @property
    def unfunded_minor(self) -> int:
        """What may still be called. Source: domain.md §4.1, golden G24."""
        return self.commitment_minor - self.called_inside_minor + self.recallable_minor


@dataclass(frozen=True, slots=True)
class CapitalNotice:
    """A manager's call or distribution for one fund's holding."""

    sender: Annotated[str, "manager that states it"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    vehicle_id: Annotated[str, "vehicle"]
    fund_id: Annotated[str, "fund that holds it"]
    kind: Annotated[NoticeKind, "call or distribution"]
    notice_date: Annotated[date, "day of the notice"]
    due_date: Annotated[date, "day the money moves"]
    currency: Annotated[str, "ISO 4217 code"]
    total_minor: Annotated[int, "amount, minor units"]
    lines: Annotated[tuple[NoticeLine, ...], "what it is made of"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]
    netted_with: Annotated[str, "the manager's name of the notice it is netted with, or empty"] = ""
    net_minor: Annotated[int, "of both, where netted: paid in if positive, minor units"] = 0


class CallFault(StrEnum):
    """What is wrong with a notice, in this order."""

    LINES = "LINES"
    NEGATIVE_LINE = "NEGATIVE_LINE"
    EFFECT = "EFFECT"
    EXCEEDS_UNFUNDED = "EXCEEDS_UNFUNDED"
    NOTICE_TOO_SHORT = "NOTICE_TOO_SHORT"
    NOT_A_BUSINESS_DAY = "NOT_A_BUSINESS_DAY"


def due_date(
    notice_date: date,
    calendar: Calendar,
    which: DayCount,
    days: int = NOTICE_BUSINESS_DAYS,
) -> date:
    """The day a call is due, on the calendar that the contract names.

    Source: golden G24 (Veterans Day moves it on the bank calendar alone).
    """
    return calendar.add_business_days(notice_date, days, which)


def call_faults(
    call: CallNotice,
    commitment: Commitment,
    calendar: Calendar,
    which: DayCount,
    days: int = NOTICE_BUSINESS_DAYS,
) -> tuple[CallFault, ...]:
    """Everything that is wrong with a call; none if it can be booked.

    Args:
        call: The notice.
        commitment: Totals before it.
        calendar: Calendar in force.
        which: Calendar the contract names.
        days: Business days of notice the contract asks for.

    Source: domain.md §4.1.
    """
    is_open = calendar.is_bank_day if which == "BANK" else calendar.is_session
    inside = -sum(line.unfunded_effect_minor for line in call.lines)
    found = {
        CallFault.LINES: sum(line.amount_minor for line in call.lines) != call.total_minor,
        CallFault.NEGATIVE_LINE: any(line.amount_minor < 0 for line in call.lines),
        CallFault.EFFECT: any(
            line.unfunded_effect_minor not in (0, -line.amount_minor) for line in call.lines
        )
        or interest_inside(call.lines),
        CallFault.EXCEEDS_UNFUNDED: inside > commitment.unfunded_minor,
        CallFault.NOTICE_TOO_SHORT: call.due_date
        < due_date(call.notice_date, calendar, which, days),
        CallFault.NOT_A_BUSINESS_DAY: not is_open(call.due_date),
    }
    return tuple(fault for fault in CallFault if found[fault])


def distribution_faults(
    distribution: DistributionNotice, commitment: Commitment
) -> tuple[CallFault, ...]:
    """Everything that is wrong with a distribution; none if it can be booked.

    What becomes recallable cannot exceed what was called inside and not yet given back.

    Source: domain.md §4.1.
    """
    lines = distribution.lines
    recallable = sum(line.unfunded_effect_minor for line in lines)
    found = {
        CallFault.LINES: sum(line.amount_minor for line in lines) != distribution.total_minor,
        CallFault.NEGATIVE_LINE: any(line.amount_minor < 0 for line in lines),
        CallFault.EFFECT: any(
            line.unfunded_effect_minor not in (0, line.amount_minor) for line in lines
        )
        or interest_inside(lines),
        CallFault.EXCEEDS_UNFUNDED: commitment.unfunded_minor + recallable
        > commitment.commitment_minor,
    }
    return tuple(fault for fault in CallFault if found.get(fault))


def interest_inside(lines: Sequence[NoticeLine]) -> bool:
    """Whether interest of a late close is said to touch the commitment, which it never does."""
    late = LineKind.LATE_CLOSE_INTEREST
    return any(line.kind is late and line.unfunded_effect_minor for line in lines)


def after_call(commitment: Commitment, lines: Sequence[NoticeLine]) -> Commitment:
    """The totals after a call that has no faults. Source: golden G24."""
    assert all(line.unfunded_effect_minor in (0, -line.amount_minor) for line in lines), lines
    inside = -sum(line.unfunded_effect_minor for line in lines)
    whole = sum(line.amount_minor for line in lines)
    after = replace(
        commitment,
        called_inside_minor=commitment.called_inside_minor + inside,
        called_outside_minor=commitment.called_outside_minor + whole - inside,
    )
    assert after.unfunded_minor >= 0, "a call takes more than is unfunded"
    return after


def after_distribution(commitment: Commitment, lines: Sequence[NoticeLine]) -> Commitment:
    """The totals after a distribution that has no faults. Source: golden G24."""
    assert all(line.unfunded_effect_minor in (0, line.amount_minor) for line in lines), lines
    recallable = sum(line.unfunded_effect_minor for line in lines)
    whole = sum(line.amount_minor for line in lines)
    return replace(
        commitment,
        recallable_minor=commitment.recallable_minor + recallable,
        kept_minor=commitment.kept_minor + whole - recallable,
    )


def net_wire(call_minor: int, distribution_minor: int) -> int:
    """What moves where a call is netted against a distribution: paid in if positive.

    One wire, two facts: the totals change by the whole call and the whole distribution.

    Source: domain.md §4.1.
    """
    assert call_minor >= 0 <= distribution_minor, (call_minor, distribution_minor)
    return call_minor - distribution_minor


def split_lines(
    lines: Sequence[NoticeLine], commitments_minor: Sequence[int]
) -> list[tuple[NoticeLine, ...]]:
    """Share out a notice over its investors by commitment, line by line.

    Args:
        lines: Lines of the whole vehicle.
        commitments_minor: Commitment of each investor.

    Returns:
        The lines of each investor, in order. Every line adds up over the investors (largest
        remainder, ties to the larger commitment), and so do its effects on unfunded.

    Source: golden G25. Law: L1.
    """
    parts = [split(line.amount_minor, commitments_minor) for line in lines]
    return [
        tuple(
            replace(
                line,
                amount_minor=part[at],
                unfunded_effect_minor=_signed_like(line.unfunded_effect_minor, part[at]),
            )
            for line, part in zip(lines, parts, strict=True)
        )
        for at in range(len(commitments_minor))
    ]


def _signed_like(effect_minor: int, size: int) -> int:
    if effect_minor == 0:
        return 0
    return size if effect_minor > 0 else -size


class CallAlarm(StrEnum):
    """How urgent an unpaid call is. A missed wire is the most severe alarm there is."""

    NONE = "NONE"
    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    DEFAULT = "DEFAULT"


def call_alarm(
    due_minor: int,
    paid_minor: int,
    due: date,
    today: date,
    calendar: Calendar,
    which: DayCount,
) -> CallAlarm:
    """How urgent a call is on a day.

    Args:
        due_minor: What the wire must carry.
        paid_minor: What has been paid.
        due: Due date.
        today: The day.
        calendar: Calendar in force.
        which: Calendar the contract names.

    Source: domain.md §4.1 (default has penal terms).
    """
    if paid_minor >= due_minor:
        return CallAlarm.NONE
    if today > due:
        return CallAlarm.DEFAULT
    if today == due:
        return CallAlarm.DUE_TODAY
    soon = calendar.add_business_days(due, -ALARM_BUSINESS_DAYS, which)
    return CallAlarm.DUE_SOON if today >= soon else CallAlarm.NONE


@dataclass(frozen=True, slots=True)
class CallFunding:
    """Where the money of a call comes from, and whether that is enough."""

    from_cash_minor: int
    from_liquid_minor: int
    shortfall_minor: int

    @property
    def is_funded(self) -> bool:
        """Whether the call can be paid without touching what is set aside."""
        return self.shortfall_minor == 0


def fund_call(
    call_minor: int, cash_minor: int, liquid_minor: int, set_aside_minor: int = 0
) -> CallFunding:
    """Pay a call from cash, then from the liquid sleeve, leaving what is set aside.

    Args:
        call_minor: The wire, >= 0.
        cash_minor: Cash there.
        liquid_minor: Liquid assets that can be sold for the due date.
        set_aside_minor: Redemptions and other calls that come out of the same sleeve first;
            they take liquid assets before cash.

    Returns:
        Draws and what is lacking: a call that is lacking anything raises the alarm before
        its due date, it is not paid by overdraft and not refused.

    Source: domain.md §2.5, §4.1. Law: L1.
    """
    assert min(cash_minor, liquid_minor, set_aside_minor) >= 0, "a sleeve is below zero"
    liquid = max(0, liquid_minor - set_aside_minor)
    cash = max(0, cash_minor - max(0, set_aside_minor - liquid_minor))
    sources = {CashSource.CASH: cash, CashSource.LIQUID_SLEEVE: liquid}
    made: Waterfall = draw(call_minor, sources)
    return CallFunding(
        made.drawn_minor[CashSource.CASH],
        made.drawn_minor[CashSource.LIQUID_SLEEVE],
        made.to_request_minor,
    )
