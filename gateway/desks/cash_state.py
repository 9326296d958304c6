"""What a cash partition knows: open legs, and how far each instruction has come.

Not here: decisions (`cash`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import Book
from gateway.core.netting import InstructionState
from gateway.core.settlement import ObligationRow

Key = tuple[str, str, date]
"""Counterparty, currency, settlement date."""


@dataclass(slots=True)
class CashState:
    """The state of one cash partition; changed by `evolve` only."""

    partition: int = 0
    book: Book = field(default_factory=Book)
    session: date | None = None
    received: dict[tuple[date, int], int] = field(default_factory=dict)
    open_legs: dict[Key, list[ObligationRow]] = field(default_factory=dict)
    funds_closed: dict[date, set[int]] = field(default_factory=dict)
    instructions: dict[str, InstructionState] = field(default_factory=dict)
    receivers: dict[str, str] = field(default_factory=dict)
    issued: dict[Key, int] = field(default_factory=dict)
