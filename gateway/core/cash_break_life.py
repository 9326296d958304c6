"""Laws L5 and L7 of cash advices: each ends once, as a match or a break, and breaks end once.

A match is held against the instruction again, field by field; a break has the category that its
figures have; what a bank settled follows an advice of that bank; and once a session opens,
nothing is overdue that no break speaks of.

Not here: how an advice is judged (`cash_breaks`), the other life of instructions
(`instruction_life`).
Source: domain.md §1.3. Laws: L5, L7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.core.cash_breaks import AdviceMatched, BreakClosed, BreakKind, CashAdvice, CashBreak
from gateway.core.events import InstructionAdvanced, SessionAdvanced
from gateway.core.laws import Events, Reference, Violation
from gateway.core.netting import FINAL, RELEASED, InstructionState
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import OPERATIONS

DISPATCH = "dispatch"


@dataclass(slots=True)
class _Book:
    """Advices, breaks and instructions of a cash partition, followed event by event."""

    where: str
    reference: Reference = field(default_factory=Reference)
    orders: dict[str, SettlementInstruction] = field(default_factory=dict)
    states: dict[str, InstructionState] = field(default_factory=dict)
    matched: dict[str, CashAdvice] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    open: dict[str, CashBreak] = field(default_factory=dict)

    def wrong(self, law: str, name: str, detail: str) -> Violation:
        return Violation(law, f"{self.where}, {name}", detail)

    def bank_of(self, party: str) -> str:
        terms = self.reference.book.parties.get(party)
        return "" if terms is None else terms.advised_by

    def hear(self, advice: CashAdvice) -> Iterator[Violation]:
        """An advice is decided once, and is of the party's own bank."""
        if advice.name in self.heard:
            yield self.wrong("L5", advice.name, "an advice was decided twice")
        self.heard.add(advice.name)
        if advice.sender != self.bank_of(advice.counterparty):
            yield self.wrong("L7", advice.name, "heard of another than the party's bank")

    def match(self, event: AdviceMatched) -> Iterator[Violation]:
        advice, name = event.advice, event.advice.name
        yield from self.hear(advice)
        if bool(event.instruction_id) == bool(event.resolves):
            yield self.wrong("L5", name, "an advice agrees with one thing, and with one alone")
        if event.resolves:
            before = self.open.get(event.resolves)
            if before is None or before.advised_minor != -advice.amount_minor:
                yield self.wrong("L7", name, f"sends back money that {event.resolves} is not")
            return
        order = self.orders.get(event.instruction_id)
        if order is None or self.states[event.instruction_id] in RELEASED:
            yield self.wrong("L7", name, f"agrees with {event.instruction_id}, which is off")
            return
        if event.instruction_id in self.matched:
            yield self.wrong("L7", name, f"{event.instruction_id} was advised before")
        self.matched[event.instruction_id] = advice
        if _differences(advice, order):
            yield self.wrong("L7", name, f"does not agree with {event.instruction_id}")

    def find(self, event: CashBreak) -> Iterator[Violation]:
        name = event.break_id
        if event.advice is not None:
            yield from self.hear(event.advice)
        if name in self.open:
            yield self.wrong("L7", name, "opened while it was open")
        self.open[name] = event
        order = self.orders.get(event.instruction_id)
        if order is None and event.kind is not BreakKind.UNKNOWN:
            yield self.wrong("L7", name, f"{event.kind} of an instruction that nobody issued")
        elif order is not None and not self._is_right(event, order):
            yield self.wrong("L7", name, f"it is no break of category {event.kind}")

    def _is_right(self, event: CashBreak, order: SettlementInstruction) -> bool:
        """Whether a break about an instruction has the category that its figures have."""
        if event.advice is None:
            awaited = self.states[order.instruction_id] not in FINAL
            awaited &= order.instruction_id not in self.matched
            return event.kind is BreakKind.MISSING and awaited
        if event.kind is BreakKind.DUPLICATE:
            return order.instruction_id in self.matched
        differs = _differences(event.advice, order)
        return bool(differs) and event.kind is differs[0]

    def close(self, event: BreakClosed) -> Iterator[Violation]:
        if self.open.pop(event.break_id, None) is None:
            yield self.wrong("L7", event.break_id, "closed while it was not open")

    def advance(self, event: InstructionAdvanced) -> Iterator[Violation]:
        name = event.instruction_id
        self.states[name] = event.state
        order = self.orders.get(name)
        if order is None or event.source in (OPERATIONS, DISPATCH, order.receiver):
            return
        advice = self.matched.get(name)
        if advice is None or advice.sender != event.source:
            yield self.wrong("L7", name, f"{event.source} settled it without an advice")

    def overdue(self, event: SessionAdvanced) -> Iterator[Violation]:
        """What has passed its day without an advice is told by a break."""
        about = {each.instruction_id for each in self.open.values()}
        for name, order in self.orders.items():
            late = order.settlement_date < event.opened and order.amount_minor != 0
            waits = self.states[name] not in FINAL and name not in self.matched
            if late and waits and self.bank_of(order.counterparty) and name not in about:
                yield self.wrong("L5", name, f"no advice by {event.opened}, and no break says so")


def _differences(advice: CashAdvice, order: SettlementInstruction) -> list[BreakKind]:
    found: list[BreakKind] = []
    found += [BreakKind.CURRENCY] if advice.currency != order.currency else []
    found += [BreakKind.AMOUNT] if advice.amount_minor != order.amount_minor else []
    found += [BreakKind.DATE] if advice.value_date != order.settlement_date else []
    return found


def l7_advices(where: str, events: Events) -> list[Violation]:
    """Each advice ends once, and breaks are opened, told and closed as their figures say."""
    book = _Book(where)
    found: list[Violation] = []
    for event in events:
        match event:
            case SettlementInstruction():
                book.orders[event.instruction_id] = event
                book.states[event.instruction_id] = InstructionState.ISSUED
            case InstructionAdvanced():
                found.extend(book.advance(event))
            case AdviceMatched():
                found.extend(book.match(event))
            case CashBreak():
                found.extend(book.find(event))
            case BreakClosed():
                found.extend(book.close(event))
            case SessionAdvanced():
                found.extend(book.overdue(event))
        book.reference.follow(event)
    return found
