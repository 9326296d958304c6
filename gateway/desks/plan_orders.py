"""How a plan partition decides order lines: dated, checked, held to the limits.

The order of the checks is the order of `RejectCode`; a line carries the first that
applies. Lines of one batch see the effect of the lines before them.

Not here: when a batch may be decided (`plan`), and what state becomes (`plan_state`).
Source: domain.md §1.2, §1.4, §2.2. Laws: L2, L4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from gateway.core.accounts import within_available
from gateway.core.events import OrdersDecided
from gateway.core.limits import SALE_BY_AMOUNT, ExcessPolicy
from gateway.core.line_limits import Base, Caps, Lines, Tested, hold_lines
from gateway.core.money import INT64_MAX
from gateway.core.orders import OrderBatch
from gateway.core.vocabulary import I8, I64, REJECT_INDEX, OrderKind, RejectCode
from gateway.desks.plan_as_of import as_of_sales
from gateway.desks.plan_state import PlanState, Price

Bools = npt.NDArray[np.bool_]


def checked(state: PlanState, batch: OrderBatch, trade_dates: I64, booked: int) -> I8:
    """The first reason, if any, why each line cannot be an order at all.

    Args:
        state: The partition's state; only the book and the accounts are looked at.
        batch: The lines.
        trade_dates: Shape (n,), days since 1970.
        booked: The day the batch was booked under; an earlier trade date needs an as-of.
    """
    book = state.book
    plans = [book.plans.get(plan_id) for plan_id in batch.plans]
    known_plan = np.array([plan is not None for plan in plans], np.bool_)
    own_plan = np.array([p is not None and p.recordkeeper == batch.sender for p in plans], np.bool_)
    funds = [book.funds.get(fund_id) for fund_id in batch.funds]
    known_fund = np.array([fund is not None for fund in funds] + [True], np.bool_)
    currency = np.array(
        [f is not None and f.currency == batch.currency for f in funds] + [True], np.bool_
    )
    agreed = np.array(
        [[p is not None and f in p.funds for f in batch.funds] + [True] for p in plans], np.bool_
    ).reshape(len(plans), len(funds) + 1)
    sell, buy = batch.sell_fund, batch.buy_fund
    code = np.zeros(len(batch.line), np.int8)

    def refuse(where: Bools, why: RejectCode) -> None:
        code[where & (code == 0)] = REJECT_INDEX[why]

    known = known_fund[sell] & known_fund[buy]
    refuse(known & ~(currency[sell] & currency[buy]), RejectCode.CURRENCY)
    refuse(batch.amount_minor <= 0, RejectCode.NEGATIVE_AMOUNT)
    refuse(~known_plan[batch.plan], RejectCode.UNKNOWN_PLAN)
    refuse(~own_plan[batch.plan], RejectCode.NOT_THE_RECORDKEEPER)
    refuse(~known | ~_has_its_legs(batch), RejectCode.UNKNOWN_FUND)
    refuse(~(agreed[batch.plan, sell] & agreed[batch.plan, buy]), RejectCode.NO_AGREEMENT)
    refuse(_stranger(state, batch), RejectCode.UNKNOWN_PARTICIPANT)
    refuse(trade_dates < booked, RejectCode.AS_OF_REQUIRED)
    return code


def _has_its_legs(batch: OrderBatch) -> Bools:
    """Lines that name what their kind sells and buys, and nothing else."""
    sells, buys = batch.sell_fund >= 0, batch.buy_fund >= 0
    fits: Bools = (sells == (batch.kind is not OrderKind.CONTRIBUTION)) & (
        buys == (batch.kind is not OrderKind.DISTRIBUTION)
    )
    return fits


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
    held = np.maximum(found, 0)
    worth = np.zeros(len(rows), np.int64)
    promised = as_of_sales(state)
    for index, fund_id in enumerate(batch.funds):
        price = state.prices.get(fund_id)
        at = np.flatnonzero((batch.sell_fund[rows] == index) & (found >= 0))
        if price is not None and len(at):
            units, in_flight = accounts.units[held[at]], accounts.reserved.at(held[at])
            if promised:
                gone = [promised.get(each, (0, 0)) for each in held[at].tolist()]
                units = units - np.array([taken for taken, _ in gone], np.int64)
                in_flight = in_flight - np.array([minor for _, minor in gone], np.int64)
            worth[at] = _sellable_minor(units, price) - in_flight
    fits[rows] = within_available(keys, batch.amount_minor[rows], worth, void[rows])
    return fits


def _sellable_minor(units: I64, price: Price) -> I64:
    """The share of positions that may be sold by amount, minor units, rounded down once.

    Of what units are worth exactly: of a value rounded up, the share can be more than the units
    are worth after the fall that it is to cover.

    Source: `SALE_BY_AMOUNT`. Law: L1.
    """
    num, den = price.nav * SALE_BY_AMOUNT.num, 10**price.shift * SALE_BY_AMOUNT.den
    most = max(int(units.max(initial=0)), -int(units.min(initial=0)))
    if most * num <= INT64_MAX and den <= INT64_MAX:
        share: I64 = units * num // den
        return share
    return np.array([held * num // den for held in units.tolist()], np.int64)


def may_sell(units: int, price: Price) -> int:
    """What of one position may be sold by amount, minor units; see `SALE_BY_AMOUNT`."""
    return int(_sellable_minor(np.array([units], np.int64), price)[0])


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
    buys_alternative = alternative[batch.buy_fund] & live
    buying = np.where(batch.buy_fund >= 0, amount, 0)
    selling = np.where(batch.sell_fund >= 0, amount, 0)
    tested = hold_lines(
        Lines(
            participant=frame.participant,
            plan=batch.plan.astype(np.int64),
            alt_buy=np.where(buys_alternative, buying, 0),
            alt_other=-np.where(alternative[batch.sell_fund], selling, 0),
            total_change=buying - selling,
        ),
        frame.caps,
        frame.base,
    )
    return _Outcome(code, buys_alternative, tested)


def decided(
    state: PlanState, batch: OrderBatch, trade_date: date, code: I8, *, covered: bool = False
) -> OrdersDecided:
    """Decide lines of the open session: sales against units, purchases against the limits.

    A line that its limit voids sells nothing either, so lines after it may sell more than
    was thought. The lines are tried again until the voided ones are those that were
    assumed; each trial settles at least the first line that differed (law L4).

    Args:
        state: The partition's state before the lines.
        batch: The lines, all of one trade date or refused already.
        trade_date: The session whose NAV they get.
        code: Shape (n,), position in RejectCode of lines refused already, else 0.
        covered: Whether it was seen elsewhere that there is enough to sell.
    """
    frame = _frame(state, batch)
    void = np.zeros(len(code), np.bool_)
    outcome = _outcome(state, batch, frame, code, void, covered=covered)
    while not np.array_equal(outcome.tested.void, void):
        void = outcome.tested.void
        outcome = _outcome(state, batch, frame, code, void, covered=covered)
    return _event(batch, trade_date, outcome)


def _event(batch: OrderBatch, trade_date: date, outcome: _Outcome) -> OrdersDecided:
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
    )
