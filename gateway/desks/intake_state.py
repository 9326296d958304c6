"""What a sender's intake knows, and how it follows from its events and from nothing else.

Not here: decisions (`intake`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

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

SESSIONS_KEPT = 90
"""Sessions of which the names of order batches are known, open or closed; older ones take none."""

DAYS_KEPT = timedelta(days=732)
"""How far behind the newest session names of other messages are known; older ones are refused."""


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
    batches: dict[date, list[str]] = field(default_factory=dict)
    closed: dict[date, bytes] = field(default_factory=dict)
    asked: dict[str, OperationsDecision] = field(default_factory=dict)
    forgotten: date = date.min

    @property
    def oldest(self) -> date:
        """The first day whose messages, orders apart, can be told from repeats of old ones."""
        return date.min if self.newest is None else self.newest - DAYS_KEPT


def evolve(state: IntakeState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case BatchTaken():
            state.seen[event.session, event.batch_id] = (event.digest, event.result_id)
            if event.orders:
                _count(state, event)
        case TickPassed():
            known = event.session in state.closed or event.session <= state.forgotten
            if event.kind is TickKind.SESSION_OPENED and not known:
                state.open.add(event.session)
                state.newest = max(event.session, state.newest or event.session)
                _forget(state)
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


def _forget(state: IntakeState) -> None:
    """Let go of sessions so old that they take no orders, and of names that are refused by age."""
    sessions = sorted({*state.open, *state.closed})
    for day in sessions[:-SESSIONS_KEPT]:
        state.forgotten = day
        state.open.discard(day)
        for kept in (state.closed, state.totals, state.parts):
            kept.pop(day, None)
        for batch_id in state.batches.pop(day, ()):
            state.seen.pop((day, batch_id), None)
    oldest = state.oldest
    if any(day < oldest for day, _ in state.seen):
        state.seen = {name: known for name, known in state.seen.items() if name[0] >= oldest}


def _count(state: IntakeState, event: BatchTaken) -> None:
    state.batches.setdefault(event.session, []).append(event.batch_id)
    batches, lines, amount = state.totals.get(event.session, (0, 0, 0))
    state.totals[event.session] = (batches + 1, lines + event.lines, amount + event.amount_minor)
    parts = state.parts.setdefault(event.session, {})
    for part in event.parts:
        have = parts.get(part.partition, (0, 0, 0))
        parts[part.partition] = (
            have[0] + part.batches, have[1] + part.lines, have[2] + part.amount_minor,
        )  # fmt: skip
