"""Law L7: history only grows; nothing taken, struck, issued or closed is written again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.events import (
    BatchTaken,
    InstructionAdvanced,
    OrdersDecided,
    SenderDayClosed,
    SessionAdvanced,
)
from gateway.core.laws import l7_instructions, l7_intake, l7_orders, l7_sessions
from gateway.core.marks import NavStruck
from gateway.core.netting import InstructionState
from gateway.core.settlement import SettlementInstruction
from tests.day.market_day import SESSION
from tests.laws.planted import broken, events_of, settled

NEXT = SESSION + timedelta(days=1)
RK_A = 2
S = InstructionState


def story(*states: InstructionState) -> list[object]:
    """An instruction that is issued and goes through states."""
    issued = next(
        e for e in events_of(settled(), "cash")[0] if isinstance(e, SettlementInstruction)
    )
    steps = [InstructionAdvanced(issued.instruction_id, state, "a test", "") for state in states]
    return [issued, *steps]


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
        (S.SENT, S.FAILED, S.SENT, S.SETTLED),
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


def test_l7_finds_an_instruction_issued_twice_and_a_step_of_one_never_issued() -> None:
    issued = story()
    assert [v.detail for v in l7_instructions("cash/0", issued * 2)] == ["issued twice"]
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
