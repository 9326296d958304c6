"""Both sides of what a strike fills: units for the plans, money owed between the parties.

Units are half-up at the fund's unit scale. Late orders are filled at the NAV of their own
session; what that costs the fund at today's NAV is paid in by the recordkeeper that was late,
plan by plan. A gain stays in the fund.

Not here: the NAV (`strike`).
Source: domain.md §1.4, golden G07, G09. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.dilution import Scales, as_of_dilution
from gateway.core.orders import FillBatch
from gateway.core.settlement import ObligationRow
from gateway.core.vocabulary import I64

PLANS_PER_FILL = 10_000
"""Plans in one message of fills: about half a megabyte."""


@dataclass(frozen=True, slots=True)
class PlanFlow:
    """A plan's money into and out of one fund in a session."""

    plan_id: str
    partition: int
    trade_date: date
    settling_entity: str
    recordkeeper: str
    buy_minor: int
    sell_minor: int
    first_received_at: int
    least_nav: int

    @property
    def net_minor(self) -> int:
        """Purchases less redemptions."""
        return self.buy_minor - self.sell_minor


@dataclass(frozen=True, slots=True)
class Dilution:
    """What one plan's late orders cost, greater than zero."""

    plan_id: str
    trade_date: date
    recordkeeper: str
    amount_minor: int


Fills = tuple[tuple[int, FillBatch], ...]
"""Omnibus fills with the plan partition each goes to."""


def fills_of(
    terms: FundTerms, flows: Sequence[PlanFlow], navs: Mapping[date, int], session: date
) -> Fills:
    """Omnibus fills by plan partition and trade date.

    Args:
        terms: The fund's terms.
        flows: Sorted by plan id.
        navs: NAV by trade date, scaled.
        session: The session at whose close the flows were sent.
    """
    fills: list[tuple[int, FillBatch]] = []
    for partition, day in sorted({(flow.partition, flow.trade_date) for flow in flows}):
        mine = [f for f in flows if (f.partition, f.trade_date) == (partition, day)]
        fills += [
            (partition, _fill(terms, mine[at : at + PLANS_PER_FILL], session, day, navs[day]))
            for at in range(0, len(mine), PLANS_PER_FILL)
        ]
    return tuple(fills)


def _fill(
    terms: FundTerms, flows: Sequence[PlanFlow], session: date, trade_date: date, nav: int
) -> FillBatch:

    def units(amounts: list[int]) -> I64:
        scales = Scales(terms.nav_scale, terms.unit_scale, rounding=terms.unit_rounding)
        return _column([scales.units_for(amount, nav) for amount in amounts])

    bought, sold = [flow.buy_minor for flow in flows], [flow.sell_minor for flow in flows]
    return FillBatch(
        terms.fund_id, session, trade_date, nav, terms.nav_scale, terms.unit_scale,
        tuple(flow.plan_id for flow in flows),
        _column(bought), _column(sold), units(bought), units(sold), terms.unit_rounding,
    )  # fmt: skip


def _column(values: list[int]) -> I64:
    return np.array(values, np.int64)


def units_of(fills: Fills) -> tuple[int, int]:
    """Units issued and units cancelled, scaled."""
    issued = sum(int(fill.buy_units.sum()) for _, fill in fills)
    return issued, sum(int(fill.sell_units.sum()) for _, fill in fills)


def dilution(
    terms: FundTerms, flows: Sequence[PlanFlow], navs: Mapping[date, int], session: date
) -> tuple[Dilution, ...]:
    """What the late orders among the flows cost the fund at the session's NAV.

    Source: domain.md §1.4, golden G07.
    """
    scales = Scales(terms.nav_scale, terms.unit_scale, rounding=terms.unit_rounding)
    costs: list[Dilution] = []
    for flow in flows:
        if flow.trade_date == session:
            continue
        nav = navs[flow.trade_date]
        units = scales.units_for(flow.buy_minor, nav) - scales.units_for(flow.sell_minor, nav)
        cost = as_of_dilution(units, nav, navs[session], scales)
        if cost > 0:
            costs.append(Dilution(flow.plan_id, flow.trade_date, flow.recordkeeper, cost))
    return tuple(costs)


def obligations(
    terms: FundTerms, flows: Sequence[PlanFlow], settles: date
) -> Iterator[ObligationRow]:
    """Both sides of every plan's purchases and redemptions."""
    for flow in flows:
        for minor, reason in (
            (flow.buy_minor, "PLAN_PURCHASE"),
            (-flow.sell_minor, "PLAN_REDEMPTION"),
        ):
            if minor:
                about = (flow.trade_date, settles)
                for party, amount, why in (
                    (flow.settling_entity, minor, reason), (terms.custodian, -minor, "FUND_SIDE")
                ):  # fmt: skip
                    yield ObligationRow(
                        party, *about, amount, terms.fund_id, flow.plan_id, why, flow.recordkeeper
                    )


def bought_at_will(terms: FundTerms) -> SleeveTerms | None:
    """The holding that purchases go to: the first without a commitment."""
    return next((sleeve for sleeve in terms.sleeves if sleeve.calls is None), None)


def fee_obligations(
    terms: FundTerms, session: date, settles: date, paid: int
) -> Iterator[ObligationRow]:
    """Both sides of the management fee paid."""
    if paid and terms.fees is not None:
        for party, minor in ((terms.custodian, paid), (terms.fees.payee, -paid)):
            yield ObligationRow(
                party, session, settles, minor, terms.fund_id, terms.fund_id, "MANAGEMENT_FEE"
            )


def purchase_obligations(
    terms: FundTerms, session: date, settles: date, bought: int
) -> Iterator[ObligationRow]:
    """Both sides of the fund's purchase of alternatives."""
    sleeve = bought_at_will(terms)
    if bought and sleeve is not None:
        for party, minor in ((terms.custodian, bought), (sleeve.manager, -bought)):
            yield ObligationRow(
                party, session, settles, minor, terms.fund_id, sleeve.vehicle_id,
                "ALTERNATIVE_PURCHASE",
            )  # fmt: skip


def dilution_obligations(
    terms: FundTerms, costs: Sequence[Dilution], settles: date
) -> Iterator[ObligationRow]:
    """Both sides of what late orders cost: the one who was late pays the fund."""
    for cost in costs:
        for party, minor in (
            (cost.recordkeeper, cost.amount_minor),
            (terms.custodian, -cost.amount_minor),
        ):
            reason = "DILUTION" if minor > 0 else "DILUTION_FUND_SIDE"
            yield ObligationRow(
                party, cost.trade_date, settles, minor, terms.fund_id, cost.plan_id, reason,
                cost.recordkeeper,
            )  # fmt: skip
