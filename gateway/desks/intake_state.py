"""What a sender's intake knows, and how it follows from its events and from nothing else.

Not here: decisions (`intake`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.connector.protocol import Body
from gateway.core.decisions import DecisionNoted, DecisionStep, OperationsDecision
from gateway.core.events import (
    BatchRefused,
    BatchRepeated,
    BatchTaken,
    BookNoted,
    ControlBreak,
    SenderDayClosed,
    TickPassed,
)
from gateway.core.vocabulary import TickKind
from gateway.desks.intake_book import Known


@dataclass(frozen=True, slots=True)
class Received:
    """A raw message with what the decoder made of it."""

    sender: str
    topic: str
    partition: int
    offset: int
    recorded_at: int
    digest: bytes
    raw: bytes
    headers: tuple[tuple[str, bytes], ...]
    schema: str
    body: Body | None
    fault: str


@dataclass(slots=True)
class IntakeState:
    """The state of one sender's intake; changed by `evolve` only."""

    partition: int = 0
    open: set[date] = field(default_factory=set)
    newest: date | None = None
    known: Known = field(default_factory=Known)
    seen: dict[tuple[date, str], tuple[bytes, str]] = field(default_factory=dict)
    totals: dict[date, tuple[int, int, int]] = field(default_factory=dict)
    parts: dict[date, dict[int, tuple[int, int, int]]] = field(default_factory=dict)
    closed: dict[date, bytes] = field(default_factory=dict)
    asked: dict[str, OperationsDecision] = field(default_factory=dict)


def evolve(state: IntakeState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case BatchTaken():
            state.seen[event.session, event.batch_id] = (event.digest, event.result_id)
            if event.orders:
                _count(state, event)
        case TickPassed():
            if event.kind is TickKind.SESSION_OPENED and event.session not in state.closed:
                state.open.add(event.session)
                state.newest = max(event.session, state.newest or event.session)
        case BookNoted():
            state.known.note(event)
        case SenderDayClosed():
            state.closed[event.session] = event.digest
            state.open.discard(event.session)
        case DecisionNoted(decision):
            if decision.step is DecisionStep.REQUESTED:
                state.asked[decision.batch_id] = decision
            else:
                del state.asked[decision.batch_id]
        case BatchRepeated() | BatchRefused() | ControlBreak():
            pass
        case _:
            raise AssertionError(f"the intake desk never decides {type(event).__name__}")


def _count(state: IntakeState, event: BatchTaken) -> None:
    batches, lines, amount = state.totals.get(event.session, (0, 0, 0))
    state.totals[event.session] = (batches + 1, lines + event.lines, amount + event.amount_minor)
    parts = state.parts.setdefault(event.session, {})
    for part in event.parts:
        have = parts.get(part.partition, (0, 0, 0))
        parts[part.partition] = (
            have[0] + part.batches, have[1] + part.lines, have[2] + part.amount_minor,
        )  # fmt: skip
