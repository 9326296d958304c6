"""Orders as of earlier sessions: their NAVs, and the units that their sales will take.

Not here: which lines are as of when (`plan_dating`, `plan_corrections`).
Source: domain.md §1.4. Laws: L1, L4.
"""

from __future__ import annotations

import numpy as np

from gateway.core.dilution import LONGEST_AS_OF
from gateway.core.marks import NavStruck
from gateway.desks.plan_state import PlanState, joined


def note_nav(state: PlanState, nav: NavStruck) -> None:
    """Remember a NAV that stands for as long as orders can be as of its session."""
    if not nav.held:
        navs = state.navs.setdefault(nav.fund_id, {})
        navs[nav.session] = nav.nav
        for old in sorted(navs)[: -LONGEST_AS_OF - 1]:
            del navs[old]


def as_of_sales(state: PlanState) -> dict[int, tuple[int, int]]:
    """By position, the units that sales as of earlier sessions will take, and their money."""
    found: dict[int, tuple[int, int]] = {}
    names = list(state.fund_slots)
    for (session, trade_date), parts in state.flows.items():
        if trade_date == session:
            continue
        flows = joined(parts)
        rows = np.flatnonzero(flows.sell_minor > 0)
        positions = state.accounts.hold(flows.account[rows], flows.fund[rows])
        for row, position in zip(rows.tolist(), positions.tolist(), strict=True):
            fund_id = names[int(flows.fund[row])]
            price, minor = state.prices[fund_id], int(flows.sell_minor[row])
            nav = state.navs.get(fund_id, {}).get(trade_date, price.nav)
            units, money = found.get(position, (0, 0))
            found[position] = (units + price.scales.units_for(minor, nav), money + minor)
    return found
