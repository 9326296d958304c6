"""What a partner connector is: three pure functions and a name.

`translate` turns a decoded message of the partner into the canonical vocabulary,
`render` writes an instruction in the partner's form, `render_cancellation` the message that
takes one back. A connector sees no topic, no clock and no state; the same input always gives
the same output.

Not here: Avro, Kafka. A record is a mapping as its schema describes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.core.book import BookChange
from gateway.core.calls import CapitalNotice
from gateway.core.cash_breaks import CashAdvice
from gateway.core.corrections import Links
from gateway.core.decisions import OperationsDecision
from gateway.core.marks import IndexLevel, ManagerMark
from gateway.core.redemption_events import LiquidityNotice
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    SettlementInstruction,
)
from gateway.core.vocabulary import I8, I32, I64, EventKind, OrderKind, RejectCode, TickKind

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record in a partner's form, written with the named schema."""

    schema: str
    body: Body


@dataclass(frozen=True, slots=True)
class OrderLines:
    """A batch of orders as its sender wrote it, one entry a line in each column.

    Attributes:
        plans: Plan ids that `plan` points into.
        participants: The sender's identifier of each line's participant.
        money_source: Position in MoneySource.
        funds: Fund ids that `sell_fund` and `buy_fund` point into; -1 is no fund.
        amount_minor: Minor units.
        received_at: UTC microseconds.
        reason: Why the orders are sent.
        links: Of a correction, what each line goes back to.
    """

    kind: OrderKind
    batch_id: str
    session: date
    currency: str
    control_count: int
    control_amount_minor: int
    plans: tuple[str, ...]
    plan: I32
    participants: Sequence[str]
    money_source: I8
    funds: tuple[str, ...]
    sell_fund: I32
    buy_fund: I32
    amount_minor: I64
    received_at: I64
    reason: EventKind = EventKind.UNSTATED
    links: Links | None = None


@dataclass(frozen=True, slots=True)
class HoldingLines:
    """A statement of opening units, one entry a position in each column, as in OrderLines."""

    batch_id: str
    session: date
    plans: tuple[str, ...]
    plan: I32
    participants: Sequence[str]
    funds: tuple[str, ...]
    fund: I32
    units: I64


@dataclass(frozen=True, slots=True)
class DayEnd:
    """A sender's declaration that its session is complete, with totals."""

    session: date
    batches: int
    lines: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment of the session, written into every sender's topic by the clock."""

    kind: TickKind
    session: date
    at: int


Canonical = (
    OrderLines
    | HoldingLines
    | DayEnd
    | Tick
    | ManagerMark
    | CapitalNotice
    | LiquidityNotice
    | IndexLevel
    | InstructionStatus
    | CashAdvice
    | BookChange
    | OperationsDecision
)


class Untranslatable(Exception):
    """A message that was decoded but makes no sense; it is refused with this reason."""

    def __init__(self, code: RejectCode, detail: str) -> None:
        """Keep the code and the sentence for the sender."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Connector(Protocol):
    """A partner's dialect."""

    @property
    def name(self) -> str:
        """The dialect's name, as the book and the entry point call it."""

    def translate(self, schema: str, body: Body) -> Canonical:
        """The canonical form of a decoded message, or raise `Untranslatable`."""

    def render(self, instruction: SettlementInstruction) -> Rendered:
        """An instruction in the partner's form."""

    def render_cancellation(self, cancellation: InstructionCancellation) -> Rendered:
        """What tells, or asks, the partner that an instruction is off, in the partner's form."""
