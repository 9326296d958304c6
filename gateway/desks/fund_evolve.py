"""How a fund partition's state follows from its events, and from nothing else.

Not here: decisions (`fund`, `strike`), the state's shape (`fund_state`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.core.book import BookChange
from gateway.core.calls import CapitalNotice, NoticeKind
from gateway.core.capital_returns import CapitalReturned, HolderUnits
from gateway.core.decisions import Approved, DecisionRefused, NavReleased, SessionShortened
from gateway.core.dilution import LONGEST_AS_OF
from gateway.core.events import (
    MarkRefused,
    PartitionClosed,
    SessionAdvanced,
    SessionAnnounced,
    SleeveRolled,
    SleevesBalanced,
    SleeveValued,
    TrueUpBooked,
)
from gateway.core.expense_caps import NO_CAP, waived_days
from gateway.core.fee_bases import cost_after
from gateway.core.fees import FeePeriod
from gateway.core.fund_events import (
    CapitalMoved,
    ExpensesCapped,
    FeeAccrued,
    HeldFlowsFilled,
    NoticeRefused,
    NoticeTaken,
    PerformanceAccrued,
)
from gateway.core.gates import GateDay, Lot, after_leaving, remembered, still_young
from gateway.core.marks import IndexLevel, ManagerMark, NavStruck, SourceTick
from gateway.core.nav import NavStatus, RollStep
from gateway.core.nav_correction import CorrectionTotals, NavCorrection, NavErrorBooked
from gateway.core.orders import FlowBatch
from gateway.core.performance_periods import moved_past
from gateway.core.requests import GatePassed, RedemptionRequests
from gateway.desks.evolve_redemptions import OfVehicles, evolve_redemptions
from gateway.desks.fund_corrections import note, wait
from gateway.desks.fund_reports import OfBreaches, evolve_breaches
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_assets import NO_CHANGE, income_of, turned
from gateway.desks.strike_sides import bought_at_will

OfStrikes = SleeveRolled | SleeveValued | NavStruck | SleevesBalanced | HeldFlowsFilled


def evolve(state: FundState, event: object) -> None:
    """Apply one event to the state, in place."""
    match event:
        case FlowBatch():
            state.flows.setdefault(event.session, []).append(event)
        case RedemptionRequests():
            state.requests.setdefault(event.session, []).append(event)
        case HolderUnits():
            state.holders.setdefault(event.planned.session, []).append(event)
        case GatePassed():
            _pass_gate(state.funds[event.fund_id], event)
        case ManagerMark():
            state.marks.setdefault(event.fund_id, []).append(event)
        case IndexLevel():
            state.levels.setdefault((event.index_id, event.session), []).append(event)
        case SourceTick():
            state.valued.setdefault(event.session, set()).add(event.source)
        case PartitionClosed():
            state.plans_closed.setdefault(event.session, set()).add(event.partition)
        case _ if isinstance(event, OfStrikes):
            _of_strike(state, event)
        case SessionAdvanced():
            _advance(state, event)
        case SessionAnnounced():
            state.session = state.session or event.session
            for change in state.book.due(state.session):
                _adopt(state, change)
        case BookChange():
            for change in state.book.note(event, state.session):
                _adopt(state, change)
        case MarkRefused():
            _forget(state, event)
        case CapitalNotice() | NoticeTaken() | NoticeRefused() | CapitalMoved():
            _note_capital(state, event)
        case _ if isinstance(event, OfVehicles):
            evolve_redemptions(state, event)
        case _ if isinstance(event, OfBreaches):
            evolve_breaches(state, event)
        case FeeAccrued() | ExpensesCapped() | PerformanceAccrued():
            _charge(state.funds[event.fund_id], event)
        case NavCorrection() | CorrectionTotals() | NavErrorBooked():
            note(state, event)
        case Approved() | DecisionRefused():
            wait(state, event)
        case SessionShortened():
            state.book.shorten(event.session, event.close_minutes, event.batch_id)
        case TrueUpBooked() | NavReleased() | CapitalReturned():
            pass
        case _:
            raise AssertionError(f"the fund desk never decides {type(event).__name__}")


def _of_strike(state: FundState, event: OfStrikes) -> None:
    fund = state.funds[event.fund_id]
    match event:
        case SleeveRolled():
            _roll(state, event)
        case SleeveValued():
            _value(state, fund, event)
        case NavStruck():
            _strike(fund, event)
        case SleevesBalanced():
            _balance(state, fund, event)
        case HeldFlowsFilled():
            fund.liquid_minor, fund.units = event.liquid_minor, event.units
            fund.roll = fund.roll.moved(event.subscribed_units, event.redeemed_units)
            fund.base_minor += event.net_flow_minor
            if fund.performance is not None:
                fund.performance = moved_past(fund.performance, event.net_flow_minor)


def _charge(fund: Fund, event: FeeAccrued | ExpensesCapped | PerformanceAccrued) -> None:
    match event:
        case FeeAccrued():
            _accrue(fund, event)
        case ExpensesCapped():
            _cap(fund, event)
        case PerformanceAccrued():
            fund.performance = event.after


def _advance(state: FundState, event: SessionAdvanced) -> None:
    """Open the next session; what a held NAV will be struck from stays."""
    state.session = event.opened
    state.plans_closed = {d: done for d, done in state.plans_closed.items() if d > event.closed}
    state.valued = {day: sources for day, sources in state.valued.items() if day > event.closed}
    held = {day for fund in state.funds.values() for day in fund.held}
    state.levels = {
        key: at for key, at in state.levels.items() if key[1] > event.closed or key[1] in held
    }
    state.flows = {
        day: batches for day, batches in state.flows.items() if day > event.closed or day in held
    }
    state.requests = {
        day: asked for day, asked in state.requests.items() if day > event.closed or day in held
    }
    state.holders = {
        day: units for day, units in state.holders.items() if day > event.closed or day in held
    }
    for change in state.book.due(state.session):
        _adopt(state, change)


def _pass_gate(fund: Fund, event: GatePassed) -> None:
    """Remember what caps count, and which of plans' units are young."""
    today = GateDay(
        event.session, event.met_minor, event.units, event.subscribed_minor, event.subscribed_units
    )
    fund.gate_days = [*remembered(fund.gate_days, event.session), today]
    held = {each.plan_id: each.units for each in event.held}
    for plan, has in held.items():
        gone = sum(row.units for row in event.rows if row.plan_id == plan)
        fund.lots[plan] = after_leaving(fund.lots.get(plan, []), has, gone)
    for each in event.bought:
        fund.lots.setdefault(each.plan_id, []).append(Lot(event.session, each.units))
    young = {plan: still_young(lots, event.session) for plan, lots in fund.lots.items()}
    fund.lots = {plan: lots for plan, lots in young.items() if lots}


def _strike(fund: Fund, event: NavStruck) -> None:
    if event.held:
        fund.held[event.session] = event
        fund.session = event.session
        return
    fund.held.pop(event.session, None)
    fund.struck[event.session] = event
    if event.status is NavStatus.CORRECTED:
        if event.session == max(fund.navs):
            fund.nav = event.unswung_nav
    elif event.session >= max(fund.navs, default=date.min):
        fund.nav, fund.session = event.unswung_nav, event.session
        fund.ends = fund.ends.after(event.session, event.net_assets_minor)
        fund.base_minor = event.net_assets_minor
    fund.navs[event.session] = event.nav
    for old in sorted(fund.navs)[: -LONGEST_AS_OF - 1]:
        del fund.navs[old], fund.struck[old]
    fund.corrections = {day: each for day, each in fund.corrections.items()
                        if day in fund.navs or each.effective >= event.session}  # fmt: skip


def _forget(state: FundState, refused: MarkRefused) -> None:
    for fund_id, marks in list(state.marks.items()):
        state.marks[fund_id] = [
            mark
            for mark in marks
            if (mark.sender, mark.batch_id) != (refused.sender, refused.batch_id)
        ]
    state.marks = {fund_id: marks for fund_id, marks in state.marks.items() if marks}


def _roll(state: FundState, event: SleeveRolled) -> None:
    """A held session's step: no mark comes into force by it, and no money moves."""
    fund = state.funds[event.fund_id]
    terms = {s.vehicle_id: s for s in fund.terms.sleeves}[event.vehicle_id]
    alpha = income_of(state, fund, terms, event.session)
    step = RollStep(event.session, event.proxy_before, event.proxy_after, 0, 0, 0, alpha)
    fund.sleeves[event.vehicle_id].roll(step)


def _value(state: FundState, fund: Fund, event: SleeveValued) -> None:
    sleeve = fund.sleeves[event.vehicle_id]
    terms = {s.vehicle_id: s for s in fund.terms.sleeves}[event.vehicle_id]
    income = income_of(state, fund, terms, event.session)
    cutoff = state.valuation_at(fund.terms, event.session)
    state.marks[event.fund_id] = [
        mark
        for mark in state.marks.get(event.fund_id, ())
        if mark.vehicle_id != event.vehicle_id or mark.recorded_at > cutoff
    ]
    if (event.mark_minor, event.measurement_date) != (sleeve.mark_minor, sleeve.measurement_date):
        sleeve.mark_minor, sleeve.measurement_date = event.mark_minor, event.measurement_date
        sleeve.steps = [s for s in sleeve.steps if s.session > event.measurement_date]
    sleeve.behind, sleeve.independent_on = event.behind, event.independent_on
    # A mark measured at the session has the day's move and income in it already.
    of_today = event.measurement_date >= event.session
    before = event.proxy_after if of_today else event.proxy_before
    alpha = NO_CHANGE if of_today else income
    sleeve.roll(RollStep(event.session, before, event.proxy_after, 0, 0, 0, alpha))


def _balance(state: FundState, fund: Fund, event: SleevesBalanced) -> None:
    level = state.level(fund.terms, fund.terms.liquid_index, event.session)
    if level is not None:
        fund.liquid_level = level
    fund.liquid_minor, fund.units, fund.breach = event.liquid_minor, event.units, event.breach
    fund.base_minor += event.net_flow_minor + event.dilution_minor + event.gain_minor
    fund.warned = event.warned
    fund.roll = fund.roll.again().moved(event.subscribed_units, event.redeemed_units)
    bought = bought_at_will(fund.terms)
    if event.granted_minor and bought is not None:
        fund.sleeves[bought.vehicle_id].move(event.session, event.granted_minor, 0)


def _accrue(fund: Fund, event: FeeAccrued) -> None:
    """Keep the days of a fee; paying ends them."""
    accrual, terms = fund.accrual, fund.terms.fees
    if turned(fund, event.session):
        accrual.periods, accrual.posted_minor = [], 0
        fund.waivers.settle()
    rate = None if terms is None else terms.rate
    accrual.periods.append(FeePeriod(event.first, event.session, event.base_minor, rate))
    accrual.posted_minor += event.posted_minor
    accrual.last = event.session


def _cap(fund: Fund, event: ExpensesCapped) -> None:
    """Keep what was waived and taken back on the days of a fee."""
    cap = fund.terms.expense_cap or NO_CAP
    days = event.first, event.session
    beside = None
    if event.beside is not None:
        beside = FeePeriod(*days, event.beside_minor, event.beside)
    above = waived_days(days, event.base_minor, event.expenses, event.cap, beside)
    fund.waivers.periods.extend(above)
    fund.waivers.take(event.session, event.waived_minor, event.recaptured_minor, cap)


def _note_capital(
    state: FundState, event: CapitalNotice | NoticeTaken | NoticeRefused | CapitalMoved
) -> None:
    """A notice waits, is in order or refused, and ends when its money moves."""
    if isinstance(event, CapitalNotice):
        state.notices.setdefault(event.fund_id, []).append(event)
        return
    if isinstance(event, CapitalMoved):
        fund = state.funds[event.fund_id]
        fund.commitments[event.vehicle_id] = event.commitment
        name = (event.vehicle_id, event.batch_id)
        for due in (due for due in fund.due if (due.vehicle_id, due.batch_id) == name):
            cost = fund.costs[event.vehicle_id]
            fund.costs[event.vehicle_id] = cost_after(cost, due.kind, due.lines)
        fund.due = [due for due in fund.due if (due.vehicle_id, due.batch_id) != name]
        called = event.holding_minor if event.kind is NoticeKind.CALL else 0
        sleeve = fund.sleeves[event.vehicle_id]
        sleeve.move(event.session, called, called - event.holding_minor)
        fund.alarmed.discard((event.vehicle_id, event.batch_id))
        return
    if isinstance(event, NoticeTaken):
        state.funds[event.fund_id].due.append(event)
    waits = [
        notice
        for notice in state.notices.pop(event.fund_id, [])
        if (notice.sender, notice.batch_id) != (event.sender, event.batch_id)
    ]
    if waits:
        state.notices[event.fund_id] = waits


def _adopt(state: FundState, change: BookChange) -> None:
    """Open new funds; funds there are get their new terms, and their new sleeves."""
    for terms in change.funds:
        opening = Fund.opening(terms)
        fund = state.funds.setdefault(terms.fund_id, opening)
        fund.terms = terms
        if terms.performance is None:
            fund.performance = None
        for vehicle_id, sleeve in opening.sleeves.items():
            fund.sleeves.setdefault(vehicle_id, sleeve)
        for vehicle_id, commitment in opening.commitments.items():
            have = fund.commitments.get(vehicle_id, commitment)
            fund.commitments[vehicle_id] = replace(
                have, commitment_minor=commitment.commitment_minor
            )
            fund.costs.setdefault(vehicle_id, opening.costs[vehicle_id])
