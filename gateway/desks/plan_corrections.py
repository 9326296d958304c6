"""Corrections at the plan desk: what they go back to, what covers them, what they take back.

A reversal whose original's session is open takes the money back out of the session's flows,
which are what knows the original: account, fund, receipt and enough money. A later one is an
order as of the original's trade date, where its fund takes orders so far back: the units of
that day, at the NAV of that day. So no line has to be remembered. What is remembered of the
sessions that a fund may go back to are names: batches with the lines refused of them, and
originals that were corrected, so that each is corrected once.

An in-plan conversion changes the money's source and not its fund: it is held against the
position and moves nothing.

Not here: dating and limits of lines (`plan_dating`, `plan_orders`), which are those of all.
Source: domain.md §0.9, §1.4, §6.2. Laws: L1, L4, L7.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

import numpy as np

from gateway.core.corrections import REVERSALS, Original, takes_back
from gateway.core.dilution import LONGEST_AS_OF
from gateway.core.events import OrdersDecided
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits, first_of
from gateway.core.vocabulary import I64, EventKind, OrderKind, RejectCode
from gateway.desks.plan_as_of import as_of_sales
from gateway.desks.plan_dating import Part, rows_of
from gateway.desks.plan_orders import checked, decided, may_sell
from gateway.desks.plan_state import Flows, PlanState, columns, epoch_day, valued
from gateway.desks.plan_withdrawals import decided_withdrawal
from gateway.desks.session_moves import following

T = TypeVar("T")
NOT_OF_REVERSALS = bits(RejectCode.BLACKOUT, RejectCode.MIN_AMOUNT)
"""Reasons that are none against undoing an order: it is no new wish of a participant's."""
DATED = bits(
    RejectCode.NO_AGREEMENT, RejectCode.NOT_ELIGIBLE, RejectCode.SUSPENDED,
    RejectCode.CLOSED_TO_PURCHASES,
)  # fmt: skip
"""Reasons that dated terms give: asked for the session whose NAV a line gets."""
ROUNDING = 1
"""Smallest parts of a unit by which sharing a plan's units may leave an account short of those
its own money would have bought."""

FlowOf = tuple[int, int, int]
"""Account slot, fund slot, receipt: what a line in flight is known by."""


# --- what is remembered ---------------------------------------------------------------------


def note(state: PlanState, event: OrdersDecided) -> None:
    """Remember a batch that was decided, and the originals that its lines corrected."""
    assert event.booked is not None, "lines were decided of no session"
    if event.reason is EventKind.WITHDRAWAL:
        # It is no order that could be undone, and a request may be withdrawn in parts.
        return
    name = (event.sender, event.booked, event.batch_id)
    refused = tuple(event.line[event.code != 0].tolist())
    days = [event.trade_date]
    if event.trade_date in state.shortened:
        # What came after an early close trades a session later.
        days.append(following(state.book, event.trade_date))
    for day in days:
        batches = state.originals.setdefault(day, {})
        before = batches.get(name, (event.kind, ()))[1]
        batches[name] = (event.kind, (*before, *refused))
    if event.links is not None:
        done = state.corrected.setdefault(state.open_session, set())
        done.update(_name(event, row) for row in np.flatnonzero(event.code == 0).tolist())


def note_early_close(state: PlanState, session: date) -> None:
    """Batches of a session that closed early may have lines that trade a session later."""
    if session in state.originals:
        after = state.originals.setdefault(following(state.book, session), {})
        after.update(state.originals[session])


def forget(state: PlanState) -> None:
    """Let go of sessions so far back that no fund takes orders as of them."""
    oldest = _oldest(state)
    state.originals = _since(state.originals, oldest)
    state.corrected = _since(state.corrected, oldest)


def _since(kept: dict[date, T], oldest: date) -> dict[date, T]:
    return {day: what for day, what in kept.items() if day >= oldest}


def _oldest(state: PlanState) -> date:
    day = state.open_session
    for _ in range(LONGEST_AS_OF):
        day = state.book.sessions.previous_session(day)
    return day


def _name(lines: OrdersDecided | OrderBatch, row: int) -> tuple[str, str, date, str, int, str]:
    """What is corrected at most once: how, and which line of which batch in which fund."""
    assert lines.links is not None
    original = lines.links.originals[lines.links.original[row]]
    how = "REVERSAL" if lines.reason in REVERSALS else str(lines.reason)
    fund = max(int(lines.sell_fund[row]), int(lines.buy_fund[row]))
    return (how, lines.sender, original.session, original.batch_id, int(lines.links.line[row]),
            lines.funds[fund])  # fmt: skip


# --- deciding -------------------------------------------------------------------------------


def correction_parts(state: PlanState, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Parts of a batch; those of a reversal are split by the trade dates of the originals."""
    return tuple(split for part in parts for split in _by_original(state, part))


def _by_original(state: PlanState, part: Part) -> list[Part]:
    lines, session = part.lines, state.open_session
    if lines.links is None:
        return [part]
    if lines.reason not in REVERSALS:
        return [replace(part, trade_date=session)]
    days = np.array([epoch_day(o.trade_date) for o in lines.links.originals], np.int64)
    trade_dates = days[lines.links.original]
    open_day = epoch_day(session)
    unborn = trade_dates > open_day
    reasons = part.reasons & ~NOT_OF_REVERSALS
    reasons[unborn] |= bits(RejectCode.UNKNOWN_ORIGINAL)
    trade_dates[unborn] = open_day
    found: list[Part] = []
    for original in sorted({o.trade_date for o in lines.links.originals} | {session}):
        rows = np.flatnonzero(trade_dates == epoch_day(original))
        if len(rows):
            mine = Part(rows_of(lines, rows), original, reasons[rows], part.asked_fund[rows])
            found.append(mine if original == session else _as_of(state, _on_its_day(state, mine)))
    return found


def _on_its_day(state: PlanState, part: Part) -> Part:
    """Ask dated terms for the original's trade date, whose NAV the lines get."""
    lines, on = part.lines, part.trade_date
    booked = epoch_day(lines.session)
    then = checked(state, lines, np.full(len(lines.line), booked), booked, on)
    return replace(part, reasons=(part.reasons & ~DATED) | (then & DATED))


def _as_of(state: PlanState, part: Part) -> Part:
    """Refuse lines whose fund does not take orders as of that day, or has no NAV of it.

    Nor of a gate: it meets requests on its dealing days, none as of an earlier one, and what
    became of a sale that was a request no day says.
    """
    back, day = 0, part.trade_date
    while day < state.open_session and back <= LONGEST_AS_OF:
        back, day = back + 1, state.book.sessions.next_session(day)
    lines, reasons = part.lines, part.reasons.copy()
    for at, fund_id in enumerate(lines.funds):
        fund = state.book.funds.get(fund_id)
        if fund is None:
            continue
        known = part.trade_date in state.navs.get(fund_id, {})
        if fund.as_of_sessions < back or not known or fund.gate is not None:
            where = (lines.sell_fund == at) | (lines.buy_fund == at)
            reasons[where] |= bits(RejectCode.AS_OF_REQUIRED)
    return replace(part, reasons=reasons)


def decided_part(state: PlanState, part: Part) -> OrdersDecided:
    """Decide lines of one trade date, with what they were sent for and go back to."""
    lines = part.lines
    if lines.reason is EventKind.WITHDRAWAL:
        return decided_withdrawal(state, part)
    back = lines.links is not None and takes_back(lines.reason, part.trade_date, state.open_session)
    if lines.reason is EventKind.IN_PLAN_CONVERSION:
        event = _converted(state, part)
    elif lines.links is None:
        event = decided(state, lines, part.trade_date, part.reasons, part.asked_fund)
    else:
        reasons = _judged(state, part, back=back)
        event = decided(state, lines, part.trade_date, reasons, part.asked_fund, covered=True)
    return replace(
        event, booked=lines.session, reason=lines.reason, links=lines.links, takes_back=back
    )


def _judged(state: PlanState, part: Part, *, back: bool) -> I64:
    """The reasons against each correction: its original, one before it, what covers it."""
    lines, reasons = part.lines, part.reasons.copy()
    assert lines.links is not None
    slots = state.accounts.index.find(lines.participant)
    cover = _Cover(state, part, slots, back=back)
    done: set[tuple[str, str, date, str, int, str]] = set().union(*state.corrected.values())
    for row in np.flatnonzero(reasons == 0).tolist():
        original = lines.links.originals[lines.links.original[row]]
        name = _name(lines, row)
        if not _is_known(state, lines, original, int(lines.links.line[row])):
            reasons[row] = bits(RejectCode.UNKNOWN_ORIGINAL)
        elif name in done:
            reasons[row] = bits(RejectCode.CORRECTED_BEFORE)
        elif not cover.takes(row):
            missing = RejectCode.UNKNOWN_ORIGINAL if back else RejectCode.INSUFFICIENT_UNITS
            reasons[row] = bits(missing)
        else:
            done.add(name)
    return reasons


def _is_known(state: PlanState, lines: OrderBatch, original: Original, line: int) -> bool:
    """Whether a batch of that name had such a trade date here, and did not have the line refused.

    Lost earnings may be of a deposit so long ago that nothing is known of it.
    """
    if lines.reason not in REVERSALS and original.trade_date < _oldest(state):
        return True
    batches = state.originals.get(original.trade_date, {})
    known = batches.get((lines.sender, original.session, original.batch_id))
    paid_out = lines.reason in REVERSALS and lines.kind is OrderKind.CONTRIBUTION
    kind = OrderKind.DISTRIBUTION if paid_out else OrderKind.CONTRIBUTION
    return known is not None and known[0] is kind and line not in known[1]


class _Cover:
    """What is left to take a reversal from, line after line.

    Of an open session the money in flight; of one before it the units held, less those that
    other orders in flight will take.
    """

    def __init__(self, state: PlanState, part: Part, slots: I64, *, back: bool) -> None:
        lines = part.lines
        assert lines.links is not None
        self._state, self._part, self._slots, self._back = state, part, slots, back
        self._buys = lines.kind is OrderKind.DISTRIBUTION
        self._flows: dict[FlowOf, int] = {}
        self._units: dict[int, int] = {}
        self._promised: dict[int, tuple[int, int]] = {}
        if back:
            self._flows = _in_flight(state, slots, buys=self._buys)
        elif self._buys:
            self._promised = as_of_sales(state)

    def takes(self, row: int) -> bool:
        """Whether a line is covered; then it is taken away from what is left."""
        lines, state = self._part.lines, self._state
        assert lines.links is not None
        slot = int(self._slots[row])
        fund_id = lines.funds[max(int(lines.sell_fund[row]), int(lines.buy_fund[row]))]
        minor = int(lines.amount_minor[row])
        if self._back:
            key = (slot, state.fund_slots[fund_id], int(lines.links.received_at[row]))
            left = self._flows.get(key, 0) - minor
            self._flows[key] = left if left >= 0 else left + minor
            return left >= 0
        return not self._buys or self._takes_units(slot, fund_id, minor)

    def _takes_units(self, slot: int, fund_id: str, minor: int) -> bool:
        state, price = self._state, self._state.prices[fund_id]
        key = state.accounts.position_keys(
            np.array([slot]), np.array([state.fund_slots[fund_id]], np.int64)
        )
        position = int(state.accounts.positions.find(key)[0])
        if position < 0:
            return False
        nav = state.navs[fund_id][self._part.trade_date]
        needs = price.scales.units_for(minor, nav)
        units, promised_minor = self._promised.get(position, (0, 0))
        held = int(state.accounts.units[position])
        left = self._units.get(position, held - units) - needs
        at = np.array([position])
        sales = int(state.accounts.reserved.at(at)[0]) - promised_minor
        if sales > 0 and may_sell(left, price) < sales:
            return False
        if left < -ROUNDING:
            return False
        self._units[position] = left
        return True


def _converted(state: PlanState, part: Part) -> OrdersDecided:
    """Hold in-plan conversions against the positions they change the source of.

    One fund is named, its units stay, so it may be all of the position; sales in flight count.
    """
    lines, reasons = part.lines, part.reasons.copy()
    reasons[lines.sell_fund != lines.buy_fund] |= bits(RejectCode.UNKNOWN_FUND)
    rows = np.flatnonzero(reasons == 0)
    fund_slots = np.array([state.fund_slots.get(f, -1) for f in lines.funds], np.int64)
    funds = fund_slots[lines.sell_fund[rows]]
    accounts = state.accounts
    slots = accounts.index.find(lines.participant[rows])
    found = accounts.positions.find(accounts.position_keys(slots, funds))
    worth = np.zeros(len(rows), np.int64)
    held = np.flatnonzero(found >= 0)
    units = accounts.units[found[held]]
    worth[held] = valued(state, funds[held], units) - accounts.reserved.at(found[held])
    reasons[rows[lines.amount_minor[rows] > worth]] = bits(RejectCode.INSUFFICIENT_UNITS)
    code = first_of(reasons)
    none = np.zeros(len(code), np.int64)
    return OrdersDecided(
        lines.sender, lines.batch_id, lines.kind, part.trade_date, lines.plans, lines.funds,
        lines.line, lines.plan, lines.participant, lines.sell_fund, lines.buy_fund,
        lines.amount_minor, np.where(code == 0, lines.amount_minor, 0), none, lines.received_at,
        code, none.astype(np.int8), none, reasons, part.asked_fund,
    )  # fmt: skip


# --- money taken back out of the open session -----------------------------------------------


def _in_flight(state: PlanState, accounts: I64, *, buys: bool) -> dict[FlowOf, int]:
    """What accounts buy, or sell, in the open session, minor units."""
    found: dict[FlowOf, int] = {}
    for key in _keys(state):
        for part in state.flows[key]:
            for row in np.flatnonzero(np.isin(part.account, accounts)).tolist():
                minor = int((part.buy_minor if buys else part.sell_minor)[row])
                at = _flow_of(part, row)
                found[at] = found.get(at, 0) + minor
    return found


def _keys(state: PlanState) -> list[tuple[date, date]]:
    """Where money of the open session is: an early close moved some of it to the next."""
    session = state.open_session
    after = following(state.book, session)
    return [key for key in ((session, session), (after, after)) if key in state.flows]


def _flow_of(flows: Flows, row: int) -> FlowOf:
    return int(flows.account[row]), int(flows.fund[row]), int(flows.received_at[row])


def money_back(event: OrdersDecided, legs: Flows) -> Flows:
    """The legs of lines that take money back, as less of the originals' legs.

    Args:
        event: The lines.
        legs: A sale that takes back a purchase, or a purchase that takes back a sale; with the
            originals' receipts.
    """
    assert event.takes_back
    return replace(legs, buy_minor=-legs.sell_minor, sell_minor=-legs.buy_minor)


def subtract(state: PlanState, back: Flows) -> None:
    """Take money out of the session's flows; where nothing is left, no flow is."""
    owed: dict[tuple[FlowOf, bool], int] = {}
    for row in range(len(back.account)):
        for minor, buys in ((back.buy_minor, True), (back.sell_minor, False)):
            at = (_flow_of(back, row), buys)
            owed[at] = owed.get(at, 0) - int(minor[row])
    for key in _keys(state):
        parts = [_less(part, back.account, owed) for part in state.flows[key]]
        state.flows[key] = [part for part in parts if len(part.account)]
        if not state.flows[key]:
            del state.flows[key]
    assert not any(owed.values()), "law L1: money is taken back that is not in flight"


def _less(part: Flows, accounts: I64, owed: dict[tuple[FlowOf, bool], int]) -> Flows:
    """Flows less what is owed of them, which is then no longer owed."""
    rows = np.flatnonzero(np.isin(part.account, accounts)).tolist()
    if not rows:
        return part
    buy, sell = part.buy_minor.copy(), part.sell_minor.copy()
    for row in rows:
        for minor, buys in ((buy, True), (sell, False)):
            at = (_flow_of(part, row), buys)
            taken = min(int(minor[row]), owed.get(at, 0))
            if taken:
                minor[row] -= taken
                owed[at] -= taken
    stay = (buy != 0) | (sell != 0)
    less = replace(part, buy_minor=buy, sell_minor=sell)
    return less if stay.all() else Flows(*(column[stay] for column in columns(less)))
