"""The queue of a plan partition: sales of gated funds, line by line, until they are met or lapse.

A sale of a fund with a gate is no flow but a request. On each of the fund's dealing days what
waits is asked for, never more than the account's units cover at the last NAV; what the fund
meets of a plan's requests is shared among its lines by what was asked of each. An exchange buys
with what was paid, no more, in the session that the fund names. A request whose account has no
units left lapses.

Not here: how much a fund lets out (`core.gates`), when a session closes (`plan`), what the
partition sends (`plan_request_sends`).
Source: domain.md §1.4, §2.4; goldens G18, G19. Laws: L1, L4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from gateway.core.book import FundTerms
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.events import OrdersDecided
from gateway.core.gates import is_dealing_day, last_request_day
from gateway.core.money import split_columns
from gateway.core.redemption_queue import CarryPolicy, Request, TranchePricing, apply_gate
from gateway.core.repurchases import ODD_LOT
from gateway.core.requests import RequestFills, RequestsFilled
from gateway.core.vocabulary import I32, I64
from gateway.desks.plan_state import (
    Bools,
    Flows,
    PlanState,
    add_value,
    alternatives,
    count,
    epoch_day,
    sellable_minor,
)
from gateway.desks.request_table import PAID_OUT

LINES_PER_EVENT = 5_000
"""Lines of requests in one event: about half a megabyte."""


def from_gate(state: PlanState, event: OrdersDecided) -> Bools:
    """Which lines of a batch are requests: they sell a fund with a gate.

    Not those that take money back out of the session, nor conversions, which sell nothing.
    """
    if event.takes_back or event.reason in MOVES_NOTHING:
        return np.zeros(len(event.line), np.bool_)
    terms = [state.book.funds.get(name) for name in event.funds]
    has = np.array([each is not None and each.gate is not None for each in terms] + [False])
    gated: Bools = has[event.sell_fund]
    return gated


def add_requests(state: PlanState, event: OrdersDecided, asked_on: I64) -> None:
    """Keep the lines of a batch that sell gated funds, and reserve what they sell.

    What a limit keeps out of alternatives is a request of its own, which buys the plan's liquid
    option.

    Args:
        state: The partition's state.
        event: The lines.
        asked_on: Shape (n,), their trade dates.
    """
    lines = np.flatnonzero(from_gate(state, event) & (event.code == 0))
    if not len(lines):
        return
    slots = np.array([state.fund_slots.get(f, PAID_OUT) for f in event.funds] + [PAID_OUT])
    plan_slots = np.array([state.plan_slots.get(p, -1) for p in event.plans])
    terms = [state.book.plans.get(p) for p in event.plans]
    liquid = np.array([-1 if p is None else state.fund_slots[p.liquid_fund] for p in terms])
    plan = plan_slots[event.plan[lines]]
    account = state.accounts.open(event.participant[lines], plan)
    accepted, diverted = event.accepted_minor[lines], event.diverted_minor[lines]
    legs = ((accepted, slots[event.buy_fund[lines]]), (diverted, liquid[event.plan[lines]]))
    # Line by line, not leg by leg: who is first does not depend on how batches are cut.
    minor = np.stack([each for each, _ in legs], 1).ravel()
    keep = np.flatnonzero(minor > 0)
    of = keep // 2
    rows = {
        "plan": plan[of],
        "account": account[of],
        "fund": slots[event.sell_fund[lines]][of],
        "buy": np.stack([buys for _, buys in legs], 1).ravel()[keep],
        "line": event.line[lines][of],
        "asked_on": asked_on[lines][of],
        "received_at": event.received_at[lines][of],
        "asked_minor": minor[keep],
        "left_minor": minor[keep],
    }
    table = state.requests
    assert event.booked is not None, "lines were decided of no session"
    rows["booked"] = np.full(len(of), epoch_day(event.booked))
    added = table.add(event.batch_id, rows)
    positions = state.accounts.hold(table.account[added], table.fund[added])
    state.accounts.reserved.add(positions, minor[keep])
    weigh(state, added, minor[keep])


def weigh(state: PlanState, rows: I64, minor: I64) -> None:
    """Count money that waits in requests; below zero, count it no longer.

    A sale that waits has not left the fund: it frees no room under a limit. What it is to buy
    takes room unless it comes out of an alternative itself. What is to be paid out is no longer
    part of the whole, unless it is an alternative, whose share only falls when it is paid.
    """
    table = state.requests
    private = alternatives(state)
    buys = table.buy[rows]
    liquid = ~private[table.fund[rows]]
    out = np.where((buys == PAID_OUT) & liquid, -minor, 0)
    takes = (buys != PAID_OUT) & private[buys] & liquid
    into = np.where(takes, minor, 0)
    accounts = state.accounts
    np.add.at(accounts.total, table.account[rows], out)
    np.add.at(accounts.alternative, table.account[rows], into)
    np.add.at(state.plan_total, table.plan[rows], out)
    np.add.at(state.plan_alternative, table.plan[rows], into)


@dataclass(frozen=True, slots=True)
class Due:
    """Requests that come up: places in the table, and what is asked of each now."""

    rows: I64
    ask_minor: I64
    odd_lot: I64

    @property
    def asked(self) -> Due:
        """Those of which something is asked."""
        some = self.ask_minor > 0
        return Due(self.rows[some], self.ask_minor[some], self.odd_lot[some])

    @property
    def void(self) -> I64:
        """Places of those whose account has nothing left to sell."""
        return self.rows[self.ask_minor <= 0]


def due(state: PlanState, session: date) -> Due:
    """The requests that come up at a session's close, each with what its account covers."""
    table = state.requests
    rows: list[I64] = []
    asks: list[I64] = []
    odds: list[I64] = []
    ended = {each.fund_id for each in state.returns.get(session, ())}
    for slot in np.unique(table.fund[table.left_minor > 0]).tolist():
        terms = state.book.funds[list(state.fund_slots)[slot]]
        if terms.fund_id in ended:
            continue
        last = session
        if terms.gate is not None:
            if not is_dealing_day(terms.gate, session, state.book.sessions):
                continue
            last = last_request_day(terms.gate, session)
        free = (table.left_minor > 0) & (table.sent == 0) & (table.asked_on <= epoch_day(last))
        mine = np.flatnonzero((table.fund == slot) & free)
        rows.append(mine)
        ask = _covered(state, slot, mine)
        asks.append(ask)
        odds.append(_odd_lots(state, terms, mine, ask))
    none = np.zeros(0, np.int64)
    found = np.concatenate([none, *rows])
    order = np.argsort(found, kind="stable")
    columns = (np.concatenate([none, *each])[order] for each in (asks, odds))
    return Due(found[order], *columns)


def _odd_lots(state: PlanState, terms: FundTerms, rows: I64, ask: I64) -> I64:
    """Which requests are odd lots: of an account with fewer than 100 units that asks for all.

    All is what may be sold by amount at the last NAV.

    Source: 23c-3(b)(5)(i), domain.md §2.3.
    """
    table, accounts = state.requests, state.accounts
    if terms.gate is None or not terms.gate.odd_lots_first or not len(rows):
        return np.zeros(len(rows), np.int64)
    price = state.prices[terms.fund_id]
    positions = accounts.hold(table.account[rows], table.fund[rows])
    holders, of = np.unique(positions, return_inverse=True)
    asked = np.zeros(len(holders), np.int64)
    np.add.at(asked, of, ask)
    units = accounts.units[holders]
    whole = sellable_minor(units, np.full(len(holders), price.nav), price.shift)
    odd = (units < ODD_LOT * 10**terms.unit_scale) & (asked >= whole)
    flags: I64 = odd[of].astype(np.int64)
    return flags


def _covered(state: PlanState, slot: int, rows: I64) -> I64:
    """What each request can ask for: the units of its account cover it, older requests first."""
    if not len(rows):
        return np.zeros(0, np.int64)
    table, accounts = state.requests, state.accounts
    price = state.prices[list(state.fund_slots)[slot]]
    positions = accounts.hold(table.account[rows], table.fund[rows])
    holders, of = np.unique(positions, return_inverse=True)
    navs = np.full(len(holders), price.nav)
    first = table.nav[rows]
    np.minimum.at(navs, of, np.where(first > 0, first, price.nav))
    worth = sellable_minor(accounts.units[holders], navs, price.shift)
    flying = np.flatnonzero((table.fund == slot) & (table.sent != 0))
    taken = accounts.hold(table.account[flying], table.fund[flying])
    at = np.searchsorted(holders, taken)
    known = holders[np.minimum(at, len(holders) - 1)] == taken
    np.subtract.at(worth, at[known], table.ask_minor[flying[known]])
    order = np.argsort(of, kind="stable")
    left = table.left_minor[rows][order]
    running = np.cumsum(left) - left
    starts = np.flatnonzero(np.concatenate(([True], np.diff(of[order]) != 0)))
    sizes = np.diff(np.append(starts, len(order)))
    before = running - np.repeat(running[starts], sizes)
    ask = np.zeros(len(rows), np.int64)
    ask[order] = np.clip(worth[of[order]] - before, 0, left)
    return ask


def send(state: PlanState, session: date) -> None:
    """Mark what came up as in flight."""
    table, found = state.requests, due(state, session).asked
    day = epoch_day(session)
    table.sent[found.rows] = day
    table.ask_minor[found.rows] = found.ask_minor
    table.odd_lot[found.rows] = found.odd_lot
    table.dealing[found.rows] = np.where(table.dealing[found.rows], table.dealing[found.rows], day)


# --- what comes back ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shares:
    """What became of requests, row by row."""

    rows: I64
    met_minor: I64
    kept_minor: I64
    lapsed_minor: I64
    nav: I64
    units: I64

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def at(self, places: I64) -> Shares:
        """Some of them."""
        return Shares(*(getattr(self, each.name)[places] for each in fields(self)))


def shared(state: PlanState, fills: RequestFills) -> Shares:
    """Share what a fund met of each plan's requests among their lines, exactly.

    Within a plan's requests of one day: in proportion to what each asked, or under RATABLE to
    the units each account holds; last cents to the largest remainders, then by token.
    """
    table = state.requests
    slot, day = state.fund_slots[fills.fund_id], epoch_day(fills.session)
    groups = {
        (state.plan_slots[row.plan_id], epoch_day(row.dealing), int(row.odd_lot)): at
        for at, row in enumerate(fills.rows)
    }
    flying = np.flatnonzero((table.fund == slot) & (table.sent == day))
    keys = zip(
        table.plan[flying].tolist(), table.dealing[flying].tolist(),
        table.odd_lot[flying].tolist(), strict=True,
    )  # fmt: skip
    group = np.array([groups.get(key, -1) for key in keys], np.int64)
    rows, group = flying[group >= 0], group[group >= 0]
    order = np.lexsort((rows, state.accounts.token[table.account[rows]]))
    rows, group = rows[order], group[order]
    met_minor, kept_minor, units, navs = (
        np.array([getattr(row, column) for row in fills.rows], np.int64)
        for column in ("met_minor", "kept_minor", "units", "nav")
    )
    met = (
        _ratable(state, rows, group, met_minor)
        if fills.policy is CarryPolicy.RATABLE
        else split_columns(met_minor, group, table.ask_minor[rows])
    )
    lapses = fills.policy is CarryPolicy.RESUBMIT
    back = np.argsort(rows, kind="stable")
    shares = Shares(
        rows, met, split_columns(kept_minor, group, met),
        (table.left_minor[rows] - met) * int(lapses), navs[group],
        split_columns(units, group, met),
    )  # fmt: skip
    return shares.at(back)


def _ratable(state: PlanState, rows: I64, group: I64, met_minor: I64) -> I64:
    """Shares by units held, never beyond an ask; what they leave over goes by what is left."""
    table, accounts = state.requests, state.accounts
    positions = accounts.hold(table.account[rows], table.fund[rows])
    met = np.zeros(len(rows), np.int64)
    for at, room in enumerate(met_minor.tolist()):
        mine = np.flatnonzero(group == at)
        asks = [
            Request("", date.min, ask, held)
            for ask, held in zip(
                table.ask_minor[rows[mine]].tolist(), accounts.units[positions[mine]].tolist(),
                strict=True,
            )
        ]  # fmt: skip
        met[mine] = [each.paid for each in apply_gate(asks, room, CarryPolicy.RATABLE)]
        rest = room - int(met[mine].sum())
        if rest:
            still = table.ask_minor[rows[mine]] - met[mine]
            met[mine] += split_columns(np.array([rest]), np.zeros(len(mine), np.int64), still)
    return met


def nothing_left(state: PlanState, rows: I64) -> Shares:
    """Requests whose account has no units left: they lapse."""
    none = np.zeros(len(rows), np.int64)
    return Shares(rows, none, none, state.requests.left_minor[rows], none, none)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a fund's dealing day was, for the events that say what became of requests."""

    fund_id: str
    session: date
    buys_on: date
    one_nav: bool
    nav_scale: int
    unit_scale: int

    @classmethod
    def by(cls, fills: RequestFills) -> Answered:
        """What a fund answered."""
        one_nav = fills.pricing is TranchePricing.ONE_NAV
        return cls(fills.fund_id, fills.session, fills.buys_on, one_nav, fills.nav_scale,
                   fills.unit_scale)  # fmt: skip


def filled_events(state: PlanState, answered: Answered, shares: Shares) -> list[RequestsFilled]:
    """What became of requests as events, each small enough to be written."""
    return [
        _filled(state, answered, shares.at(np.arange(at, min(at + LINES_PER_EVENT, len(shares)))))
        for at in range(0, len(shares), LINES_PER_EVENT)
    ]


def _filled(state: PlanState, answered: Answered, shares: Shares) -> RequestsFilled:
    table, rows = state.requests, shares.rows
    plans, funds = list(state.plan_slots), list(state.fund_slots)
    buys = table.buy[rows]
    names: dict[str, int] = {}

    def named(values: list[str]) -> I32:
        return np.array([names.setdefault(each, len(names)) for each in values], np.int32)

    plan = named([plans[slot] for slot in table.plan[rows].tolist()])
    batch = named([table.batches[at] for at in table.batch[rows].tolist()])
    bought = [PAID_OUT if slot == PAID_OUT else names.setdefault(funds[slot], len(names))
              for slot in buys.tolist()]  # fmt: skip
    return RequestsFilled(
        answered.fund_id, answered.session, answered.buys_on, answered.nav_scale,
        answered.unit_scale, tuple(names), table.number[rows], plan, batch,
        table.line[rows].astype(np.int32), state.accounts.token[table.account[rows]],
        np.array(bought, np.int32), table.asked_on[rows].astype(np.int32),
        table.asked_minor[rows], shares.met_minor, shares.kept_minor,
        table.left_minor[rows] - shares.met_minor - shares.lapsed_minor, shares.lapsed_minor,
        answered.one_nav, shares.nav, shares.units,
    )  # fmt: skip


def fill(state: PlanState, event: RequestsFilled) -> None:
    """Take units and money of requests that were met, and let go of those that lapsed."""
    table, accounts = state.requests, state.accounts
    rows = table.places(event.request)
    gone = event.met_minor + event.lapsed_minor
    positions = accounts.hold(table.account[rows], table.fund[rows])
    weigh(state, rows, -gone)
    np.subtract.at(accounts.units, positions, event.units)
    accounts.reserved.add(positions, -gone)
    add_value(state, table.account[rows], table.plan[rows], table.fund[rows], -event.met_minor)
    table.answered(rows, gone)
    if event.one_nav:
        table.keep_nav(rows, event.nav, epoch_day(event.session))
    buys = np.flatnonzero((event.buy_fund >= 0) & (event.met_minor > event.kept_minor))
    if not len(buys):
        return
    at = rows[buys]
    none = np.zeros(len(at), np.int64)
    bought = Flows(table.plan[at], table.account[at], table.buy[at],
                   event.met_minor[buys] - event.kept_minor[buys], none,
                   table.received_at[at])  # fmt: skip
    state.flows.setdefault((event.buys_on, event.buys_on), []).append(bought)
    count(state, bought)
