"""The cash desk: nets obligations into instructions and keeps the state of each.

Inbox: BookChange, Obligation, DeskClosed (fund), SupplementClosed, InstructionStatus, CashAdvice,
Approved, SourceTick. Sends: instructions and cancellations to the dispatch partitions, answers to
partners and operations.

An instruction goes out once no later session can still settle on its day: Friday's and
Columbus Day's trades share one wire.

Not here: what follows from a partner's answer (`cash_status`), from a bank's advices
(`cash_advices`) and from what people decide (`cash_recall`); how a partner wants it written
(`dispatch`, connectors).
Source: design of the daily close, step 4; golden G03, G10. Law: L1.
"""

from __future__ import annotations

from datetime import date

from gateway.core.book import BookChange
from gateway.core.cash_breaks import AdviceMatched, BreakClosed, CashAdvice, CashBreak
from gateway.core.closing import DeskClosed, SupplementClosed
from gateway.core.decisions import Approved, DecisionKind, DecisionRefused
from gateway.core.events import (
    InstructionAdvanced,
    InstructionRecalled,
    LegReopened,
    PartitionClosed,
    SessionAdvanced,
    SessionAnnounced,
    StatusRefused,
)
from gateway.core.logic import known
from gateway.core.marks import SourceTick
from gateway.core.netting import (
    FINAL,
    InstructionState,
    Leg,
    Net,
    instruction_id,
    net,
    releasable,
)
from gateway.core.settlement import (
    InstructionStatus,
    Obligation,
    SettlementInstruction,
)
from gateway.core.vocabulary import TickKind
from gateway.core.wire_parts import wire_parts
from gateway.desks.cash_advices import advised, closed_by_people, missing, note, with_resolved
from gateway.desks.cash_recall import recall
from gateway.desks.cash_state import CashState, Key, Standing, forget, key_of
from gateway.desks.cash_status import advance
from gateway.desks.cash_supplement import came_whole, due_at_once
from gateway.desks.desk import Decision, Desk, Send, Topology
from gateway.desks.session_moves import adopted, following


def cash_desk(topology: Topology) -> Desk[CashState]:
    """The cash desk of a topology."""

    def decide(state: CashState, message: object) -> Decision:
        known(state.book.logic)
        match message:
            case BookChange():
                return Decision(adopted(state.book, state.session, message))
            case SourceTick():
                return _announced(message)
            case Obligation():
                return Decision((message,))
            case DeskClosed():
                return _close_fund(state, message, topology)
            case SupplementClosed():
                return _close_supplement(state, message, topology)
            case InstructionStatus():
                return with_resolved(state, advance(state, message, topology))
            case CashAdvice():
                return advised(state, message)
            case Approved(kind=DecisionKind.CLOSE_BREAK):
                return closed_by_people(state, message)
            case Approved():
                return with_resolved(state, recall(state, message, topology))
        raise AssertionError(f"the cash desk does not know {type(message).__name__}")

    return Desk("cash", CashState, decide, evolve)


def _announced(tick: SourceTick) -> Decision:
    if tick.kind is not TickKind.SESSION_OPENED:
        return Decision()
    return Decision((SessionAnnounced(tick.session),))


def _close_fund(state: CashState, closed: DeskClosed, topology: Topology) -> Decision:
    here = PartitionClosed(closed.desk, closed.partition, closed.session)
    got = state.received.get((closed.session, closed.partition), 0)
    assert got == closed.amount_minor, (
        f"law L1: fund/{closed.partition} {closed.session}: obligations of {got} minor units came, "
        f"it sent {closed.amount_minor}"
    )
    done = state.funds_closed.get(closed.session, set()) | {closed.partition}
    if len(done) < topology.fund or closed.session != state.session:
        return Decision((here,))
    opened = following(state.book, closed.session)
    next_settles = state.soonest(opened)
    due = [key for key in state.open_legs if releasable(key[2], next_settles)]
    issued, sends = _issued(state, due, closed.session, topology)
    breaks, told = missing(state, opened)
    events = (here, *issued, *breaks, SessionAdvanced(closed.session, opened))
    return Decision(events, (*sends, *told))


def _close_supplement(state: CashState, closed: SupplementClosed, topology: Topology) -> Decision:
    came_whole(state, closed)
    session = state.session or closed.session
    issued, sends = _issued(state, due_at_once(state, closed), session, topology)
    return Decision((closed, *issued), sends)


def _issued(
    state: CashState, keys: list[Key], session: date, topology: Topology
) -> tuple[list[SettlementInstruction], tuple[Send, ...]]:
    """The instructions over all open legs of some keys, and where they go."""
    due = [
        Leg(*key, row.trade_date, row.amount_minor, row.fund_id, row.reference)
        for key in keys
        for row in state.open_legs[key]
    ]
    issued = [_issue(state, each, session) for each in net(due)]
    sends = tuple(
        Send(topology.home("dispatch", instruction.receiver), instruction) for instruction in issued
    )
    return issued, sends


def _issue(state: CashState, netted: Net, session: date) -> SettlementInstruction:
    party = state.book.parties[netted.counterparty]
    key = (netted.counterparty, netted.currency, netted.settlement_date)
    return SettlementInstruction(
        instruction_id=instruction_id(session, *key, state.issued.get(key, 0) + 1),
        session=session,
        counterparty=netted.counterparty,
        receiver=party.receiver,
        dialect=party.dialect,
        currency=netted.currency,
        settlement_date=netted.settlement_date,
        amount_minor=netted.amount_minor,
        gross_in_minor=netted.gross_in_minor,
        gross_out_minor=netted.gross_out_minor,
        trade_dates=netted.trade_dates,
        legs=netted.legs,
        parts=wire_parts((r.submitter, r.trade_date, r.amount_minor) for r in state.open_legs[key]),
    )


def evolve(state: CashState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case Obligation():
            source = (event.session, event.partition)
            total = sum(row.amount_minor for row in event.rows)
            state.received[source] = state.received.get(source, 0) + total
            for row in event.rows:
                key = (row.counterparty, event.currency, row.settlement_date)
                state.open_legs.setdefault(key, []).append(row)
        case PartitionClosed():
            state.funds_closed.setdefault(event.session, set()).add(event.partition)
            state.received.pop((event.session, event.partition), None)
        case SupplementClosed():
            state.received.pop((event.session, event.partition), None)
        case SettlementInstruction():
            _issued_here(state, event)
        case InstructionAdvanced():
            _advanced(state.instructions[event.instruction_id], event)
        case InstructionRecalled():
            standing = state.instructions[event.instruction_id]
            standing.asked = event.decided if event.asks else None
            standing.alone = not event.asks
        case LegReopened():
            row = event.row
            key = (row.counterparty, event.currency, row.settlement_date)
            state.open_legs.setdefault(key, []).append(row)
        case SessionAdvanced():
            state.session = event.opened
            state.funds_closed.pop(event.closed, None)
            state.received = {k: n for k, n in state.received.items() if k[0] > event.closed}
            state.book.due(state.session)
            forget(state)
        case SessionAnnounced():
            state.session = state.session or event.session
            state.book.due(state.session)
        case BookChange():
            state.book.note(event, state.session)
        case AdviceMatched() | CashBreak() | BreakClosed():
            note(state, event)
        case StatusRefused() | DecisionRefused():
            pass
        case _:
            raise AssertionError(f"the cash desk never decides {type(event).__name__}")


def _issued_here(state: CashState, event: SettlementInstruction) -> None:
    key = key_of(event)
    # One in the place of another, or over a difference, pays what that one did not.
    before = event.replaces or event.corrects
    if before:
        state.instructions[before].followed_by = event.instruction_id
    else:
        del state.open_legs[key]
    state.issued[key] = state.issued.get(key, 0) + 1
    state.instructions[event.instruction_id] = Standing(event)


def _advanced(standing: Standing, event: InstructionAdvanced) -> None:
    standing.state, standing.settled_minor = event.state, event.settled_minor
    if event.state in FINAL or event.state is InstructionState.CANCEL_REFUSED:
        standing.asked = None
