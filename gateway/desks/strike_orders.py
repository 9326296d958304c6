"""What a session's NAV is used for: plans' flows, managers' capital, money that comes back.

Not here: the NAV itself (`strike_nav`), what a strike makes of them (`strike`).
Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from gateway.core.fund_events import PerformanceAccrued
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_assets import Assets
from gateway.desks.strike_capital import Capital
from gateway.desks.strike_fees import (
    Brought,
    crystallized,
)
from gateway.desks.strike_gate import NO_GATE, Gate
from gateway.desks.strike_redemptions import (
    NO_REDEMPTIONS,
    Redemptions,
)
from gateway.desks.strike_sides import (
    Dilution,
    PlanFlow,
)


def flows_of(state: FundState, fund_id: str, session: date) -> list[PlanFlow]:
    """A fund's flows sent at the close of a session, sorted by plan id and trade date."""
    rows: list[PlanFlow] = []
    for batch in state.flows.get(session, []):
        if fund_id not in batch.funds:
            continue
        for row in np.flatnonzero(batch.fund == batch.funds.index(fund_id)).tolist():
            plan = int(batch.plan[row])
            rows.append(
                PlanFlow(
                    batch.plans[plan],
                    batch.partition,
                    batch.trade_date,
                    batch.settling_entities[plan],
                    batch.recordkeepers[plan],
                    int(batch.buy_minor[row]),
                    int(batch.sell_minor[row]),
                    int(batch.first_received_at[row]),
                    int(batch.least_nav[row]),
                )
            )
    return sorted(rows, key=lambda flow: (flow.plan_id, flow.trade_date))


def flow_nav(flows: list[PlanFlow]) -> int:
    """The NAV below which some account sells more units than it has, scaled."""
    return max((flow.least_nav for flow in flows), default=0)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a session's NAV is used for: plans' money, managers' capital, the fund's own money.

    Where people put another NAV in the place of the one struck, the values behind it are not
    to be trusted: nothing is bought for them, and no fee becomes due on them. `ends`: the
    session is the last of the performance period. `frozen`: a limit on what is bought is passed.
    """

    session: date
    flows: list[PlanFlow]
    capital: Capital
    own_money: bool = False
    distrusted: bool = False
    least_nav: int = 0
    gate: Gate = NO_GATE
    back: Redemptions = NO_REDEMPTIONS
    ends: bool = False
    fee: PerformanceAccrued | None = None
    frozen: bool = False

    def performance(
        self,
        fund: Fund,
        assets: Assets,
        navs: Mapping[date, int],
        late: tuple[Dilution, ...] = (),
    ) -> PerformanceAccrued | None:
        """The performance fee with what these orders and the session's end crystallise of it."""
        brought = Brought(
            self.ends, self.distrusted, self.flows, navs, late, self.gate.met_minor,
            self.gate.units, self.gate.returned_minor,
        )  # fmt: skip
        return crystallized(fund, assets.fees.performance, brought)

    @property
    def due_minor(self) -> int:
        """Performance fee paid at the end of the session."""
        return 0 if self.fee is None else self.fee.due_minor

    @property
    def net_minor(self) -> int:
        """Purchases of the fund less redemptions."""
        return sum(flow.net_minor for flow in self.flows) - self.gate.paid_minor

    def owed_minor(self, assets: Assets) -> int:
        """What the liquid sleeve pays beside orders, at most: calls, fees, all of a gain's fee."""
        accrued = assets.fees.performance
        gain = 0 if accrued is None else accrued.period.accrued_minor
        return self.capital.needed_minor + assets.fees.paid_minor + gain
