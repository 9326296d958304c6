"""How a fund's requests to its vehicles follow from events: asked, answered, paid, gated.

Not here: the other events of a fund partition (`fund_evolve`).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.redemption_events import (
    CallAlarmed,
    GateNoted,
    LiquidityNotice,
    LiquidityNoticeRefused,
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequested,
)
from gateway.desks.fund_state import Fund, FundState, OpenRequest

OfVehicles = (
    LiquidityNotice
    | LiquidityNoticeRefused
    | GateNoted
    | RedemptionRequested
    | RedemptionAnswered
    | RedemptionPaid
    | CallAlarmed
)


def evolve_redemptions(state: FundState, event: OfVehicles) -> None:
    """Apply one event to the state, in place."""
    match event:
        case LiquidityNotice():
            state.liquidity_notices.setdefault(event.fund_id, []).append(event)
        case LiquidityNoticeRefused():
            _forget(state, event)
        case GateNoted():
            _forget(state, event)
            state.funds[event.fund_id].gates[event.vehicle_id, event.kind] = event
        case RedemptionRequested():
            state.funds[event.fund_id].requests[event.request_id] = OpenRequest(
                event.vehicle_id, event.session, event.amount_minor, event.amount_minor
            )
        case RedemptionAnswered():
            _forget(state, event)
            _answer(state.funds[event.fund_id], event)
        case RedemptionPaid():
            _pay(state.funds[event.fund_id], event)
        case CallAlarmed():
            state.funds[event.fund_id].alarmed.add((event.vehicle_id, event.batch_id))


def _forget(
    state: FundState, decided: LiquidityNoticeRefused | GateNoted | RedemptionAnswered
) -> None:
    """A notice that is decided waits no more."""
    name = decided.sender, decided.batch_id, decided.notice_date
    waits = [
        notice
        for notice in state.liquidity_notices.pop(decided.fund_id, [])
        if (notice.sender, notice.batch_id, notice.notice_date) != name
    ]
    if waits:
        state.liquidity_notices[decided.fund_id] = waits


def _answer(fund: Fund, event: RedemptionAnswered) -> None:
    """What waits stays open; a request of which nothing does is done."""
    if event.queued_minor:
        open_before = fund.requests[event.request_id]
        fund.requests[event.request_id] = replace(open_before, open_minor=event.queued_minor)
    else:
        del fund.requests[event.request_id]
    if event.gross_minor:
        fund.redeeming.append(event)


def _pay(fund: Fund, event: RedemptionPaid) -> None:
    """The holding falls by what is paid and what the vehicle keeps."""
    fund.redeeming = [
        each
        for each in fund.redeeming
        if (each.request_id, each.batch_id) != (event.request_id, event.batch_id)
    ]
    fund.sleeves[event.vehicle_id].move(event.session, 0, event.gross_minor)
