"""A purchase tried at a plan partition: the plan desk's own checks and limits, on its own state.

What fits is found by asking the desk, amount after amount: it takes smaller purchases whole
wherever it takes a larger one whole, so halving finds the largest.

Not here: what the fund makes of the money (`strike`).
Source: domain.md §2.2. Law: L2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gateway.core.events import OrdersDecided
from gateway.core.limits import (
    ExcessPolicy,
    Limit,
    headroom,
    inflow_to_cure,
    is_above_soft_cap,
    redemption_capacity,
)
from gateway.core.line_limits import Base, Caps, Lines, hold_lines
from gateway.core.orders import OrderBatch
from gateway.core.vocabulary import I64, REJECT_CODES, OrderKind
from gateway.desks.plan_corrections import decided_part
from gateway.desks.plan_dating import part_of
from gateway.desks.plan_state import PlanState, epoch_day
from gateway.ops.headroom.rows import LimitRow, Outcome, Way

MOST = 10**16
"""A purchase that no limit stops is tried up to so many minor units."""

TRIED = "headroom"
SCOPES = {1: "PARTICIPANT", 2: "PLAN"}


@dataclass(frozen=True, slots=True)
class Purchase:
    """The way of a purchase: who buys what, with new money or out of another fund."""

    plan: str
    participant: int
    fund: str
    sells: str | None = None


def batch_of(state: PlanState, way: Purchase, amount_minor: int) -> OrderBatch:
    """The purchase as one order line of the open session, received last."""
    session = state.open_session
    terms, fund = state.book.plans[way.plan], state.book.funds[way.fund]
    funds = (way.fund,) if way.sells is None else (way.fund, way.sells)
    kind = OrderKind.CONTRIBUTION if way.sells is None else OrderKind.EXCHANGE
    sold = -1 if way.sells is None else 1
    return OrderBatch(
        terms.recordkeeper, TRIED, session, kind, fund.currency, (way.plan,), funds,
        np.array([0], np.int32), np.array([0], np.int32), _one(way.participant),
        np.array([0], np.int8), np.array([sold], np.int32), np.array([0], np.int32),
        _one(amount_minor), _one(state.close_at(session) - 1),
    )  # fmt: skip


def tried(state: PlanState, way: Purchase, amount_minor: int) -> OrdersDecided:
    """What the plan desk decides of a purchase; the state stays as it is."""
    session, batch = state.open_session, batch_of(state, way, amount_minor)
    return decided_part(state, part_of(state, batch, session, _one(epoch_day(session))))


def outcome(state: PlanState, event: OrdersDecided) -> Outcome:
    """A decision about one line, in words."""
    plan = state.book.plans[event.plans[0]]
    scope, refused = int(event.scope[0]), int(event.code[0]) != 0
    limit = {1: plan.participant_limit.limit_id, 2: plan.plan_limit.limit_id}.get(scope, "")
    amount = int(event.amount_minor[0])
    return Outcome(
        amount, int(event.accepted_minor[0]), int(event.diverted_minor[0]),
        amount if refused else 0, plan.liquid_fund, REJECT_CODES[int(event.code[0])].value,
        SCOPES.get(scope, ""), limit, int(event.headroom_minor[0]),
    )  # fmt: skip


def way_in(state: PlanState, way: Purchase) -> Way:
    """The largest purchase that the plan desk takes whole, and what becomes of a cent more."""

    def fits(amount: int) -> bool:
        return int(tried(state, way, amount).accepted_minor[0]) == amount

    most = largest(fits)
    return Way(most, None if most is None else outcome(state, tried(state, way, most + 1)))


def largest(fits: Callable[[int], bool]) -> int | None:
    """The largest amount that fits, minor units, where all smaller ones do; None: any."""
    if fits(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def new_money(alternative: int, total: int, limit: Limit) -> int | None:
    """The largest purchase with new money that one limit lets through whole."""
    num, den = _one(limit.cap.num), _one(limit.cap.den)
    rejects = np.array([limit.on_excess is ExcessPolicy.REJECT], np.bool_)
    caps = Caps(num, den, num, den, rejects, rejects)
    base = Base(*(_one(each) for each in (alternative, total, alternative, total)))

    def fits(amount: int) -> bool:
        money, none = _one(amount), _one(0)
        return int(hold_lines(Lines(none, none, money, none, money), caps, base).accepted[0]) == (
            amount
        )

    return largest(fits)


def limit_rows(state: PlanState, plan: str, participant: int | None, token: str) -> list[LimitRow]:
    """The limits of participant and plan, on what they count now."""
    rows: list[LimitRow] = []
    terms = state.book.plans[plan]
    if participant is not None:
        slot = int(state.accounts.index.find(_one(participant))[0])
        held = slot >= 0
        rows.append(
            limit_row(
                terms.participant_limit, token,
                int(state.accounts.alternative[slot]) if held else 0,
                int(state.accounts.total[slot]) if held else 0,
            )
        )  # fmt: skip
    slot = state.plan_slots[plan]
    known = slot < len(state.plan_total)
    rows.append(
        limit_row(
            terms.plan_limit, plan, int(state.plan_alternative[slot]) if known else 0,
            int(state.plan_total[slot]) if known else 0,
        )
    )  # fmt: skip
    return rows


def limit_row(limit: Limit, of: str, counted: int, total: int) -> LimitRow:
    """A limit of participant or plan."""
    return LimitRow(
        limit.scope.value, of, limit.limit_id, limit.about, limit.cap, limit.soft_cap, counted,
        total, headroom(counted, total, limit.cap), new_money(counted, total, limit),
        is_above_soft_cap(counted, total, limit), "", None,
        redemption_capacity(total, counted, limit.cap), inflow_to_cure(counted, total, limit.cap),
        False,
    )  # fmt: skip


def _one(value: int) -> I64:
    return np.array([value], np.int64)
