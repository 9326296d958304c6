"""A NAV with its standing: how official it is, what holds it, and the one price of a session.

Not here: what a fund owns (`strike_assets`), the formulas (`core.nav`).
Source: domain.md §3.2-§3.4. Laws: L1, L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from gateway.core.book import FundTerms
from gateway.core.dilution import swing_price
from gateway.core.marks import NavStruck
from gateway.core.money import (
    INT64_MAX,
    INT64_MIN,
    fits_int64,
    units_for,
)
from gateway.core.nav import (
    HoldReason,
    status_ladder,
    strike,
    tolerance_breach,
)
from gateway.desks.fund_state import Fund
from gateway.desks.strike_assets import Assets
from gateway.desks.strike_orders import Orders, flow_nav
from gateway.desks.strike_sides import (
    PlanFlow,
)

UNLAWFUL = frozenset((HoldReason.LIQUIDITY, HoldReason.UNITS_ROLL, HoldReason.UNITS_SHORT))
"""What holds a NAV whoever approves it."""


def held_nav(fund: Fund, session: date) -> int | None:
    """The NAV that is held for a session, if one is."""
    held = fund.held.get(session)
    return None if held is None else held.nav


def unswung(held: NavStruck | None, price: int) -> int:
    """The NAV behind a price that people decided: as struck, if it is the price that was held."""
    return held.unswung_nav if held is not None and held.nav == price else price


def struck_nav(
    fund: Fund,
    assets: Assets,
    orders: Orders,
    holds: list[HoldReason],
    decided_nav: int | None,
) -> NavStruck:
    """The NAV with its standing: how official it is, or what holds it."""
    terms = fund.terms
    nav = strike(
        assets.net_assets_minor, fund.units, terms.unit_scale, terms.nav_scale,
        initial_nav=terms.opening_nav,
    )  # fmt: skip
    price = _price(terms, nav, assets, orders)
    if decided_nav is not None:
        price, nav = decided_nav, unswung(fund.held.get(orders.session), decided_nav)
    unexplained = tolerance_breach(fund.nav, nav, assets.expected, terms.tolerance)
    is_a_price = _is_a_price(terms, price, assets, orders.flows)
    if unexplained is not None or not is_a_price:
        holds.append(HoldReason.TOLERANCE)
    if _is_short(fund, assets, orders, price if is_a_price else None):
        holds.append(HoldReason.LIQUIDITY)
    holds += _in_doubt(fund, assets, orders, price)
    # What a law forbids, nobody can release.
    lawful = is_a_price and not UNLAWFUL & {*holds}
    standing = status_ladder(holds, released=decided_nav is not None and lawful)
    return NavStruck(
        fund_id=terms.fund_id,
        session=orders.session,
        nav=_told(price),
        unswung_nav=_told(nav),
        nav_scale=terms.nav_scale,
        unit_scale=terms.unit_scale,
        currency=terms.currency,
        status=standing.status,
        held=standing.held,
        holds=standing.holds,
        net_assets_minor=_told(assets.net_assets_minor),
        alternative_minor=_told(assets.alternative_minor),
        accrued_minor=assets.accrued_minor,
        units=fund.units,
        previous_nav=fund.nav,
        oldest_mark=min((value.measurement_date for value in assets.valued), default=None),
        opening_units=fund.roll.opening,
        subscribed_units=fund.roll.subscribed,
        redeemed_units=fund.roll.redeemed,
        unit_rounding=terms.unit_rounding,
    )


def _in_doubt(fund: Fund, assets: Assets, orders: Orders, price: int) -> Iterator[HoldReason]:
    """What is wrong with the marks, with a sale of more units than are held, or the register."""
    if assets.stale:
        yield HoldReason.STALE_MARK
    if assets.overdue:
        yield HoldReason.NOT_INDEPENDENT
    today = [flow for flow in orders.flows if flow.trade_date == orders.session]
    if max(flow_nav(today), orders.least_nav) > price:
        yield HoldReason.UNITS_SHORT
    if fund.roll.difference(fund.units):
        yield HoldReason.UNITS_ROLL


def _is_short(fund: Fund, assets: Assets, orders: Orders, price: int | None) -> bool:
    """Whether the liquid sleeve cannot pay orders, calls and fees; at a price, also gains' fees."""
    paid = orders.capital.needed_minor + assets.fees.paid_minor
    if price is not None:
        fee = orders.performance(fund, assets, {**fund.navs, orders.session: price})
        paid += replace(orders, fee=fee).due_minor
    return assets.liquid_minor + orders.net_minor - paid < 0


def _price(terms: FundTerms, nav: int, assets: Assets, orders: Orders) -> int:
    """The one price of the session's orders: the NAV, swung where the fund's terms say so.

    Late orders have the price of their own session and do not swing this one.
    Source: domain.md §3.4, golden G32.
    """
    if terms.swing is None or nav <= 0:
        return nav
    flow = sum(f.net_minor for f in orders.flows if f.trade_date == orders.session)
    return swing_price(nav, flow, max(0, assets.net_assets_minor), terms.swing)


def _is_a_price(terms: FundTerms, nav: int, assets: Assets, flows: list[PlanFlow]) -> bool:
    """Whether a NAV can be filled at: above zero, and all that follows from it fits 64 bits."""
    if nav <= 0 or not all(map(fits_int64, (nav, assets.net_assets_minor))) or not assets.fees.fit:
        return False
    turnover = sum(flow.buy_minor + flow.sell_minor for flow in flows)
    return fits_int64(
        units_for(turnover, nav, nav_scale=terms.nav_scale, unit_scale=terms.unit_scale)
    )


def _told(value: int) -> int:
    """A figure of a held NAV, at most what a message can carry."""
    return max(INT64_MIN, min(value, INT64_MAX))
