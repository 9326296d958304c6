"""What journals say of a fund's sessions: the NAVs that stand, and the orders that got them.

Plan partitions are folded as the plan desk folds them; every fill of a session named is then
known account by account: those sent on time, those that came late, those of a NAV that was
released later, and what a gate let out at it. True-ups and NAVs come from the fund's own journal.

Not here: what an error is (`figures`).
Laws: L1, L5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.corrections import MOVES_NOTHING
from gateway.core.decisions import SessionShortened
from gateway.core.events import OrdersDecided, TrueUpBooked
from gateway.core.marks import NavStruck
from gateway.core.orders import FillBatch
from gateway.core.requests import RequestsFilled
from gateway.core.vocabulary import I64
from gateway.desks.plan_close import allocated
from gateway.desks.plan_state import PlanState, joined
from gateway.errors import LawBroken
from gateway.log.port import Log
from gateway.ops.nav_error.figures import Side, Traded
from gateway.ops.nav_error.gates import Gates
from gateway.ops.reading.known import Known
from gateway.ops.reading.orders import Bools, token
from gateway.shell.gateway import Gateway


@dataclass(frozen=True, slots=True)
class TrueUp:
    """A true-up, with the units by which it moved the NAV."""

    booked: TrueUpBooked
    units: int

    @property
    def minor(self) -> int:
        """What the newer mark added to net assets."""
        return self.booked.value_minor - self.booked.estimate_minor


@dataclass(slots=True)
class FundStory:
    """What the fund partitions say.

    Attributes:
        navs: By session, the NAV of the fund that stands.
        held: Sessions whose NAV is held: nothing was filled at it.
        true_ups: All of the fund, in order of their sessions.
        funds: Every fund of which a NAV was struck.
    """

    navs: dict[date, NavStruck] = field(default_factory=dict)
    held: set[date] = field(default_factory=set)
    true_ups: list[TrueUp] = field(default_factory=list)
    funds: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Waiting:
    """Orders of a session that have no fill yet, minor units."""

    buy_minor: int = 0
    sell_minor: int = 0


@dataclass(slots=True)
class Exchanges:
    """Exchange lines of a session with the fund on one side, and the funds on the other."""

    lines: int = 0
    others: set[str] = field(default_factory=set)


@dataclass(slots=True)
class PlanStory:
    """What the plan partitions say of the sessions asked for."""

    traded: dict[date, list[Traded]] = field(default_factory=dict)
    waiting: dict[date, Waiting] = field(default_factory=dict)
    exchanges: dict[date, Exchanges] = field(default_factory=dict)


async def read_fund(log: Log, gateway: Gateway, fund_id: str) -> FundStory:
    """A fund's NAVs and true-ups."""
    known, story = Known(log, gateway), FundStory()
    for partition in known.partitions("fund"):
        async for decided in known.decisions("fund", partition):
            booked: list[TrueUpBooked] = []
            for event in decided.events:
                match event:
                    case TrueUpBooked() if event.fund_id == fund_id:
                        booked.append(event)
                    case NavStruck():
                        story.funds.add(event.fund_id)
                        if event.fund_id == fund_id:
                            _struck(story, event)
                            story.true_ups += [TrueUp(each, event.units) for each in booked]
                            booked.clear()
    story.true_ups.sort(key=lambda each: (each.booked.session, each.booked.vehicle_id))
    return story


def _struck(story: FundStory, event: NavStruck) -> None:
    if event.held:
        story.held.add(event.session)
    else:
        story.held.discard(event.session)
        story.navs[event.session] = event


async def read_plans(
    log: Log, gateway: Gateway, fund_id: str, sessions: Collection[date]
) -> PlanStory:
    """A fund's orders of some sessions, account by account."""
    known, story = Known(log, gateway), PlanStory()
    desk = gateway.desks()["plan"]
    for partition in known.partitions("plan"):
        state: PlanState = desk.initial(partition)
        lines: list[OrdersDecided] = []
        early: dict[date, int] = {}
        gates = Gates()
        async for decided in known.decisions("plan", partition):
            for event in decided.events:
                match event:
                    case FillBatch() if event.fund_id == fund_id and event.trade_date in sessions:
                        traded = story.traded.setdefault(event.trade_date, [])
                        traded.extend(_traded(state, event))
                    case RequestsFilled() if event.fund_id == fund_id:
                        gates.follow(state, event, sessions)
                    case OrdersDecided() if fund_id in event.funds and _trades(event):
                        lines.append(event)
                    case SessionShortened():
                        early[event.session] = _cutoff(state, event)
                desk.evolve(state, event)
        for session, redeemed in gates.traded(state):
            story.traded.setdefault(session, []).append(redeemed)
        _wait(story, state, fund_id, sessions)
        for each in lines:
            _exchanged(story, each, fund_id, sessions, early, state)
    return story


def _trades(event: OrdersDecided) -> bool:
    """Whether lines move units; a conversion names a fund twice and leaves its units."""
    return event.reason not in MOVES_NOTHING


def _traded(state: PlanState, fill: FillBatch) -> Iterator[Traded]:
    """The orders of a fill by plan and side, with the units each account gets."""
    flows, bought, sold = allocated(state, fill)
    for at, plan_id in enumerate(fill.plans):
        mine = flows.plan == state.plan_slots[plan_id]
        for side, minor, units, money, whole in (
            (Side.PURCHASE, flows.buy_minor, bought, fill.buy_minor, fill.buy_units),
            (Side.REDEMPTION, flows.sell_minor, sold, fill.sell_minor, fill.sell_units),
        ):
            rows: I64 = np.flatnonzero(mine & (minor > 0))
            got = int(minor[rows].sum()), int(units[rows].sum())
            wanted = int(money[at]), int(whole[at])
            if got != wanted:
                raise LawBroken(
                    f"law L1: {side} of {plan_id} in {fill.fund_id} of {fill.trade_date}: minor "
                    f"units and units {wanted} were filled, {got} by account"
                )
            if len(rows):
                tokens = state.accounts.token[flows.account[rows]].tolist()
                yield Traded(
                    plan_id, state.book.plans[plan_id].recordkeeper, side, fill.session,
                    tuple(map(token, tokens)), tuple(minor[rows].tolist()),
                    tuple(units[rows].tolist()),
                )  # fmt: skip


def _cutoff(state: PlanState, event: SessionShortened) -> int:
    return state.book.sessions.local_at(event.session, event.close_minutes)


def _wait(story: PlanStory, state: PlanState, fund_id: str, sessions: Collection[date]) -> None:
    """Accepted money of the sessions that has no units yet."""
    slot = state.fund_slots.get(fund_id)
    for (_, trade_date), parts in state.flows.items():
        flows = joined(parts)
        mine = flows.fund == slot
        if slot is None or trade_date not in sessions or not mine.any():
            continue
        waiting = story.waiting.setdefault(trade_date, Waiting())
        waiting.buy_minor += int(flows.buy_minor[mine].sum())
        waiting.sell_minor += int(flows.sell_minor[mine].sum())


def _exchanged(
    story: PlanStory, event: OrdersDecided, fund_id: str, sessions: Collection[date],
    early: dict[date, int], state: PlanState,
) -> None:  # fmt: skip
    """Lines that trade the fund for another: what corrects one leg changes the other."""
    slot = event.funds.index(fund_id)
    both = (event.code == 0) & (event.sell_fund >= 0) & (event.buy_fund >= 0)
    both &= (event.sell_fund == slot) | (event.buy_fund == slot)
    cutoff = early.get(event.trade_date)
    later: Bools = np.zeros(len(event.line), np.bool_)
    if cutoff is not None:
        later = event.received_at >= cutoff
    following = state.book.sessions.next_session(event.trade_date)
    for session, rows in ((event.trade_date, both & ~later), (following, both & later)):
        if session not in sessions or not rows.any():
            continue
        found = story.exchanges.setdefault(session, Exchanges())
        found.lines += int(rows.sum())
        slots = {*event.sell_fund[rows].tolist(), *event.buy_fund[rows].tolist()} - {slot}
        found.others |= {event.funds[other] for other in slots}
