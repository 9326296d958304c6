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


_S = InstructionState
ALLOWED_STEPS: dict[InstructionState, frozenset[InstructionState]] = {
    _S.ISSUED: frozenset({_S.SENT}),
    # Settlement may be told before, or without, the acknowledgement.
    _S.SENT: frozenset({_S.ACKNOWLEDGED, _S.REJECTED, _S.SETTLED, _S.FAILED}),
    # Receipt acknowledged by the partner's door can still be refused by its desk.
    _S.ACKNOWLEDGED: frozenset({_S.REJECTED, _S.SETTLED, _S.FAILED}),
    # Sent again under the same id, by which a partner knows it and cannot pay twice.
    _S.FAILED: frozenset({_S.SENT}),
    _S.REJECTED: frozenset(),
    _S.SETTLED: frozenset(),
}
"""The steps each state allows; REJECTED and SETTLED are final."""


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
            settlement day, whichever session issues it; a replacement takes the next.

    Returns:
        Such as SI-20261013-RK_A-USD-1; the date is the settlement day.
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
    """Whether a state allows a step; staying where it is is no step."""
    return to in ALLOWED_STEPS[state]


def advance(state: InstructionState, to: InstructionState) -> InstructionState | None:
    """The state after a step, or None if the state does not allow it."""
    return to if may_become(state, to) else None
