"""What readers get: rows of the reading room, in the words of the trade.

Amounts are minor units; participants are tokens; a stamp is the log's own, as UTC text.

Not here: how journals become rows (`reading.room`), how rows are printed (`show`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gateway.core.events import OrdersDecided, SleeveValued, TrueUpBooked
from gateway.core.limits import BreachState
from gateway.core.nav import HoldReason, NavStatus
from gateway.core.netting import InstructionState
from gateway.core.vocabulary import EventKind, OrderKind, RejectCode

State = Literal["DECIDED", "PARKED", "WAITING", "ON_ITS_WAY"]


def stays(orders: OrdersDecided) -> bool:
    """Whether lines count in the session in which they were decided, early as it may close."""
    return orders.takes_back or orders.reason is EventKind.WITHDRAWAL


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Lines refused for one reason."""

    code: RejectCode
    lines: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Lines of one batch and trade date that are in the same state.

    Attributes:
        booked: Session the sender booked the batch under.
        trade_date: Session whose NAV the lines get; None while nobody has dated them.
        asked_minor: Minor units; accepted + diverted + rejected + gone where they are decided.
        codes: Why lines were refused, each counted under its first reason, in the order of
            RejectCode.
        reason: Why the batch was sent.
        corrects: Of a correction, the batches it goes back to, as sender/session/batch id.
        gone_minor: Of withdrawals, what waited no longer of the requests they go back to.
    """

    sender: str
    booked: date
    batch_id: str
    kind: OrderKind | None
    trade_date: date | None
    state: State
    lines: int
    asked_minor: int
    accepted_minor: int
    diverted_minor: int
    rejected_minor: int
    codes: tuple[CodeCount, ...]
    reason: EventKind = EventKind.UNSTATED
    corrects: tuple[str, ...] = ()
    gone_minor: int = 0


@dataclass(frozen=True, slots=True)
class LineRow:
    """One order line that was refused, cut or sent elsewhere; the participant is a token.

    Attributes:
        code: The first reason of a refused line, else NONE.
        reasons: Every reason of a refused line, in the order of RejectCode.
        asked_fund: The fund a contribution asked for where it buys another; else empty.
    """

    sender: str
    booked: date
    batch_id: str
    line: int
    trade_date: date
    plan_id: str
    participant: str
    sell_fund: str
    buy_fund: str
    asked_minor: int
    accepted_minor: int
    diverted_minor: int
    liquid_fund: str
    code: RejectCode
    scope: str
    limit_id: str
    headroom_minor: int
    reasons: tuple[RejectCode, ...] = ()
    asked_fund: str = ""


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """What one limit cut in all."""

    scope: str
    limit_id: str
    lines: int
    diverted_minor: int
    refused_minor: int


@dataclass(frozen=True, slots=True)
class FundCutRow:
    """A fund whose purchase of alternatives was cut; the rest stayed in its liquid sleeve.

    Attributes:
        holds: What made its NAV an estimate.
        passed: Limits whose passive breach froze it, each with since when.
    """

    fund_id: str
    session: date
    limit_id: str
    asked_minor: int
    granted_minor: int
    headroom_minor: int
    frozen: bool
    breach: BreachState
    holds: tuple[HoldReason, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NavRow:
    """A fund's NAV of a session: its standing, and what it is made of.

    Attributes:
        recorded_at: When the gateway recorded its standing.
        opening_units: Units the strike before priced, and what was issued and cancelled since.
        struck_nav: NAV that was struck first; another one than `nav` if it was overridden.
        released: Who let a held NAV stand, or named the correct one, and why; or empty.
    """

    session: date
    fund_id: str
    currency: str
    nav: int
    nav_scale: int
    previous_nav: int
    status: NavStatus
    held: bool
    holds: tuple[HoldReason, ...]
    net_assets_minor: int
    alternative_minor: int
    opening_units: int
    subscribed_units: int
    redeemed_units: int
    units: int
    unit_scale: int
    oldest_mark: date | None
    sleeves: tuple[SleeveValued, ...]
    true_ups: tuple[TrueUpBooked, ...]
    recorded_at: str
    struck_nav: int
    released: str


@dataclass(frozen=True, slots=True)
class InstructionRow:
    """A net instruction and the state it is in; PAY: the counterparty pays.

    Attributes:
        settled_minor: What was paid of it so far, without direction.
        replaces: Cancelled instruction in whose place it stands, or empty.
        corrects: Settled instruction to which it adds a difference, or empty.
        why: What was said with its last step.
    """

    instruction_id: str
    session: date
    counterparty: str
    direction: str
    currency: str
    amount_minor: int
    settlement_date: date
    state: InstructionState
    said_by: str
    trade_dates: tuple[date, ...]
    legs: int
    receiver: str
    dialect: str
    settled_minor: int
    replaces: str
    corrects: str
    why: str


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Something that was not taken as it came.

    Attributes:
        what: BATCH, LINES, DAY_END, MARK or STATUS.
        name: Batch, statement or instruction.
        place: Where the message stands, empty for lines and marks, whose batch says it.
    """

    what: str
    sender: str
    session: date | None
    name: str
    verdict: str
    codes: tuple[RejectCode, ...]
    lines: int
    amount_minor: int
    detail: str
    place: str


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A message set aside; its bytes stand in `gw.quarantine`."""

    sender: str
    topic: str
    partition: int
    offset: int
    recorded_at: str
    codes: tuple[RejectCode, ...]
    detail: str
    size_bytes: int
    digest: str


@dataclass(slots=True)
class Room:
    """Everything that was read, as rows in a fixed order."""

    batches: list[BatchRow] = field(default_factory=list)
    exceptions: tuple[LineRow, ...] = ()
    exceptions_total: int = 0
    refused: tuple[LineRow, ...] = ()
    scopes: list[ScopeRow] = field(default_factory=list)
    cuts: tuple[LineRow, ...] = ()
    cuts_total: int = 0
    fund_cuts: list[FundCutRow] = field(default_factory=list)
    navs: list[NavRow] = field(default_factory=list)
    instructions: list[InstructionRow] = field(default_factory=list)
    refusals: list[RefusalRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    issued_at: dict[str, int] = field(default_factory=dict, repr=False)
    struck_at: dict[tuple[date, str], int] = field(default_factory=dict, repr=False)
