"""Whatever partners say and people decide of instructions, no money is lost or doubled.

The cash desk is driven message by message: obligations, closes, statuses and decisions in any
order. What parties owe is at every moment what was paid, what stands and what is open; and once
everything that stands is settled, each party has paid exactly what it owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.closing import DeskClosed
from gateway.core.conservation_cash import dispatched, instructions, net_to_zero
from gateway.core.decisions import Approved, DecisionKind
from gateway.core.events import InstructionAdvanced
from gateway.core.instruction_life import l7_instructions
from gateway.core.marks import SourceTick
from gateway.core.netting import FINAL, OF_THE_PARTNER, RELEASED, InstructionState, unpaid_minor
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    Obligation,
    ObligationRow,
    SettlementInstruction,
)
from gateway.core.vocabulary import TickKind
from gateway.desks.cash import cash_desk
from gateway.desks.cash_state import KEPT_SESSIONS, CashState
from gateway.desks.desk import Topology, step
from gateway.shell.state_codec import decode, encode
from tests.day.market_day import SENDERS, SESSION, book

S = InstructionState
HOUR = 3_600_000_000
TOPOLOGY = Topology(SENDERS, plan=1, fund=1, cash=1, dispatch=1)
PARTIES = ("RK_A", "RK_B")
AMOUNTS = st.integers(1, 900_000_00)
NTH = st.integers(0, 30)
MOVES = st.one_of(
    st.tuples(st.just("owe"), st.sampled_from(PARTIES), AMOUNTS, st.booleans()),
    st.tuples(st.just("close")),
    st.tuples(st.just("sent"), NTH),
    st.tuples(st.just("say"), NTH, st.sampled_from(sorted(OF_THE_PARTNER)), st.integers(0, 12)),
    st.tuples(
        st.just("decide"),
        NTH,
        st.sampled_from([DecisionKind.CANCEL_INSTRUCTION, DecisionKind.CORRECT_INSTRUCTION]),
        st.integers(0, 14),
    ),
)


@dataclass
class Till:
    """A cash partition with everything that it decided and sent."""

    state: CashState = field(default_factory=CashState)
    events: list[object] = field(default_factory=list)
    orders: list[SettlementInstruction] = field(default_factory=list)
    cancellations: list[InstructionCancellation] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    life: dict[str, tuple[InstructionState, int]] = field(default_factory=dict)
    decisions: int = 0

    def __post_init__(self) -> None:
        self.take(book())
        self.take(SourceTick("operations", TickKind.SESSION_OPENED, SESSION, 0))

    @property
    def session(self) -> date:
        assert self.state.session is not None
        return self.state.session

    @property
    def now(self) -> int:
        """An hour before the close of the open session."""
        return self.state.book.sessions.cutoff_at(self.session) - HOUR

    def take(self, message: object) -> list[object]:
        events, sends = step(cash_desk(TOPOLOGY), self.state, message)
        self.events.extend(events)
        for event in events:
            if isinstance(event, SettlementInstruction):
                self.life[event.instruction_id] = (S.ISSUED, 0)
            if isinstance(event, InstructionAdvanced):
                self.life[event.instruction_id] = (event.state, event.settled_minor)
        for send in sends:
            if isinstance(send.message, SettlementInstruction):
                self.orders.append(send.message)
            if isinstance(send.message, InstructionCancellation):
                self.cancellations.append(send.message)
        return events

    def move(self, move: tuple[object, ...]) -> None:
        match move:
            case ("owe", str(party), int(amount), bool(pays)):
                self.owe(party, amount if pays else -amount)
            case ("close",):
                self.take(DeskClosed("fund", 0, self.session, 1, 0))
            case ("sent", int(nth)) if self.orders:
                self.sent(self.orders[nth % len(self.orders)])
            case ("say", int(nth), InstructionState() as state, int(tenths)) if self.orders:
                order = self.orders[nth % len(self.orders)]
                self.say(order, state, abs(order.amount_minor) * tenths // 10)
            case ("decide", int(nth), DecisionKind() as kind, int(tenths)) if self.orders:
                order = self.orders[nth % len(self.orders)]
                right = abs(order.amount_minor) * tenths // 10
                self.decide(order, kind, right)

    def owe(self, party: str, amount: int) -> None:
        settles = self.state.book.sessions.settlement_date(self.session)
        rows = tuple(
            ObligationRow(name, self.session, settles, minor, "LIQ", "PLN-1", "PLAN_PURCHASE")
            for name, minor in ((party, amount), ("CUSTODIAN", -amount))
        )
        for row in rows:
            self.owed[row.counterparty] += row.amount_minor
        self.take(Obligation(0, self.session, "USD", rows))

    def sent(self, order: SettlementInstruction) -> None:
        self.take(InstructionStatus(order.instruction_id, S.SENT, "dispatch", (), "", 0, 0))

    def say(self, order: SettlementInstruction, state: InstructionState, amount: int = 0) -> None:
        told = amount if state in (S.PARTIALLY_SETTLED, S.CANCELLED) else 0
        self.take(
            InstructionStatus(order.instruction_id, state, order.receiver, (), "", told, self.now)
        )

    def decide(self, order: SettlementInstruction, kind: DecisionKind, right: int) -> None:
        self.decisions += 1
        value = right if kind is DecisionKind.CORRECT_INSTRUCTION else 0
        self.take(
            Approved(
                f"D{self.decisions}", kind, order.instruction_id, self.session, value, "ana",
                "ben", "a test", self.now,
            )
        )  # fmt: skip

    def paid(self) -> dict[str, int]:
        """What each party has paid, less what it was paid."""
        found: dict[str, int] = defaultdict(int)
        for order in self.orders:
            settled = self.life[order.instruction_id][1]
            rest = unpaid_minor(order.amount_minor, settled)
            found[order.counterparty] += order.amount_minor - rest
        return found

    def to_come(self) -> dict[str, int]:
        """What instructions that stand and open legs will still move."""
        found: dict[str, int] = defaultdict(int)
        for order in self.orders:
            state, settled = self.life[order.instruction_id]
            if state not in RELEASED:
                found[order.counterparty] += unpaid_minor(order.amount_minor, settled)
        for (party, _, _), rows in self.state.open_legs.items():
            found[party] += sum(row.amount_minor for row in rows)
        return found

    def standing(self) -> Iterator[SettlementInstruction]:
        for order in list(self.orders):
            if self.life[order.instruction_id][0] not in FINAL:
                yield order

    def settle_all(self) -> None:
        """Let every party pay what stands, and close until nothing is open."""
        for _ in range(4):
            for order in self.standing():
                self.sent(order)
                self.say(order, S.SETTLED)
            self.take(DeskClosed("fund", 0, self.session, 1, 0))


def summed(*sums: dict[str, int]) -> dict[str, int]:
    names = {name for each in sums for name in each}
    totals = {name: sum(each.get(name, 0) for each in sums) for name in names}
    return {name: total for name, total in totals.items() if total}


def broken(till: Till) -> list[str]:
    found = [
        *instructions(0, till.events),
        *net_to_zero([till.events], {SESSION}),
        *dispatched([till.events], till.orders, till.cancellations, complete=True),
        *l7_instructions("cash/0", till.events),
    ]
    return [str(each) for each in found]


@settings(max_examples=150, deadline=None)
@given(moves=st.lists(MOVES, max_size=40))
def test_l1_no_sequence_of_answers_and_decisions_loses_or_doubles_money(
    moves: list[tuple[object, ...]],
) -> None:
    till = Till()
    till.owe("RK_A", 600_000_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    for move in moves:
        till.move(move)
        assert summed(till.paid(), till.to_come()) == summed(till.owed)
    assert broken(till) == []
    assert decode(CashState, encode(till.state)) == till.state
    till.settle_all()
    assert summed(till.paid()) == summed(till.owed)
    assert till.state.open_legs == {}
    assert broken(till) == []


def test_a_partner_cannot_cancel_what_nobody_took_back() -> None:
    till = Till()
    till.owe("RK_A", 100_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    order = next(each for each in till.orders if each.counterparty == "RK_A")
    till.sent(order)
    till.say(order, S.CANCELLED)
    assert till.life[order.instruction_id] == (S.SENT, 0)


def test_what_dispatch_sends_after_a_cancellation_leaves_it_cancelled() -> None:
    till = Till()
    till.owe("RK_A", 100_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    order = next(each for each in till.orders if each.counterparty == "RK_A")
    till.decide(order, DecisionKind.CANCEL_INSTRUCTION, 0)
    till.sent(order)
    assert till.life[order.instruction_id] == (S.CANCELLED, 0)
    assert [each.asks for each in till.cancellations] == [False]


def test_what_is_final_is_forgotten_and_what_is_not_stays() -> None:
    till = Till()
    till.owe("RK_A", 100_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    paid = next(each for each in till.orders if each.counterparty == "RK_A")
    till.sent(paid)
    till.say(paid, S.SETTLED)
    for _ in range(KEPT_SESSIONS + 1):
        assert paid.instruction_id in till.state.instructions
        till.take(DeskClosed("fund", 0, till.session, 1, 0))
    names = {order.counterparty for order in till.orders} - {"RK_A"}
    assert {s.instruction.counterparty for s in till.state.instructions.values()} == names
    assert {key[0] for key in till.state.issued} == names


def test_l1_finds_legs_that_were_due_and_not_issued() -> None:
    till = Till()
    till.owe("RK_A", 100_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    missing = next(e for e in till.events if isinstance(e, SettlementInstruction))
    kept = [event for event in till.events if event is not missing]
    found = [violation.detail for violation in instructions(0, kept)]
    assert "1 legs were due and not issued" in found


def test_l1_finds_a_cancelled_amount_that_is_owed_again_a_cent_short() -> None:
    till = Till()
    till.owe("RK_A", 100_00)
    till.take(DeskClosed("fund", 0, till.session, 1, 0))
    order = next(each for each in till.orders if each.counterparty == "RK_A")
    till.sent(order)
    till.say(order, S.PARTIALLY_SETTLED, 40_00)
    till.decide(order, DecisionKind.CANCEL_INSTRUCTION, 0)
    till.say(order, S.CANCELLED)
    assert broken(till) == []
    last = max(i for i, e in enumerate(till.events) if isinstance(e, InstructionAdvanced))
    step_back = till.events[last]
    assert isinstance(step_back, InstructionAdvanced)
    assert step_back.settled_minor == 40_00
    told = InstructionAdvanced(
        step_back.instruction_id, step_back.state, step_back.source, step_back.detail, 40_01
    )
    till.events[last] = told
    assert [violation.law for violation in instructions(0, till.events)] == ["L1", "L1"]
