"""One fund's strike: value the sleeves, strike or hold the NAV, fill, rebalance, owe.

Pure functions over a fund's state, called by the fund desk once a session. The NAV is
struck before the session's orders; what the orders bring goes to the liquid sleeve
first and from there, up to target and limit, into the alternatives at the end of day.

Not here: when a session may be struck (`fund`), the formulas (`nav`, `limits`).
Source: domain.md §2.2, §3.2, §3.3. Laws: L1, L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.book import FundTerms
from gateway.core.calls import NoticeKind
from gateway.core.events import (
    PlanShare,
    SleeveRolled,
    SleevesBalanced,
    SleeveValued,
    TrueUpBooked,
)
from gateway.core.fund_events import HeldFlowsFilled
from gateway.core.glide_path import target_at
from gateway.core.limits import grant, review
from gateway.core.logic import OWN_MONEY
from gateway.core.marks import NavStruck
from gateway.core.money import (
    split,
)
from gateway.core.nav import (
    HoldReason,
    NavStatus,
)
from gateway.core.redemption_events import CallAlarmed
from gateway.core.redemption_needs import Sleeves, to_buy
from gateway.core.settlement import ObligationRow
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_alarms import alarms_of
from gateway.desks.strike_assets import Assets, assets_of, rolled
from gateway.desks.strike_breaches import NO_CLOCKS, Clocks, clocks_of, reviews
from gateway.desks.strike_capital import NO_CAPITAL, Capital, capital_obligations, capital_of
from gateway.desks.strike_fees import (
    NO_FEES,
    Fees,
    ends_with,
    performance_obligations,
)
from gateway.desks.strike_gate import NO_GATE, AtStrike, Gate, gate_of, least_nav
from gateway.desks.strike_limits import binding, uncalled_before, warned
from gateway.desks.strike_nav import held_nav, struck_nav, unswung
from gateway.desks.strike_orders import Orders, flow_nav, flows_of
from gateway.desks.strike_redemptions import (
    NO_REDEMPTIONS,
    Redemptions,
    gain_of,
    holdings_after,
    redemption_obligations,
    redemptions_of,
    with_requests,
)
from gateway.desks.strike_sides import (
    Dilution,
    Fills,
    PlanFlow,
    bought_at_will,
    dilution,
    dilution_obligations,
    fee_obligations,
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
    fees: Fees = NO_FEES
    capital: Capital = NO_CAPITAL
    gate: Gate = NO_GATE
    back: Redemptions = NO_REDEMPTIONS
    alarms: tuple[CallAlarmed, ...] = ()
    rolled: tuple[SleeveRolled, ...] = ()
    clocks: Clocks = NO_CLOCKS

    @property
    def events(self) -> tuple[object, ...]:
        """The events of it, in the order in which state follows from them."""
        capital = (*self.capital.refused, *self.capital.taken, *self.capital.moved)
        after = (*self.clocks.reviewed, self.balanced, self.late)
        done = (e for e in after if e is not None)
        return (
            *self.rolled, *self.true_ups, *self.valued, *self.fees.events, self.nav,
            *self.gate.events, *done, *capital, *self.back.events, *self.alarms,
            *self.clocks.events,
        )  # fmt: skip


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
    assets = assets_of(state, fund, session, holds)
    orders = _orders(state, fund, session, decided_nav)
    flows, capital = orders.flows, orders.capital
    struck = struck_nav(fund, assets, orders, holds, decided_nav)
    if struck.held:
        return Struck(
            struck, (), (), None, (), (), rolled=tuple(rolled(state, fund, session)),
            clocks=clocks_of(state, fund, session),
        )  # fmt: skip
    navs = {**fund.navs, session: struck.nav}
    fills = fills_of(terms, flows, navs, session)
    late = dilution(terms, flows, navs, session)
    there = assets.liquid_minor + orders.net_minor - orders.owed_minor(assets)
    gate = gate_of(
        state, fund, AtStrike(session, struck.nav, struck.net_assets_minor, there, fills)
    )
    orders = replace(orders, own_money=state.book.logic >= OWN_MONEY, gate=gate)
    fee = orders.performance(fund, assets, navs, late)
    reviewed = reviews(fund, assets.valued, struck.net_assets_minor, session)
    orders = replace(orders, fee=fee, frozen=any(each.freezes for each in reviewed))
    balanced = _balance(fund, struck, orders, fills, assets, late)
    back = orders.back
    if not orders.distrusted:
        holdings = holdings_after(assets.valued, capital.moved, back.paid)
        back = with_requests(fund, back, holdings, balanced, _total(struck, balanced))
    owed = (
        *_owed(state, fund, orders, balanced, late), *redemption_obligations(terms, back.paid)
    )  # fmt: skip
    return Struck(
        struck, assets.valued, assets.true_ups, balanced, fills, owed, None,
        replace(assets.fees, performance=fee), capital, gate, back,
        alarms_of(state, fund, session, capital, balanced.liquid_minor),
        clocks=clocks_of(state, fund, session, reviewed),
    )  # fmt: skip


def _orders(state: FundState, fund: Fund, session: date, decided_nav: int | None) -> Orders:
    """What a session's NAV is to be used for, before it is known."""
    fund_id = fund.terms.fund_id
    return Orders(
        session, flows_of(state, fund_id, session), capital_of(state, fund, session),
        distrusted=decided_nav is not None and decided_nav != held_nav(fund, session),
        ends=ends_with(state, fund, session), least_nav=least_nav(state, fund_id, session),
        back=redemptions_of(state, fund, session),
    )  # fmt: skip


def _owed(
    state: FundState,
    fund: Fund,
    orders: Orders,
    balanced: SleevesBalanced,
    late: tuple[Dilution, ...],
) -> Iterator[ObligationRow]:
    """Who owes whom for a session's orders, capital and fees."""
    terms, session = fund.terms, orders.session
    settles = state.settles(terms, session)
    yield from obligations(terms, orders.flows, settles)
    yield from purchase_obligations(terms, session, settles, balanced.granted_minor)
    yield from dilution_obligations(terms, late, settles)
    yield from capital_obligations(fund, orders.capital.moved)
    yield from fee_obligations(terms, session, settles, balanced.fees_paid_minor)
    yield from performance_obligations(terms, session, settles, balanced.performance_paid_minor)
    yield from orders.gate.owed


def _total(struck: NavStruck, after: SleevesBalanced) -> int:
    """Net assets after a session's orders and what its capital gains or costs."""
    flow = after.net_flow_minor + after.dilution_minor
    return struck.net_assets_minor + flow + after.gain_minor


def fill_held(state: FundState, fund: Fund, held: NavStruck, nav: int) -> Struck:
    """Fill a held session's flows at the NAV decided, after a later session was struck."""
    terms = fund.terms
    flows = flows_of(state, terms.fund_id, held.session)
    net_flow = sum(flow.net_minor for flow in flows)
    stands = replace(
        held, nav=nav, unswung_nav=unswung(held, nav), held=False, status=NavStatus.OFFICIAL
    )
    short = fund.liquid_minor + net_flow < 0
    hard = [HoldReason.LIQUIDITY] if short else []
    least = max(flow_nav(flows), least_nav(state, terms.fund_id, held.session))
    hard += [HoldReason.UNITS_SHORT] if least > nav else []
    if hard or nav <= 0:
        return Struck(replace(held, nav=nav, holds=tuple(hard)), (), (), None, (), ())
    fills = fills_of(terms, flows, {**fund.navs, held.session: nav}, held.session)
    there = fund.liquid_minor + net_flow
    gate = gate_of(state, fund, AtStrike(held.session, nav, held.net_assets_minor, there, fills))
    issued, cancelled = units_of(fills)
    filled = HeldFlowsFilled(
        terms.fund_id, held.session, nav, net_flow - gate.paid_minor, there - gate.paid_minor,
        fund.units + issued - cancelled - gate.units, issued, cancelled + gate.units,
    )  # fmt: skip
    settles = state.settles(terms, held.session)
    owed = (*obligations(terms, flows, settles), *gate.owed)
    return Struck(stands, (), (), None, fills, owed, filled, gate=gate)


def _balance(
    fund: Fund,
    struck: NavStruck,
    orders: Orders,
    fills: Fills,
    assets: Assets,
    late: tuple[Dilution, ...],
) -> SleevesBalanced:
    """Put the net flow to work: up to target into alternatives, never above the limit."""
    terms = fund.terms
    called = orders.capital.minor(NoticeKind.CALL)
    returned, back = orders.capital.returned_minor, orders.back
    fees = assets.fees.paid_minor
    paid_in = sum(each.amount_minor for each in late)
    cash = assets.liquid_minor + orders.net_minor + paid_in - called + returned
    cash += back.paid_minor - fees - orders.due_minor
    gain = gain_of(orders.capital.moved, back.paid)
    total = struck.net_assets_minor + orders.net_minor + paid_in + gain
    holdings = holdings_after(assets.valued, orders.capital.moved, back.paid)
    unfunded = orders.capital.unfunded_after(fund)
    alternative = sum(holdings.values())
    before = struck.alternative_minor + uncalled_before(fund)
    breach = review(before, struck.net_assets_minor, terms.limit, struck.session, fund.breach)
    buys = bought_at_will(terms)
    aims = terms.aims(target_at(terms, struck.session))
    asked = to_buy(aims, Sleeves(cash, alternative, total)) if buys else 0
    binds = binding(terms, buys, holdings, total, unfunded)
    room = binds.room_minor
    frozen = assets.distrusted or breach.buys_frozen or orders.frozen or orders.distrusted
    asks, whose = _asks(terms, orders.flows, asked, own_money=orders.own_money)
    granted = grant(asks, 0 if frozen else room, terms.sharing)
    bought = sum(granted)
    issued, cancelled = units_of(fills)
    cancelled += orders.gate.units
    assert bought <= max(0, room), "law L2: a purchase above the fund's limit"
    return SleevesBalanced(
        terms.fund_id, struck.session, orders.net_minor, sum(asks), bought, binds.limit_id, room,
        frozen, breach,
        tuple(
            PlanShare(name, ask, got)
            for name, ask, got in zip(whose, asks, granted, strict=True)
        ),
        paid_in, called, returned, fees, cash - bought,
        fund.units + issued - cancelled,
        warned(terms, holdings | ({buys.vehicle_id: holdings[buys.vehicle_id] + bought}
                                  if buys else {}), total, unfunded),
        orders.due_minor, back.paid_minor, gain, issued, cancelled,
    )  # fmt: skip


def _asks(
    terms: FundTerms, flows: list[PlanFlow], asked: int, *, own_money: bool
) -> tuple[list[int], list[str]]:
    """Who asks for how much of a purchase, in the order of receipt; the fund itself is last.

    Where headroom is shared in proportion, the fund's own money shares like a plan's.
    """
    buyers = sorted(
        (flow for flow in flows if flow.buy_minor > 0),
        key=lambda flow: (flow.first_received_at, flow.plan_id, flow.trade_date),
    )
    inflow = [flow.buy_minor for flow in buyers]
    theirs = min(asked, sum(inflow)) if own_money else asked
    asks = split(theirs, inflow) if buyers else []
    whose = [flow.plan_id for flow in buyers]
    if own_money and asked > sum(asks):
        return [*asks, asked - sum(asks)], [*whose, terms.fund_id]
    return asks, whose
