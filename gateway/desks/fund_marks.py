"""Which mark of a sleeve is in force, and which marks no fund can use.

Whether a mark counts depends on its own recorded time alone (law L4). Whether it counts as
independent is said by its lineage.

Not here: valuing with a mark (`strike`).
"""

from __future__ import annotations

from datetime import date

from gateway.core.book import SleeveTerms
from gateway.core.events import MarkRefused
from gateway.core.lineage import is_independent
from gateway.core.marks import ManagerMark
from gateway.core.vocabulary import RejectCode
from gateway.desks.fund_state import Fund, FundState


def mark_in_force(
    state: FundState, fund: Fund, terms: SleeveTerms, session: date
) -> ManagerMark | None:
    """The newest mark recorded by the fund's valuation cut-off, if newer than the one in use.

    Whether a mark counts depends on its own recorded time alone (law L4).
    """
    since = fund.sleeves[terms.vehicle_id].measurement_date
    timely = [
        mark for mark in timely_marks(state, fund, terms, session) if mark.measurement_date >= since
    ]
    return max(timely, key=lambda m: (m.measurement_date, m.recorded_at, m.batch_id), default=None)


def timely_marks(
    state: FundState, fund: Fund, terms: SleeveTerms, session: date
) -> list[ManagerMark]:
    """The marks of a holding that no strike has seen, recorded by the fund's valuation cut-off."""
    cutoff = state.valuation_at(fund.terms, session)
    return [
        mark
        for mark in state.marks.get(fund.terms.fund_id, ())
        if mark.recorded_at <= cutoff
        and fault_of(fund, mark) is RejectCode.NONE
        and mark.vehicle_id == terms.vehicle_id
    ]


def newest_independent(
    state: FundState, fund: Fund, terms: SleeveTerms, session: date
) -> date | None:
    """The date on which the newest independent value known at the session was measured.

    A value counts from its receipt on, also where a newer one of the manager's is in force.
    """
    known = fund.sleeves[terms.vehicle_id].independent_on
    fresh = [
        mark.measurement_date
        for mark in timely_marks(state, fund, terms, session)
        if is_independent(mark.lineage)
    ]
    return max([known, *fresh] if known is not None else fresh, default=None)


def fault_of(fund: Fund | None, mark: ManagerMark) -> RejectCode:
    """Why a mark cannot be one of the fund's, or NONE."""
    if fund is None:
        return RejectCode.UNKNOWN_FUND
    managers = {sleeve.vehicle_id: sleeve.manager for sleeve in fund.terms.sleeves}
    if managers.get(mark.vehicle_id) != mark.sender:
        return RejectCode.UNKNOWN_VEHICLE
    if mark.currency != fund.terms.currency:
        return RejectCode.CURRENCY
    return RejectCode.NONE


def refused_marks(state: FundState, session: date) -> list[MarkRefused]:
    """The marks recorded before the session's close that no fund here can use."""
    closed_at = state.book.sessions.cutoff_at(session)
    faults = [
        (mark, fault_of(state.funds.get(fund_id), mark))
        for fund_id, marks in sorted(state.marks.items())
        for mark in marks
        if mark.recorded_at < closed_at
    ]
    return [
        MarkRefused(mark.sender, mark.batch_id, fault)
        for mark, fault in sorted(faults, key=lambda f: (f[0].recorded_at, f[0].batch_id))
        if fault is not RejectCode.NONE
    ]
