"""Law L7: history only grows; nothing taken, struck, issued or closed is written again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.decisions import Approved, DecisionKind
from gateway.core.events import (
    BatchTaken,
    InstructionAdvanced,
    InstructionRecalled,
    LegReopened,
    OrdersDecided,
    SenderDayClosed,
    SessionAdvanced,
)
from gateway.core.instruction_life import l7_instructions
from gateway.core.laws import l7_intake, l7_orders, l7_sessions
from gateway.core.marks import NavStruck
from gateway.core.netting import InstructionState
from gateway.core.settlement import CORRECTION, REOPENED, ObligationRow, SettlementInstruction
from gateway.core.vocabulary import OPERATIONS
from tests.day.market_day import SESSION
from tests.laws.planted import broken, events_of, settled

NEXT = SESSION + timedelta(days=1)
RK_A = 2
S = InstructionState


def story(*states: InstructionState) -> list[object]:
    """An instruction that is issued and goes through states."""
    order = next(e for e in events_of(settled(), "cash")[0] if isinstance(e, SettlementInstruction))
    steps = [InstructionAdvanced(order.instruction_id, state, "a test", "") for state in states]
    return [order, *steps]


def test_l7_holds_on_the_settled_day() -> None:
    assert broken(settled()) == []
    states = [
        e.state for e in events_of(settled(), "cash")[0] if isinstance(e, InstructionAdvanced)
    ]
    assert states[:5] == [S.SENT] * 5
    assert states[5:] == [S.ACKNOWLEDGED, S.SETTLED] * 2


@pytest.mark.parametrize(
    "states",
    [
        (S.SENT, S.ACKNOWLEDGED, S.SETTLED),
        (S.SENT, S.SETTLED),
        (S.SENT, S.FAILED, S.SETTLED),
        (S.SENT, S.ACKNOWLEDGED, S.REJECTED),
    ],
)
def test_l7_an_instruction_may_live_any_allowed_life(states: tuple[InstructionState, ...]) -> None:
    assert l7_instructions("cash/0", story(*states)) == []


@pytest.mark.parametrize(
    ("states", "detail"),
    [
        ((S.SETTLED,), "went from ISSUED to SETTLED"),
        ((S.SENT, S.SETTLED, S.FAILED), "went from SETTLED to FAILED"),
        ((S.SENT, S.REJECTED, S.SENT), "went from REJECTED to SENT"),
        ((S.SENT, S.SENT), "went from SENT to SENT"),
    ],
)
def test_l7_finds_a_step_no_life_allows(states: tuple[InstructionState, ...], detail: str) -> None:
    assert [v.detail for v in l7_instructions("cash/0", story(*states))] == [detail]


def recalled(order: SettlementInstruction, *, asks: bool) -> InstructionRecalled:
    decided = Approved(
        "D1", DecisionKind.CANCEL_INSTRUCTION, order.instruction_id, SESSION, 0, "ana", "ben",
        "a test", 0,
    )  # fmt: skip
    return InstructionRecalled(order.instruction_id, decided, asks)


def step(order: SettlementInstruction, state: InstructionState, settled: int = 0) -> object:
    source = OPERATIONS if state is S.CANCEL_REQUESTED else order.receiver
    return InstructionAdvanced(order.instruction_id, state, source, "", settled)


def reopened(order: SettlementInstruction, reason: str = REOPENED) -> LegReopened:
    row = ObligationRow(
        order.counterparty, SESSION, NEXT, order.amount_minor, "", order.instruction_id, reason
    )
    return LegReopened(order.instruction_id, order.currency, row)


def issued() -> SettlementInstruction:
    (order,) = story()
    assert isinstance(order, SettlementInstruction)
    return order


def told(*events: object) -> list[str]:
    return [v.detail for v in l7_instructions("cash/0", events)]


def test_l7_a_cancellation_adds_to_what_stands_and_the_amount_settled_only_grows() -> None:
    order = issued()
    life = [
        order, step(order, S.SENT), step(order, S.PARTIALLY_SETTLED, 1), recalled(order, asks=True),
        step(order, S.CANCEL_REQUESTED, 1), step(order, S.CANCEL_REQUESTED, 2),
        step(order, S.CANCELLED, 2), reopened(order),
    ]  # fmt: skip
    assert told(*life) == []
    assert told(*life[:3], *life[4:]) == [
        "CANCEL_REQUESTED although nobody took it back",
        "CANCEL_REQUESTED although nobody took it back",
        "CANCELLED although nobody took it back",
    ]
    less = step(order, S.PARTIALLY_SETTLED, 1)
    assert told(*life[:2], step(order, S.PARTIALLY_SETTLED, 2), less) == [
        "stays PARTIALLY_SETTLED, and no more of it is settled",
        "1 settled after 2",
    ]


def test_l7_finds_a_payment_of_what_its_receiver_had_agreed_to_cancel() -> None:
    order = issued()
    alone = [order, recalled(order, asks=False), step(order, S.CANCELLED), reopened(order)]
    assert told(*alone, step(order, S.SETTLED, 5), reopened(order, CORRECTION)) == []
    agreed = [
        order, step(order, S.SENT), step(order, S.ACKNOWLEDGED), recalled(order, asks=True),
        step(order, S.CANCEL_REQUESTED), step(order, S.CANCELLED), reopened(order),
    ]  # fmt: skip
    assert told(*agreed, step(order, S.SETTLED, 5)) == [
        "SETTLED although its receiver had agreed to cancel it"
    ]


def test_l7_finds_money_owed_again_of_an_instruction_that_may_still_be_paid() -> None:
    order = issued()
    assert told(order, step(order, S.SENT), reopened(order)) == ["owed again while it was SENT"]
    settled = [order, step(order, S.SENT), step(order, S.SETTLED)]
    assert told(*settled, reopened(order)) == ["owed again while it was SETTLED"]
    assert told(*settled, recalled(order, asks=False), reopened(order, CORRECTION)) == []


def test_l7_finds_an_instruction_that_is_replaced_while_it_stands_or_twice() -> None:
    order = issued()
    other = replace(order, instruction_id="SI-2", replaces=order.instruction_id)
    rejected = [order, step(order, S.SENT), step(order, S.REJECTED)]
    name = order.instruction_id
    assert told(*rejected, other) == []
    assert told(*rejected[:2], other) == ["replaced by SI-2 while it was SENT"]
    third = replace(other, instruction_id="SI-3")
    assert told(*rejected, other, third) == ["SI-2 and SI-3 both follow it"]
    difference = replace(order, instruction_id="SI-2", corrects=name)
    assert told(*rejected, difference) == ["corrected by SI-2 while it was REJECTED"]


def test_l7_finds_an_instruction_issued_twice_and_a_step_of_one_never_issued() -> None:
    assert [v.detail for v in l7_instructions("cash/0", story() * 2)] == ["issued twice"]
    assert l7_instructions("cash/0", story(S.SENT)[1:]) != []


def test_l7_finds_a_fund_struck_twice_for_one_session() -> None:
    events = events_of(settled(), "fund")[0]
    nav = next(e for e in events if isinstance(e, NavStruck))
    again = replace(nav, nav=nav.nav + 1)
    at = events.index(nav)
    assert l7_sessions("fund/0", events) == []
    assert len(l7_sessions("fund/0", [*events[: at + 1], again, *events[at + 1 :]])) == 1
    assert len(l7_sessions("fund/0", [*events, again])) == 1


def test_l7_finds_sessions_that_do_not_follow_each_other() -> None:
    forward = [SessionAdvanced(SESSION, NEXT)]
    skipped = SessionAdvanced(NEXT + timedelta(days=2), NEXT + timedelta(days=5))
    assert l7_sessions("plan/0", forward) == []
    assert len(l7_sessions("plan/0", [*forward, *forward])) == 1
    assert len(l7_sessions("plan/0", [*forward, skipped])) == 1
    assert len(l7_sessions("plan/0", [SessionAdvanced(NEXT, SESSION)])) == 1


def test_l7_finds_a_batch_taken_twice_and_one_taken_after_its_session_closed() -> None:
    events = events_of(settled(), "intake")[RK_A]
    taken = [e for e in events if isinstance(e, BatchTaken) and e.orders]
    closed = next(e for e in events if isinstance(e, SenderDayClosed))
    assert l7_intake("intake/2", events) == []
    assert [v.detail for v in l7_intake("intake/2", [taken[0], *events])] == ["taken twice"]
    late = replace(taken[0], batch_id="late")
    assert [v.detail for v in l7_intake("intake/2", [*events, late])] == [
        f"taken after {SESSION} was closed"
    ]
    assert [v.detail for v in l7_intake("intake/2", [*events, closed])] == ["closed twice"]


def test_l7_finds_an_order_line_decided_twice() -> None:
    events = events_of(settled(), "plan")[0]
    at = next(i for i, e in enumerate(events) if isinstance(e, OrdersDecided))
    assert l7_orders("plan/0", events) == []
    found = l7_orders("plan/0", [*events[: at + 1], *events[at:]])
    assert [v.law for v in found] == ["L7"]
