"""Capital that a fund returns, as its holders' plan partitions have it.

What two people decide holds from a session that is not announced yet, so that every partition
knows it when that session closes (law L4). Then what waits at the fund's gate lapses, the units
that plans hold are told to the fund, and what comes back is shared among accounts by their
units and buys their plan's liquid option.

Not here: how much each plan gets (the fund desk).
Source: domain.md §2.4. Laws: L1, L4.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from gateway.core.capital_returns import (
    CapitalReturnPlanned,
    CapitalShared,
    CapitalShares,
    HolderUnits,
)
from gateway.core.decisions import Approved, DecisionRefused
from gateway.core.money import split_columns
from gateway.core.vocabulary import I64
from gateway.desks.desk import Decision, Send, Topology
from gateway.desks.plan_decisions import outcome
from gateway.desks.plan_request_sends import told_of_requests
from gateway.desks.plan_requests import Answered, filled_events, nothing_left
from gateway.desks.plan_state import Flows, PlanState, count

ACCOUNTS_PER_EVENT = 10_000
"""Accounts in one event: about half a megabyte."""


def plan_return(state: PlanState, approved: Approved) -> Decision:
    """Note that a fund is to return capital, or say why it cannot."""
    event = _planned(state, approved)
    if isinstance(event, DecisionRefused):
        return Decision((event,), outcome(state, approved, event, "REJECTED", event.detail))
    detail = f"{approved.subject} returns capital to its holders as {approved.session} closes"
    return Decision((event,), outcome(state, approved, event, "ACCEPTED", detail))


def _planned(state: PlanState, approved: Approved) -> CapitalReturnPlanned | DecisionRefused:
    session, fund_id = approved.session, approved.subject
    calendar = state.book.sessions
    if not (calendar.first <= session <= calendar.last and calendar.is_session(session)):
        return approved.refused(f"{session} is no session")
    begun = state.session is not None and session <= state.session
    if begun or session in state.announced:
        return approved.refused(f"{session} has begun: name a session to come")
    if fund_id not in state.book.funds:
        return approved.refused(f"no fund {fund_id} is in the book")
    if any(each.fund_id == fund_id for each in state.returns.get(session, ())):
        return approved.refused(f"{fund_id} returns capital as {session} closes already")
    if approved.value <= 0:
        return approved.refused("an amount above zero is returned")
    return CapitalReturnPlanned(fund_id, session, approved.batch_id, approved.value)


def returns_due(state: PlanState, session: date, topology: Topology) -> Decision:
    """At a session's close: what waits at the gates lapses, and units are told."""
    events: list[object] = []
    sends: list[Send] = []
    for planned in state.returns.get(session, ()):
        fund_id = planned.fund_id
        slot, terms = state.fund_slots[fund_id], state.book.funds[fund_id]
        table = state.requests
        rows = np.flatnonzero((table.fund == slot) & (table.left_minor > 0) & (table.sent == 0))
        answered = Answered(
            fund_id, session, session, False, terms.nav_scale, terms.unit_scale
        )  # fmt: skip
        lapsed = filled_events(state, answered, nothing_left(state, rows))
        events.extend(lapsed)
        sends.extend(send for event in lapsed for send in told_of_requests(state, event))
        holders = _units_by_plan(state, slot)
        names = list(state.plan_slots)
        slots = np.flatnonzero(holders > 0).tolist()
        plans = tuple(names[each] for each in slots)
        told = HolderUnits(
            state.partition, planned, plans,
            tuple(state.book.plans[plan].settling_entity for plan in plans), holders[slots],
            tuple(state.book.plans[plan].recordkeeper for plan in plans),
        )  # fmt: skip
        sends.append(Send(topology.home("fund", fund_id), told))
    return Decision(tuple(events), tuple(sends))


def _positions(state: PlanState, slot: int) -> tuple[I64, I64]:
    """Accounts that hold units of a fund, and their units, in the order of their tokens."""
    accounts = state.accounts
    keys = accounts.unit_key[: len(accounts.positions)]
    mine = np.flatnonzero(((keys & 0xFFFF) == slot) & (accounts.units[: len(keys)] > 0))
    owners = keys[mine] >> 16
    order = np.argsort(accounts.token[owners], kind="stable")
    return owners[order], accounts.units[mine][order]


def _units_by_plan(state: PlanState, slot: int) -> I64:
    owners, units = _positions(state, slot)
    held = np.zeros(len(state.plan_slots), np.int64)
    np.add.at(held, state.accounts.plans_of(owners), units)
    return held


def share_return(state: PlanState, shares: CapitalShares) -> Decision:
    """Share plans' parts among their accounts, by units."""
    slot = state.fund_slots[shares.fund_id]
    owners, units = _positions(state, slot)
    plan_of = state.accounts.plans_of(owners)
    group = np.full(len(owners), -1)
    for at, row in enumerate(shares.rows):
        group[plan_of == state.plan_slots[row.plan_id]] = at
    mine = np.flatnonzero(group >= 0)
    totals = np.array([row.minor for row in shares.rows], np.int64)
    minor = split_columns(totals, group[mine], units[mine])
    plans = tuple(row.plan_id for row in shares.rows)
    liquid = tuple(state.book.plans[plan].liquid_fund for plan in plans)
    events = [
        CapitalShared(
            shares.fund_id, shares.session, shares.batch_id, shares.buys_on, plans, liquid,
            group[mine[at]].astype(np.int32), state.accounts.token[owners[mine[at]]],
            units[mine[at]], minor[at],
        )
        for at in (
            slice(first, first + ACCOUNTS_PER_EVENT)
            for first in range(0, len(mine), ACCOUNTS_PER_EVENT)
        )
    ]  # fmt: skip
    return Decision(tuple(events))


def evolve_returns(state: PlanState, event: CapitalReturnPlanned | CapitalShared) -> None:
    """Keep what is planned until its session closes; let accounts buy with what they got."""
    if isinstance(event, CapitalReturnPlanned):
        state.returns.setdefault(event.session, []).append(event)
        return
    rows = np.flatnonzero(event.minor)
    plans = np.array([state.plan_slots[plan] for plan in event.plans], np.int64)
    funds = np.array([state.fund_slots[fund] for fund in event.liquid_funds], np.int64)
    plan, fund = plans[event.plan[rows]], funds[event.plan[rows]]
    none = np.zeros(len(rows), np.int64)
    bought = Flows(
        plan, state.accounts.open(event.participant[rows], plan), fund, event.minor[rows], none,
        np.full(len(rows), state.book.sessions.cutoff_at(event.session)),
    )  # fmt: skip
    state.flows.setdefault((event.buys_on, event.buys_on), []).append(bought)
    count(state, bought)
