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

from gateway.core.corrections import REVERSALS
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits
from gateway.core.vocabulary import I32, I64, NOTHING, RejectCode
from gateway.desks.plan_eligibility import redirected
from gateway.desks.plan_orders import checked
from gateway.desks.plan_state import PlanState, day_of, epoch_day

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a batch that get one NAV.

    Attributes:
        lines: The lines, contributions sent to the funds that they buy.
        trade_date: The session whose NAV they get.
        reasons: Shape (n,), the set of reject codes against each, 0 for none.
        asked_fund: Shape (n,), index of the fund asked for where another is bought, else -1.
    """

    lines: OrderBatch
    trade_date: date
    reasons: I64
    asked_fund: I32


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
        part = part_of(state, rows_of(batch, np.flatnonzero(now)), session, trade_dates[now])
        part.reasons[beyond[now]] |= bits(RejectCode.CALENDAR)
        parts.append(part)
    rest = trade_dates > open_day
    later = tuple(
        (day_of(day), rows_of(batch, np.flatnonzero(trade_dates == day)))
        for day in np.unique(trade_dates[rest]).tolist()
    )
    return Dated(tuple(parts), later)


def part_of(state: PlanState, lines: OrderBatch, on: date, trade_dates: I64) -> Part:
    """Lines that get the NAV of a session, with every reason against each.

    Args:
        state: The partition's state.
        lines: The lines as they came.
        on: The session.
        trade_dates: Shape (n,), days since 1970; one before the day they are booked under needs
            an as-of.
    """
    sent, asked_fund = redirected(state.book, lines, on)
    if lines.reason in REVERSALS:
        # What was sold is bought back, wherever new money goes.
        sent, asked_fund = lines, np.full(len(lines.line), NOTHING, np.int32)
    reasons = checked(state, sent, trade_dates, epoch_day(lines.session), on)
    return Part(sent, on, reasons, asked_fund)


def _as_of(state: PlanState, lines: OrderBatch) -> Part:
    """Late lines: each fund they touch has a NAV for their session and takes them so late."""
    sessions, session = state.book.sessions, lines.session
    back, day = 0, session
    while day < state.open_session:
        back, day = back + 1, sessions.next_session(day)
    part = part_of(state, lines, session, np.full(len(lines.line), epoch_day(session)))
    funds = [state.book.funds.get(name) for name in part.lines.funds]
    takes = np.array(
        [
            fund is None or (fund.as_of_sessions >= back and state.has_nav(fund.fund_id, session))
            for fund in funds
        ]
        + [True],
        np.bool_,
    )
    # A gate meets requests on its dealing days, none as of an earlier one.
    dealt = np.array([f is None or f.gate is None for f in funds] + [True], np.bool_)
    taken = takes[part.lines.sell_fund] & takes[part.lines.buy_fund]
    early = ~(taken & dealt[part.lines.sell_fund])
    part.reasons[early] |= bits(RejectCode.AS_OF_REQUIRED)
    return part


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
