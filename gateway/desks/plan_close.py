"""What a plan partition sends at the close, and what it does with the fills that come back.

Money is summed by plan and fund on the way out; units are shared among accounts by
their money on the way back, so that they add up to the omnibus units exactly.

Not here: when a session closes (`plan`).
Source: design of the daily close, step 2; golden G09. Laws: L1, L4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from gateway.core.money import INT64_MAX, ceil_div, split_columns
from gateway.core.orders import Confirmation, FillBatch, FlowBatch
from gateway.core.vocabulary import I64
from gateway.desks.desk import Address, Send
from gateway.desks.plan_state import Flows, PlanState, joined

ROWS_PER_MESSAGE = 20_000
"""Plans or accounts in one message: about a megabyte at most."""


KEPT_BACK = 2
"""Smallest parts of a unit that a sale leaves to rounding."""


@dataclass(frozen=True, slots=True)
class FlowRows:
    """A session's money by plan and fund; slots are the state's own."""

    plan: I64
    fund: I64
    buy_minor: I64
    sell_minor: I64
    first_received_at: I64
    lines: I64
    least_nav: I64


def by_plan_and_fund(state: PlanState, flows: Flows) -> FlowRows:
    """Sum flows per plan and fund, plans in the order of their ids."""
    rank = np.argsort(np.argsort(np.array(list(state.plan_slots)))) if state.plan_slots else None
    none = np.zeros(0, np.int64)
    if rank is None or not len(flows.plan):
        return FlowRows(none, none, none, none, none, none, none)
    key = (rank[flows.plan].astype(np.int64) << 16) | flows.fund
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], key[order][1:] != key[order][:-1])))
    buys = flows.buy_minor[order]
    received = np.where(buys > 0, flows.received_at[order], np.iinfo(np.int64).max)
    return FlowRows(
        plan=flows.plan[order][starts],
        fund=flows.fund[order][starts],
        buy_minor=np.add.reduceat(buys, starts),
        sell_minor=np.add.reduceat(flows.sell_minor[order], starts),
        first_received_at=np.minimum.reduceat(received, starts),
        lines=np.diff(np.append(starts, len(order))),
        least_nav=np.maximum.reduceat(_least_navs(state, flows)[order], starts),
    )


def _least_navs(state: PlanState, flows: Flows) -> I64:
    """For each sale, the NAV below which its account has too few units, scaled; else 0.

    All that the account sells of the fund counts, and two of the smallest parts of a unit are
    kept back: so much can rounding add to an account's share of its plan's sale. Rounded up.
    """
    least = np.zeros(len(flows.account), np.int64)
    sells = np.flatnonzero(flows.sell_minor > 0)
    positions = state.accounts.hold(flows.account[sells], flows.fund[sells])
    units = np.maximum(state.accounts.units[positions] - KEPT_BACK, 1)
    in_flight = state.accounts.reserved.at(positions)
    names = list(state.fund_slots)
    for slot in np.unique(flows.fund[sells]).tolist():
        here = np.flatnonzero(flows.fund[sells] == slot)
        factor = 10 ** state.prices[names[slot]].shift
        if int(in_flight[here].max()) * factor <= INT64_MAX:
            least[sells[here]] = -(-in_flight[here] * factor // units[here])
        else:
            rows = zip(in_flight[here].tolist(), units[here].tolist(), strict=True)
            exact = [min(ceil_div(minor * factor, each), INT64_MAX) for minor, each in rows]
            least[sells[here]] = exact
    return least


def flow_batches(state: PlanState, rows: FlowRows, funds: I64, trade_date: date) -> list[FlowBatch]:
    """The rows of the funds given as messages, each small enough to travel."""
    mine = np.flatnonzero(np.isin(rows.fund, funds))
    return [
        _flow_batch(state, rows, mine[at : at + ROWS_PER_MESSAGE], trade_date)
        for at in range(0, len(mine), ROWS_PER_MESSAGE)
    ]


def _flow_batch(state: PlanState, rows: FlowRows, mine: I64, trade_date: date) -> FlowBatch:
    plan_ids, fund_ids = list(state.plan_slots), list(state.fund_slots)
    plans, plan = np.unique(rows.plan[mine], return_inverse=True)
    used, fund = np.unique(rows.fund[mine], return_inverse=True)
    names = tuple(plan_ids[slot] for slot in plans.tolist())
    funds_used = tuple(fund_ids[slot] for slot in used.tolist())
    return FlowBatch(
        partition=state.partition,
        session=state.open_session,
        trade_date=trade_date,
        currency=state.book.funds[funds_used[0]].currency,
        plans=names,
        funds=funds_used,
        settling_entities=tuple(state.book.plans[name].settling_entity for name in names),
        recordkeepers=tuple(state.book.plans[name].recordkeeper for name in names),
        plan=plan.astype(np.int32),
        fund=fund.astype(np.int32),
        buy_minor=rows.buy_minor[mine],
        sell_minor=rows.sell_minor[mine],
        first_received_at=rows.first_received_at[mine],
        lines=rows.lines[mine],
        least_nav=rows.least_nav[mine],
    )


def allocated(state: PlanState, fill: FillBatch) -> tuple[Flows, I64, I64]:
    """The flows a fill answers, one row an account, and the units each buys and sells.

    Units are shared by money within each plan (largest remainder), so that they add
    up to the omnibus units exactly. Source: golden G09. Law: L1.
    """
    fund = state.fund_slots[fill.fund_id]
    flows = joined(state.flows.get((fill.session, fill.trade_date), []))
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
    plan = np.array([position[p] for p in state.accounts.plans_of(accounts).tolist()], np.int64)
    merged = Flows(state.accounts.plans_of(accounts), accounts, np.full(len(accounts), fund), buy,
                   sell, np.zeros(len(accounts), np.int64))  # fmt: skip
    return (
        merged,
        split_columns(fill.buy_units, plan, buy),
        split_columns(fill.sell_units, plan, sell),
    )


def confirmations(state: PlanState, fill: FillBatch) -> list[Send]:
    """What each recordkeeper is told of a fill: the units of its participants, by plan."""
    flows, bought, sold = allocated(state, fill)
    sends: list[Send] = []
    order = np.argsort(flows.plan, kind="stable")
    for plan_id in fill.plans:
        slot = state.plan_slots[plan_id]
        first, last = np.searchsorted(flows.plan[order], [slot, slot + 1]).tolist()
        to = Address("out", name=state.book.plans[plan_id].recordkeeper)
        for at in range(first, last, ROWS_PER_MESSAGE):
            rows = order[at : min(at + ROWS_PER_MESSAGE, last)]
            confirmation = Confirmation(
                plan_id, fill.fund_id, fill.trade_date, fill.nav, fill.nav_scale, fill.unit_scale,
                state.accounts.token[flows.account[rows]], flows.buy_minor[rows],
                flows.sell_minor[rows], bought[rows] - sold[rows],
            )  # fmt: skip
            sends.append(Send(to, confirmation))
    return sends
