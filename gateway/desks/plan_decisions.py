"""What a plan partition does when time runs out, and when two people decide.

A recordkeeper that misses its deadline is told, and so is operations; the session stays open
until two people close it without the rest of that recordkeeper's day. What it sends later is
late: orders as of the closed session. An exchange that closes early re-dates what was received
from then on: such lines are decided in the session they came in and get the next NAV, so that
it does not matter which came first, the line or the news.

Not here: closing (`plan`), deciding late lines (`plan_dating`).
Source: domain.md §1.4, §8.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import numpy as np

from gateway.core.decisions import (
    Approved,
    DeadlineMissed,
    DecisionKind,
    DecisionRefused,
    SenderLeftOut,
    SessionShortened,
)
from gateway.core.events import OrdersDecided
from gateway.core.marks import SourceTick
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.sessions import EPOCH
from gateway.core.vocabulary import OPERATIONS, RejectCode
from gateway.desks.desk import Address, Decision, Send
from gateway.desks.plan_state import PlanState, joined
from gateway.desks.session_moves import following
from gateway.desks.telling import tell

SPEAKER = 0
"""The plan partition that tells people what every plan partition finds alike."""


def deadline(state: PlanState, tick: SourceTick) -> Decision:
    """The time by which a recordkeeper's day is to be complete has passed."""
    name, session = tick.source, tick.session
    waits = any(queued.ends(name, session) for queued in state.queue)
    closed = name in state.senders_closed.get(session, set()) or waits
    is_open = state.session is not None and session >= state.session
    if name not in state.book.senders("RECORDKEEPER") or closed or not is_open:
        return Decision()
    missed = DeadlineMissed(name, session, tick.at)
    if state.partition != SPEAKER:
        return Decision((missed,))
    told = (EPOCH + timedelta(microseconds=tick.at)).astimezone(UTC)
    detail = (
        f"{name} has not completed {session}, due by {told:%Y-%m-%d %H:%M} UTC: it sends its "
        "DayEnd, or two people of operations close the session without it"
    )
    sends = tuple(
        tell(f"DayEnd/{name}", session, "OVERDUE", detail, RejectCode.SESSION_CLOSED, to=receiver)
        for receiver in (name, OPERATIONS)
    )
    return Decision((missed,), sends)


def left_out(state: PlanState, approved: Approved) -> SenderLeftOut | DecisionRefused:
    """What the decision to close the open session without a recordkeeper comes to."""
    name, session = approved.subject, approved.session
    if name not in state.book.senders("RECORDKEEPER"):
        return approved.refused(f"{name} is no recordkeeper in the book")
    if session != state.open_session:
        return approved.refused(f"{session} is closed")
    if name in state.senders_closed.get(session, set()):
        return approved.refused(f"{name} has completed {session} by itself")
    _, lines, amount_minor = state.counted.get((name, session), (0, 0, 0))
    return SenderLeftOut(name, session, approved.batch_id, lines, amount_minor)


def outcome(
    state: PlanState, approved: Approved, event: object, verdict: str, detail: str
) -> tuple[Send, ...]:
    """What operations, and a recordkeeper left out, are told; by one partition for all."""
    if state.partition != SPEAKER:
        return ()
    receivers = [OPERATIONS]
    if approved.kind is DecisionKind.CLOSE_WITHOUT and isinstance(event, SenderLeftOut):
        receivers.append(approved.subject)
    codes = (RejectCode.DECISION_STATE,) if isinstance(event, DecisionRefused) else ()
    return tuple(
        tell(approved.batch_id, approved.session, verdict, detail, *codes, to=receiver)
        for receiver in receivers
    )


def redated_status(state: PlanState, event: OrdersDecided) -> list[Send]:
    """What a recordkeeper is told of lines decided after an early close they came behind."""
    session = event.trade_date
    rows = (event.received_at >= state.book.sessions.cutoff_at(session)) & (event.code == 0)
    if not rows.any():
        return []
    none = np.zeros(0, np.int64)
    status = OrderStatus(
        event.sender, event.batch_id, following(state.book, session), "REDATED", int(rows.sum()),
        int(event.accepted_minor[rows].sum()), int(event.diverted_minor[rows].sum()), 0,
        none.astype(np.int32), none.astype(np.int8), none, none, none, none.astype(np.int8),
    )  # fmt: skip
    return [Send(Address("out", name=event.sender), status)]


def redated_flows(state: PlanState, event: SessionShortened) -> list[Send]:
    """What recordkeepers are told of lines decided before the news of an early close."""
    session = event.session
    cutoff = state.book.sessions.local_at(session, event.close_minutes)
    flows = joined(state.flows.get((session, session), []))
    after = following(state.book, session)
    moved = np.flatnonzero(flows.received_at >= cutoff)
    if session in state.flows_sent or not len(moved):
        return []
    names = [state.book.plans[name].recordkeeper for name in state.plan_slots]
    sends: list[Send] = []
    for name in sorted({names[slot] for slot in np.unique(flows.plan[moved]).tolist()}):
        rows = moved[np.array([names[slot] == name for slot in flows.plan[moved].tolist()])]
        money = int((flows.buy_minor[rows] + flows.sell_minor[rows]).sum())
        status = BatchStatus(
            name, event.batch_id, session, "", "REDATED", (),
            f"{session} closed early: purchases and sales received from then on get the NAV of "
            f"{after}", len(rows), money,
        )  # fmt: skip
        sends.append(Send(Address("out", name=name), status))
    return sends
