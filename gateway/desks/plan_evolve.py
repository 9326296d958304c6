"""How a plan partition's state follows from its events, and from nothing else.

Not here: decisions (`plan`, `plan_orders`), the state's shape (`plan_state`).
"""

from __future__ import annotations

import numpy as np

from gateway.core.book import BookChange
from gateway.core.capital_returns import CapitalReturnPlanned, CapitalShared
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.decisions import (
    DeadlineMissed,
    DecisionRefused,
    SenderLeftOut,
    SessionShortened,
)
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
from gateway.core.marks import NavStruck
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import CorrectionFill, NavCorrection
from gateway.core.orders import FillBatch, HoldingsBatch, OrderBatch
from gateway.core.requests import RequestsFilled, RequestsSent, RequestsWithdrawn
from gateway.core.vocabulary import I64
from gateway.desks.plan_as_of import note_nav
from gateway.desks.plan_close import allocated
from gateway.desks.plan_corrections import (
    forget,
    money_back,
    note,
    note_early_close,
    subtract,
)
from gateway.desks.plan_nav_errors import forget_fills, keep_fill, keep_met, note_correction
from gateway.desks.plan_requests import add_requests, fill, from_gate, send, weigh
from gateway.desks.plan_returns import evolve_returns
from gateway.desks.plan_state import (
    Flows,
    PlanState,
    Price,
    Queued,
    SentAt,
    add_value,
    columns,
    count,
    epoch_day,
    joined,
    reserve,
    revalue,
    valued,
)
from gateway.desks.plan_withdrawals import withdraw
from gateway.desks.session_moves import following


def evolve(state: PlanState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case OrdersDecided():
            _decide(state, event)
        case OrdersCounted():
            _count(state, event)
        case SessionAnnounced():
            _announce(state, event)
        case Waiting() | WaitingTaken() | OrdersParked() | ParkedTaken():
            _queue(state, event)
        case SenderClosedHere() | SenderLeftOut():
            is_left_out = isinstance(event, SenderLeftOut)
            state.senders_closed.setdefault(event.session, set()).add(event.sender)
            late = state.left_out.add if is_left_out else state.left_out.discard
            late((event.sender, event.session))
        case SessionShortened():
            _shorten(state, event)
        case FlowsSent():
            state.flows_sent.add(event.session)
        case PartitionClosed():
            state.funds_closed.setdefault(event.session, set()).add(event.partition)
        case NavStruck():
            _hear(state, event)
        case FillBatch():
            _fill(state, event)
        case RequestsSent():
            send(state, event.session)
        case RequestsFilled():
            keep_met(state, event)
            fill(state, event)
        case RequestsWithdrawn():
            withdraw(state, event)
        case CapitalReturnPlanned() | CapitalShared():
            evolve_returns(state, event)
        case NavCorrection() | CorrectionFill():
            note_correction(state, event)
        case SessionAdvanced():
            _advance(state, event)
        case PositionsRefused() | DeadlineMissed() | DecisionRefused():
            pass
        case HoldingsBatch():
            _hold(state, event)
        case BookChange():
            for change in state.book.note(event, state.session):
                _adopt(state, change)
        case _:
            raise AssertionError(f"the plan desk never decides {type(event).__name__}")


def _queue(state: PlanState, event: Waiting | WaitingTaken | OrdersParked | ParkedTaken) -> None:
    """What waits for its session, in the order of the inbox, until it is taken up."""
    match event:
        case Waiting():
            whole = (event.orders, event.holdings, event.closed, event.decided)
            state.queue.extend(Queued(None, message) for message in whole if message is not None)
        case WaitingTaken():
            places = [i for i, queued in enumerate(state.queue) if queued.trade_date is None]
            del state.queue[places[event.place]]
        case OrdersParked():
            state.queue.append(Queued(event.trade_date, unparked(event)))
        case ParkedTaken():
            dates = [queued.trade_date for queued in state.queue]
            del state.queue[dates.index(event.trade_date)]


def _decide(state: PlanState, event: OrdersDecided) -> None:
    """Keep the money of lines that trade; of a reversal in its session, take it back."""
    note(state, event)
    if event.reason in MOVES_NOTHING:
        return
    legs = _legs_of(state, event)
    if event.takes_back:
        asked, spare, sold = legs
        back = money_back(event, joined([asked, sold]))
        subtract(state, back)
        reserve(state, back)
        legs = [spare]
    flows = joined(legs)
    _keep(state, (state.open_session, event.trade_date), flows)
    reserve(state, flows)
    add_requests(state, event, _asked_on(state, event))


def _hear(state: PlanState, nav: NavStruck) -> None:
    """Keep a NAV until its session's prices are adopted; know what is held, and since when.

    A NAV that stands corrected is adopted with its correction, when a session opens: so nothing
    depends on when within a session it comes (law L4).
    """
    if nav.status is NavStatus.CORRECTED:
        return
    state.struck[nav.session, nav.fund_id] = nav
    note_nav(state, nav)
    state.since.setdefault(nav.fund_id, nav.session)
    (state.held.add if nav.held else state.held.discard)((nav.session, nav.fund_id))


def _count(state: PlanState, event: OrdersCounted) -> None:
    batches, lines, minor = state.counted.get((event.sender, event.session), (0, 0, 0))
    state.counted[event.sender, event.session] = (
        batches + 1, lines + event.lines, minor + event.amount_minor,
    )  # fmt: skip


def _legs_of(state: PlanState, event: OrdersDecided) -> list[Flows]:
    """The legs of lines that trade: purchase as asked, purchase of the liquid option, sale.

    Lines that sell a gated fund are requests and have no flows yet.
    """
    rows = np.flatnonzero((event.code == 0) & ~from_gate(state, event))
    plan_slot = np.array([state.plan_slots.get(p, -1) for p in event.plans], np.int64)
    fund_slot = np.array([state.fund_slots.get(f, -1) for f in event.funds] + [-1], np.int64)
    liquid = np.array(
        [
            state.fund_slots[state.book.plans[p].liquid_fund] if p in state.book.plans else -1
            for p in event.plans
        ],
        np.int64,
    )
    plan = plan_slot[event.plan[rows]]
    account = state.accounts.open(event.participant[rows], plan)
    buys = event.buy_fund[rows] >= 0
    sells = event.sell_fund[rows] >= 0
    asked = buys & (event.accepted_minor[rows] > 0)
    spare = buys & (event.diverted_minor[rows] > 0)
    legs = [
        (asked, fund_slot[event.buy_fund[rows]], event.accepted_minor[rows], 1),
        (spare, liquid[event.plan[rows]], event.diverted_minor[rows], 1),
        (sells, fund_slot[event.sell_fund[rows]], event.amount_minor[rows], 0),
    ]
    own = event.received_at[rows]
    first = own if event.links is None or not event.takes_back else event.links.received_at[rows]
    return [
        Flows(plan[w], account[w], fund[w], money[w] * buy, money[w] * (1 - buy), received[w])
        for (w, fund, money, buy), received in zip(legs, (first, own, first), strict=True)
    ]  # fmt: skip


def _asked_on(state: PlanState, event: OrdersDecided) -> I64:
    """The trade dates of lines; of an early close, what came after it goes on a session."""
    days = np.full(len(event.line), epoch_day(event.trade_date))
    if event.trade_date in state.shortened:
        later = event.received_at >= state.book.sessions.cutoff_at(event.trade_date)
        days[later] = epoch_day(following(state.book, event.trade_date))
    return days


def _keep(state: PlanState, key: SentAt, flows: Flows) -> None:
    """Keep flows until they are sent; of an early close, what came after it goes on a session."""
    session, trade_date = key
    if not len(flows.account):
        return
    if trade_date in state.shortened and session == trade_date:
        cutoff = state.book.sessions.cutoff_at(session)
        later = flows.received_at >= cutoff
        after = following(state.book, session)
        if later.any():
            moved = Flows(*(column[later] for column in columns(flows)))
            state.flows.setdefault((after, after), []).append(moved)
            flows = Flows(*(column[~later] for column in columns(flows)))
    state.flows.setdefault(key, []).append(flows)


def _shorten(state: PlanState, event: SessionShortened) -> None:
    state.book.shorten(event.session, event.close_minutes, event.batch_id)
    state.shortened.setdefault(event.session, event.cutoff_before)
    if event.session not in state.flows_sent:
        table, day = state.requests, epoch_day(event.session)
        cutoff = state.book.sessions.cutoff_at(event.session)
        late = (table.asked_on == day) & (table.received_at >= cutoff)
        table.asked_on[late] = epoch_day(following(state.book, event.session))
        note_early_close(state, event.session)
        key = (event.session, event.session)
        for flows in state.flows.pop(key, []):
            _keep(state, key, flows)


def _fill(state: PlanState, fill: FillBatch) -> None:
    flows, bought, sold = allocated(state, fill)
    keep_fill(state, fill, flows, bought, sold)
    positions = state.accounts.hold(flows.account, flows.fund)
    state.accounts.units[positions] += bought - sold
    state.accounts.reserved.add(positions, -flows.sell_minor)
    fund = state.fund_slots[fill.fund_id]
    plans = np.array([state.plan_slots[p] for p in fill.plans], np.int64)
    key = (fill.session, fill.trade_date)
    kept = joined(state.flows.pop(key, []))
    stay = ~((kept.fund == fund) & np.isin(kept.plan, plans))
    if stay.any():
        state.flows[key] = [Flows(*(column[stay] for column in columns(kept)))]


def _advance(state: PlanState, event: SessionAdvanced) -> None:
    for (session, fund_id), struck in sorted(state.struck.items(), key=lambda at: at[0]):
        # A held NAV that was released since is older than one that was struck after it.
        if session <= event.closed and not struck.held and session >= state.priced_at(fund_id):
            state.prices[fund_id] = Price(
                struck.nav, struck.nav_scale, struck.unit_scale, struck.unit_rounding
            )
            state.priced[fund_id] = session
    state.struck = {key: s for key, s in state.struck.items() if key[0] > event.closed}
    state.session = event.opened
    for closed in [day for day in state.senders_closed if day <= event.closed]:
        del state.senders_closed[closed]
    state.funds_closed.pop(event.closed, None)
    state.flows_sent = {day for day in state.flows_sent if day > event.closed}
    state.counted = {
        key: counted
        for key, counted in state.counted.items()
        if key[1] > event.closed or key in state.left_out
    }
    state.shortened = {day: at for day, at in state.shortened.items() if day > event.closed}
    _move_flows(state, event)
    state.requests.forget()
    state.returns = {day: due for day, due in state.returns.items() if day > event.closed}
    forget(state)
    forget_fills(state, event.opened)
    state.announced = {day for day in state.announced if day >= event.opened}
    for change in state.book.due(state.session):
        _adopt(state, change)
    _value(state)


def _move_flows(state: PlanState, event: SessionAdvanced) -> None:
    """Money of a session that a late closure took away goes to the one opened instead."""
    gone = [
        key
        for key in state.flows
        if event.closed <= key[0] < event.opened and not state.book.sessions.is_session(key[0])
    ]
    for key in gone:
        moved = state.flows.pop(key)
        state.flows.setdefault((event.opened, event.opened), []).extend(moved)


def _announce(state: PlanState, event: SessionAnnounced) -> None:
    """The first session announced is the first there is; a later one becomes ready."""
    state.session = state.session or event.session
    state.announced.add(event.session)
    for change in state.book.due(state.session):
        _adopt(state, change)
    if event.session == state.session:
        # News of a later session changes nothing that orders of the open one see (law L4).
        _value(state)


def _value(state: PlanState) -> None:
    """Value everything at the prices in force, with unfilled money on top."""
    revalue(state)
    for flows in state.flows.values():
        for part in flows:
            count(state, part)
    rows = np.flatnonzero(state.requests.left_minor > 0)
    weigh(state, rows, state.requests.left_minor[rows])


def _hold(state: PlanState, event: HoldingsBatch) -> None:
    """Take the units as stated; accounts and plans change by the difference in value."""
    plan = np.array([state.plan_slots.get(p, -1) for p in event.plans], np.int64)[event.plan]
    fund = np.array([state.fund_slots.get(f, -1) for f in event.funds], np.int64)[event.fund]
    account = state.accounts.open(event.participant, plan)
    positions = state.accounts.hold(account, fund)
    # A position stated twice is the one stated last.
    places, first = np.unique(positions[::-1], return_index=True)
    rows = len(positions) - 1 - first
    before = valued(state, fund[rows], state.accounts.units[places])
    state.accounts.units[places] = event.units[rows]
    after = valued(state, fund[rows], state.accounts.units[places])
    add_value(state, account[rows], plan[rows], fund[rows], after - before)


def _adopt(state: PlanState, change: BookChange) -> None:
    """Give new funds a slot and a price, new plans a slot."""
    for fund in change.funds:
        state.fund_slots.setdefault(fund.fund_id, len(state.fund_slots))
        state.prices.setdefault(
            fund.fund_id,
            Price(fund.opening_nav, fund.nav_scale, fund.unit_scale, fund.unit_rounding),
        )
    for plan in change.plans:
        state.plan_slots.setdefault(plan.plan_id, len(state.plan_slots))


def unparked(event: OrdersParked) -> OrderBatch:
    """The batch that parked lines were."""
    return OrderBatch(
        event.sender, event.batch_id, event.booked, event.kind, event.currency, event.plans,
        event.funds, event.line, event.plan, event.participant, event.money_source,
        event.sell_fund, event.buy_fund, event.amount_minor, event.received_at, event.reason,
        event.links,
    )  # fmt: skip
