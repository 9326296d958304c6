"""The fund desk: strikes each fund's NAV once a session, fills, and says who owes whom.

Inbox: BookChange, ManagerMark, CapitalNotice, LiquidityNotice, IndexLevel, FlowBatch,
RedemptionRequests, CorrectionTotals, DeskClosed (plan), Approved, SourceTick.
Sends: NAVs, fills, answers to requests and DeskClosed to the plan partitions, obligations and
DeskClosed to the cash partitions, NAVs to the recordkeepers, requests to the managers.

A session is struck when every plan partition has closed it, and every source of marks and
operations have passed the valuation cut-off on: then all that was recorded in time has been seen.

Not here: one fund's arithmetic (`strike`).
Source: design of the daily close, step 3. Laws: L1, L2, L4.
"""

from __future__ import annotations

from datetime import date

from gateway.core.book import BookChange
from gateway.core.calls import CapitalNotice
from gateway.core.capital_returns import HolderUnits
from gateway.core.closing import DeskClosed
from gateway.core.decisions import Approved, DecisionKind, SessionShortened
from gateway.core.events import (
    PartitionClosed,
    SessionAdvanced,
    SessionAnnounced,
)
from gateway.core.logic import known
from gateway.core.marks import IndexLevel, ManagerMark, SourceTick
from gateway.core.nav_correction import CorrectionTotals
from gateway.core.orders import FlowBatch
from gateway.core.redemption_events import LiquidityNotice
from gateway.core.requests import RedemptionRequests
from gateway.core.vocabulary import OPERATIONS, TickKind
from gateway.desks.desk import Address, Decision, Desk, Send, Topology
from gateway.desks.fund_corrections import TakeDecided, book, correct, take_decided, waits
from gateway.desks.fund_evolve import evolve
from gateway.desks.fund_marks import refused_marks
from gateway.desks.fund_release import release
from gateway.desks.fund_reports import file_report
from gateway.desks.fund_sends import fill_sends, obligation_sends, refusal, told_of
from gateway.desks.fund_state import FundState
from gateway.desks.session_moves import adopted, following, shortened
from gateway.desks.strike import Struck, strike_fund
from gateway.desks.strike_capital import notices_of_strangers
from gateway.desks.strike_redemptions import answers_of_strangers
from gateway.desks.vehicle_sends import unusable


def fund_desk(topology: Topology) -> Desk[FundState]:
    """The fund desk of a topology."""

    def decide(state: FundState, message: object) -> Decision:
        known(state.book.logic)
        match message:
            case BookChange():
                return Decision(adopted(state.book, state.session, message))
            case FlowBatch() | RedemptionRequests() | HolderUnits():
                return Decision((message,))
            case IndexLevel() | ManagerMark() | CapitalNotice() | LiquidityNotice():
                return Decision((message,))
            case SourceTick():
                return _take_tick(state, message, topology)
            case DeskClosed():
                return _plan_closed(state, message, topology)
            case Approved(kind=DecisionKind.CLOSE_EARLY):
                return _close_early(state, message)
            case TakeDecided():
                return take_decided(state, topology)
            case CorrectionTotals():
                return book(state, message, topology)
            case Approved(kind=DecisionKind.CORRECT_NAV):
                return correct(state, message, topology)
            case Approved(kind=DecisionKind.REPORT_FILED):
                return file_report(state, message)
            case Approved():
                return release(state, message, topology)
        raise AssertionError(f"the fund desk does not know {type(message).__name__}")

    return Desk("fund", FundState, decide, evolve)


def _take_tick(state: FundState, tick: SourceTick, topology: Topology) -> Decision:
    match tick.kind:
        case TickKind.SESSION_OPENED if tick.source == OPERATIONS:
            return Decision((SessionAnnounced(tick.session),))
        case TickKind.VALUATION_CUT_OFF:
            return _struck_if_ready(state, tick, topology)
    return Decision()


def _plan_closed(state: FundState, closed: DeskClosed, topology: Topology) -> Decision:
    sent = [b for b in state.flows.get(closed.session, ()) if b.partition == closed.partition]
    got = sum(int(batch.buy_minor.sum() + batch.sell_minor.sum()) for batch in sent)
    asked = state.requests.get(closed.session, ())
    got += sum(int(each.asked_minor.sum()) for each in asked if each.partition == closed.partition)
    assert got == closed.amount_minor, (
        f"law L1: plan/{closed.partition} {closed.session}: flows of {got} minor units came, "
        f"it sent {closed.amount_minor}"
    )
    here = PartitionClosed(closed.desk, closed.partition, closed.session)
    return _struck_if_ready(state, here, topology)


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
    # With operations' tick, every decision that was approved before it has come here (law L4).
    sources = {*state.book.senders("MANAGER"), *state.book.senders("MARKET"), OPERATIONS}
    if here.session != session or len(closed) < topology.plan or not valued >= sources:
        return Decision((here,))
    struck = [strike_fund(state, state.funds[name], session) for name in sorted(state.funds)]
    marks, strangers = refused_marks(state, session), notices_of_strangers(state, session)
    unknown = answers_of_strangers(state, session)
    events: list[object] = [here, *marks, *strangers, *unknown]
    for fund in struck:
        events.extend(fund.events)
    events.append(SessionAdvanced(session, following(state.book, session)))
    sends = _to_plans(state, struck, session, topology)
    sends.extend(_to_cash(state, struck, session, topology))
    sends.extend(refusal(mark, session) for mark in marks)
    sends.extend(refusal(notice, session) for notice in strangers)
    sends.extend(unusable(notice, session) for notice in unknown)
    sends.extend(send for fund in struck for send in told_of(state, fund, session))
    return Decision(tuple(events), tuple(sends), waits(state))


def _to_plans(
    state: FundState, struck: list[Struck], session: date, topology: Topology
) -> list[Send]:
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        navs = [Send(address, fund.nav) for fund in struck]
        fills, amount = fill_sends(struck, address)
        count = len(navs) + len(fills)
        closed = DeskClosed("fund", state.partition, session, count, amount)
        sends.extend((*navs, *fills, Send(address, closed)))
    for recordkeeper in state.book.senders("RECORDKEEPER"):
        sends.extend(Send(Address("out", name=recordkeeper), fund.nav) for fund in struck)
    return sends


def _to_cash(
    state: FundState, struck: list[Struck], session: date, topology: Topology
) -> list[Send]:
    sends: list[Send] = []
    for address in topology.everywhere("cash"):
        owed, amount = obligation_sends(state, struck, session, address, topology)
        closed = DeskClosed("fund", state.partition, session, len(owed), amount)
        sends.extend((*owed, Send(address, closed)))
    return sends


def _close_early(state: FundState, approved: Approved) -> Decision:
    """Follow the plan desk's calendar; what cannot be, that desk tells."""
    event = shortened(state.book, state.session, approved)
    return Decision((event,) if isinstance(event, SessionShortened) else ())
