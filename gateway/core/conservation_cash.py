"""Law L1 inside the cash partitions: from obligations to instructions, and back again.

Each instruction is the sum of the legs it nets. What an instruction did not settle is owed again,
as a leg or as the instruction in its place, so that at any moment, per party and currency,

    obligations = instructions that stand, with what others settled + legs that are open.

An instruction over a difference adds to one that is settled, and the same difference is owed the
other way. Legs that are due go out when the last fund partition has closed.

Not here: where obligations come from (`conservation`).
Law: L1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.conservation_settling import soonest_of
from gateway.core.conservation_strikes import say
from gateway.core.events import (
    InstructionAdvanced,
    LegReopened,
    PartitionClosed,
    SessionAdvanced,
)
from gateway.core.laws import Events, Reference, Violation
from gateway.core.netting import RELEASED, InstructionState, releasable, unpaid_minor
from gateway.core.settlement import (
    InstructionCancellation,
    Obligation,
    ObligationRow,
    SettlementInstruction,
)
from gateway.core.vocabulary import OPERATIONS

Key = tuple[str, str, date]


@dataclass(slots=True)
class _Ledger:
    """One cash partition's money, followed event by event."""

    partition: int
    waiting: dict[Key, list[ObligationRow]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[str, SettlementInstruction] = field(default_factory=dict)
    stands: dict[str, int] = field(default_factory=dict)
    unpaid: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    again: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    owed: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    closed: set[date] = field(default_factory=set)
    reference: Reference = field(default_factory=Reference)

    def where(self, name: str) -> str:
        return f"cash/{self.partition} {name}"

    def follow(self, event: object) -> Iterator[Violation]:
        """Take an event in; what it breaks."""
        match event:
            case Obligation():
                for row in event.rows:
                    key = (row.counterparty, event.currency, row.settlement_date)
                    self.waiting[key].append(row)
                    self.owed[key[:2]] += row.amount_minor
            case LegReopened():
                row = event.row
                key = (row.counterparty, event.currency, row.settlement_date)
                self.waiting[key].append(row)
                self.again[event.instruction_id] += row.amount_minor
            case SettlementInstruction():
                yield from self._issued(event)
            case InstructionAdvanced():
                yield from self._advanced(event)
            case PartitionClosed():
                self.closed.add(event.session)
            case SessionAdvanced() if event.closed in self.closed:
                yield from self._due(event)
        self.reference.follow(event)

    def _issued(self, order: SettlementInstruction) -> Iterator[Violation]:
        before = order.replaces or order.corrects
        rows: list[ObligationRow] = []
        if before:
            self.again[before] += order.amount_minor
            amount = order.amount_minor
            want = (amount, max(amount, 0), max(-amount, 0), 1)
        else:
            rows = self.waiting.pop((order.counterparty, order.currency, order.settlement_date), [])
            ins = sum(row.amount_minor for row in rows if row.amount_minor > 0)
            outs = -sum(row.amount_minor for row in rows if row.amount_minor < 0)
            want = (ins - outs, ins, outs, len(rows))
        got = (order.amount_minor, order.gross_in_minor, order.gross_out_minor, order.legs)
        yield from say(self.where(order.instruction_id), "amount, in, out, legs", want, got)
        yield from self._parts(order, rows)
        self.orders[order.instruction_id] = order
        self.stands[order.instruction_id] = order.amount_minor

    def _parts(
        self, order: SettlementInstruction, rows: Sequence[ObligationRow]
    ) -> Iterator[Violation]:
        """The parts are the legs, by submitter and session; or the wire they repeat."""
        where = self.where(order.instruction_id)
        got = {(part.submitter, part.trade_date): part.amount_minor for part in order.parts}
        want: dict[tuple[str, date], int] = defaultdict(int)
        for row in rows:
            want[row.submitter, row.trade_date] += row.amount_minor
        if rows:
            yield from say(where, "parts", dict(want), got)
        elif order.parts:
            yield from say(where, "sum of parts", order.amount_minor, sum(got.values()))

    def _advanced(self, event: InstructionAdvanced) -> Iterator[Violation]:
        order = self.orders.get(event.instruction_id)
        whole = 0 if order is None else abs(order.amount_minor)
        if order is None or not 0 <= event.settled_minor <= whole:
            detail = f"{event.settled_minor} minor units settled of {whole}"
            yield Violation("L1", self.where(event.instruction_id), detail)
            return
        # What was taken back and turned out to be paid is owed the other way.
        if event.state in RELEASED or event.instruction_id in self.unpaid:
            rest = unpaid_minor(order.amount_minor, event.settled_minor)
            self.unpaid[event.instruction_id] = rest
            self.stands[event.instruction_id] = order.amount_minor - rest

    def _due(self, event: SessionAdvanced) -> Iterator[Violation]:
        """Legs that no later session can add to were issued when all funds had closed."""
        book = self.reference.book
        following = soonest_of(book, event.opened)
        for (party, currency, settles), rows in sorted(self.waiting.items()):
            if rows and releasable(settles, following):
                where = f"cash/{self.partition} {event.closed} {party} {currency} {settles}"
                yield Violation("L1", where, f"{len(rows)} legs were due and not issued")

    def balance(self) -> Iterator[Violation]:
        """What is owed is what stands and what is open."""
        for name in sorted({*self.unpaid, *self.again}):
            yield from say(
                self.where(name), "owed again", self.unpaid.get(name, 0), self.again.get(name, 0)
            )
        have: dict[tuple[str, str], int] = defaultdict(int)
        for (party, currency, _), rows in self.waiting.items():
            have[party, currency] += sum(row.amount_minor for row in rows)
        for name, minor in self.stands.items():
            order = self.orders[name]
            have[order.counterparty, order.currency] += minor
        for both in sorted({*self.owed, *have}):
            where = f"cash/{self.partition} {both[0]} {both[1]}"
            what = "instructions that stand and open legs"
            yield from say(where, what, self.owed.get(both, 0), have.get(both, 0))


def instructions(partition: int, events: Events) -> Iterator[Violation]:
    """Each leg is netted once, and what does not settle is owed again."""
    ledger = _Ledger(partition)
    for event in events:
        yield from ledger.follow(event)
    yield from ledger.balance()


def net_to_zero(cash: Sequence[Events], settled: set[date]) -> Iterator[Violation]:
    """The wires of a session and settlement day cancel out, but for what is owed again.

    Args:
        cash: The cash journals.
        settled: Sessions that every cash partition has closed.
    """
    sums: dict[tuple[date, str, date], int] = defaultdict(int)
    for events in cash:
        again: dict[Key, int] = defaultdict(int)
        for event in events:
            if isinstance(event, LegReopened):
                row = event.row
                again[row.counterparty, event.currency, row.settlement_date] += row.amount_minor
            if not isinstance(event, SettlementInstruction) or event.replaces or event.corrects:
                continue
            carried = again.pop((event.counterparty, event.currency, event.settlement_date), 0)
            if event.session in settled:
                key = (event.session, event.currency, event.settlement_date)
                sums[key] += event.amount_minor - carried
    for (session, currency, settles), total in sorted(sums.items()):
        where = f"{session} {currency} settling {settles}"
        yield from say(where, "sum of all instructions", 0, total)


def dispatched(
    cash: Sequence[Events],
    sent: Sequence[SettlementInstruction],
    taken_back: Sequence[InstructionCancellation],
    *,
    complete: bool,
) -> Iterator[Violation]:
    """What goes to the partners is what was issued and recalled, each once and to the cent."""
    every = [event for events in cash for event in events]
    copies: dict[str, list[SettlementInstruction]] = defaultdict(list)
    for instruction in sent:
        copies[instruction.instruction_id].append(instruction)
    for instruction in (e for e in every if isinstance(e, SettlementInstruction)):
        found = copies.pop(instruction.instruction_id, [])
        where = instruction.instruction_id
        yield from say(where, "times dispatched", 1, len(found))
        for copy in found[:1]:
            yield from say(where, "amount dispatched", instruction.amount_minor, copy.amount_minor)
    for name in sorted(copies) if complete else ():
        yield Violation("L1", name, "dispatched and never issued")
    decided = Counter(_recalls(every))
    told = Counter((each.instruction.instruction_id, each.asks) for each in taken_back)
    for name, asks in sorted({*decided, *(told if complete else ())}):
        what = "times its receiver was asked to cancel" if asks else "times it was told off"
        yield from say(name, what, decided[name, asks], told[name, asks])


def _recalls(events: Sequence[object]) -> Iterator[tuple[str, bool]]:
    """The instructions that people took back, and whether the receiver is to agree."""
    for event in events:
        if isinstance(event, InstructionAdvanced) and event.source == OPERATIONS:
            yield event.instruction_id, event.state is InstructionState.CANCEL_REQUESTED
