"""Flows of a session, back to the order batches whose lines they add up.

A plan partition's journal is read once for all flows that are asked for: what its decided
lines buy, what a limit sent to the liquid option instead, what they sell, and the fills.

Not here: how it is told (`money`).
Laws: L1, L2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.events import FlowsSent, OrdersDecided
from gateway.core.laws import Reference
from gateway.core.orders import FillBatch
from gateway.core.vocabulary import I64
from gateway.ops.explain.walk import RawMessage, Walk
from gateway.ops.reading.orders import SCOPES, Arrivals, Lines

FlowKey = tuple[date, str, str]
"""Session, plan, fund."""


@dataclass(slots=True)
class Share:
    """What one batch adds to a flow, minor units.

    Attributes:
        asked_minor: What its lines asked to buy of the fund.
        accepted_minor: What of that was bought.
        diverted_in_minor: Bought because a limit kept it out of another fund.
        sold_minor: Redeemed.
        limits: Limits that bound its lines: scope and limit id to lines and minor units cut.
        arrived: Offsets of its messages in the plan partition's inbox.
    """

    lines: int = 0
    asked_minor: int = 0
    accepted_minor: int = 0
    diverted_in_minor: int = 0
    sold_minor: int = 0
    limits: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    arrived: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Fill:
    """Omnibus units of a flow."""

    nav: int
    nav_scale: int
    unit_scale: int
    buy_units: int
    sell_units: int


BatchName = tuple[str, date, str]
"""Sender, session it was booked under, batch id."""


@dataclass(slots=True)
class PlanFlows:
    """What one plan partition's journal says about the flows asked for."""

    shares: dict[FlowKey, dict[BatchName, Share]] = field(default_factory=dict)
    fills: dict[FlowKey, Fill] = field(default_factory=dict)
    sent_at: dict[date, int] = field(default_factory=dict)
    raws: dict[int, RawMessage] = field(default_factory=dict)


async def plan_flows(walk: Walk, partition: int, wanted: Collection[FlowKey]) -> PlanFlows:
    """Read the flows of one plan partition, with the raw messages behind them."""
    found = PlanFlows()
    arrivals = Arrivals()
    keys = set(wanted)
    async for decided in walk.decisions("plan", partition):
        for lines in arrivals.follow(decided):
            _share(found, lines, arrivals.reference, keys)
        for event in decided.events:
            match event:
                case FlowsSent():
                    found.sent_at[event.session] = decided.offset
                case FillBatch():
                    _fill(found, event, keys)
    offsets = {
        offset
        for shares in found.shares.values()
        for share in shares.values()
        for offset in share.arrived
    }
    found.raws = await walk.messages_behind("plan", partition, offsets)
    return found


def _fill(found: PlanFlows, event: FillBatch, wanted: set[FlowKey]) -> None:
    for at, plan_id in enumerate(event.plans):
        key = (event.session, plan_id, event.fund_id)
        if key in wanted:
            found.fills[key] = Fill(
                event.nav, event.nav_scale, event.unit_scale, int(event.buy_units[at]),
                int(event.sell_units[at]),
            )  # fmt: skip


def _share(found: PlanFlows, lines: Lines, reference: Reference, wanted: set[FlowKey]) -> None:
    event = lines.orders
    assert isinstance(event, OrdersDecided)
    for key, rows in _rows(event, reference, wanted):
        name = (event.sender, lines.booked, event.batch_id)
        share = found.shares.setdefault(key, {}).setdefault(name, Share())
        _count(share, event, rows, key, reference)
        share.arrived.add(lines.arrived)


def _rows(
    event: OrdersDecided, reference: Reference, wanted: set[FlowKey]
) -> Iterator[tuple[FlowKey, I64]]:
    """The lines that trade and touch each flow asked for."""
    for at, plan_id in enumerate(event.plans):
        keys = [k for k in wanted if k[:2] == (event.trade_date, plan_id)]
        if not keys:
            continue
        liquid = (
            reference.book.plans[plan_id].liquid_fund if plan_id in reference.book.plans else ""
        )
        mine = (event.plan == at) & (event.code == 0)
        for key in keys:
            slot = event.funds.index(key[2]) if key[2] in event.funds else -2
            touches = (event.buy_fund == slot) | (event.sell_fund == slot)
            if key[2] == liquid:
                touches |= event.diverted_minor > 0
            rows = np.flatnonzero(mine & touches)
            if len(rows):
                yield key, rows


def _count(
    share: Share, event: OrdersDecided, rows: I64, key: FlowKey, reference: Reference
) -> None:
    plan = reference.book.plans[key[1]]
    slot = event.funds.index(key[2]) if key[2] in event.funds else -2
    buys = rows[event.buy_fund[rows] == slot]
    share.lines += len(rows)
    share.asked_minor += int(event.amount_minor[buys].sum())
    share.accepted_minor += int(event.accepted_minor[buys].sum())
    share.sold_minor += int(event.amount_minor[rows[event.sell_fund[rows] == slot]].sum())
    if key[2] == plan.liquid_fund:
        share.diverted_in_minor += int(event.diverted_minor[rows].sum())
    for scope, word in SCOPES.items():
        cut = rows[(event.scope[rows] == scope) & (event.diverted_minor[rows] > 0)]
        if len(cut):
            limit = plan.participant_limit if scope == 1 else plan.plan_limit
            lines, minor = share.limits.get((word, limit.limit_id), (0, 0))
            share.limits[word, limit.limit_id] = (
                lines + len(cut), minor + int(event.diverted_minor[cut].sum()),
            )  # fmt: skip
