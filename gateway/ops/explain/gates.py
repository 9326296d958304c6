"""Requests to redeem in an explanation: what a gate let out, and what bounded it.

Not here: the batches behind a plan's requests (`flows`), the legs (`money`).
Source: domain.md §2.3-§2.4; goldens G18, G19. Law: L1.
"""

from __future__ import annotations

from gateway.core.dilution import Scales
from gateway.core.money import format_scaled
from gateway.ops.explain.node import Node, Rule, agree
from gateway.ops.explain.strikes import Strike
from gateway.ops.explain.walk import money

GATE_RULE = Rule(
    "what plans ask is met as far as caps, offer and liquid money go; the rest waits or lapses",
    "domain.md §2.3-§2.5; G18, G19",
)


def gate_nodes(strike: Strike, plan_id: str, currency: str) -> tuple[Node, ...]:
    """What became of a plan's requests at a strike.

    Raises:
        LawBroken: The units are not those of the NAV.
    """
    gate, nav = strike.gate, strike.nav
    rows = [] if gate is None else [row for row in gate.rows if row.plan_id == plan_id]
    nodes: list[Node] = []
    for row in rows:
        assert gate is not None
        scales = Scales(nav.nav_scale, nav.unit_scale, rounding=nav.unit_rounding)
        where = f"{nav.fund_id} {nav.session} {plan_id}"
        agree(where, "units of requests", row.units, scales.units_for(row.met_minor, row.nav))
        kept = f", of which the fund keeps {money(row.kept_minor, currency)}"
        nodes.append(
            Node(
                "gate",
                f"asked {money(row.asked_minor, currency)} since {row.dealing}: met "
                f"{money(row.met_minor, currency)}{kept if row.kept_minor else ''}, "
                f"{format_scaled(row.units, nav.unit_scale, grouped=True)} units at "
                f"{format_scaled(row.nav, nav.nav_scale)}; the gate let out "
                f"{money(gate.room_minor, currency)} in all, bound by {gate.bound_by} "
                f"({gate.policy})",
                rule=GATE_RULE,
                facts={
                    "asked_minor": row.asked_minor, "met_minor": row.met_minor,
                    "kept_minor": row.kept_minor, "queued_minor": row.queued_minor,
                    "lapsed_minor": row.lapsed_minor, "units": row.units, "nav": row.nav,
                    "room_minor": gate.room_minor, "bound_by": gate.bound_by,
                },
            )
        )  # fmt: skip
    return tuple(nodes)
