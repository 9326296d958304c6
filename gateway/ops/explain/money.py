"""`gateway explain SI-…`: an instruction, back to the orders that it pays for.

Instruction = sum of its legs; leg = flow of a plan and fund, or a purchase of alternatives;
flow = what order batches bought and sold; each batch came in messages of its sender. At every
step the sum is checked.

A leg that another instruction did not settle ends at that one, which can be explained in turn.

Not here: the NAVs in between (`value`), reading the cash journals (`issued`) and the plan
journals (`flows`).
Source: design of the daily close; domain.md §1.3, §8. Laws: L1, L3, L5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.money import format_scaled
from gateway.core.settlement import REOPENED, ObligationRow
from gateway.core.settling_days import SettlesOn
from gateway.ops.explain.flows import BatchName, FlowKey, PlanFlows, Share, plan_flows
from gateway.ops.explain.gates import gate_nodes
from gateway.ops.explain.issued import Issued, Leg, find
from gateway.ops.explain.nav_errors import nav_error_nodes
from gateway.ops.explain.node import Node, Rule, agree, first, whole
from gateway.ops.explain.other_legs import other_node
from gateway.ops.explain.strikes import FlowAt, Strike, strikes
from gateway.ops.explain.value import Messages, messages_of, nav_node
from gateway.ops.explain.walk import Origin, Walk, message_node, money

NET_RULE = Rule(
    "one net amount for each counterparty, currency and settlement day", "domain.md §1.3; G03, G10"
)
FUND_RULE = Rule("the legs of one fund and trade date", "domain.md §1.3")
FLOW_RULE = Rule("what the plan's accepted orders of the session add up to", "domain.md §1.1")
SIDE_RULE = Rule("the custodian's side of a plan's flow, so that both cancel out", "law L1")
BUY_RULE = Rule(
    "net flow into alternatives up to the target, within the fund's cap; shared by the plans "
    "that bought, by largest remainder and first in, first served or in proportion",
    "domain.md §2.2; G12",
)
BATCH_RULE = Rule("a session's orders received before its close get its NAV", "domain.md §1.2")
CUT_RULE = Rule(
    "what does not fit under a limit goes to the plan's liquid option", "domain.md §2.2; law L2"
)
AGAIN_RULE = Rule("what did not settle, or was corrected, is owed with a later wire", "law L7")
OTHER_RULE = Rule(
    "a corrected amount goes out at once under a new name; the difference is owed the other way",
    "laws L1, L7",
)
COUNTED = {
    SettlesOn.SETTLEMENT: "settlement days",
    SettlesOn.BANK: "bank days",
    SettlesOn.SESSION: "sessions, on a day banks are open",
}
FLOW_REASONS = ("PLAN_PURCHASE", "PLAN_REDEMPTION", "FUND_SIDE")
UNITS_RULE = Rule("money over NAV, rounded as the fund's terms say", "domain.md B, defaults; G09")


@dataclass(slots=True)
class Behind:
    """Everything behind an instruction's legs: strikes by fund and session, flows by plan."""

    strikes: dict[tuple[date, str], Strike] = field(default_factory=dict)
    messages: dict[int, Messages] = field(default_factory=dict)
    flows: dict[FlowKey, tuple[FlowAt, PlanFlows]] = field(default_factory=dict)


async def instruction(walk: Walk, instruction_id: str) -> Node:
    """The explanation of an instruction.

    Raises:
        ConfigError: There is no such instruction.
        LawBroken: A sum does not come out, or a message is missing.
    """
    issued = await find(walk, instruction_id)
    behind = await _behind(walk, issued)
    errors = await nav_error_nodes(walk, issued)
    return _instruction_node(walk, issued, behind, errors)


async def _behind(walk: Walk, issued: Issued) -> Behind:
    """Go back from the legs to strikes, from strikes to flows, from flows to orders."""
    behind = Behind()
    arrived = {leg.arrived for leg in issued.own_legs}
    origins = await walk.origins("cash", issued.partition, arrived)
    struck = {(origins[leg.arrived], leg.row.fund_id) for leg in issued.own_legs}
    for partition in sorted({origin.partition for origin, _ in struck}):
        found = await strikes(
            walk,
            partition,
            lambda nav, at, p=partition: (Origin("fund", p, at), nav.fund_id) in struck,  # type: ignore[misc]  # bound early
        )
        for strike in found:
            behind.strikes[strike.nav.session, strike.nav.fund_id] = strike
        behind.messages[partition] = await messages_of(walk, found)
    for leg in issued.own_legs:
        strike = behind.strikes[leg.session, leg.row.fund_id]
        origin = Origin("fund", strike.partition, strike.offset)
        agree(issued.instruction.instruction_id, "the strike behind a leg",
              origins[leg.arrived], origin)  # fmt: skip
    await _flows_behind(walk, issued, behind)
    return behind


async def _flows_behind(walk: Walk, issued: Issued, behind: Behind) -> None:
    """The plan partitions' part: which batches make up the flows of the legs."""
    plans = {flow_key(leg) for leg in issued.own_legs if leg.row.reason in FLOW_REASONS}
    homes: dict[int, set[FlowKey]] = {}
    flows: dict[FlowKey, FlowAt] = {}
    sent: dict[FlowKey, Origin] = {}
    for (session, fund_id), strike in behind.strikes.items():
        mine = {(session, f.trade_date, f.plan_id, fund_id): f for f in strike.flows}
        mine = {key: flow for key, flow in mine.items() if key in plans}
        origins = await walk.origins("fund", strike.partition, {f.offset for f in mine.values()})
        for key, flow in mine.items():
            flows[key], sent[key] = flow, origins[flow.offset]
            homes.setdefault(origins[flow.offset].partition, set()).add(key)
    for partition, keys in homes.items():
        found = await plan_flows(walk, partition, keys)
        for key in keys:
            origin = Origin("plan", partition, found.sent_at[key[0]])
            agree(f"{key[1]} {key[2]} {key[3]}", "what sent the flow", sent[key], origin)
            behind.flows[key] = (flows[key], found)


def flow_key(leg: Leg) -> FlowKey:
    """The flow that a plan's leg is a side of."""
    return leg.session, leg.row.trade_date, leg.row.reference, leg.row.fund_id


# --- the tree ---------------------------------------------------------------------------


def _instruction_node(
    walk: Walk, issued: Issued, behind: Behind, errors: Sequence[Node]
) -> Node:  # fmt: skip
    order = issued.instruction
    groups: dict[tuple[date, str], list[Leg]] = {}
    for leg in issued.own_legs:
        groups.setdefault((leg.session, leg.row.fund_id), []).append(leg)
    parts = [
        _fund_node(walk, order.currency, key, legs, behind) for key, legs in sorted(groups.items())
    ]
    parts.extend(errors)
    parts.extend(_owed_again(order.currency, leg.row) for leg in issued.owed_again)
    before = order.replaces or order.corrects
    if before:
        parts.append(_in_place_of(issued))
    agree(order.instruction_id, "number of legs", order.legs, len(issued.legs) + bool(before))
    way = "pays" if order.amount_minor > 0 else "is paid" if order.amount_minor < 0 else "is even:"
    return whole(
        Node(
            "instruction",
            f"{order.instruction_id}: {order.counterparty} {way} "
            f"{money(abs(order.amount_minor), order.currency)} on {order.settlement_date}, "
            f"{issued.state}{_so_far(issued)}",
            order.amount_minor,
            NET_RULE,
            {
                "instruction_id": order.instruction_id, "counterparty": order.counterparty,
                "currency": order.currency, "settlement_date": order.settlement_date,
                "state": issued.state, "session": order.session,
                "gross_in_minor": order.gross_in_minor, "gross_out_minor": order.gross_out_minor,
                "legs": order.legs, "receiver": order.receiver, "dialect": order.dialect,
                "journal": f"gw.cash.journal-{issued.partition}",
                "settled_minor": issued.settled_minor, "why": issued.why,
                "replaces": order.replaces, "corrects": order.corrects,
                "followed_by": issued.followed_by,
                "owed_again_minor": sum(row.amount_minor for row in issued.reopened),
            },
            tuple(parts),
        )
    )  # fmt: skip


def _so_far(issued: Issued) -> str:
    """What was paid, why it is in its state, and what followed, in words."""
    order, words = issued.instruction, ""
    if 0 < issued.settled_minor < abs(order.amount_minor):
        words += f", {money(issued.settled_minor, order.currency)} of it paid"
    words += f" ({issued.why})" if issued.why else ""
    for row in issued.reopened:
        verb = "to pay" if row.amount_minor > 0 else "to be paid"
        words += (
            f"; {money(abs(row.amount_minor), order.currency)} {verb} with the wire of "
            f"{row.settlement_date}"
        )
    return words + (f"; followed by {issued.followed_by}" if issued.followed_by else "")


def _owed_again(currency: str, row: ObligationRow) -> Node:
    why = "did not settle" if row.reason == REOPENED else "was corrected by"
    return Node(
        "owed_again",
        f"{row.reference} {why} {money(row.amount_minor, currency)}",
        row.amount_minor,
        AGAIN_RULE,
        {"instruction_id": row.reference, "reason": row.reason, "trade_date": row.trade_date},
    )


def _in_place_of(issued: Issued) -> Node:
    order = issued.instruction
    verb = "replaces" if order.replaces else "corrects"
    before = order.replaces or order.corrects
    return Node(
        verb, f"{verb} {before}: {money(order.amount_minor, order.currency)}", order.amount_minor,
        OTHER_RULE, {"instruction_id": before},
    )  # fmt: skip


def _fund_node(
    walk: Walk, currency: str, key: tuple[date, str], legs: Sequence[Leg], behind: Behind
) -> Node:
    session, fund_id = key
    strike = behind.strikes[key]
    total = sum(leg.row.amount_minor for leg in legs)
    nodes = [_leg_node(walk, currency, leg, strike, behind) for leg in legs]
    return whole(
        Node(
            "fund",
            f"{fund_id} of {session}: {money(total, currency)}",
            total,
            FUND_RULE,
            {"fund_id": fund_id, "trade_date": session},
            (
                *_settles(strike, legs),
                nav_node(strike, behind.messages[strike.partition], walk.limit),
                *first(nodes, walk.limit),
            ),
        )
    )


def _settles(strike: Strike, legs: Sequence[Leg]) -> tuple[Node, ...]:
    rows = [leg.row for leg in legs if not leg.row.reason.startswith("CAPITAL_")]
    if not rows:
        return ()
    row, days, counted = rows[0], strike.terms.settle_days, strike.terms.settles_on
    dates = {strike.settles, *(() if strike.gate is None else (strike.gate.settlement_date,))}
    here = f"{row.fund_id} {row.trade_date}"
    agree(here, "a settlement date of the strike", True, row.settlement_date in dates)
    return (
        Node(
            "settlement_date",
            f"settles on {row.settlement_date}, by calendar {strike.calendar.version}",
            rule=Rule(f"T+{days} counted in {COUNTED[counted]}", "domain.md §8; G01 to G05"),
            facts={"settle_days": days, "calendar": strike.calendar.version},
        ),
    )


def _leg_node(walk: Walk, currency: str, leg: Leg, strike: Strike, behind: Behind) -> Node:
    row = leg.row
    if row.reason == "ALTERNATIVE_PURCHASE":
        return _purchase_node(walk, currency, row, strike)
    if row.reason not in FLOW_REASONS:
        return other_node(currency, row, strike)
    key = flow_key(leg)
    flow, plans = behind.flows[key]
    # The custodian's side has the other sign: it pays out what a plan redeems.
    fund_side = row.reason == "FUND_SIDE"
    buys = (row.amount_minor < 0) == fund_side
    size = flow.buy_minor if buys else flow.sell_minor
    where = f"{row.trade_date} {row.reference} {row.fund_id}"
    agree(where, row.reason, abs(row.amount_minor), size)
    sign = 1 if row.amount_minor > 0 else -1
    batches = [
        _batch_node(walk, currency, name, share, sign, plans, buys=buys)
        for name, share in sorted(plans.shares.get(key, {}).items())
        if (share.accepted_minor + share.diverted_in_minor if buys else share.sold_minor)
    ]
    verb = "buys" if buys else "redeems"
    whose = f"the fund's side of {row.reference}, which {verb}" if fund_side else (
        f"{row.reference} {verb}"
    )  # fmt: skip
    return whole(
        Node(
            "leg",
            f"{whose} {row.fund_id} for {money(size, currency)}",
            row.amount_minor,
            SIDE_RULE if fund_side else FLOW_RULE,
            {"plan_id": row.reference, "fund_id": row.fund_id, "reason": row.reason,
             "counterparty": row.counterparty, "lines": flow.lines},
            (*(gate_nodes(strike, row.reference, currency) if not buys else ()),
             *_fill_node(where, key, plans, size, strike, buys=buys),
             *first(batches, walk.limit)),
        )
    )  # fmt: skip


def _fill_node(
    where: str, key: FlowKey, plans: PlanFlows, size: int, strike: Strike, *, buys: bool
) -> tuple[Node, ...]:
    fill = plans.fills.get(key)
    if fill is None or (not buys and strike.gate is not None):
        return ()
    units = fill.buy_units if buys else fill.sell_units
    agree(where, "NAV of the fill", fill.nav, strike.navs[key[1]])
    agree(where, "units", units, fill.scales.units_for(size, fill.nav))
    return (
        Node(
            "fill",
            f"{format_scaled(units, fill.unit_scale, grouped=True)} units at "
            f"{format_scaled(fill.nav, fill.nav_scale)}",
            rule=UNITS_RULE,
            facts={
                "units": units,
                "nav": fill.nav,
                "nav_scale": fill.nav_scale,
                "unit_scale": fill.unit_scale,
                "unit_rounding": fill.unit_rounding,
            },
        ),
    )


def _batch_node(
    walk: Walk, currency: str, name: BatchName, share: Share, sign: int, plans: PlanFlows,
    *, buys: bool,
) -> Node:  # fmt: skip
    sender, booked, batch_id = name
    raws = sorted({plans.raws[at].place: plans.raws[at] for at in share.arrived}.items())
    messages = first([message_node(raw) for _, raw in raws], walk.limit)
    parts: list[Node] = []
    if buys:
        size = share.accepted_minor + share.diverted_in_minor
        cut = share.asked_minor - share.accepted_minor
        text = f"accepted {money(share.accepted_minor, currency)}"
        text += f" of {money(share.asked_minor, currency)}" if cut else ""
        if share.accepted_minor:
            parts.append(Node("accepted", text, sign * share.accepted_minor, BATCH_RULE))
        if share.diverted_in_minor:
            text = f"diverted into it {money(share.diverted_in_minor, currency)}"
            parts.append(Node("diverted", text, sign * share.diverted_in_minor, CUT_RULE))
    else:
        size = share.sold_minor
        parts.append(Node("sold", f"sold {money(size, currency)}", sign * size, BATCH_RULE))
    return whole(
        Node(
            "batch",
            f"batch {sender}/{booked}/{batch_id}: {money(size, currency)} in {share.lines:,} "
            f"line{'s' * (share.lines != 1)}",
            sign * size,
            facts={"sender": sender, "booked": booked, "batch_id": batch_id,
                   "lines": share.lines, "asked_minor": share.asked_minor,
                   "accepted_minor": share.accepted_minor,
                   "diverted_in_minor": share.diverted_in_minor, "sold_minor": share.sold_minor},
            children=(*parts, *_limit_nodes(share, currency), *messages),
        )
    )  # fmt: skip


def _limit_nodes(share: Share, currency: str) -> list[Node]:
    return [
        Node(
            "limit",
            f"{scope.lower()} limit {limit_id} bound on {lines:,} line{'s' * (lines != 1)}: "
            f"{money(minor, currency)} went to the liquid option",
            rule=CUT_RULE,
            facts={"scope": scope, "limit_id": limit_id, "lines": lines, "diverted_minor": minor},
        )
        for (scope, limit_id), (lines, minor) in sorted(share.limits.items())
    ]


def _purchase_node(walk: Walk, currency: str, row: ObligationRow, strike: Strike) -> Node:
    balanced = strike.balanced
    assert balanced is not None, "a held fund buys nothing"
    where = f"{row.trade_date} {row.fund_id} {row.reference}"
    agree(where, row.reason, abs(row.amount_minor), balanced.granted_minor)
    sign = 1 if row.amount_minor > 0 else -1
    shares = [
        Node(
            "share",
            f"{share.plan_id}: {money(share.granted_minor, currency)} of "
            f"{money(share.asked_minor, currency)}, its part by inflow",
            sign * share.granted_minor,
            facts={"plan_id": share.plan_id, "asked_minor": share.asked_minor},
        )
        for share in balanced.shares
    ]
    whose = "pays for" if row.amount_minor > 0 else "is paid for"
    return whole(
        Node(
            "alternatives",
            f"{row.counterparty} {whose} {row.reference}: {money(abs(row.amount_minor), currency)} "
            f"(asked {money(balanced.asked_minor, currency)}, headroom of {balanced.limit_id} "
            f"{money(balanced.headroom_minor, currency)})",
            row.amount_minor,
            BUY_RULE,
            {"vehicle_id": row.reference, "asked_minor": balanced.asked_minor,
             "granted_minor": balanced.granted_minor, "limit_id": balanced.limit_id,
             "headroom_minor": balanced.headroom_minor, "frozen": balanced.frozen},
            first(shares, walk.limit),
        )
    )  # fmt: skip
