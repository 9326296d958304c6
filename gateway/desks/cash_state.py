"""What a cash partition knows: open legs, and how far each instruction has come.

An instruction that nothing can follow any more is forgotten ten sessions after its settlement
date; what is said of it later is answered as of one that nobody knows.

Not here: decisions (`cash`, `cash_status`, `cash_recall`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import Book
from gateway.core.cash_breaks import CashBreak
from gateway.core.decisions import Approved
from gateway.core.netting import FINAL, InstructionState, unpaid_minor
from gateway.core.sessions import Calendar
from gateway.core.settlement import ObligationRow, SettlementInstruction
from gateway.core.settling_days import soonest_date

KEPT_SESSIONS = 10
"""Sessions after its settlement date for which a final instruction is remembered."""

Key = tuple[str, str, date]
"""Counterparty, currency, settlement date."""


@dataclass(slots=True)
class Standing:
    """An instruction and how far it has come.

    Attributes:
        asked: Decision that waits for the partner's answer.
        alone: True once it was taken back without the partner, who may have paid it already.
        followed_by: Instruction in its place, or over a difference to it.
        advised: Whether a bank's advice agreed with it.
    """

    instruction: SettlementInstruction
    state: InstructionState = InstructionState.ISSUED
    settled_minor: int = 0
    asked: Approved | None = None
    alone: bool = False
    followed_by: str = ""
    advised: bool = False

    @property
    def whole_minor(self) -> int:
        """Its amount without direction."""
        return abs(self.instruction.amount_minor)

    @property
    def unpaid_minor(self) -> int:
        """What was not paid of it, signed."""
        return unpaid_minor(self.instruction.amount_minor, self.settled_minor)


@dataclass(slots=True)
class CashState:
    """The state of one cash partition; changed by `evolve` only."""

    partition: int = 0
    book: Book = field(default_factory=Book)
    session: date | None = None
    received: dict[tuple[date, int], int] = field(default_factory=dict)
    open_legs: dict[Key, list[ObligationRow]] = field(default_factory=dict)
    funds_closed: dict[date, set[int]] = field(default_factory=dict)
    instructions: dict[str, Standing] = field(default_factory=dict)
    issued: dict[Key, int] = field(default_factory=dict)
    breaks: dict[str, CashBreak] = field(default_factory=dict)

    def soonest(self, session: date) -> date:
        """The earliest day on which any fund's trades of a session settle."""
        return soonest_date(self.book.sessions, session, self.book.funds.values())


def key_of(instruction: SettlementInstruction) -> Key:
    """What an instruction nets."""
    return instruction.counterparty, instruction.currency, instruction.settlement_date


def kept_since(calendar: Calendar, session: date) -> date:
    """The first settlement date whose final instructions are still remembered in a session."""
    first = calendar.session_on_or_after(calendar.first)
    for _ in range(KEPT_SESSIONS):
        if session <= first:
            break
        session = calendar.previous_session(session)
    return session


def forget(state: CashState) -> None:
    """Drop what is final and old enough; called once a session."""
    assert state.session is not None, "a session advanced to none"
    since = kept_since(state.book.sessions, state.session)
    old = [
        name
        for name, standing in state.instructions.items()
        if standing.instruction.settlement_date < since and standing.state in FINAL
    ]
    for name in old:
        del state.instructions[name]
    kept = {key_of(standing.instruction) for standing in state.instructions.values()}
    state.issued = {
        key: count for key, count in state.issued.items() if key[2] >= since or key in kept
    }
