"""Which session's NAV a line gets: the open one's, a later one's, or an earlier one's.

A line of the open session is decided; one of a later session is parked. Of a recordkeeper
that a session was closed without, lines of that session are late: they are decided now, as
of it, where every fund they touch takes orders so far back, and refused otherwise. Lines
received after an early close that came unscheduled are decided like the open session's; their
money goes to the next session (`plan_state.Flows`), whichever came first, lines or news.

Not here: what is checked of a line (`plan_orders`).
Source: domain.md §1.2, §1.4; golden G07. Law: L4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from gateway.core.orders import OrderBatch
from gateway.core.vocabulary import I8, I64, REJECT_INDEX, RejectCode
from gateway.desks.plan_orders import checked
from gateway.desks.plan_state import PlanState, day_of, epoch_day

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a batch that get one NAV, each with its first reason against it, or 0."""

    lines: OrderBatch
    trade_date: date
    code: I8


@dataclass(frozen=True, slots=True)
class Dated:
    """The lines of a batch: to decide now, part by part, and to park until their session."""

    now: tuple[Part, ...]
    later: tuple[tuple[date, OrderBatch], ...]


def dated(state: PlanState, batch: OrderBatch) -> Dated:
    """Split a batch by what its lines' trade dates make of them."""
    sessions = state.book.sessions
    session, booked = state.open_session, epoch_day(batch.session)
    open_day, close = epoch_day(session), state.close_at(session)
    # Received after the calendar ends: no session can be told, and the line is refused.
    beyond = ~sessions.covers(batch.received_at) & (batch.received_at >= close)
    received_at = np.where(beyond, close - 1, batch.received_at)
    trade_dates = sessions.trade_dates(received_at).astype(np.int64)
    trade_dates[received_at < close] = np.minimum(trade_dates[received_at < close], open_day)
    late = np.zeros(len(trade_dates), np.bool_)
    if (batch.sender, batch.session) in state.left_out and booked < open_day:
        # A correction says itself what it is as of.
        late = (trade_dates == booked) & (batch.links is None)
    now = (trade_dates <= open_day) & ~late
    parts: list[Part] = []
    if late.any():
        parts.append(_as_of(state, rows_of(batch, np.flatnonzero(late))))
    if now.any():
        lines = rows_of(batch, np.flatnonzero(now))
        code = checked(state, lines, trade_dates[now], booked)
        code[beyond[now]] = REJECT_INDEX[RejectCode.CALENDAR]
        parts.append(Part(lines, session, code))
    rest = trade_dates > open_day
    later = tuple(
        (day_of(day), rows_of(batch, np.flatnonzero(trade_dates == day)))
        for day in np.unique(trade_dates[rest]).tolist()
    )
    return Dated(tuple(parts), later)


def _as_of(state: PlanState, lines: OrderBatch) -> Part:
    """Late lines: each fund they touch has a NAV for their session and takes them so late."""
    sessions, session = state.book.sessions, lines.session
    back, day = 0, session
    while day < state.open_session:
        back, day = back + 1, sessions.next_session(day)
    funds = [state.book.funds.get(name) for name in lines.funds]
    takes = np.array(
        [
            fund is None or (fund.as_of_sessions >= back and state.has_nav(fund.fund_id, session))
            for fund in funds
        ]
        + [True],
        np.bool_,
    )
    day_of_lines = np.full(len(lines.line), epoch_day(session))
    code = checked(state, lines, day_of_lines, epoch_day(session))
    code[(code == 0) & ~(takes[lines.sell_fund] & takes[lines.buy_fund])] = REJECT_INDEX[
        RejectCode.AS_OF_REQUIRED
    ]
    return Part(lines, session, code)


def rows_of(batch: OrderBatch, rows: I64) -> OrderBatch:
    """Some lines of a batch."""
    if len(rows) == len(batch.line):
        return batch
    return OrderBatch(
        batch.sender, batch.batch_id, batch.session, batch.kind, batch.currency, batch.plans,
        batch.funds, batch.line[rows], batch.plan[rows], batch.participant[rows],
        batch.money_source[rows], batch.sell_fund[rows], batch.buy_fund[rows],
        batch.amount_minor[rows], batch.received_at[rows], batch.reason,
        None if batch.links is None else batch.links.rows(rows),
    )  # fmt: skip
