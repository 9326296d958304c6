"""One fund's strike: value the sleeves, strike or hold the NAV, fill, rebalance, owe.

Pure functions over a fund's state, called by the fund desk once a session. The NAV is
struck before the session's orders; what the orders bring goes to the liquid sleeve
first and from there, up to target and limit, into the alternatives at the end of day.

Not here: when a session may be struck (`fund`), the formulas (`nav`, `limits`).
Source: domain.md §2.2, §3.2, §3.3. Laws: L1, L2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.events import (
    HeldFlowsFilled,
    PlanShare,
    SleevesBalanced,
    SleeveValued,
    TrueUpBooked,
)
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
    NavStatus,
    RollStep,
    is_stale,
    roll_forward,
    status_ladder,
    strike,
    tolerance_breach,
)
from gateway.core.settlement import ObligationRow
from gateway.desks.fund_marks import mark_in_force
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_sides import (
    Dilution,
    Fills,
    PlanFlow,
    dilution,
    dilution_obligations,
    fills_of,
    obligations,
    purchase_obligations,
    units_of,
)


@dataclass(frozen=True, slots=True)
class Struck:
    """All that a strike decides for one fund."""

    nav: NavStruck
    valued: tuple[SleeveValued, ...]
    true_ups: tuple[TrueUpBooked, ...]
    balanced: SleevesBalanced | None
    fills: Fills
    obligations: tuple[ObligationRow, ...]
    late: HeldFlowsFilled | None = None

    @property
    def events(self) -> tuple[object, ...]:
        """The events of it, in the order in which state follows from them."""
        after = (self.balanced, self.late)
        return (*self.true_ups, *self.valued, self.nav, *(e for e in after if e is not None))


NO_CHANGE = Ratio(0, 1)


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
                )
            )
    return sorted(rows, key=lambda flow: (flow.plan_id, flow.trade_date))


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


def strike_fund(
    state: FundState, fund: Fund, session: date, decided_nav: int | None = None
) -> Struck:
    """Strike one fund for a session, or hold it and say why.

    Args:
        state: The fund partition's state.
        fund: The fund.
        session: The session.
        decided_nav: The NAV that two people decided for a session that was held, scaled.
    """
    terms = fund.terms
    holds: list[HoldReason] = []
    assets = _assets(state, fund, session, holds)
    flows = flows_of(state, terms.fund_id, session)
    struck = _struck(fund, session, assets, flows, holds, decided_nav)
    if struck.held:
        return Struck(struck, (), (), None, (), ())
    fills = fills_of(terms, flows, {**fund.navs, session: struck.nav}, session)
    late = dilution(terms, flows, {**fund.navs, session: struck.nav}, session)
    balanced = _balance(fund, struck, flows, fills, assets.liquid_minor, assets.stale, late)
    settles = state.settles(terms, session)
    owed = [
        *obligations(terms, flows, settles),
        *purchase_obligations(terms, session, settles, balanced.granted_minor),
        *dilution_obligations(terms, late, settles),
    ]
    return Struck(struck, assets.valued, assets.true_ups, balanced, fills, tuple(owed))


def fill_held(state: FundState, fund: Fund, held: NavStruck, nav: int) -> Struck:
    """Fill a held session's flows at the NAV decided, after a later session was struck."""
    terms = fund.terms
    flows = flows_of(state, terms.fund_id, held.session)
    net_flow = sum(flow.net_minor for flow in flows)
    stands = replace(held, nav=nav, held=False, status=NavStatus.OFFICIAL)
    short = fund.liquid_minor + net_flow < 0
    fallen = nav * SALE_BY_AMOUNT.den < held.previous_nav * SALE_BY_AMOUNT.num
    hard = [HoldReason.LIQUIDITY] if short else []
    hard += [HoldReason.UNITS_ROLL] if fallen and any(flow.sell_minor for flow in flows) else []
    if hard or nav <= 0:
        return Struck(replace(held, nav=nav, holds=tuple(hard)), (), (), None, (), ())
    fills = fills_of(terms, flows, {**fund.navs, held.session: nav}, held.session)
    units = fund.units + units_of(fills)
    filled = HeldFlowsFilled(
        terms.fund_id, held.session, nav, net_flow, fund.liquid_minor + net_flow, units
    )
    settles = state.settles(terms, held.session)
    owed = tuple(obligations(terms, flows, settles))
    return Struck(stands, (), (), None, fills, owed, filled)


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
    fund: Fund,
    session: date,
    assets: _Assets,
    flows: list[PlanFlow],
    holds: list[HoldReason],
    decided_nav: int | None,
) -> NavStruck:
    """The NAV with its standing: how official it is, or what holds it."""
    terms = fund.terms
    nav = strike(
        assets.net_assets_minor, fund.units, terms.unit_scale, terms.nav_scale,
        initial_nav=terms.opening_nav,
    )  # fmt: skip
    if decided_nav is not None:
        nav = decided_nav
    unexplained = tolerance_breach(fund.nav, nav, assets.expected, terms.tolerance)
    is_a_price = _is_a_price(terms, nav, assets, flows)
    if unexplained is not None or not is_a_price:
        holds.append(HoldReason.TOLERANCE)
    if assets.liquid_minor + sum(flow.net_minor for flow in flows) < 0:
        holds.append(HoldReason.LIQUIDITY)
    if assets.stale:
        holds.append(HoldReason.STALE_MARK)
    fallen = nav * SALE_BY_AMOUNT.den < fund.nav * SALE_BY_AMOUNT.num
    if fallen and any(flow.sell_minor for flow in flows):
        holds.append(HoldReason.UNITS_ROLL)
    # What a law forbids, nobody can release.
    lawful = is_a_price and not {HoldReason.LIQUIDITY, HoldReason.UNITS_ROLL} & {*holds}
    standing = status_ladder(holds, released=decided_nav is not None and lawful)
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
        last = sleeve.steps[-1].proxy_after if sleeve.steps else terms.opening_proxy
        step = RollStep(session, last, last, 0, 0, 0, NO_CHANGE)
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


def _balance(
    fund: Fund,
    struck: NavStruck,
    flows: list[PlanFlow],
    fills: Fills,
    liquid_minor: int,
    stale: bool,
    late: tuple[Dilution, ...],
) -> SleevesBalanced:
    """Put the net flow to work: up to target into alternatives, never above the limit."""
    terms = fund.terms
    net_flow = sum(flow.net_minor for flow in flows)
    paid_in = sum(each.amount_minor for each in late)
    cash = liquid_minor + net_flow + paid_in
    total = struck.net_assets_minor + net_flow + paid_in
    alternative = struck.alternative_minor
    breach = review(alternative, struck.net_assets_minor, terms.limit, struck.session, fund.breach)
    target = total * terms.target.num // terms.target.den
    asked = max(0, min(target - alternative, cash)) if terms.sleeves else 0
    room = headroom(alternative, total, terms.limit.cap)
    frozen = stale or breach.buys_frozen
    buyers = sorted(
        (flow for flow in flows if flow.buy_minor > 0),
        key=lambda flow: (flow.first_received_at, flow.plan_id, flow.trade_date),
    )
    asks = split(asked, [flow.buy_minor for flow in buyers]) if buyers else []
    granted = grant(asks, 0 if frozen else room, terms.sharing)
    bought = sum(granted)
    units = fund.units + units_of(fills)
    assert bought <= max(0, room), "law L2: a purchase above the fund's limit"
    return SleevesBalanced(
        terms.fund_id, struck.session, net_flow, sum(asks), bought, terms.limit.limit_id, room,
        frozen, breach,
        tuple(
            PlanShare(flow.plan_id, ask, got)
            for flow, ask, got in zip(buyers, asks, granted, strict=True)
        ),
        paid_in, cash - bought, units,
    )  # fmt: skip
