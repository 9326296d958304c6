"""The vectorised path with a fault in it: one function at a time is another.

Each is a slip that columns invite: a running sum that starts at the wrong row, a remainder
given to the wrong account, a comparison that is off by the equal case.

Not here: bugs of desks and seats that the laws find (`tests.simulation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from gateway.core import dilution, limits, line_limits, money, sessions
from gateway.core.line_limits import Base, Caps, Lines, Tested
from gateway.core.vocabulary import I64
from gateway.desks import (
    fund_evolve,
    plan,
    plan_close,
    plan_orders,
    plan_state,
    strike_assets,
    strike_limits,
)
from gateway.desks.plan_close import FlowRows
from gateway.desks.plan_state import Flows, PlanState

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bent:
    """A function of a module or class, and what stands in its place."""

    where: ModuleType | type
    name: str
    wrong: Callable[..., Any]


def fits_at_the_end(
    group: I64, lines: Lines, alt: I64, total: I64, num: I64, den: I64
) -> Bools:  # fmt: skip
    """Only what a group comes to is looked at, not every line on the way."""
    fits = RIGHT_FITS(group, lines, alt, total, num, den)
    last = {who: row for row, who in enumerate(group.tolist())}
    return np.array([fits[last[who]] for who in group.tolist()], np.bool_)


def lines_forgotten(lines: Lines, caps: Caps, base: Base, rows: I64, tested: Tested) -> None:
    """A participant's lines do not see those before them."""
    for row in rows.tolist():
        RIGHT_BY_PARTICIPANT(lines, caps, base, np.array([row]), tested)


def sales_alone(keys: I64, amounts: I64, available: I64, spared: Bools) -> Bools:
    """Each sale is held against the whole position."""
    return amounts <= available


def sellable_of_rounded(units: I64, navs: I64, shift: int) -> I64:
    """95 % of a value that was rounded to the cent before."""
    worth = money.values_of(units, navs, shift)
    return worth * 95 // 100


def remainder_to_the_first(totals: I64, group: I64, weights: I64) -> I64:
    """What is left after the whole parts goes to the first account."""
    shares = np.zeros(len(group), np.int64)
    for index, total in enumerate(totals.tolist()):
        rows = np.flatnonzero(group == index)
        whole = int(weights[rows].sum())
        if whole:
            shares[rows] = total * weights[rows] // whole
            shares[rows[0]] += total - int(shares[rows].sum())
    return shares


def last_receipt(state: PlanState, flows: Flows) -> FlowRows:
    """The plan that bought last is served first."""
    rows = RIGHT_SUMS(state, flows)
    return replace(rows, first_received_at=-rows.first_received_at)


def values_cut_off(units: I64, nav: I64, shift: int) -> I64:
    """Positions are rounded down to the cent."""
    rows = zip(units.tolist(), nav.tolist(), strict=True)
    return np.array([held * price // 10**shift for held, price in rows], np.int64)


def units_cut_off(amount_minor: int, nav: int, *, nav_scale: int, unit_scale: int, **_: Any) -> int:
    """Omnibus units are rounded down."""
    scale: int = 10 ** (nav_scale + unit_scale)
    return amount_minor * scale // (nav * 100)


def in_time_at_the_close(calendar: sessions.Calendar, received_at: I64) -> I64:
    """An order received at the very close gets the NAV of that close."""
    return RIGHT_TRADE_DATES(calendar, received_at - 1)


def room_of_a_higher_cap(alternative: int, total: int, cap: money.Ratio) -> int:
    """The fund's room is that of a cap one hundredth of a per cent higher."""
    higher = money.Ratio(cap.num * 10_000 + cap.den, cap.den * 10_000)
    return RIGHT_HEADROOM(alternative, total, higher)


def fee_cut_off(exact: Fraction, posted_minor: int) -> int:
    """The accrual is rounded down."""
    return int(exact) - posted_minor


def bought_never(terms: Any) -> None:
    """A purchase leaves the liquid sleeve and does not reach the holding."""
    return


RIGHT_FITS = line_limits._fits
RIGHT_BY_PARTICIPANT = line_limits._by_participant
RIGHT_SUMS = plan_close.by_plan_and_fund
RIGHT_TRADE_DATES = sessions.Calendar.trade_dates
RIGHT_HEADROOM = limits.headroom

BENT = {
    "a batch is held to a limit by its last line": Bent(line_limits, "_fits", fits_at_the_end),
    "a participant's lines do not see one another":
        Bent(line_limits, "_by_participant", lines_forgotten),
    "each sale is held against the whole position":
        Bent(plan_orders, "within_available", sales_alone),
    "the share to sell is taken of a rounded value":
        Bent(plan_orders, "sellable_minor", sellable_of_rounded),
    "the first account gets what is left":
        Bent(plan_close, "split_columns", remainder_to_the_first),
    "the last to buy is served first": Bent(plan, "by_plan_and_fund", last_receipt),
    "positions are rounded down": Bent(plan_state, "values_of", values_cut_off),
    "omnibus units are rounded down": Bent(dilution, "units_for", units_cut_off),
    "an order at the close is in time":
        Bent(sessions.Calendar, "trade_dates", in_time_at_the_close),
    "a fund's room is too large by a little": Bent(strike_limits, "headroom", room_of_a_higher_cap),
    "a fee is rounded down": Bent(strike_assets, "to_post", fee_cut_off),
    "a purchase is lost on its way": Bent(fund_evolve, "bought_at_will", bought_never),
}  # fmt: skip
