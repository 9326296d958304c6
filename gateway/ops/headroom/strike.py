"""The open session's strike of a fund as if it came now: the fund desk's own, on its own state.

What plan partitions accepted and have not sent yet is sent to it as they would send it at the
close. Indices whose level nobody told yet stand where they stood.

Not here: what plans accept (`lines`).
Source: domain.md §2.2. Law: L2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gateway.core.breach_events import BreachStanding
from gateway.core.limits import headroom, inflow_to_cure, is_above_soft_cap, redemption_capacity
from gateway.core.marks import IndexLevel
from gateway.core.orders import FlowBatch
from gateway.core.requests import RedemptionRequests
from gateway.desks.desk import Topology
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.plan_close import by_plan_and_fund, flow_batches
from gateway.desks.plan_request_sends import requests_due
from gateway.desks.plan_state import PlanState, joined
from gateway.desks.strike import Struck, strike_fund
from gateway.desks.strike_assets import Assets, assets_of
from gateway.desks.strike_capital import capital_of
from gateway.desks.strike_limits import binding, counted, subjects
from gateway.desks.strike_redemptions import gain_of, holdings_after, redemptions_of
from gateway.desks.strike_sides import bought_at_will
from gateway.ops.headroom.rows import LimitRow, Strike


@dataclass(frozen=True, slots=True)
class ProForma:
    """A strike as it would be now."""

    strike: Strike
    limits: tuple[LimitRow, ...]


def waiting_flows(plans: Iterable[PlanState], fund_id: str) -> list[FlowBatch]:
    """The open session's accepted money for a fund that plan partitions have not sent yet."""
    found: list[FlowBatch] = []
    for state in plans:
        slot = state.fund_slots.get(fund_id)
        if slot is None or state.session is None or state.session in state.flows_sent:
            continue
        for sent_at, trade_date in sorted(state.flows):
            if sent_at == state.session:
                rows = by_plan_and_fund(state, joined(state.flows[sent_at, trade_date]))
                found += flow_batches(state, rows, np.array([slot], np.int64), trade_date)
    return found


def waiting_requests(
    plans: Iterable[PlanState], fund_id: str, topology: Topology
) -> list[RedemptionRequests]:
    """What plan partitions would ask a fund's gate for at the open session's close."""
    found: list[RedemptionRequests] = []
    for state in plans:
        if state.session is None or state.session in state.flows_sent:
            continue
        sent = (send.message for send in requests_due(state, state.session, topology).sends)
        found += [
            each for each in sent
            if isinstance(each, RedemptionRequests) and each.fund_id == fund_id
        ]  # fmt: skip
    return found


def money_of_nobody(fund: Fund, state: FundState, amount_minor: int) -> FlowBatch:
    """A purchase of a fund by a plan that is not said."""
    session = state.open_session
    index, money = np.array([0], np.int32), np.array([amount_minor], np.int64)
    one, none = np.array([1], np.int64), np.array([0], np.int64)
    received = np.array([state.book.sessions.cutoff_at(session) - 1], np.int64)
    return FlowBatch(
        0, session, session, fund.terms.currency, ("any plan",), (fund.terms.fund_id,),
        ("nobody",), ("nobody",), index, index, money, none, received, one, none,
    )  # fmt: skip


def pro_forma(
    state: FundState, fund_id: str, more: Sequence[FlowBatch],
    asks: Sequence[RedemptionRequests] = (), *, tried: bool = False
) -> ProForma:  # fmt: skip
    """Strike a fund for the open session with what came and what is to come.

    Args:
        state: The fund partition's state; levels that are missing are put into it.
        fund_id: The fund.
        more: Flows that did not come yet.
        asks: Requests that did not come yet.
        tried: Whether the purchase tried is among them.
    """
    session, fund = state.open_session, state.funds[fund_id]
    _stand_still(state, fund)
    came, asked_before = state.flows.get(session, []), state.requests.get(session, [])
    state.requests[session] = [*asked_before, *(each for each in asks if each.session == session)]
    state.flows[session] = [*came, *(batch for batch in more if batch.session == session)]
    try:
        struck = strike_fund(state, fund, session)
        assets = assets_of(state, fund, session, [])
        capital, back = capital_of(state, fund, session), redemptions_of(state, fund, session)
        net = sum(int(b.buy_minor[r]) - int(b.sell_minor[r]) for b, r in _rows(state, fund_id))
    finally:
        state.flows[session], state.requests[session] = came, asked_before
    paid_in = 0 if struck.balanced is None else struck.balanced.dilution_minor
    net -= struck.gate.paid_minor
    holdings = holdings_after(assets.valued, capital.moved, back.paid)
    unfunded = capital.unfunded_after(fund)
    total = assets.net_assets_minor + net + paid_in + gain_of(capital.moved, back.paid)
    bought = bought_at_will(fund.terms)
    binds = binding(fund.terms, bought, holdings, total, unfunded)
    asked, granted = 0, 0
    if struck.balanced is not None:
        asked, granted = struck.balanced.asked_minor, struck.balanced.granted_minor
        assert binds.room_minor == struck.balanced.headroom_minor, (binds, struck.balanced)
    frozen = _frozen(fund, struck, assets)
    said = Strike(
        fund_id, session, tried, net, asked, granted, binds.limit_id, binds.room_minor,
        bool(frozen), tuple(hold.value for hold in struck.nav.holds) if struck.nav.held else (),
    )  # fmt: skip
    rows = _limit_rows(fund, struck, (holdings, unfunded), total, frozen)
    stops = None if bought is None else binds.limit_id
    marked = tuple(replace(row, binds=row.limit_id == stops) for row in rows)
    return ProForma(said, marked)


def _rows(state: FundState, fund_id: str) -> Iterable[tuple[FlowBatch, int]]:
    """The rows of the open session's flows that are a fund's."""
    for batch in state.flows.get(state.open_session, ()):
        if fund_id in batch.funds:
            for row in np.flatnonzero(batch.fund == batch.funds.index(fund_id)).tolist():
                yield batch, row


def _stand_still(state: FundState, fund: Fund) -> None:
    """Tell the fund's indices where they stood, where nobody told them for the session yet."""
    session, sources = state.open_session, state.book.senders("MARKET")
    stood = {fund.terms.liquid_index: fund.liquid_level}
    for terms in fund.terms.sleeves:
        steps = fund.sleeves[terms.vehicle_id].steps
        last = steps[-1].proxy_after if steps else terms.opening_proxy
        stood.setdefault(terms.proxy_id, last)
    for index, level in stood.items():
        if sources and state.level(fund.terms, index, session) is None:
            told = IndexLevel(sources[0], index, session, level, 0)
            state.levels.setdefault((index, session), []).append(told)


def _frozen(fund: Fund, struck: Struck, assets: Assets) -> str:
    """Why the fund buys nothing private; empty if it may."""
    breach = fund.breach if struck.balanced is None else struck.balanced.breach
    reasons = [
        f"above the cap since {breach.since}" if breach.buys_frozen else "",
        *(
            f"above {each.limit_id} since {each.since}"
            for each in struck.clocks.reviewed
            if each.freezes and each.limit_id != fund.terms.limit.limit_id
        ),
        "a mark is stale" if assets.stale else "",
        "an independent value is overdue" if assets.overdue else "",
        "its NAV would be held" if struck.nav.held else "",
    ]
    return ", ".join(reason for reason in reasons if reason)


def _limit_rows(
    fund: Fund,
    struck: Struck,
    owned: tuple[dict[str, int], dict[str, int]],
    total: int,
    frozen: str,
) -> list[LimitRow]:
    """The fund's own limit and those on the holding that purchases go to; `owned`: and uncalled."""
    terms, bought = fund.terms, bought_at_will(fund.terms)
    narrow = [] if bought is None else [n for n in terms.limits if n.about in subjects(bought)]
    reviewed = struck.clocks.reviewed
    open_now = {e.limit_id: e.cure_by for e in reviewed if e.standing is BreachStanding.OPEN}
    if struck.balanced is None:
        open_now = {e.limit_id: e.cure_by for e in fund.clocks if e.ended is None}
    rows: list[LimitRow] = []
    for limit in (terms.limit, *narrow):
        held = counted(terms, limit, *owned)
        rows.append(
            LimitRow(
                limit.scope.value, terms.fund_id, limit.limit_id, limit.about, limit.cap,
                limit.soft_cap, held, total, headroom(held, total, limit.cap), None,
                is_above_soft_cap(held, total, limit), frozen,
                open_now.get(limit.limit_id),
                redemption_capacity(total, held, limit.cap),
                inflow_to_cure(held, total, limit.cap), False,
            )
        )  # fmt: skip
    return rows
