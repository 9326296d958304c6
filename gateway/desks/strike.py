"""One fund's strike: value the sleeves, strike or hold the NAV, fill, rebalance, owe.

Pure functions over a fund's state, called by the fund desk once a session. The NAV is
struck before the session's orders; what the orders bring goes to the liquid sleeve
first and from there, up to target and limit, into the alternatives at the end of day.

Not here: when a session may be struck (`fund`), the formulas (`nav`, `limits`).
Source: domain.md §2.2, §3.2, §3.3. Laws: L1, L2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.events import PlanShare, SleevesBalanced, SleeveValued, TrueUpBooked
from gateway.core.limits import SALE_BY_AMOUNT, grant, headroom, review
from gateway.core.marks import NavStruck
from gateway.core.money import (
    INT64_MAX,
    INT64_MIN,
    Ratio,
    fits_int64,
    half_up,
    split,
    units_for,
)
from gateway.core.nav import (
    HoldReason,
    RollStep,
    is_stale,
    roll_forward,
    status_ladder,
    strike,
    tolerance_breach,
)
from gateway.core.orders import FillBatch
from gateway.core.settlement import ObligationRow
from gateway.core.vocabulary import I64
from gateway.desks.fund_marks import mark_in_force
from gateway.desks.fund_state import Fund, FundState


@dataclass(frozen=True, slots=True)
class PlanFlow:
    """A plan's money into and out of one fund in a session."""

    plan_id: str
    partition: int
    settling_entity: str
    buy_minor: int
    sell_minor: int
    first_received_at: int


@dataclass(frozen=True, slots=True)
class Struck:
    """All that a strike decides for one fund."""

    nav: NavStruck
    valued: tuple[SleeveValued, ...]
    true_ups: tuple[TrueUpBooked, ...]
    balanced: SleevesBalanced | None
    fills: tuple[tuple[int, FillBatch], ...]
    obligations: tuple[ObligationRow, ...]


NO_CHANGE = Ratio(0, 1)
PLANS_PER_FILL = 10_000
"""Plans in one message of fills: about half a megabyte."""


def flows_of(state: FundState, fund_id: str, session: date) -> list[PlanFlow]:
    """A fund's flows of a session by plan, sorted by plan id."""
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
                    batch.settling_entities[plan],
                    int(batch.buy_minor[row]),
                    int(batch.sell_minor[row]),
                    int(batch.first_received_at[row]),
                )
            )
    return sorted(rows, key=lambda flow: flow.plan_id)


@dataclass(frozen=True, slots=True)
class _Assets:
    """A fund's assets at a session, and what moved them since the session before."""

    liquid_minor: int
    valued: tuple[SleeveValued, ...]
    true_ups: tuple[TrueUpBooked, ...]
    stale: bool
    expected_minor: int

    @property
    def alternative_minor(self) -> int:
        return sum(value.value_minor for value in self.valued)

    @property
    def net_assets_minor(self) -> int:
        return self.liquid_minor + self.alternative_minor

    @property
    def expected(self) -> Ratio:
        """The change that indices explain, as a share of the assets before it."""
        booked = sum(t.value_minor - t.estimate_minor for t in self.true_ups)
        base = self.net_assets_minor - self.expected_minor - booked
        return Ratio(self.expected_minor, base) if base > 0 else NO_CHANGE


def strike_fund(state: FundState, fund: Fund, session: date) -> Struck:
    """Strike one fund for a session, or hold it and say why."""
    terms = fund.terms
    holds: list[HoldReason] = []
    assets = _assets(state, fund, session, holds)
    flows = flows_of(state, terms.fund_id, session)
    struck = _struck(fund, session, assets, flows, holds)
    if struck.held:
        return Struck(struck, (), (), None, (), ())
    fills = _fills(terms, flows, session, struck.nav)
    balanced = _balance(fund, struck, flows, fills, assets.liquid_minor, assets.stale)
    return Struck(
        struck,
        assets.valued,
        assets.true_ups,
        balanced,
        fills,
        tuple(_obligations(state, terms, session, flows, balanced.granted_minor)),
    )


def _assets(state: FundState, fund: Fund, session: date, holds: list[HoldReason]) -> _Assets:
    """Value the liquid sleeve and every private holding at a session."""
    liquid = _moved(state, fund, session, holds)
    expected_minor = liquid - fund.liquid_minor
    valued: list[SleeveValued] = []
    true_ups: list[TrueUpBooked] = []
    stale = False
    for terms in fund.terms.sleeves:
        value, before, true_up = _value_sleeve(state, fund, terms, session, holds)
        valued.append(value)
        true_ups.extend([true_up] if true_up is not None else [])
        stale |= is_stale(value.measurement_date, session, terms.stale_after_days)
        estimate = value.value_minor if true_up is None else true_up.estimate_minor
        expected_minor += estimate - before
    return _Assets(liquid, tuple(valued), tuple(true_ups), stale, expected_minor)


def _struck(
    fund: Fund, session: date, assets: _Assets, flows: list[PlanFlow], holds: list[HoldReason]
) -> NavStruck:
    """The NAV with its standing: how official it is, or what holds it."""
    terms = fund.terms
    nav = strike(
        assets.net_assets_minor, fund.units, terms.unit_scale, terms.nav_scale,
        initial_nav=terms.opening_nav,
    )  # fmt: skip
    unexplained = tolerance_breach(fund.nav, nav, assets.expected, terms.tolerance)
    if unexplained is not None or not _is_a_price(terms, nav, assets, flows):
        holds.append(HoldReason.TOLERANCE)
    net_flow = sum(flow.buy_minor - flow.sell_minor for flow in flows)
    if assets.liquid_minor + net_flow < 0:
        holds.append(HoldReason.LIQUIDITY)
    if assets.stale:
        holds.append(HoldReason.STALE_MARK)
    fallen = nav * SALE_BY_AMOUNT.den < fund.nav * SALE_BY_AMOUNT.num
    if fallen and any(flow.sell_minor for flow in flows):
        holds.append(HoldReason.UNITS_ROLL)
    standing = status_ladder(holds)
    return NavStruck(
        fund_id=terms.fund_id,
        session=session,
        nav=_told(nav),
        nav_scale=terms.nav_scale,
        unit_scale=terms.unit_scale,
        currency=terms.currency,
        status=standing.status,
        held=standing.held,
        holds=standing.holds,
        net_assets_minor=_told(assets.net_assets_minor),
        alternative_minor=_told(assets.alternative_minor),
        units=fund.units,
        previous_nav=fund.nav,
        oldest_mark=min((value.measurement_date for value in assets.valued), default=None),
    )


def _is_a_price(terms: FundTerms, nav: int, assets: _Assets, flows: list[PlanFlow]) -> bool:
    """Whether a NAV can be filled at: above zero, and all that follows from it fits 64 bits."""
    if nav <= 0 or not all(map(fits_int64, (nav, assets.net_assets_minor))):
        return False
    turnover = sum(flow.buy_minor + flow.sell_minor for flow in flows)
    return fits_int64(
        units_for(turnover, nav, nav_scale=terms.nav_scale, unit_scale=terms.unit_scale)
    )


def _told(value: int) -> int:
    """A figure of a held NAV, at most what a message can carry."""
    return max(INT64_MIN, min(value, INT64_MAX))


def _moved(state: FundState, fund: Fund, session: date, holds: list[HoldReason]) -> int:
    """The liquid sleeve after its index's move; a missing level holds the NAV."""
    after = state.level(fund.terms, fund.terms.liquid_index, session)
    if after is None:
        holds.append(HoldReason.PROXY_MISSING)
        return fund.liquid_minor
    return half_up(fund.liquid_minor * after, fund.liquid_level)


def _value_sleeve(
    state: FundState, fund: Fund, terms: SleeveTerms, session: date, holds: list[HoldReason]
) -> tuple[SleeveValued, int, TrueUpBooked | None]:
    """A sleeve's value at the session, its value the session before, and a true-up if booked."""
    sleeve = fund.sleeves[terms.vehicle_id]
    step = roll_step(state, fund, terms, session)
    if step is None:
        holds.append(HoldReason.PROXY_MISSING)
        step = RollStep(session, 1, 1, 0, 0, 0, NO_CHANGE)
    before = roll_forward(sleeve.mark_minor, sleeve.steps, terms.beta)
    estimate = roll_forward(sleeve.mark_minor, [*sleeve.steps, step], terms.beta)
    mark = mark_in_force(state, fund, terms, session)
    base_minor, measured, value, true_up = (
        sleeve.mark_minor, sleeve.measurement_date, estimate, None,
    )  # fmt: skip
    if mark is not None:
        since = [s for s in [*sleeve.steps, step] if s.session > mark.measurement_date]
        base_minor, measured = mark.value_minor, mark.measurement_date
        value = roll_forward(base_minor, since, terms.beta)
        true_up = TrueUpBooked(
            fund.terms.fund_id, terms.vehicle_id, session, measured, base_minor, estimate, value
        )
    valued = SleeveValued(
        fund.terms.fund_id, terms.vehicle_id, session, base_minor, measured, value,
        step.proxy_before, step.proxy_after,
    )  # fmt: skip
    return valued, before, true_up


def roll_step(state: FundState, fund: Fund, terms: SleeveTerms, session: date) -> RollStep | None:
    """The day's step of a sleeve before its flows, or None if its proxy has no level."""
    after = state.level(fund.terms, terms.proxy_id, session)
    if after is None:
        return None
    steps = fund.sleeves[terms.vehicle_id].steps
    before = steps[-1].proxy_after if steps else terms.opening_proxy
    return RollStep(session, before, after, 0, 0, 0, NO_CHANGE)


def _fills(
    terms: FundTerms, flows: list[PlanFlow], session: date, nav: int
) -> tuple[tuple[int, FillBatch], ...]:
    """Omnibus fills by plan partition: units per plan, half-up at the fund's unit scale."""
    fills: list[tuple[int, FillBatch]] = []
    for partition in sorted({flow.partition for flow in flows}):
        mine = [flow for flow in flows if flow.partition == partition]
        fills += [
            (partition, _fill(terms, mine[at : at + PLANS_PER_FILL], session, nav))
            for at in range(0, len(mine), PLANS_PER_FILL)
        ]
    return tuple(fills)


def _fill(terms: FundTerms, flows: list[PlanFlow], session: date, nav: int) -> FillBatch:
    scale = {"nav_scale": terms.nav_scale, "unit_scale": terms.unit_scale}
    return FillBatch(
        terms.fund_id, session, nav, terms.nav_scale, terms.unit_scale,
        tuple(flow.plan_id for flow in flows),
        _column([flow.buy_minor for flow in flows]),
        _column([flow.sell_minor for flow in flows]),
        _column([units_for(flow.buy_minor, nav, **scale) for flow in flows]),
        _column([units_for(flow.sell_minor, nav, **scale) for flow in flows]),
    )  # fmt: skip


def _column(values: list[int]) -> I64:
    return np.array(values, np.int64)


def _balance(
    fund: Fund,
    struck: NavStruck,
    flows: list[PlanFlow],
    fills: tuple[tuple[int, FillBatch], ...],
    liquid_minor: int,
    stale: bool,
) -> SleevesBalanced:
    """Put the net flow to work: up to target into alternatives, never above the limit."""
    terms = fund.terms
    net_flow = sum(flow.buy_minor - flow.sell_minor for flow in flows)
    total = struck.net_assets_minor + net_flow
    alternative = struck.alternative_minor
    breach = review(alternative, struck.net_assets_minor, terms.limit, struck.session, fund.breach)
    target = total * terms.target.num // terms.target.den
    asked = max(0, min(target - alternative, liquid_minor + net_flow)) if terms.sleeves else 0
    room = headroom(alternative, total, terms.limit.cap)
    frozen = stale or breach.buys_frozen
    buyers = sorted(
        (flow for flow in flows if flow.buy_minor > 0),
        key=lambda flow: (flow.first_received_at, flow.plan_id),
    )
    asks = split(asked, [flow.buy_minor for flow in buyers]) if buyers else []
    granted = grant(asks, 0 if frozen else room, terms.sharing)
    bought = sum(granted)
    units = fund.units + sum(
        int(fill.buy_units.sum()) - int(fill.sell_units.sum()) for _, fill in fills
    )
    assert bought <= max(0, room), "law L2: a purchase above the fund's limit"
    return SleevesBalanced(
        terms.fund_id, struck.session, net_flow, sum(asks), bought, terms.limit.limit_id, room,
        frozen, breach,
        tuple(
            PlanShare(flow.plan_id, ask, got)
            for flow, ask, got in zip(buyers, asks, granted, strict=True)
        ),
        liquid_minor + net_flow - bought, units,
    )  # fmt: skip


def _obligations(
    state: FundState, terms: FundTerms, session: date, flows: list[PlanFlow], bought: int
) -> list[ObligationRow]:
    """Both sides of every plan's net flow, and of the fund's purchase of alternatives."""
    settles = state.book.sessions.settlement_date(session, terms.settle_days)

    def row(party: str, minor: int, reference: str, reason: str) -> ObligationRow:
        return ObligationRow(party, session, settles, minor, terms.fund_id, reference, reason)

    rows: list[ObligationRow] = []
    for flow in flows:
        for minor, reason in (
            (flow.buy_minor, "PLAN_PURCHASE"),
            (-flow.sell_minor, "PLAN_REDEMPTION"),
        ):
            if minor:
                rows.append(row(flow.settling_entity, minor, flow.plan_id, reason))
                rows.append(row(terms.custodian, -minor, flow.plan_id, "FUND_SIDE"))
    if bought:
        sleeve = terms.sleeves[0]
        rows.append(row(terms.custodian, bought, sleeve.vehicle_id, "ALTERNATIVE_PURCHASE"))
        rows.append(row(sleeve.manager, -bought, sleeve.vehicle_id, "ALTERNATIVE_PURCHASE"))
    return rows
