"""What a plan partition sends of its queue: requests to the funds, outcomes to recordkeepers.

Not here: which requests are due and how what is met is shared (`plan_requests`).
Source: domain.md §1.4-§1.5, §2.4; golden G19. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from gateway.core.gates import GateTerms
from gateway.core.money import INT64_MAX, ceil_div
from gateway.core.orders import Confirmation
from gateway.core.redemption_queue import GATE_CODES, CarryPolicy, TranchePricing
from gateway.core.requests import (
    RedemptionRequests,
    RequestFills,
    RequestsFilled,
    RequestsSent,
    RequestStatus,
)
from gateway.core.vocabulary import I64
from gateway.desks.desk import Address, Decision, Send, Topology
from gateway.desks.plan_close import KEPT_BACK, ROWS_PER_MESSAGE
from gateway.desks.plan_requests import Answered, Due, due, filled_events, nothing_left, shared
from gateway.desks.plan_state import PlanState, epoch_day
from gateway.desks.plan_withdrawals import told_of_withdrawals, withdrawn_after


def asked_minor(message: object) -> int:
    """What is asked in a message to a fund, minor units; to tell units asks for nothing."""
    return int(message.asked_minor.sum()) if isinstance(message, RedemptionRequests) else 0


def requests_due(state: PlanState, session: date, topology: Topology) -> Decision:
    """The requests of a dealing day, on their way to the funds."""
    found = due(state, session)
    asked, void = found.asked, found.void
    events: list[object] = []
    sends: list[Send] = []
    if len(asked.rows):
        minor = int(asked.ask_minor.sum())
        events.append(RequestsSent(session, len(asked.rows), minor))
        for slot in np.unique(state.requests.fund[asked.rows]).tolist():
            sends.extend(_to_fund(state, session, asked, slot, topology))
    for slot in np.unique(state.requests.fund[void]).tolist():
        fund_id = list(state.fund_slots)[slot]
        price = state.prices[fund_id]
        answered = Answered(fund_id, session, session, False, price.nav_scale, price.unit_scale)
        rows = void[state.requests.fund[void] == slot]
        for event in filled_events(state, answered, nothing_left(state, rows)):
            events.append(event)
            sends.extend(told_of_requests(state, event))
    return Decision(tuple(events), tuple(sends))


def _to_fund(
    state: PlanState, session: date, asked: Due, slot: int, topology: Topology
) -> Iterator[Send]:
    table = state.requests
    fund_id = list(state.fund_slots)[slot]
    here = table.fund[asked.rows] == slot
    rows, ask, odd = asked.rows[here], asked.ask_minor[here], asked.odd_lot[here]
    names = list(state.plan_slots)
    rank = np.argsort(np.argsort(np.array(names)))
    # A request that has not come up before does so today.
    first = np.where(table.dealing[rows], table.dealing[rows], epoch_day(session))
    order = np.lexsort((-odd, first, rank[table.plan[rows]]))
    rows, ask, first, odd = rows[order], ask[order], first[order], odd[order]
    new = (np.diff(table.plan[rows]) != 0) | (np.diff(first) != 0) | (np.diff(odd) != 0)
    starts = np.flatnonzero(np.concatenate(([True], new)))
    plan = table.plan[rows][starts]
    minor = np.add.reduceat(ask, starts)
    least = np.maximum.reduceat(_least_navs(state, slot, rows, ask), starts)
    held = _held(state, slot, plan, state.book.funds[fund_id].gate)
    to = topology.home("fund", fund_id)
    for at in range(0, len(starts), ROWS_PER_MESSAGE):
        part = slice(at, at + ROWS_PER_MESSAGE)
        slots, index = np.unique(plan[part], return_inverse=True)
        plans = tuple(names[each] for each in slots.tolist())
        yield Send(
            to,
            RedemptionRequests(
                state.partition, session, fund_id, plans,
                tuple(state.book.plans[name].settling_entity for name in plans),
                np.array([held[each] for each in slots.tolist()], np.int64),
                index.astype(np.int32), first[starts][part].astype(np.int32), minor[part],
                table.nav[rows][starts][part], least[part], odd[starts][part].astype(np.int8),
                tuple(state.book.plans[name].recordkeeper for name in plans),
            ),
        )  # fmt: skip


def _least_navs(state: PlanState, slot: int, rows: I64, ask: I64) -> I64:
    """For each request, the NAV of the day below which its account has too few units, scaled.

    All that the account asks for counts, and two of the smallest parts of a unit are kept back
    for rounding; rounded up. A request with a NAV of its own is covered whatever the day's is.
    """
    table = state.requests
    price = state.prices[list(state.fund_slots)[slot]]
    positions = state.accounts.hold(table.account[rows], table.fund[rows])
    holders, of = np.unique(positions, return_inverse=True)
    whole = np.zeros(len(holders), np.int64)
    np.add.at(whole, of, ask)
    units = np.maximum(state.accounts.units[holders] - KEPT_BACK, 1)
    factor = 10**price.shift
    if int(whole.max(initial=0)) * factor <= INT64_MAX:
        least = -(-whole * factor // units)
    else:
        pairs = zip(whole.tolist(), units.tolist(), strict=True)
        exact = [min(ceil_div(minor * factor, each), INT64_MAX) for minor, each in pairs]
        least = np.array(exact, np.int64)
    return np.where(table.nav[rows], 0, least[of])


def _held(state: PlanState, slot: int, plans: I64, gate: GateTerms | None) -> dict[int, int]:
    """Units that plans hold in a fund; counted only where the gate's terms ask for them."""
    needed = gate is not None and (
        gate.policy is CarryPolicy.RATABLE or gate.early_deduction is not None
    )
    held = dict.fromkeys(plans.tolist(), 0)
    if needed:
        accounts = state.accounts
        keys = accounts.unit_key[: len(accounts.positions)]
        mine = np.flatnonzero((keys & 0xFFFF) == slot)
        owners = accounts.plans_of(keys[mine] >> 16)
        sums = np.zeros(len(state.plan_slots), np.int64)
        np.add.at(sums, owners, accounts.units[mine])
        held = {each: int(sums[each]) for each in held}
    return held


def requests_answered(state: PlanState, fills: RequestFills) -> Decision:
    """What became of requests, line by line, and what their recordkeepers are told."""
    shares = shared(state, fills)
    events = filled_events(state, Answered.by(fills), shares)
    left = state.requests.left_minor[shares.rows] - shares.met_minor - shares.lapsed_minor
    withdrawn = withdrawn_after(state, shares.rows, left)
    sends = [
        send
        for event in events
        for send in (*_confirmed(state, event), *told_of_requests(state, event, fills.pricing))
    ]
    sends.extend(send for event in withdrawn for send in told_of_withdrawals(state, event))
    return Decision((*events, *withdrawn), tuple(sends))


def _confirmed(state: PlanState, event: RequestsFilled) -> Iterator[Send]:
    """The units that left, plan by plan; parts of a request may have NAVs of their own."""
    met = event.met_minor > 0
    pairs = np.unique(np.stack((event.plan[met], event.nav[met]), 1), axis=0).tolist()
    for plan, nav in pairs:
        rows = np.flatnonzero(met & (event.plan == plan) & (event.nav == nav))
        name = event.names[plan]
        yield Send(
            Address("out", name=state.book.plans[name].recordkeeper),
            Confirmation(
                name, event.fund_id, event.session, nav, event.nav_scale, event.unit_scale,
                event.participant[rows], np.zeros(len(rows), np.int64),
                event.met_minor[rows] - event.kept_minor[rows], -event.units[rows],
            ),
        )  # fmt: skip


def told_of_requests(
    state: PlanState, event: RequestsFilled, pricing: TranchePricing = TranchePricing.PER_TRANCHE
) -> Iterator[Send]:
    """What recordkeepers are told of each line, plan by plan."""
    for plan in np.unique(event.plan).tolist():
        rows = np.flatnonzero(event.plan == plan)
        name = event.names[plan]
        batches, batch = np.unique(event.batch[rows], return_inverse=True)
        paid = event.met_minor[rows] - event.kept_minor[rows]
        left, lapsed = event.left_minor[rows], event.lapsed_minor[rows]
        unmet = int(left.sum() + lapsed.sum())
        some = "PARTIALLY_FILLED" if event.met_minor[rows].any() else "NOT_FILLED"
        yield Send(
            Address("out", name=state.book.plans[name].recordkeeper),
            RequestStatus(
                name, event.fund_id, event.session, some if unmet else "FILLED",
                GATE_CODES[pricing] if unmet else "", event.buys_on,
                tuple(event.names[each] for each in batches.tolist()), batch.astype(np.int32),
                event.line[rows], event.participant[rows], event.asked_minor[rows], paid,
                event.kept_minor[rows], left, lapsed, np.zeros(len(rows), np.int64),
            ),
        )  # fmt: skip
