"""The plan desk: dates orders, holds them to the limits of participant and plan, closes the day.

Inbox: BookChange, HoldingsBatch, OrderBatch, SenderClosed, NavStruck, NavCorrection, FillBatch,
RequestFills, DeskClosed (fund), Approved, SourceTick. Sends: flows, requests, totals of corrections
and DeskClosed to the fund partitions, statuses and confirmations to the recordkeepers.

A session is ready once the prices of the one before are adopted and operations has
announced it: then its book is complete. What comes from recordkeepers earlier waits,
and orders of a later session are parked; both are taken up in inbox order.

Not here: fund-level limits and NAVs (`fund`).
Source: design of the daily close, steps 2 and 3. Laws: L1, L2, L4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from gateway.core.book import BookChange
from gateway.core.capital_returns import CapitalShares
from gateway.core.closing import DeskClosed, SenderClosed
from gateway.core.decisions import Approved, DecisionKind, DecisionRefused
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
from gateway.core.logic import known
from gateway.core.marks import NavStruck, SourceTick
from gateway.core.nav_correction import NavCorrection
from gateway.core.orders import (
    BatchStatus,
    FillBatch,
    HoldingsBatch,
    OrderBatch,
    OrderStatus,
)
from gateway.core.refusals import with_later
from gateway.core.requests import RequestFills
from gateway.core.vocabulary import NOTHING, OPERATIONS, REJECT_INDEX, RejectCode, TickKind
from gateway.desks.desk import Address, Decision, Desk, Send, Topology
from gateway.desks.plan_close import by_plan_and_fund, confirmations, flow_batches
from gateway.desks.plan_corrections import correction_parts, decided_part
from gateway.desks.plan_dating import Part, dated, part_of
from gateway.desks.plan_decisions import (
    deadline,
    left_out,
    outcome,
    redated_flows,
    redated_status,
)
from gateway.desks.plan_evolve import evolve
from gateway.desks.plan_nav_errors import corrected
from gateway.desks.plan_request_sends import asked_minor, requests_answered, requests_due
from gateway.desks.plan_returns import plan_return, returns_due, share_return
from gateway.desks.plan_state import PlanState, Queued, epoch_day, joined
from gateway.desks.plan_withdrawals import told_of_withdrawals, withdrawn_by, withdraws
from gateway.desks.session_moves import adopted, following, shortened


@dataclass(frozen=True, slots=True)
class _TakeQueued:
    """Continue with what waited for the session that is ready now."""


@dataclass(frozen=True, slots=True)
class _DecideParts:
    """Continue with the rest of a batch, then with what else there was to do."""

    parts: tuple[Part, ...]
    then: object | None


def plan_desk(topology: Topology) -> Desk[PlanState]:
    """The plan desk of a topology."""

    def decide(state: PlanState, message: object) -> Decision:
        known(state.book.logic)
        match message:
            case Approved(kind=DecisionKind.CLOSE_EARLY):
                return _close_early(state, message)
            case Approved(kind=DecisionKind.RETURN_CAPITAL):
                return plan_return(state, message)
            case OrderBatch() | HoldingsBatch() | SenderClosed() | Approved():
                if state.ready and Queued(None, message).is_due(state.open_session):
                    return _take(state, message, topology)
                return Decision((_waiting(message),))
            case FillBatch() | RequestFills() | CapitalShares():
                return _filled(state, message)
            case DeskClosed():
                return _close_fund(state, message, topology)
            case _TakeQueued():
                return _take_queued(state, topology)
            case _DecideParts():
                return _decide_parts(state, message.parts, message.then)
            case BookChange():
                events = adopted(state.book, state.session, message)
                return Decision(events, (), _TakeQueued() if len(events) > 1 else None)
            case NavStruck() | NavCorrection():
                return Decision((message,))
            case SourceTick():
                return _ticked(state, message)
        raise AssertionError(f"the plan desk does not know {type(message).__name__}")

    return Desk("plan", PlanState, decide, evolve)


def _filled(state: PlanState, message: FillBatch | RequestFills | CapitalShares) -> Decision:
    match message:
        case FillBatch():
            return Decision((message,), tuple(confirmations(state, message)))
        case RequestFills():
            return requests_answered(state, message)
        case CapitalShares():
            return share_return(state, message)


def _ticked(state: PlanState, tick: SourceTick) -> Decision:
    if tick.kind is TickKind.CLOSE_DEADLINE:
        return deadline(state, tick)
    return _announced(tick)


# --- what waits -------------------------------------------------------------------------

Waits = OrderBatch | HoldingsBatch | SenderClosed | Approved


def _waiting(message: Waits) -> Waiting:
    match message:
        case OrderBatch():
            return Waiting(message, None, None, None)
        case HoldingsBatch():
            return Waiting(None, message, None, None)
        case SenderClosed():
            return Waiting(None, None, message, None)
        case Approved():
            return Waiting(None, None, None, message)


def _take(
    state: PlanState, message: Waits, topology: Topology, then: object | None = None
) -> Decision:
    """Decide what can wait in a session that is ready; `then` is what to go on with."""
    match message:
        case OrderBatch():
            return _decide_batch(state, message, then)
        case HoldingsBatch():
            return replace(_take_holdings(state, message), again=then)
        case SenderClosed():
            return replace(_close_sender(state, message, topology), again=then)
        case Approved():
            return replace(_close_without(state, message, topology), again=then)


def _announced(tick: SourceTick) -> Decision:
    if tick.source != OPERATIONS or tick.kind is not TickKind.SESSION_OPENED:
        return Decision()
    return Decision((SessionAnnounced(tick.session),), (), _TakeQueued())


# --- orders -----------------------------------------------------------------------------


def _decide_batch(state: PlanState, batch: OrderBatch, then: object | None) -> Decision:
    counted = OrdersCounted(
        batch.sender, batch.session, len(batch.line), int(batch.amount_minor.sum())
    )
    lines = dated(state, batch)
    parked = [_parked(rows, day) for day, rows in lines.later]
    sends = [_parked_status(event) for event in parked]
    if not lines.now:
        return Decision((counted, *parked), tuple(sends), then)
    first = _decide_parts(state, correction_parts(state, lines.now), then)
    return Decision((counted, *first.events, *parked), (*first.sends, *sends), first.again)


def _decide_parts(state: PlanState, parts: tuple[Part, ...], then: object | None) -> Decision:
    """Decide the first part; those after it see what it took."""
    first, *rest = parts
    event = decided_part(state, first)
    sends = [_status_of(event, state.open_session)]
    withdrawn = withdrawn_by(state, event)
    sends.extend(send for each in withdrawn for send in told_of_withdrawals(state, each))
    if first.trade_date in state.shortened and not (event.takes_back or withdraws(event)):
        sends.extend(redated_status(state, event))
    again = _DecideParts(tuple(rest), then) if rest else then
    return Decision((event, *withdrawn), tuple(sends), again)


def _parked(batch: OrderBatch, trade_date: date) -> OrdersParked:
    return OrdersParked(
        batch.sender, batch.batch_id, batch.session, batch.kind, batch.currency, trade_date,
        batch.plans, batch.funds, batch.line, batch.plan, batch.participant, batch.money_source,
        batch.sell_fund, batch.buy_fund, batch.amount_minor, batch.received_at, batch.reason,
        batch.links,
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
        first = _take(state, queued.message, topology, _TakeQueued())
        events = (WaitingTaken(state.open_session, place), *first.events)
        return replace(first, events=events)
    batch = queued.message
    assert isinstance(batch, OrderBatch), type(batch).__name__
    session = state.open_session
    trade_dates = np.full(len(batch.line), epoch_day(session))
    parts = correction_parts(state, (part_of(state, batch, session, trade_dates),))
    first = _decide_parts(state, parts, _TakeQueued())
    return replace(first, events=(ParkedTaken(queued.trade_date), *first.events))


def _status_of(event: OrdersDecided, session: date) -> Send:
    refused = event.code != 0
    less = ~refused & (event.accepted_minor < event.amount_minor)
    odd = np.flatnonzero(refused | less | (event.diverted_minor != 0) | (event.asked_fund >= 0))
    cut = np.where(event.diverted_minor != 0, REJECT_INDEX[RejectCode.LIMIT_HARD], 0)
    code = np.where(refused, event.code, cut)[odd].astype(np.int8)
    elsewhere = event.asked_fund[odd] >= 0
    status = OrderStatus(
        sender=event.sender,
        batch_id=event.batch_id,
        trade_date=event.trade_date,
        state="DECIDED" if event.trade_date == session else "AS_OF",
        lines=len(event.line),
        accepted_minor=int(event.accepted_minor.sum()),
        diverted_minor=int(event.diverted_minor.sum()),
        rejected_minor=int(event.amount_minor[refused].sum()),
        line=event.line[odd],
        code=code,
        line_accepted_minor=event.accepted_minor[odd],
        line_diverted_minor=event.diverted_minor[odd],
        headroom_minor=event.headroom_minor[odd],
        scope=event.scope[odd],
        reasons=with_later(event.reasons[odd], code),
        funds=event.funds if elsewhere.any() else (),
        asked_fund=event.asked_fund[odd],
        bought_fund=np.where(elsewhere, event.buy_fund[odd], NOTHING).astype(np.int32),
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


def _close_without(state: PlanState, approved: Approved, topology: Topology) -> Decision:
    """Close the open session here without the rest of a recordkeeper's day."""
    event = left_out(state, approved)
    if isinstance(event, DecisionRefused):
        return Decision((event,), outcome(state, approved, event, "REJECTED", event.detail))
    detail = (
        f"{event.session} closes without the rest of {event.sender}'s day, as "
        f"{approved.requested_by} asked and {approved.approved_by} approved: what it sends of it "
        "from now on is late"
    )
    told = outcome(state, approved, event, "LEFT_OUT", detail)
    closes = _everyone_closed(state, event.session, {event.sender})
    flows = _send_flows(state, (), topology) if closes else Decision()
    return Decision((event, *flows.events), (*told, *flows.sends))


def _close_early(state: PlanState, approved: Approved) -> Decision:
    event = shortened(state.book, state.session, approved)
    if isinstance(event, DecisionRefused):
        return Decision((event,), outcome(state, approved, event, "REJECTED", event.detail))
    detail = f"{event.session} closed early: what was received from then on gets the next NAV"
    told = outcome(state, approved, event, "ACCEPTED", detail)
    return Decision((event,), (*told, *redated_flows(state, event)))


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
    dates = sorted(trade_date for sent_at, trade_date in state.flows if sent_at == session)
    rows = {day: by_plan_and_fund(state, joined(state.flows[session, day])) for day in dates}
    names = list(state.fund_slots)
    requests = requests_due(state, session, topology)
    returns = returns_due(state, session, topology)
    for address in topology.everywhere("fund"):
        slots = [slot for slot, name in enumerate(names) if topology.home("fund", name) == address]
        mine = np.array(slots, np.int64)
        batches = [b for day in dates for b in flow_batches(state, rows[day], mine, day)]
        sends.extend(Send(address, batch) for batch in batches)
        buys = sum(int(batch.buy_minor.sum()) for batch in batches)
        sells = sum(int(batch.sell_minor.sum()) for batch in batches)
        bought, sold = bought + buys, sold + sells
        asks = [send for send in (*requests.sends, *returns.sends) if send.to == address]
        sends.extend(asks)
        minor = buys + sells + sum(asked_minor(send.message) for send in asks)
        closed = DeskClosed("plan", state.partition, session, len(batches) + len(asks), minor)
        sends.append(Send(address, closed))
    told = (*requests.sends, *returns.sends)
    sends.extend(send for send in told if send.to.desk == "out")
    sent = FlowsSent(session, bought, sold)
    return Decision((*first, sent, *requests.events, *returns.events), tuple(sends))


def _close_fund(state: PlanState, closed: DeskClosed, topology: Topology) -> Decision:
    done = state.funds_closed.get(closed.session, set()) | {closed.partition}
    here = PartitionClosed(closed.desk, closed.partition, closed.session)
    if len(done) < topology.partitions("fund"):
        return Decision((here,))
    opened = following(state.book, closed.session)
    # Corrections are booked between two sessions, so that no order is decided on half of one.
    fills, sends = corrected(state, opened, topology)
    events = (here, *fills, SessionAdvanced(closed.session, opened))
    return Decision(events, sends, _TakeQueued())


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
