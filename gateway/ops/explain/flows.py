"""Flows of a session, back to the order batches whose lines they add up.

A plan partition's journal is read once for all flows that are asked for: what its decided
lines buy, what a limit sent to the liquid option instead, what they sell, and the fills.

Not here: how it is told (`money`).
Laws: L1, L2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.book import PlanTerms
from gateway.core.capital_returns import CapitalReturnPlanned, CapitalShared
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.decisions import SessionShortened
from gateway.core.dilution import Scales
from gateway.core.events import FlowsSent, OrdersDecided
from gateway.core.laws import Reference
from gateway.core.money import UnitRounding
from gateway.core.orders import FillBatch
from gateway.core.requests import RequestsFilled
from gateway.core.vocabulary import I64, OPERATIONS
from gateway.ops.explain.walk import RawMessage, Walk
from gateway.ops.reading.orders import SCOPES, Arrivals, Bools, Lines
from gateway.ops.reading.requests import Origins, gated_lines

FlowKey = tuple[date, date, str, str]
"""Session at whose close it was sent, session whose NAV it gets, plan, fund."""


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
    unit_rounding: UnitRounding

    @property
    def scales(self) -> Scales:
        """The fund's decimals, and how it rounds units."""
        return Scales(self.nav_scale, self.unit_scale, rounding=self.unit_rounding)


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
    kept: list[_Kept] = []
    origins = Origins()
    approved: dict[str, int] = {}
    early: dict[date, tuple[int, date]] = {}
    plans = {key[2] for key in keys}
    async for decided in walk.decisions("plan", partition):
        for lines in arrivals.follow(decided):
            kept.extend(_kept(lines, arrivals.reference, plans))
            origins.follow(lines, arrivals.reference)
        for event in decided.events:
            match event:
                case FlowsSent():
                    found.sent_at[event.session] = decided.offset
                case SessionShortened() if event.session not in found.sent_at:
                    sessions = arrivals.reference.book.sessions
                    cutoff = sessions.local_at(event.session, event.close_minutes)
                    early[event.session] = (cutoff, sessions.next_session(event.session))
                case FillBatch():
                    _fill(found, event, keys)
                case RequestsFilled():
                    _let_out(found, event, origins, keys)
                case CapitalReturnPlanned():
                    approved[event.batch_id] = decided.offset
                case CapitalShared():
                    _give_back(found, event, approved[event.batch_id], keys)
    for each in kept:
        _share(found, each, early, keys)
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
        key = (event.session, event.trade_date, plan_id, event.fund_id)
        if key in wanted:
            found.fills[key] = Fill(
                event.nav, event.nav_scale, event.unit_scale, int(event.buy_units[at]),
                int(event.sell_units[at]), event.unit_rounding,
            )  # fmt: skip


def _let_out(
    found: PlanFlows, event: RequestsFilled, origins: Origins, wanted: set[FlowKey]
) -> None:
    """What a gate let out of requests: redeemed on the dealing day, and bought with later."""
    day, later = event.session, event.buys_on
    for row in np.flatnonzero(event.met_minor > event.kept_minor).tolist():
        plan = event.names[int(event.plan[row])]
        paid = int(event.met_minor[row] - event.kept_minor[row])
        buys = int(event.buy_fund[row])
        legs = [(day, day, plan, event.fund_id)]
        legs += [(later, later, plan, event.names[buys])] if buys >= 0 else []
        for side, key in enumerate(legs):
            if key not in wanted:
                continue
            lines = origins.of(int(event.request[row]))
            name = (lines.orders.sender, lines.booked, lines.orders.batch_id)
            share = found.shares.setdefault(key, {}).setdefault(name, Share())
            share.lines += 1
            share.arrived.add(lines.arrived)
            if side:
                share.asked_minor += paid
                share.accepted_minor += paid
            else:
                share.sold_minor += paid


def _give_back(found: PlanFlows, event: CapitalShared, arrived: int, wanted: set[FlowKey]) -> None:
    """What plans' liquid options are bought with of capital returned: the decision is behind it."""
    for at, plan in enumerate(event.plans):
        key = (event.buys_on, event.buys_on, plan, event.liquid_funds[at])
        if key not in wanted:
            continue
        mine = event.plan == at
        name = (OPERATIONS, event.session, event.batch_id)
        share = found.shares.setdefault(key, {}).setdefault(name, Share())
        minor = int(event.minor[mine].sum())
        share.lines += int(mine.sum())
        share.asked_minor += minor
        share.accepted_minor += minor
        share.arrived.add(arrived)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Decided lines with what the book said then.

    Attributes:
        session: The session that was open.
        plans: Terms of the plans that are wanted.
        gated: Lines that sell a fund with a gate: they are requests.
    """

    lines: Lines
    session: date
    plans: Mapping[str, PlanTerms]
    gated: Bools


def _kept(lines: Lines, reference: Reference, wanted: Collection[str]) -> Iterator[_Kept]:
    book = reference.book.plans
    plans = {name: book[name] for name in lines.orders.plans if name in wanted and name in book}
    orders = lines.orders
    if plans and isinstance(orders, OrdersDecided):
        session = reference.session or lines.booked
        yield _Kept(lines, session, plans, gated_lines(orders, reference))


def _share(
    found: PlanFlows, kept: _Kept, early: Mapping[date, tuple[int, date]], wanted: set[FlowKey]
) -> None:
    event = kept.lines.orders
    assert isinstance(event, OrdersDecided)
    if event.reason in MOVES_NOTHING:
        return
    for key, rows in _rows(event, kept, early.get(event.trade_date), wanted):
        name = (event.sender, kept.lines.booked, event.batch_id)
        share = found.shares.setdefault(key, {}).setdefault(name, Share())
        _count(share, event, rows, key, kept.plans[key[2]])
        share.arrived.add(kept.lines.arrived)


def _rows(
    event: OrdersDecided, kept: _Kept, early: tuple[int, date] | None, wanted: set[FlowKey]
) -> Iterator[tuple[FlowKey, I64]]:
    """The lines that trade and touch each flow asked for; an early close moves some of them."""
    later = np.zeros(len(event.line), np.bool_)
    if early is not None and kept.session == event.trade_date:
        received_at = event.received_at
        if event.takes_back and event.links is not None:
            received_at = event.links.received_at
        later = received_at >= early[0]
    for at, plan_id in enumerate(event.plans):
        if plan_id not in kept.plans:
            continue
        liquid = kept.plans[plan_id].liquid_fund
        mine = (event.plan == at) & (event.code == 0) & ~kept.gated
        for key in wanted:
            if key[2] != plan_id:
                continue
            if key[:2] == (kept.session, event.trade_date):
                here = mine & ~later
            elif early is not None and key[:2] == (early[1], early[1]):
                here = mine & later
            else:
                continue
            slot = event.funds.index(key[3]) if key[3] in event.funds else -2
            touches = (event.buy_fund == slot) | (event.sell_fund == slot)
            if key[3] == liquid:
                touches |= event.diverted_minor > 0
            rows = np.flatnonzero(here & touches)
            if len(rows):
                yield key, rows


def _count(share: Share, event: OrdersDecided, rows: I64, key: FlowKey, plan: PlanTerms) -> None:
    slot = event.funds.index(key[3]) if key[3] in event.funds else -2
    buys = rows[event.buy_fund[rows] == slot]
    sold = int(event.amount_minor[rows[event.sell_fund[rows] == slot]].sum())
    share.lines += len(rows)
    if event.takes_back:
        share.asked_minor -= sold
        share.accepted_minor -= sold
        share.sold_minor -= int(event.accepted_minor[buys].sum())
    else:
        share.asked_minor += int(event.amount_minor[buys].sum())
        share.accepted_minor += int(event.accepted_minor[buys].sum())
        share.sold_minor += sold
    if key[3] == plan.liquid_fund:
        share.diverted_in_minor += int(event.diverted_minor[rows].sum())
    for scope, word in SCOPES.items():
        cut = rows[(event.scope[rows] == scope) & (event.diverted_minor[rows] > 0)]
        if len(cut):
            limit = plan.participant_limit if scope == 1 else plan.plan_limit
            lines, minor = share.limits.get((word, limit.limit_id), (0, 0))
            share.limits[word, limit.limit_id] = (
                lines + len(cut), minor + int(event.diverted_minor[cut].sum()),
            )  # fmt: skip
