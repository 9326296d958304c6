"""How a plan partition decides order lines: dated, checked, held to the limits.

A line carries every reason why it cannot be an order, and the first in the order of
`RejectCode` beside them. Units and limits are asked of lines that can be one; such a line has
a single reason. Lines of one batch see the effect of the lines before them.

Not here: when a batch may be decided (`plan`), and what state becomes (`plan_state`).
Source: domain.md §1.2, §1.4, §2.2. Laws: L2, L4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from gateway.core.accounts import within_available
from gateway.core.events import OrdersDecided
from gateway.core.limits import ExcessPolicy
from gateway.core.line_limits import Base, Caps, Lines, Tested, hold_lines
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits, first_of, with_later
from gateway.core.vocabulary import I8, I32, I64, REJECT_INDEX, OrderKind, RejectCode
from gateway.desks.plan_as_of import as_of_sales
from gateway.desks.plan_eligibility import (
    along_mapping,
    below_purchase_minimum,
    below_sale_minimum,
    pairs_of,
)
from gateway.desks.plan_state import PlanState, Price, sellable_minor

Bools = npt.NDArray[np.bool_]


def checked(
    state: PlanState, batch: OrderBatch, trade_dates: I64, booked: int, on: date
) -> I64:  # fmt: skip
    """Every reason why each line cannot be an order at all, as a set of reject codes.

    What a plan has stated is a reason for its own recordkeeper's lines alone: others are not
    told of it.

    Args:
        state: The partition's state; only the book, prices and accounts are looked at.
        batch: The lines, contributions sent where they go (`plan_eligibility.redirected`).
        trade_dates: Shape (n,), days since 1970.
        booked: The day the batch was booked under; an earlier trade date needs an as-of.
        on: The session whose NAV the lines get, if they get one.
    """
    pairs = pairs_of(state.book, batch, on)
    plan, sell, buy = batch.plan, batch.sell_fund, batch.buy_fund
    reasons: I64 = pairs.sells[plan, sell] | pairs.buys[plan, buy]

    def refuse(where: Bools, why: RejectCode) -> None:
        reasons[where] |= bits(why)

    refuse(batch.amount_minor <= 0, RejectCode.NEGATIVE_AMOUNT)
    refuse(_stranger(state, batch) & pairs.own[plan], RejectCode.UNKNOWN_PARTICIPANT)
    refuse(trade_dates < booked, RejectCode.AS_OF_REQUIRED)
    follows = along_mapping(pairs, batch)
    small = _too_small(state, batch)
    if small is not None:
        refuse(small & pairs.own[plan] & ~follows, RejectCode.MIN_AMOUNT)
    if pairs.stopped is not None:
        stopped = pairs.stopped[0, plan, sell] | pairs.stopped[1, plan, buy]
        refuse(stopped & ~follows, RejectCode.BLACKOUT)
    return reasons


def _too_small(state: PlanState, batch: OrderBatch) -> Bools | None:
    """Lines below a fund's minimum; a position that cannot reach its minimum is sold freely.

    What may be sold is asked of the units at the last NAV, sales in flight not taken off: so the
    answer does not depend on the lines before it (law L4).
    """
    buys, sells = below_purchase_minimum(state.book, batch), below_sale_minimum(state.book, batch)
    if sells is None:
        return buys
    small, least = sells
    accounts, rows = state.accounts, np.flatnonzero(small)
    slots = accounts.index.find(batch.participant[rows])
    rows, slots = rows[slots >= 0], slots[slots >= 0]
    names = np.array([state.fund_slots.get(f, -1) for f in batch.funds], np.int64)
    found = accounts.positions.find(
        accounts.position_keys(slots, names[batch.sell_fund[rows]])
    )  # fmt: skip
    small[rows[_position_worth(state, batch, rows, found) < least[rows]]] = False
    return small if buys is None else small | buys


Promised = Mapping[int, tuple[int, int]]
"""By position, the units that sales as of earlier sessions will take, and their money."""
NONE_PROMISED: Promised = {}


def _promised(promised: Promised, positions: I64, which: int) -> I64:
    return np.array([promised.get(each, (0, 0))[which] for each in positions.tolist()], np.int64)


def _position_worth(
    state: PlanState, batch: OrderBatch, rows: I64, found: I64, promised: Promised = NONE_PROMISED
) -> I64:
    """What may be sold of each row's position at the last NAV; 0 where it holds none."""
    worth = np.zeros(len(rows), np.int64)
    for index, fund_id in enumerate(batch.funds):
        price = state.prices.get(fund_id)
        at = np.flatnonzero((batch.sell_fund[rows] == index) & (found >= 0))
        if price is not None and len(at):
            units = state.accounts.units[found[at]]
            if promised:
                units = units - _promised(promised, found[at], 0)
            worth[at] = sellable_minor(units, np.full(len(at), price.nav), price.shift)
    return worth


def _stranger(state: PlanState, batch: OrderBatch) -> Bools:
    """Lines of a participant that is unknown, or known under another plan."""
    accounts = state.accounts
    slots = accounts.index.find(batch.participant)
    plan_slots = np.array([state.plan_slots.get(p, -1) for p in batch.plans], np.int64)
    known = slots >= 0
    elsewhere = np.zeros(len(slots), np.bool_)
    elsewhere[known] = accounts.plan[slots[known]] != plan_slots[batch.plan[known]]
    if batch.kind is OrderKind.CONTRIBUTION:
        return elsewhere
    return elsewhere | ~known


@dataclass(frozen=True, slots=True)
class _Frame:
    """The batch's lines in slots of its own, with what they start from."""

    slots: I64
    participant: I64
    base: Base
    caps: Caps


def _frame(state: PlanState, batch: OrderBatch) -> _Frame:
    tokens, participant = np.unique(batch.participant, return_inverse=True)
    slots = state.accounts.index.find(tokens)
    known = np.maximum(slots, 0)
    accounts = state.accounts
    has_any = len(accounts.index) > 0
    zero = np.zeros(len(tokens), np.int64)
    plan_slots = np.array([state.plan_slots.get(p, -1) for p in batch.plans], np.int64)
    plan_known = plan_slots >= 0
    pick = np.maximum(plan_slots, 0)
    plans = [state.book.plans.get(p) for p in batch.plans]
    have = bool(len(state.plan_total))
    base = Base(
        participant_alt=np.where(slots >= 0, accounts.alternative[known], 0) if has_any else zero,
        participant_total=np.where(slots >= 0, accounts.total[known], 0)
        if has_any
        else zero.copy(),
        plan_alt=np.where(plan_known, state.plan_alternative[pick] if have else 0, 0),
        plan_total=np.where(plan_known, state.plan_total[pick] if have else 0, 0),
    )
    caps = Caps(
        participant_num=np.array(
            [p.participant_limit.cap.num if p else 0 for p in plans], np.int64
        ),
        participant_den=np.array(
            [p.participant_limit.cap.den if p else 1 for p in plans], np.int64
        ),
        plan_num=np.array([p.plan_limit.cap.num if p else 0 for p in plans], np.int64),
        plan_den=np.array([p.plan_limit.cap.den if p else 1 for p in plans], np.int64),
        participant_reject=np.array(
            [p is not None and p.participant_limit.on_excess is ExcessPolicy.REJECT for p in plans],
            np.bool_,
        ),
        plan_reject=np.array(
            [p is not None and p.plan_limit.on_excess is ExcessPolicy.REJECT for p in plans],
            np.bool_,
        ),
    )
    return _Frame(slots[participant], participant.astype(np.int64), base, caps)


def _sellable(state: PlanState, batch: OrderBatch, slots: I64, live: Bools, void: Bools) -> Bools:
    """Lines whose sale fits the units held at the last NAV, less sales in flight."""
    rows = np.flatnonzero(live & (batch.sell_fund >= 0) & (slots >= 0))
    fits = np.ones(len(batch.line), np.bool_)
    if not len(rows):
        return fits
    accounts = state.accounts
    names = [state.fund_slots.get(f, -1) for f in batch.funds]
    fund_slot = np.array(names, np.int64)[batch.sell_fund[rows]]
    keys = accounts.position_keys(slots[rows], fund_slot)
    found = accounts.positions.find(keys)
    promised = as_of_sales(state)
    worth = _position_worth(state, batch, rows, found, promised)
    known = np.flatnonzero(found >= 0)
    in_flight = accounts.reserved.at(found[known])
    if promised:
        in_flight -= _promised(promised, found[known], 1)
    worth[known] -= in_flight
    fits[rows] = within_available(keys, batch.amount_minor[rows], worth, void[rows])
    return fits


def may_sell(units: int, price: Price) -> int:
    """What of one position may be sold by amount, minor units; see `SALE_BY_AMOUNT`."""
    held = np.array([units], np.int64)
    return int(sellable_minor(held, np.array([price.nav], np.int64), price.shift)[0])


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What units and limits make of the lines that are orders."""

    code: I8
    buys_alternative: Bools
    tested: Tested


def _outcome(
    state: PlanState, batch: OrderBatch, frame: _Frame, refused: I8, void: Bools, *, covered: bool
) -> _Outcome:
    """Sales against units, then purchases against the limits; `void` lines sell nothing."""
    code = refused.copy()
    live = code == 0
    if not covered:
        code[live & ~_sellable(state, batch, frame.slots, live, void)] = REJECT_INDEX[
            RejectCode.INSUFFICIENT_UNITS
        ]
    live = code == 0
    terms = [state.book.funds.get(f) for f in batch.funds]
    alternative = np.array([f is not None and f.alternative for f in terms] + [False], np.bool_)
    amount = np.where(live, batch.amount_minor, 0)
    waits = np.array([f is not None and f.gate is not None for f in terms] + [False], np.bool_)
    requested = waits[batch.sell_fund]
    # A request frees no room before it is met, and buys no more of another than it has sold.
    kept = requested & alternative[batch.sell_fund]
    buys_alternative = alternative[batch.buy_fund] & live & ~kept
    buying = np.where(batch.buy_fund >= 0, amount, 0)
    selling = np.where(batch.sell_fund >= 0, amount, 0)
    tested = hold_lines(
        Lines(
            participant=frame.participant,
            plan=batch.plan.astype(np.int64),
            alt_buy=np.where(buys_alternative, buying, 0),
            alt_other=-np.where(alternative[batch.sell_fund] & ~kept, selling, 0),
            total_change=np.where(kept, 0, buying - selling),
        ),
        frame.caps,
        frame.base,
    )
    return _Outcome(code, buys_alternative, tested)


def decided(
    state: PlanState,
    batch: OrderBatch,
    trade_date: date,
    reasons: I64,
    asked_fund: I32,
    *,
    covered: bool = False,
) -> OrdersDecided:
    """Decide lines of the open session: sales against units, purchases against the limits.

    A line that its limit voids sells nothing either, so lines after it may sell more than
    was thought. The lines are tried again until the voided ones are those that were
    assumed; each trial settles at least the first line that differed (law L4).

    Args:
        state: The partition's state before the lines.
        batch: The lines, all of one trade date or refused already.
        trade_date: The session whose NAV they get.
        reasons: Shape (n,), sets of reject codes of lines refused already, else 0.
        asked_fund: Shape (n,), index of the fund asked for where another is bought, else -1.
        covered: Whether it was seen elsewhere that there is enough to sell.
    """
    code = first_of(reasons)
    frame = _frame(state, batch)
    void = np.zeros(len(code), np.bool_)
    outcome = _outcome(state, batch, frame, code, void, covered=covered)
    while not np.array_equal(outcome.tested.void, void):
        void = outcome.tested.void
        outcome = _outcome(state, batch, frame, code, void, covered=covered)
    return _event(batch, trade_date, outcome, reasons, asked_fund)


def _event(
    batch: OrderBatch, trade_date: date, outcome: _Outcome, reasons: I64, asked_fund: I32
) -> OrdersDecided:
    tested, code = outcome.tested, outcome.code.copy()
    live = code == 0
    code[tested.void] = REJECT_INDEX[RejectCode.LIMIT_HARD]
    amount = np.where(live, batch.amount_minor, 0)
    accepted = np.where(outcome.buys_alternative, tested.accepted, amount)
    accepted[code != 0] = 0
    return OrdersDecided(
        sender=batch.sender,
        batch_id=batch.batch_id,
        kind=batch.kind,
        trade_date=trade_date,
        plans=batch.plans,
        funds=batch.funds,
        line=batch.line,
        plan=batch.plan,
        participant=batch.participant,
        sell_fund=batch.sell_fund,
        buy_fund=batch.buy_fund,
        amount_minor=batch.amount_minor,
        accepted_minor=accepted,
        diverted_minor=np.where(code == 0, amount - accepted, 0),
        received_at=batch.received_at,
        code=code,
        scope=np.where(live, tested.scope, 0).astype(np.int8),
        headroom_minor=np.where(tested.scope > 0, tested.headroom, 0),
        reasons=with_later(reasons, code),
        asked_fund=asked_fund,
    )
