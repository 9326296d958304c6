"""The fund desk: strikes each fund's NAV once a session, fills, and says who owes whom.

Inbox: BookChange, ManagerMark, IndexLevel, FlowBatch, DeskClosed (plan), SourceTick.
Sends: NAVs, fills and DeskClosed to the plan partitions, obligations and DeskClosed to
the cash partitions, NAVs to the recordkeepers.

A session is struck when every plan partition has closed it and every source of marks
has passed the valuation cut-off on: then all that was recorded in time has been seen.

Not here: one fund's arithmetic (`strike`).
Source: design of the daily close, step 3. Laws: L1, L2, L4.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.core.book import BookChange
from gateway.core.closing import DeskClosed
from gateway.core.events import (
    MarkRefused,
    PartitionClosed,
    SessionAdvanced,
    SleevesBalanced,
    SleeveValued,
    TickPassed,
    TrueUpBooked,
)
from gateway.core.marks import IndexLevel, ManagerMark, NavStruck, SourceTick
from gateway.core.nav import RollStep
from gateway.core.orders import FlowBatch
from gateway.core.settlement import Obligation, ObligationRow
from gateway.core.vocabulary import RejectCode, TickKind
from gateway.desks.desk import Address, Decision, Desk, Send, Topology
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike import NO_CHANGE, Struck, strike_fund


def fund_desk(topology: Topology) -> Desk[FundState]:
    """The fund desk of a topology."""

    def decide(state: FundState, message: object) -> Decision:
        match message:
            case FlowBatch() | BookChange() | IndexLevel():
                return Decision((message,))
            case ManagerMark():
                return _take_mark(state, message)
            case SourceTick():
                return _take_tick(state, message, topology)
            case DeskClosed():
                here = PartitionClosed(message.desk, message.partition, message.session)
                return _struck_if_ready(state, here, topology)
        raise AssertionError(f"the fund desk does not know {type(message).__name__}")

    return Desk("fund", FundState, decide, evolve)


def _take_mark(state: FundState, mark: ManagerMark) -> Decision:
    fund = state.funds.get(mark.fund_id)
    if fund is None:
        return Decision()
    code = RejectCode.NONE
    sleeves = {sleeve.vehicle_id: sleeve for sleeve in fund.terms.sleeves}
    if mark.vehicle_id not in sleeves or sleeves[mark.vehicle_id].manager != mark.sender:
        code = RejectCode.UNKNOWN_VEHICLE
    elif mark.currency != fund.terms.currency:
        code = RejectCode.CURRENCY
    if code is not RejectCode.NONE:
        return Decision((MarkRefused(mark.sender, mark.batch_id, code),))
    return Decision((mark,))


def _take_tick(state: FundState, tick: SourceTick, topology: Topology) -> Decision:
    if tick.kind is not TickKind.VALUATION_CUT_OFF:
        return Decision()
    return _struck_if_ready(state, tick, topology)


def _struck_if_ready(
    state: FundState, here: PartitionClosed | SourceTick, topology: Topology
) -> Decision:
    """Strike the open session if this message was the last one it waited for."""
    session = state.session
    closed = set(state.plans_closed.get(here.session, set()))
    valued = set(state.valued.get(here.session, set()))
    if isinstance(here, PartitionClosed):
        closed.add(here.partition)
    else:
        valued.add(here.source)
    sources = {*state.book.senders("MANAGER"), *state.book.senders("MARKET")}
    if here.session != session or len(closed) < topology.plan or not valued >= sources:
        return Decision((here,))
    struck = [strike_fund(state, state.funds[name], session) for name in sorted(state.funds)]
    events: list[object] = [here]
    for fund in struck:
        events.extend((*fund.true_ups, *fund.valued, fund.nav))
        events.extend([fund.balanced] if fund.balanced is not None else [])
    following = state.book.sessions.next_session(session)
    events.append(SessionAdvanced(session, following))
    sends = _to_plans(state, struck, session, topology)
    sends.extend(_to_cash(state, struck, session, topology))
    return Decision(tuple(events), tuple(sends))


def _to_plans(
    state: FundState, struck: list[Struck], session: date, topology: Topology
) -> list[Send]:
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        before = len(sends)
        amount = 0
        for fund in struck:
            sends.append(Send(address, fund.nav))
            for partition, fill in fund.fills:
                if partition == address.partition:
                    sends.append(Send(address, fill))
                    amount += int(fill.buy_minor.sum() + fill.sell_minor.sum())
        count = len(sends) - before
        sends.append(Send(address, DeskClosed("fund", state.partition, session, count, amount)))
    for recordkeeper in state.book.senders("RECORDKEEPER"):
        sends.extend(Send(Address("out", name=recordkeeper), fund.nav) for fund in struck)
    return sends


def _to_cash(
    state: FundState, struck: list[Struck], session: date, topology: Topology
) -> list[Send]:
    sends: list[Send] = []
    for address in topology.everywhere("cash"):
        before = len(sends)
        amount = 0
        for fund in struck:
            rows = tuple(
                row
                for row in fund.obligations
                if topology.home("cash", row.counterparty) == address
            )
            amount += sum(row.amount_minor for row in rows)
            sends.extend(_obligation_sends(state, fund, rows, session, address))
        count = len(sends) - before
        sends.append(Send(address, DeskClosed("fund", state.partition, session, count, amount)))
    return sends


def _obligation_sends(
    state: FundState, fund: Struck, rows: tuple[ObligationRow, ...], session: date, to: Address
) -> list[Send]:
    """Legs in messages of at most a thousand rows."""
    return [
        Send(to, Obligation(state.partition, session, fund.nav.currency, rows[at : at + 1000]))
        for at in range(0, len(rows), 1000)
    ]


def evolve(state: FundState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case FlowBatch():
            state.flows.setdefault(event.session, []).append(event)
        case ManagerMark():
            state.funds[event.fund_id].sleeves[event.vehicle_id].newer.append(event)
        case IndexLevel():
            state.levels[event.index_id, event.session] = event.level
        case SourceTick():
            state.valued.setdefault(event.session, set()).add(event.source)
        case PartitionClosed():
            state.plans_closed.setdefault(event.session, set()).add(event.partition)
        case SleeveValued():
            _value(state.funds[event.fund_id], event)
        case NavStruck():
            fund = state.funds[event.fund_id]
            fund.session = event.session
            if not event.held:
                fund.nav = event.nav
        case SleevesBalanced():
            _balance(state, state.funds[event.fund_id], event)
        case SessionAdvanced():
            state.session = event.opened
            state.plans_closed.pop(event.closed, None)
            state.valued.pop(event.closed, None)
        case BookChange():
            _adopt(state, event)
        case MarkRefused() | TrueUpBooked() | TickPassed():
            pass
        case _:
            raise AssertionError(f"the fund desk never decides {type(event).__name__}")


def _value(fund: Fund, event: SleeveValued) -> None:
    sleeve = fund.sleeves[event.vehicle_id]
    if (event.mark_minor, event.measurement_date) != (sleeve.mark_minor, sleeve.measurement_date):
        sleeve.mark_minor, sleeve.measurement_date = event.mark_minor, event.measurement_date
        sleeve.steps = [s for s in sleeve.steps if s.session > event.measurement_date]
        sleeve.newer = [m for m in sleeve.newer if m.measurement_date > event.measurement_date]
    step = RollStep(event.session, event.proxy_before, event.proxy_after, 0, 0, 0, NO_CHANGE)
    sleeve.steps.append(step)


def _balance(state: FundState, fund: Fund, event: SleevesBalanced) -> None:
    fund.liquid_level = state.levels[fund.terms.liquid_index, event.session]
    fund.liquid_minor, fund.units, fund.breach = event.liquid_minor, event.units, event.breach
    if event.granted_minor:
        steps = fund.sleeves[fund.terms.sleeves[0].vehicle_id].steps
        steps[-1] = replace(steps[-1], calls_minor=event.granted_minor)


def _adopt(state: FundState, change: BookChange) -> None:
    state.book.adopt(change)
    state.session = state.session or change.session
    for terms in change.funds:
        if terms.fund_id in state.funds:
            state.funds[terms.fund_id].terms = terms
        else:
            state.funds[terms.fund_id] = Fund.opening(terms)
