"""Legs that are no plan's flow and no purchase: capital, redemptions, fees, late orders.

Each is worked out again from the strike that sent it.

Not here: flows and purchases (`money`).
Source: domain.md §1.4, §4.1, §4.3. Law: L1.
"""

from __future__ import annotations

from gateway.core.calls import NoticeKind
from gateway.core.dilution import Scales, as_of_dilution
from gateway.core.money import format_scaled
from gateway.core.netted_notices import NETTED
from gateway.core.settlement import ObligationRow
from gateway.ops.explain.fee_nodes import fee_paid
from gateway.ops.explain.node import Node, Rule, agree
from gateway.ops.explain.strikes import Strike
from gateway.ops.explain.walk import money

CALL_RULE = Rule(
    "a call is paid from the liquid sleeve on its due date, a distribution paid into it",
    "domain.md §4.1; G24",
)
RETURN_RULE = Rule(
    "capital is returned to all holders by their units, as far as it is liquid",
    "domain.md §2.4",
)
REDEMPTION_RULE = Rule(
    "what a vehicle pays back is paid into the liquid sleeve; what it keeps of it is lost",
    "domain.md §2.3-§2.5; G30",
)
NET_RULE = Rule("a call less the distribution its manager nets it with", "domain.md §4.1; G24")
LATE_RULE = Rule(
    "units × (NAV of the strike − NAV of the order's session), where that is a loss of the fund",
    "domain.md §1.4; G07",
)


def other_node(currency: str, row: ObligationRow, strike: Strike) -> Node:
    """A leg for capital, a redemption, a fee or late orders.

    Raises:
        LawBroken: It is not what the strike gives.
    """
    if row.reason == NETTED:
        return _netted(currency, row, strike)
    if row.reason.startswith("CAPITAL_"):
        return _capital(currency, row, strike)
    if row.reason in ("MANAGEMENT_FEE", "PERFORMANCE_FEE"):
        return fee_paid(currency, row, strike)
    if row.reason == "RETURN_OF_CAPITAL":
        return _returned(currency, row, strike)
    if row.reason == "VEHICLE_REDEMPTION":
        return _redemption(currency, row, strike)
    return _late(currency, row, strike)


def _capital(currency: str, row: ObligationRow, strike: Strike) -> Node:
    mine = [
        each
        for each in strike.capital
        if each.vehicle_id == row.reference
        and row.reason == f"CAPITAL_{each.kind}"
        and each.total_minor == abs(row.amount_minor)
    ]
    where = f"{row.fund_id} {row.trade_date} {row.reference}"
    agree(where, f"{row.reason} of {abs(row.amount_minor)} minor units is booked", True, bool(mine))
    moved = mine[0]
    verb = "pays" if row.amount_minor > 0 else "is paid"
    return Node(
        "capital",
        f"{row.counterparty} {verb} {money(abs(row.amount_minor), currency)}: {moved.kind} "
        f"{moved.batch_id} of {row.reference}; unfunded afterwards "
        f"{money(moved.commitment.unfunded_minor, currency)}",
        row.amount_minor,
        CALL_RULE,
        {"vehicle_id": row.reference, "notice": moved.batch_id, "kind": moved.kind,
         "unfunded_minor": moved.commitment.unfunded_minor},
    )  # fmt: skip


def _netted(currency: str, row: ObligationRow, strike: Strike) -> Node:
    """One leg of two facts: a call and a distribution of one vehicle."""
    mine = [each for each in strike.capital if each.vehicle_id == row.reference]
    later = next(
        (m for m in mine if m.netted_with and abs(m.net_minor) == abs(row.amount_minor)), None
    )
    where = f"{row.fund_id} {row.trade_date} {row.reference}"
    agree(where, f"{row.reason} of {abs(row.amount_minor)} minor units is booked", True,
          later is not None)  # fmt: skip
    assert later is not None
    other = next(each for each in mine if each.batch_id == later.netted_with)
    called, back = (later, other) if later.kind is NoticeKind.CALL else (other, later)
    agree(where, "net of both", called.total_minor - back.total_minor, later.net_minor)
    verb = "pays" if row.amount_minor > 0 else "is paid"
    return Node(
        "capital_net",
        f"{row.counterparty} {verb} {money(abs(row.amount_minor), currency)}: CALL "
        f"{called.batch_id} of {money(called.total_minor, currency)} less DISTRIBUTION "
        f"{back.batch_id} of {money(back.total_minor, currency)}, of {row.reference}; unfunded "
        f"afterwards {money(mine[-1].commitment.unfunded_minor, currency)}",
        row.amount_minor,
        NET_RULE,
        {"vehicle_id": row.reference, "call": called.batch_id, "distribution": back.batch_id,
         "called_minor": called.total_minor, "distributed_minor": back.total_minor},
    )  # fmt: skip


def _returned(currency: str, row: ObligationRow, strike: Strike) -> Node:
    event = strike.returned
    where = f"{row.fund_id} {row.trade_date} {row.reference}"
    agree(where, f"{row.reason} is decided", True, event is not None)
    assert event is not None
    part = next(each for each in event.rows if each.plan_id == row.reference)
    agree(where, row.reason, abs(row.amount_minor), part.minor)
    verb = "pays" if row.amount_minor > 0 else "is paid"
    units = format_scaled(part.units, strike.nav.unit_scale, grouped=True)
    return Node(
        "return_of_capital",
        f"{row.counterparty} {verb} {money(part.minor, currency)}: the part of {part.plan_id}, by "
        f"{units} units, of {money(event.minor, currency)} that {event.fund_id} returns by "
        f"{event.batch_id}",
        row.amount_minor,
        RETURN_RULE,
        {"plan_id": part.plan_id, "units": part.units, "returned_minor": event.minor,
         "planned_minor": event.planned_minor, "decision": event.batch_id},
    )  # fmt: skip


def _redemption(currency: str, row: ObligationRow, strike: Strike) -> Node:
    mine = [
        each
        for each in strike.redeemed
        if each.vehicle_id == row.reference and each.paid_minor == abs(row.amount_minor)
    ]
    where = f"{row.fund_id} {row.trade_date} {row.reference}"
    agree(where, f"{row.reason} of {abs(row.amount_minor)} minor units is booked", True, bool(mine))
    paid = mine[0]
    verb = "pays" if row.amount_minor > 0 else "is paid"
    kept = f"; {money(paid.deducted_minor, currency)} stays with it" if paid.deducted_minor else ""
    return Node(
        "redemption",
        f"{row.counterparty} {verb} {money(paid.paid_minor, currency)}: {paid.vehicle_id} answers "
        f"{paid.request_id} with {paid.batch_id}{kept}",
        row.amount_minor,
        REDEMPTION_RULE,
        {"vehicle_id": row.reference, "request": paid.request_id, "notice": paid.batch_id,
         "deducted_minor": paid.deducted_minor},
    )  # fmt: skip


def _late(currency: str, row: ObligationRow, strike: Strike) -> Node:
    nav, now = strike.nav, strike.nav.nav
    then = strike.navs[row.trade_date]
    scales = Scales(nav.nav_scale, nav.unit_scale, rounding=nav.unit_rounding)
    flow = next(
        f for f in strike.flows if (f.plan_id, f.trade_date) == (row.reference, row.trade_date)
    )
    units = scales.units_for(flow.buy_minor, then) - scales.units_for(flow.sell_minor, then)
    cost = as_of_dilution(units, then, now, scales)
    agree(
        f"{row.fund_id} {row.trade_date} {row.reference}", row.reason, abs(row.amount_minor), cost
    )
    verb = "pays" if row.amount_minor > 0 else "is paid"
    return Node(
        "late_orders",
        f"{row.counterparty} {verb} {money(cost, currency)}: late orders of {row.reference}, "
        f"{format_scaled(units, nav.unit_scale, grouped=True)} units at "
        f"{format_scaled(then, nav.nav_scale)} instead of {format_scaled(now, nav.nav_scale)}",
        row.amount_minor,
        LATE_RULE,
        {"plan_id": row.reference, "units": units, "nav_then": then, "nav_now": now},
    )
