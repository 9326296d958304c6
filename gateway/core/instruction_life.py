"""Law L7 of instructions: each is issued once, moves along its life, and is corrected by another.

Not here: the money in them (`conservation_cash`); the other histories (`laws`).
Law: L7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.core.events import InstructionAdvanced, InstructionRecalled, LegReopened
from gateway.core.laws import Events, Violation
from gateway.core.netting import RELEASED, InstructionState, may_become
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import OPERATIONS

_S = InstructionState
GROWS = frozenset({_S.PARTIALLY_SETTLED, _S.CANCEL_REQUESTED, _S.CANCELLED})
"""States in which the amount settled may grow without another step."""


@dataclass(slots=True)
class _Lives:
    """The instructions of a cash partition, followed event by event."""

    where: str
    states: dict[str, InstructionState] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    recalled: dict[str, bool] = field(default_factory=dict)
    followed: dict[str, str] = field(default_factory=dict)

    def wrong(self, name: str, detail: str) -> Violation:
        return Violation("L7", f"{self.where}, {name}", detail)

    def issue(self, event: SettlementInstruction) -> Iterator[Violation]:
        name = event.instruction_id
        if name in self.states:
            yield self.wrong(name, "issued twice")
        self.states[name], self.settled[name] = _S.ISSUED, 0
        before = event.replaces or event.corrects
        if not before:
            return
        if before in self.followed:
            yield self.wrong(before, f"{self.followed[before]} and {name} both follow it")
        self.followed[before] = name
        state = self.states.get(before)
        right = state in RELEASED if event.replaces else state is _S.SETTLED
        if not right:
            verb = "replaced" if event.replaces else "corrected"
            yield self.wrong(before, f"{verb} by {name} while it was {state or 'unknown'}")

    def advance(self, event: InstructionAdvanced) -> Iterator[Violation]:
        name, after = event.instruction_id, event.state
        before, paid = self.states.get(name), self.settled.get(name, 0)
        grows = before is after and after in GROWS
        if grows and event.settled_minor <= paid:
            yield self.wrong(name, f"stays {after}, and no more of it is settled")
        elif not grows and (before is None or not may_become(before, after)):
            yield self.wrong(name, f"went from {before or 'nothing'} to {after}")
        if event.settled_minor < paid:
            yield self.wrong(name, f"{event.settled_minor} settled after {paid}")
        by_people = event.source == OPERATIONS or after is _S.CANCELLED
        if by_people and name not in self.recalled:
            yield self.wrong(name, f"{after} although nobody took it back")
        if before is _S.CANCELLED and self.recalled.get(name) is not False:
            yield self.wrong(name, f"{after} although its receiver had agreed to cancel it")
        self.states[name], self.settled[name] = after, event.settled_minor

    def reopen(self, event: LegReopened) -> Iterator[Violation]:
        name = event.instruction_id
        state = self.states.get(name)
        if state not in RELEASED and not (state is _S.SETTLED and name in self.recalled):
            yield self.wrong(name, f"owed again while it was {state or 'unknown'}")


def l7_instructions(where: str, events: Events) -> list[Violation]:
    """Nothing rewritten: an instruction is issued once and moves only along its life.

    What two people decided stands before what follows from it, and an instruction is replaced or
    corrected once, by another: never while it may still be paid.
    """
    lives = _Lives(where)
    found: list[Violation] = []
    for event in events:
        match event:
            case SettlementInstruction():
                found.extend(lives.issue(event))
            case InstructionAdvanced():
                found.extend(lives.advance(event))
            case InstructionRecalled():
                lives.recalled[event.instruction_id] = event.asks
            case LegReopened():
                found.extend(lives.reopen(event))
    return found
