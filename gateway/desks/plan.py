"""The plan desk: dates orders, holds them to the limits of participant and plan, closes the day.

Inbox: BookChange, HoldingsBatch, OrderBatch, SenderClosed, NavStruck, FillBatch,
DeskClosed (fund), SourceTick. Sends: flows and DeskClosed to the fund partitions,
statuses and confirmations to the recordkeepers.

Orders of a session are tested against the prices of the session before; those that
come earlier are parked and taken up in inbox order once these prices are adopted.

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
    SenderClosedHere,
    SessionAdvanced,
)
from gateway.core.marks import NavStruck, SourceTick
from gateway.core.money import split_columns
from gateway.core.orders import (
    Confirmation,
    FillBatch,
    FlowBatch,
    HoldingsBatch,
    OrderBatch,
    OrderStatus,
)
from gateway.core.vocabulary import I64, REJECT_INDEX, RejectCode
from gateway.desks.desk import Address, Decision, Desk, Send, Topology
from gateway.desks.plan_orders import checked, decided
from gateway.desks.plan_state import Flows, PlanState, Price, day_of, epoch_day, reserve, revalue


@dataclass(frozen=True, slots=True)
class _TakeParked:
    """Continue with the parked lines of the session that just opened."""


def plan_desk(topology: Topology) -> Desk[PlanState]:
    """The plan desk of a topology."""

    def decide(state: PlanState, message: object) -> Decision:
        match message:
            case OrderBatch():
                return _decide_batch(state, message)
            case SenderClosed():
                return _close_sender(state, message, topology)
            case FillBatch():
                return Decision((message,), tuple(_confirm(state, message)))
            case DeskClosed():
                return _close_fund(state, message, topology)
            case _TakeParked():
                return _take_parked(state, topology)
            case HoldingsBatch():
                return Decision((_known_holdings(state, message),))
            case BookChange() | NavStruck():
                return Decision((message,))
            case SourceTick():
                return Decision()
        raise AssertionError(f"the plan desk does not know {type(message).__name__}")

    return Desk("plan", PlanState, decide, evolve)


# --- orders -----------------------------------------------------------------------------


def _decide_batch(state: PlanState, batch: OrderBatch) -> Decision:
    counted = OrdersCounted(
        batch.sender, batch.session, len(batch.line), int(batch.amount_minor.sum())
    )
    events, sends = _dated(state, batch)
    return Decision((counted, *events), tuple(sends))


def _dated(state: PlanState, batch: OrderBatch) -> tuple[list[object], list[Send]]:
    """Split lines by trade date: decide the open session's, park those of later ones."""
    trade_dates = state.book.sessions.trade_dates(batch.received_at).astype(np.int64)
    code = checked(state, batch, trade_dates, epoch_day(batch.session))
    open_day = epoch_day(state.open_session)
    now = (code != 0) | (trade_dates <= open_day)
    events: list[object] = []
    sends: list[Send] = []
    if now.any():
        lines = _rows(batch, np.flatnonzero(now))
        event = decided(state, lines, state.open_session, code[now])
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


def _unparked(event: OrdersParked) -> OrderBatch:
    return OrderBatch(
        event.sender, event.batch_id, event.booked, event.kind, event.currency, event.plans,
        event.funds, event.line, event.plan, event.participant, event.money_source,
        event.sell_fund, event.buy_fund, event.amount_minor, event.received_at,
    )  # fmt: skip


def _take_parked(state: PlanState, topology: Topology) -> Decision:
    for trade_date, batch in state.parked:
        if trade_date == state.open_session:
            trade_dates = np.full(len(batch.line), epoch_day(trade_date))
            code = checked(state, batch, trade_dates, epoch_day(batch.session))
            event = decided(state, batch, trade_date, code)
            taken = ParkedTaken(trade_date)
            return Decision((taken, event), (_status_of(event),), _TakeParked())
    if _everyone_closed(state, state.open_session, set()):
        return _send_flows(state, (), topology)
    return Decision()


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
    if closed.session == state.session and _everyone_closed(
        state, closed.session, {closed.sender}
    ):
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
    partition = state.partition
    bought = sold = 0
    flows = joined(state.flows.get(session, []))
    rows = _by_plan_and_fund(state, flows)
    names = list(state.fund_slots)
    for address in topology.everywhere("fund"):
        mine = [
            slot for slot, name in enumerate(names) if topology.home("fund", name) == address
        ]
        batch = _flow_batch(state, rows, np.array(mine, np.int64), partition)
        amount = 0
        if batch is not None:
            sends.append(Send(address, batch))
            bought += int(batch.buy_minor.sum())
            sold += int(batch.sell_minor.sum())
            amount = int(batch.buy_minor.sum() + batch.sell_minor.sum())
        count = 0 if batch is None else 1
        sends.append(Send(address, DeskClosed("plan", partition, session, count, amount)))
    sent = FlowsSent(session, bought, sold)
    return Decision((*first, sent), tuple(sends))


@dataclass(frozen=True, slots=True)
class _Rows:
    plan: I64
    fund: I64
    buy_minor: I64
    sell_minor: I64
    first_received_at: I64
    lines: I64


def joined(flows: list[Flows]) -> Flows:
    """All flows of a session as one set of columns."""
    none = np.zeros(0, np.int64)
    if not flows:
        return Flows(none, none, none, none, none, none)
    return Flows(*(np.concatenate(columns) for columns in zip(*map(_columns, flows), strict=True)))


def _columns(flows: Flows) -> tuple[I64, ...]:
    return (flows.plan, flows.account, flows.fund, flows.buy_minor, flows.sell_minor,
            flows.received_at)  # fmt: skip


def _by_plan_and_fund(state: PlanState, flows: Flows) -> _Rows:
    """Sum flows per plan and fund, plans in the order of their ids."""
    rank = np.argsort(np.argsort(np.array(list(state.plan_slots)))) if state.plan_slots else None
    none = np.zeros(0, np.int64)
    if rank is None or not len(flows.plan):
        return _Rows(none, none, none, none, none, none)
    key = (rank[flows.plan].astype(np.int64) << 16) | flows.fund
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], key[order][1:] != key[order][:-1])))
    buys = flows.buy_minor[order]
    received = np.where(buys > 0, flows.received_at[order], np.iinfo(np.int64).max)
    return _Rows(
        plan=flows.plan[order][starts],
        fund=flows.fund[order][starts],
        buy_minor=np.add.reduceat(buys, starts),
        sell_minor=np.add.reduceat(flows.sell_minor[order], starts),
        first_received_at=np.minimum.reduceat(received, starts),
        lines=np.diff(np.append(starts, len(order))),
    )


def _flow_batch(state: PlanState, rows: _Rows, funds: I64, partition: int) -> FlowBatch | None:
    mine = np.flatnonzero(np.isin(rows.fund, funds))
    if not len(mine):
        return None
    plan_ids, fund_ids = list(state.plan_slots), list(state.fund_slots)
    plans, plan = np.unique(rows.plan[mine], return_inverse=True)
    used, fund = np.unique(rows.fund[mine], return_inverse=True)
    names = tuple(plan_ids[slot] for slot in plans.tolist())
    funds_used = tuple(fund_ids[slot] for slot in used.tolist())
    return FlowBatch(
        partition=partition,
        session=state.open_session,
        currency=state.book.funds[funds_used[0]].currency,
        plans=names,
        funds=funds_used,
        settling_entities=tuple(state.book.plans[name].settling_entity for name in names),
        plan=plan.astype(np.int32),
        fund=fund.astype(np.int32),
        buy_minor=rows.buy_minor[mine],
        sell_minor=rows.sell_minor[mine],
        first_received_at=rows.first_received_at[mine],
        lines=rows.lines[mine],
    )


def _close_fund(state: PlanState, closed: DeskClosed, topology: Topology) -> Decision:
    done = state.funds_closed.get(closed.session, set()) | {closed.partition}
    here = PartitionClosed(closed.desk, closed.partition, closed.session)
    if len(done) < topology.partitions("fund"):
        return Decision((here,))
    opened = state.book.sessions.next_session(closed.session)
    return Decision((here, SessionAdvanced(closed.session, opened)), (), _TakeParked())


def allocated(state: PlanState, fill: FillBatch) -> tuple[Flows, I64, I64]:
    """The flows a fill answers, one row an account, and the units each buys and sells.

    Units are shared by money within each plan (largest remainder), so that they add
    up to the omnibus units exactly. Source: golden G09. Law: L1.
    """
    fund = state.fund_slots[fill.fund_id]
    flows = joined(state.flows.get(fill.session, []))
    slots = np.array([state.plan_slots[p] for p in fill.plans], np.int64)
    rows = np.flatnonzero((flows.fund == fund) & np.isin(flows.plan, slots))
    accounts, group = np.unique(flows.account[rows], return_inverse=True)
    buy = np.zeros(len(accounts), np.int64)
    sell = np.zeros(len(accounts), np.int64)
    np.add.at(buy, group, flows.buy_minor[rows])
    np.add.at(sell, group, flows.sell_minor[rows])
    order = np.argsort(state.accounts.token[accounts], kind="stable")
    accounts, buy, sell = accounts[order], buy[order], sell[order]
    position = {slot: index for index, slot in enumerate(slots.tolist())}
    plan = np.array([position[p] for p in state.accounts.plan[accounts].tolist()], np.int64)
    merged = Flows(state.accounts.plan[accounts], accounts, np.full(len(accounts), fund), buy, sell,
                   np.zeros(len(accounts), np.int64))  # fmt: skip
    return (
        merged,
        split_columns(fill.buy_units, plan, buy),
        split_columns(fill.sell_units, plan, sell),
    )


def _confirm(state: PlanState, fill: FillBatch) -> list[Send]:
    flows, bought, sold = allocated(state, fill)
    sends: list[Send] = []
    for plan_id in fill.plans:
        rows = np.flatnonzero(flows.plan == state.plan_slots[plan_id])
        confirmation = Confirmation(
            plan_id, fill.fund_id, fill.session, fill.nav, fill.nav_scale, fill.unit_scale,
            state.accounts.token[flows.account[rows]], flows.buy_minor[rows],
            flows.sell_minor[rows], bought[rows] - sold[rows],
        )  # fmt: skip
        recordkeeper = state.book.plans[plan_id].recordkeeper
        sends.append(Send(Address("out", name=recordkeeper), confirmation))
    return sends


# --- state ------------------------------------------------------------------------------


def evolve(state: PlanState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case OrdersDecided():
            flows = _flows_of(state, event)
            state.flows.setdefault(event.trade_date, []).append(flows)
            reserve(state, flows)
        case OrdersCounted():
            batches, lines, minor = state.counted.get((event.sender, event.session), (0, 0, 0))
            state.counted[event.sender, event.session] = (
                batches + 1, lines + event.lines, minor + event.amount_minor,
            )  # fmt: skip
        case OrdersParked():
            state.parked.append((event.trade_date, _unparked(event)))
        case ParkedTaken():
            at = next(i for i, (day, _) in enumerate(state.parked) if day == event.trade_date)
            del state.parked[at]
        case SenderClosedHere():
            state.senders_closed.setdefault(event.session, set()).add(event.sender)
        case FlowsSent():
            state.flows_sent.add(event.session)
        case PartitionClosed():
            state.funds_closed.setdefault(event.session, set()).add(event.partition)
        case NavStruck():
            state.struck[event.session, event.fund_id] = event
        case FillBatch():
            _fill(state, event)
        case SessionAdvanced():
            _advance(state, event)
        case HoldingsBatch():
            _hold(state, event)
        case BookChange():
            _adopt(state, event)
        case _:
            raise AssertionError(f"the plan desk never decides {type(event).__name__}")


def _flows_of(state: PlanState, event: OrdersDecided) -> Flows:
    """The legs of lines that trade: purchase as asked, purchase of the liquid option, sale."""
    rows = np.flatnonzero(event.code == 0)
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
    received = event.received_at[rows]
    return joined([
        Flows(plan[w], account[w], fund[w], money[w] * buy, money[w] * (1 - buy), received[w])
        for w, fund, money, buy in legs
    ])  # fmt: skip


def _fill(state: PlanState, fill: FillBatch) -> None:
    flows, bought, sold = allocated(state, fill)
    positions = state.accounts.hold(flows.account, flows.fund)
    state.accounts.units[positions] += bought - sold
    state.accounts.reserved[positions] -= flows.sell_minor
    fund = state.fund_slots[fill.fund_id]
    plans = np.array([state.plan_slots[p] for p in fill.plans], np.int64)
    kept = joined(state.flows.get(fill.session, []))
    stay = ~((kept.fund == fund) & np.isin(kept.plan, plans))
    state.flows[fill.session] = [Flows(*(column[stay] for column in _columns(kept)))]


def _advance(state: PlanState, event: SessionAdvanced) -> None:
    for (session, fund_id), struck in state.struck.items():
        if session == event.closed and not struck.held:
            state.prices[fund_id] = Price(struck.nav, struck.nav_scale, struck.unit_scale)
    state.struck = {key: s for key, s in state.struck.items() if key[0] > event.closed}
    state.session = event.opened
    for closed in [day for day in state.senders_closed if day <= event.closed]:
        del state.senders_closed[closed]
    state.funds_closed.pop(event.closed, None)
    state.counted = {key: c for key, c in state.counted.items() if key[1] > event.closed}
    revalue(state)
    for flows in state.flows.values():
        for part in flows:
            _reapply(state, part)


def _reapply(state: PlanState, flows: Flows) -> None:
    """Unfilled money of a held fund still counts, on top of the new values."""
    positions = state.accounts.hold(flows.account, flows.fund)
    before = state.accounts.reserved[positions].copy()
    reserve(state, flows)
    state.accounts.reserved[positions] = before


def _known_holdings(state: PlanState, batch: HoldingsBatch) -> HoldingsBatch:
    """The positions whose plan is the sender's and whose fund is in the book."""
    plans = [state.book.plans.get(p) for p in batch.plans]
    own = np.array([p is not None and p.recordkeeper == batch.sender for p in plans], np.bool_)
    known = np.array([f in state.book.funds for f in batch.funds], np.bool_)
    keep = own[batch.plan] & known[batch.fund] & (batch.units >= 0)
    if keep.all():
        return batch
    return HoldingsBatch(
        batch.sender, batch.batch_id, batch.session, batch.plans, batch.funds,
        batch.plan[keep], batch.participant[keep], batch.fund[keep], batch.units[keep],
    )  # fmt: skip


def _hold(state: PlanState, event: HoldingsBatch) -> None:
    plan = np.array([state.plan_slots.get(p, -1) for p in event.plans], np.int64)[event.plan]
    fund = np.array([state.fund_slots.get(f, -1) for f in event.funds], np.int64)[event.fund]
    account = state.accounts.open(event.participant, plan)
    positions = state.accounts.hold(account, fund)
    state.accounts.units[positions] = event.units
    revalue(state)


def _adopt(state: PlanState, change: BookChange) -> None:
    state.book.adopt(change)
    state.session = state.session or change.session
    for fund in change.funds:
        state.fund_slots.setdefault(fund.fund_id, len(state.fund_slots))
        state.prices.setdefault(
            fund.fund_id, Price(fund.opening_nav, fund.nav_scale, fund.unit_scale)
        )
    for plan in change.plans:
        state.plan_slots.setdefault(plan.plan_id, len(state.plan_slots))
    revalue(state)
