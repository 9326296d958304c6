"""The plan desk: dates orders, holds them to the limits of participant and plan, closes the day.

Inbox: BookChange, HoldingsBatch, OrderBatch, SenderClosed, NavStruck, FillBatch,
DeskClosed (fund), SourceTick. Sends: flows and DeskClosed to the fund partitions,
statuses and confirmations to the recordkeepers.

A session is ready once the prices of the one before are adopted and operations has
announced it: then its book is complete. What comes from recordkeepers earlier waits,
and orders of a later session are parked; both are taken up in inbox order.

Not here: fund-level limits and NAVs (`fund`).
Source: design of the daily close, steps 2 and 3. Laws: L1, L2, L4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from gateway.core.book import BookChange
from gateway.core.closing import DeskClosed, SenderClosed
from gateway.core.events import (
    FlowsSent,
    OrdersCounted,
    OrdersDecided,
    OrdersParked,
    ParkedTaken,
    PartitionClosed,
    PositionsRefused,
    SenderClosedHere,
    SessionAdvanced,
    SessionAnnounced,
    Waiting,
    WaitingTaken,
)
from gateway.core.marks import NavStruck, SourceTick
from gateway.core.orders import (
    BatchStatus,
    FillBatch,
    HoldingsBatch,
    OrderBatch,
    OrderStatus,
)
from gateway.core.vocabulary import I64, OPERATIONS, REJECT_INDEX, RejectCode, TickKind
from gateway.desks.desk import Address, Decision, Desk, Send, Topology
from gateway.desks.plan_close import by_plan_and_fund, confirmations, flow_batches
from gateway.desks.plan_evolve import evolve
from gateway.desks.plan_orders import checked, decided
from gateway.desks.plan_state import PlanState, Queued, day_of, epoch_day, joined
from gateway.desks.session_moves import adopted, following


@dataclass(frozen=True, slots=True)
class _TakeQueued:
    """Continue with what waited for the session that is ready now."""


def plan_desk(topology: Topology) -> Desk[PlanState]:
    """The plan desk of a topology."""

    def decide(state: PlanState, message: object) -> Decision:
        match message:
            case OrderBatch() | HoldingsBatch() | SenderClosed():
                if state.ready and Queued(None, message).is_due(state.open_session):
                    return _take(state, message, topology)
                return Decision((_waiting(message),))
            case FillBatch():
                return Decision((message,), tuple(confirmations(state, message)))
            case DeskClosed():
                return _close_fund(state, message, topology)
            case _TakeQueued():
                return _take_queued(state, topology)
            case BookChange():
                events = adopted(state.book, state.session, message)
                return Decision(events, (), _TakeQueued() if len(events) > 1 else None)
            case NavStruck():
                return Decision((message,))
            case SourceTick():
                return _announced(message)
        raise AssertionError(f"the plan desk does not know {type(message).__name__}")

    return Desk("plan", PlanState, decide, evolve)


# --- what waits -------------------------------------------------------------------------

FromRecordkeeper = OrderBatch | HoldingsBatch | SenderClosed


def _waiting(message: FromRecordkeeper) -> Waiting:
    match message:
        case OrderBatch():
            return Waiting(message, None, None)
        case HoldingsBatch():
            return Waiting(None, message, None)
        case SenderClosed():
            return Waiting(None, None, message)


def _take(state: PlanState, message: FromRecordkeeper, topology: Topology) -> Decision:
    """Decide a recordkeeper's message in a session that is ready."""
    match message:
        case OrderBatch():
            return _decide_batch(state, message)
        case HoldingsBatch():
            return _take_holdings(state, message)
        case SenderClosed():
            return _close_sender(state, message, topology)


def _announced(tick: SourceTick) -> Decision:
    if tick.source != OPERATIONS or tick.kind is not TickKind.SESSION_OPENED:
        return Decision()
    return Decision((SessionAnnounced(tick.session),), (), _TakeQueued())


# --- orders -----------------------------------------------------------------------------


def _decide_batch(state: PlanState, batch: OrderBatch) -> Decision:
    counted = OrdersCounted(
        batch.sender, batch.session, len(batch.line), int(batch.amount_minor.sum())
    )
    events, sends = _dated(state, batch)
    return Decision((counted, *events), tuple(sends))


def _dated(state: PlanState, batch: OrderBatch) -> tuple[list[object], list[Send]]:
    """Split lines by trade date: decide the open session's, park those of later ones."""
    sessions = state.book.sessions
    close = sessions.cutoff_at(state.open_session)
    # Received after the calendar ends: no session can be told, and the line is refused.
    beyond = ~sessions.covers(batch.received_at) & (batch.received_at >= close)
    received_at = np.where(beyond, close - 1, batch.received_at)
    trade_dates = sessions.trade_dates(received_at).astype(np.int64)
    now = trade_dates <= epoch_day(state.open_session)
    events: list[object] = []
    sends: list[Send] = []
    if now.any():
        lines = _rows(batch, np.flatnonzero(now))
        code = checked(state, lines, trade_dates[now], epoch_day(batch.session))
        code[beyond[now]] = REJECT_INDEX[RejectCode.CALENDAR]
        event = decided(state, lines, state.open_session, code)
        events.append(event)
        sends.append(_status_of(event))
    for day in np.unique(trade_dates[~now]).tolist():
        rows = np.flatnonzero(~now & (trade_dates == day))
        parked = _parked(_rows(batch, rows), day_of(day))
        events.append(parked)
        sends.append(_parked_status(parked))
    return events, sends


def _rows(batch: OrderBatch, rows: I64) -> OrderBatch:
    if len(rows) == len(batch.line):
        return batch
    return OrderBatch(
        batch.sender, batch.batch_id, batch.session, batch.kind, batch.currency, batch.plans,
        batch.funds, batch.line[rows], batch.plan[rows], batch.participant[rows],
        batch.money_source[rows], batch.sell_fund[rows], batch.buy_fund[rows],
        batch.amount_minor[rows], batch.received_at[rows],
    )  # fmt: skip


def _parked(batch: OrderBatch, trade_date: date) -> OrdersParked:
    return OrdersParked(
        batch.sender, batch.batch_id, batch.session, batch.kind, batch.currency, trade_date,
        batch.plans, batch.funds, batch.line, batch.plan, batch.participant, batch.money_source,
        batch.sell_fund, batch.buy_fund, batch.amount_minor, batch.received_at,
    )  # fmt: skip


def _take_queued(state: PlanState, topology: Topology) -> Decision:
    """Take up the first that is due, in the order of the inbox; then close if all is in."""
    if not state.ready:
        return Decision()
    session = state.open_session
    place = 0
    for queued in state.queue:
        if queued.is_due(session):
            return _take_one(state, queued, place, topology)
        place += queued.trade_date is None
    if _everyone_closed(state, session, set()):
        return _send_flows(state, (), topology)
    return Decision()


def _take_one(state: PlanState, queued: Queued, place: int, topology: Topology) -> Decision:
    if queued.trade_date is None:
        first = _take(state, queued.message, topology)
        events = (WaitingTaken(state.open_session, place), *first.events)
        return Decision(events, first.sends, _TakeQueued())
    batch = queued.message
    assert isinstance(batch, OrderBatch), type(batch).__name__
    session = state.open_session
    trade_dates = np.full(len(batch.line), epoch_day(session))
    code = checked(state, batch, trade_dates, epoch_day(batch.session))
    event = decided(state, batch, session, code)
    taken = ParkedTaken(queued.trade_date)
    return Decision((taken, event), (_status_of(event),), _TakeQueued())


def _status_of(event: OrdersDecided) -> Send:
    odd = np.flatnonzero((event.code != 0) | (event.diverted_minor != 0))
    refused = event.code != 0
    status = OrderStatus(
        sender=event.sender,
        batch_id=event.batch_id,
        trade_date=event.trade_date,
        state="DECIDED",
        lines=len(event.line),
        accepted_minor=int(event.accepted_minor.sum()),
        diverted_minor=int(event.diverted_minor.sum()),
        rejected_minor=int(event.amount_minor[refused].sum()),
        line=event.line[odd],
        code=np.where(refused[odd], event.code[odd], REJECT_INDEX[RejectCode.LIMIT_HARD]).astype(
            np.int8
        ),
        line_accepted_minor=event.accepted_minor[odd],
        line_diverted_minor=event.diverted_minor[odd],
        headroom_minor=event.headroom_minor[odd],
        scope=event.scope[odd],
    )
    return Send(Address("out", name=event.sender), status)


def _parked_status(event: OrdersParked) -> Send:
    none = np.zeros(0, np.int64)
    status = OrderStatus(
        event.sender, event.batch_id, event.trade_date, "PARKED", len(event.line), 0, 0, 0,
        none.astype(np.int32), none.astype(np.int8), none, none, none, none.astype(np.int8),
    )  # fmt: skip
    return Send(Address("out", name=event.sender), status)


# --- the close --------------------------------------------------------------------------


def _close_sender(state: PlanState, closed: SenderClosed, topology: Topology) -> Decision:
    got = state.counted.get((closed.sender, closed.session), (0, 0, 0))
    told = (closed.batches, closed.lines, closed.amount_minor)
    assert got == told, f"{closed.sender} {closed.session}: intake sent {told}, here came {got}"
    here = SenderClosedHere(closed.sender, closed.session)
    if closed.session == state.session and _everyone_closed(state, closed.session, {closed.sender}):
        return _send_flows(state, (here,), topology)
    return Decision((here,))


def _everyone_closed(state: PlanState, session: date, now: set[str]) -> bool:
    """Whether every recordkeeper of the roster has closed a session here."""
    done = state.senders_closed.get(session, set()) | now
    return session not in state.flows_sent and done.issuperset(state.book.senders("RECORDKEEPER"))


def _send_flows(
    state: PlanState, first: tuple[SenderClosedHere, ...], topology: Topology
) -> Decision:
    session = state.open_session
    sends: list[Send] = []
    bought = sold = 0
    flows = joined(state.flows.get(session, []))
    rows = by_plan_and_fund(state, flows)
    names = list(state.fund_slots)
    for address in topology.everywhere("fund"):
        mine = [slot for slot, name in enumerate(names) if topology.home("fund", name) == address]
        batches = flow_batches(state, rows, np.array(mine, np.int64))
        sends.extend(Send(address, batch) for batch in batches)
        buys = sum(int(batch.buy_minor.sum()) for batch in batches)
        sells = sum(int(batch.sell_minor.sum()) for batch in batches)
        bought, sold = bought + buys, sold + sells
        closed = DeskClosed("plan", state.partition, session, len(batches), buys + sells)
        sends.append(Send(address, closed))
    sent = FlowsSent(session, bought, sold)
    return Decision((*first, sent), tuple(sends))


def _close_fund(state: PlanState, closed: DeskClosed, topology: Topology) -> Decision:
    done = state.funds_closed.get(closed.session, set()) | {closed.partition}
    here = PartitionClosed(closed.desk, closed.partition, closed.session)
    if len(done) < topology.partitions("fund"):
        return Decision((here,))
    opened = following(state.book, closed.session)
    return Decision((here, SessionAdvanced(closed.session, opened)), (), _TakeQueued())


def _take_holdings(state: PlanState, batch: HoldingsBatch) -> Decision:
    """Take the positions of the sender's own plans in funds of the book; name the others."""
    plans = [state.book.plans.get(p) for p in batch.plans]
    known_plan = np.array([plan is not None for plan in plans], np.bool_)[batch.plan]
    own = np.array([p is not None and p.recordkeeper == batch.sender for p in plans], np.bool_)
    fund = np.array([f in state.book.funds for f in batch.funds], np.bool_)[batch.fund]
    keep = own[batch.plan] & fund
    if keep.all():
        return Decision((batch,))
    kept = HoldingsBatch(
        batch.sender, batch.batch_id, batch.session, batch.plans, batch.funds,
        batch.plan[keep], batch.participant[keep], batch.fund[keep], batch.units[keep],
    )  # fmt: skip
    reasons = {
        RejectCode.UNKNOWN_PLAN: ~known_plan,
        RejectCode.NOT_THE_RECORDKEEPER: known_plan & ~own[batch.plan],
        RejectCode.UNKNOWN_FUND: ~fund,
    }
    codes = tuple(code for code, rows in reasons.items() if rows.any())
    left = int((~keep).sum())
    refused = PositionsRefused(batch.sender, batch.batch_id, batch.session, codes, left)
    detail = f"{left} positions of this statement were left out, {int(keep.sum())} taken here"
    status = BatchStatus(
        batch.sender, batch.batch_id, batch.session, "", "REJECTED", codes, detail,
        int(keep.sum()), 0,
    )  # fmt: skip
    return Decision((kept, refused), (Send(Address("out", name=batch.sender), status),))
