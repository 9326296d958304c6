"""Netting: what each counterparty owes or is owed for a settlement day, and the wire's life.

A leg is signed from where the money meets: positive, the counterparty pays in;
negative, it is paid. Legs are netted per counterparty, currency and settlement day,
never across currencies; a net of zero stays, so that both sides can agree on it, but
moves no money. One wire goes out per counterparty, currency and settlement day, once
no later session can still add to that day.

Not here: calendars (`sessions`), how a partner wants an instruction written (connectors).
Source: domain.md §1.3, goldens G03 and G10. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class InstructionState(StrEnum):
    """How far an instruction has come."""

    ISSUED = "ISSUED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"
    PARTIALLY_SETTLED = "PARTIALLY_SETTLED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    CANCELLED = "CANCELLED"


_S = InstructionState
PAID = frozenset({_S.PARTIALLY_SETTLED, _S.SETTLED})
"""The states that say that money moved."""

ALLOWED_STEPS: dict[InstructionState, frozenset[InstructionState]] = {
    _S.ISSUED: frozenset({_S.SENT, _S.CANCELLED}),
    # Settlement may be told before, or without, the acknowledgement.
    _S.SENT: PAID | {_S.ACKNOWLEDGED, _S.REJECTED, _S.FAILED, _S.CANCELLED},
    # Receipt acknowledged by the partner's door can still be refused by its desk.
    _S.ACKNOWLEDGED: PAID | {_S.REJECTED, _S.FAILED, _S.CANCEL_REQUESTED},
    # The amount settled so far grows; what was paid in part is no longer rejected whole.
    _S.PARTIALLY_SETTLED: PAID | {_S.FAILED, _S.CANCEL_REQUESTED},
    # A payment that failed stays owed: the partner pays after all, or it is taken back.
    _S.FAILED: PAID | {_S.REJECTED, _S.CANCEL_REQUESTED},
    # The partner agrees, or not, or has paid; parts it paid meanwhile leave the request open.
    _S.CANCEL_REQUESTED: PAID | {_S.CANCELLED, _S.CANCEL_REFUSED, _S.REJECTED},
    _S.CANCEL_REFUSED: PAID | {_S.FAILED, _S.REJECTED},
    _S.REJECTED: frozenset(),
    _S.SETTLED: frozenset(),
    # We took it back alone, and the partner had paid it already: what is paid is paid.
    _S.CANCELLED: frozenset({_S.SETTLED}),
}
"""The steps each state allows."""

FINAL = frozenset({_S.SETTLED, _S.REJECTED, _S.CANCELLED})
"""The states after which nothing more is awaited."""

RELEASED = frozenset({_S.REJECTED, _S.CANCELLED})
"""The final states in which what was not paid is owed again."""

OURS_ALONE = frozenset({_S.ISSUED, _S.SENT})
"""The states in which the partner has not taken an instruction on: we take it back alone."""

OF_THE_PARTNER = frozenset(_S) - {_S.ISSUED, _S.SENT, _S.CANCEL_REQUESTED}
"""The states that a partner tells."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One amount a counterparty owes (positive) or is owed (negative)."""

    counterparty: str
    currency: str
    settlement_date: date
    trade_date: date
    amount_minor: int
    fund_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Net:
    """The legs of one counterparty, currency and settlement day as one amount.

    `amount_minor` = `gross_in_minor` - `gross_out_minor`; both grosses are >= 0.
    """

    counterparty: str
    currency: str
    settlement_date: date
    amount_minor: int
    gross_in_minor: int
    gross_out_minor: int
    trade_dates: tuple[date, ...]
    fund_ids: tuple[str, ...]
    references: tuple[str, ...]
    legs: int

    @property
    def is_payable(self) -> bool:
        """True if money moves; false for legs that cancel out."""
        return self.amount_minor != 0


def net(legs: Iterable[Leg]) -> tuple[Net, ...]:
    """Net legs per counterparty, currency and settlement day.

    Args:
        legs: In any order; amounts in minor units.

    Returns:
        One net per group, sorted by counterparty, currency, settlement day; the same
        for any order of the legs. Dates, funds and references are sorted and unique.

    Source: goldens G03, G10. Laws: L1, L4.
    """
    groups: dict[tuple[str, str, date], list[Leg]] = {}
    total = 0
    for leg in legs:
        key = (leg.counterparty, leg.currency, leg.settlement_date)
        groups.setdefault(key, []).append(leg)
        total += leg.amount_minor
    nets = tuple(_net_of_group(groups[key]) for key in sorted(groups))
    assert sum(each.amount_minor for each in nets) == total, "law L1: netting lost money"
    return nets


def _net_of_group(legs: list[Leg]) -> Net:
    gross_in = sum(leg.amount_minor for leg in legs if leg.amount_minor > 0)
    gross_out = -sum(leg.amount_minor for leg in legs if leg.amount_minor < 0)
    return Net(
        counterparty=legs[0].counterparty,
        currency=legs[0].currency,
        settlement_date=legs[0].settlement_date,
        amount_minor=gross_in - gross_out,
        gross_in_minor=gross_in,
        gross_out_minor=gross_out,
        trade_dates=tuple(sorted({leg.trade_date for leg in legs})),
        fund_ids=tuple(sorted({leg.fund_id for leg in legs})),
        references=tuple(sorted({leg.reference for leg in legs})),
        legs=len(legs),
    )


def instruction_id(
    session: date, counterparty: str, currency: str, settlement_date: date, sequence: int
) -> str:
    """Name an instruction, readably and alike for the same facts.

    Args:
        session: Session at whose close it is issued; not after the settlement day.
        counterparty: Party that pays or is paid.
        currency: ISO 4217 code.
        settlement_date: Day the money moves.
        sequence: 1 for the first instruction of this counterparty, currency and
            settlement day, whichever session issues it; a replacement or correction takes
            the next.

    Returns:
        Such as SI-20261013-RK_A-USD-1; the date is the settlement day.

    Source: domain.md §1.3, golden G03. Law: L4.
    """
    assert session <= settlement_date, (session, settlement_date)
    assert sequence >= 1, sequence
    return f"SI-{settlement_date:%Y%m%d}-{counterparty}-{currency}-{sequence}"


def releasable(settlement_date: date, next_session_settles: date) -> bool:
    """Whether a settlement day's wires may go out: no later session can still add to it.

    Args:
        settlement_date: Day the money moves.
        next_session_settles: Settlement day of the next session's trades; where terms
            differ, the earliest of them.

    Source: golden G03 (Friday's and Columbus Day's trades settle on one Tuesday).
    """
    return next_session_settles > settlement_date


def may_become(state: InstructionState, to: InstructionState) -> bool:
    """Whether a state allows a step; only parts that are settled may follow one another.

    Source: domain.md §1.4 (states of an order). Law: L7.
    """
    return to in ALLOWED_STEPS[state]


def unpaid_minor(amount_minor: int, settled_minor: int) -> int:
    """What of an instruction was not paid, signed as its amount is.

    Args:
        amount_minor: Its amount; positive, the counterparty pays.
        settled_minor: What was paid so far, in its direction: from 0 to the whole.

    Source: domain.md §1.4 (an exit reverses by agreement, it does not erase). Law: L1.
    """
    assert 0 <= settled_minor <= abs(amount_minor), (amount_minor, settled_minor)
    return amount_minor - settled_minor if amount_minor > 0 else amount_minor + settled_minor


def in_its_direction(amount_minor: int, size_minor: int) -> int:
    """An amount of so many minor units, signed as an instruction's amount is."""
    return size_minor if amount_minor > 0 else -size_minor


@dataclass(frozen=True, slots=True)
class Correction:
    """What becomes of the unpaid part of an instruction whose amount was not right.

    `again_minor` goes out at once, `carried_minor` with a later wire; both signed, and their
    sum is what was not paid: a correction of one party's payment changes when its legs are
    paid, never how much it owes over time.
    """

    again_minor: int
    carried_minor: int


def corrected(amount_minor: int, settled_minor: int, right_minor: int) -> Correction:
    """Split what was not paid by the amount that is right.

    Args:
        amount_minor: The instruction's amount, not 0.
        settled_minor: What was paid of it, in its direction.
        right_minor: What is right for the whole of it, in its direction, 0 or more.

    Source: domain.md §0.9, §1.4 (a correction is a new event). Law: L1.
    """
    assert amount_minor != 0, "an instruction that moves no money has no direction"
    assert right_minor >= 0, right_minor
    rest = unpaid_minor(amount_minor, settled_minor)
    again = in_its_direction(amount_minor, right_minor - settled_minor)
    return Correction(again, rest - again)
