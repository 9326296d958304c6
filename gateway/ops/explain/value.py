"""`gateway explain NAV <fund>/<session>`: a NAV, back to marks, index levels and the book.

Every value is worked out again from what stands in the journal and compared with the event
that was decided.

Not here: the strikes themselves (`strikes`), the formulas (`core.nav`).
Source: domain.md §3. Laws: L1, L5.
"""

from __future__ import annotations

from datetime import date

from gateway.core.fund_events import HeldFlowsFilled
from gateway.core.marks import NavStruck
from gateway.core.money import format_scaled, half_up
from gateway.core.nav import strike as strike_nav
from gateway.errors import ConfigError
from gateway.ops.explain.fee_nodes import fees_owed
from gateway.ops.explain.mark_nodes import mark_node
from gateway.ops.explain.nav_errors import corrected_node
from gateway.ops.explain.node import Node, Rule, agree, first, whole
from gateway.ops.explain.strikes import FlowAt, SleeveView, Strike, strikes
from gateway.ops.explain.walk import RawMessage, Walk, message_node, money, unknown

SHOWN_DECIMALS = 6

NAV_RULE = Rule(
    "net assets over units outstanding before the session's orders, half-up", "domain.md §3.2"
)
ASSETS_RULE = Rule("the liquid sleeve and every private holding at the session", "domain.md §3.2")
LIQUID_RULE = Rule("moved by its index since the session before, half-up", "domain.md §3.2")
ROLL_RULE = Rule(
    "the mark, times 1 + income + beta × the proxy's move for every session since",
    "domain.md §3.2; G20",
)
TRUE_UP_RULE = Rule(
    "a newer mark replaces the estimate; the difference is booked in this NAV, nothing is "
    "restated", "domain.md §3.2; G21",
)  # fmt: skip
UNITS_RULE = Rule(
    "opening + issued − cancelled; the session's own orders come after the strike",
    "domain.md §3.2, §3.3",
)
HOLD_RULE = Rule("held until a person releases it; a stale mark or an independent value that is "
                 "overdue alone makes an estimate", "domain.md §3.1, §3.3, §5")  # fmt: skip
RELEASE_RULE = Rule("two people let a held NAV stand or put another in its place", "domain.md §3.3")
SWING_RULE = Rule("one price for all orders of the session, half-up", "domain.md §3.4; G32")
BALANCE_RULE = Rule(
    "net flow into alternatives up to the target, never above cap × total − alternatives",
    "domain.md §2.2; law L2",
)

Messages = dict[int, RawMessage]


async def nav(walk: Walk, name: str) -> Node:
    """The explanation of a NAV.

    Args:
        walk: The reader.
        name: `<fund>/<session>`, the session as YYYY-MM-DD.

    Raises:
        ConfigError: The name is of another form, or no such NAV was struck.
    """
    fund_id, session = _named(name)
    told: list[NavStruck] = []
    for partition in range(walk.gateway.topology.fund):
        found = await strikes(
            walk, partition, lambda n, _: (n.fund_id, n.session) == (fund_id, session), told
        )
        if found:
            messages = await messages_of(walk, found)
            return nav_node(found[-1], messages, walk.limit)
    known = (f"{n.fund_id}/{n.session}" for n in told)
    raise unknown("NAV", name, known, "gateway show navs")


def _named(name: str) -> tuple[str, date]:
    fund_id, _, session = name.rpartition("/")
    try:
        return fund_id, date.fromisoformat(session)
    except ValueError:
        raise ConfigError(
            f"NAV {name}: name the fund and the session, as in NAV TDF_2045/2026-11-24"
        ) from None


async def messages_of(walk: Walk, found: list[Strike]) -> Messages:
    """What senders wrote behind the marks, levels and terms of one partition's strikes."""
    offsets: set[int] = set()
    for each in found:
        heard = [each.level.offset, each.book_offset]
        heard += [at for sleeve in each.sleeves for at in (sleeve.mark_offset, sleeve.level.offset)]
        offsets |= {at for at in heard if at is not None}
    return await walk.messages_behind("fund", found[0].partition, offsets)


def nav_node(strike: Strike, messages: Messages, limit: int) -> Node:
    """A NAV with what it was struck from and what came after."""
    nav, terms = strike.nav, strike.terms
    where = f"NAV {nav.fund_id}/{nav.session}"
    children: list[Node] = []
    if strike.late is None:
        children = [_assets(strike, messages), _units(strike, messages)]
    if not nav.held and strike.released is None:
        again = strike_nav(
            nav.net_assets_minor, nav.units, nav.unit_scale, nav.nav_scale,
            initial_nav=terms.opening_nav,
        )  # fmt: skip
        agree(where, "NAV", nav.unswung_nav, again)
    figure = format_scaled(nav.nav, nav.nav_scale)
    children.extend(_why_another(strike))
    if nav.holds:
        text = f"{'held' if nav.held else 'not held'}: {', '.join(nav.holds)}"
        children.append(Node("holds", text, rule=HOLD_RULE, facts={"holds": nav.holds}))
    children.append(_balance(strike, limit))
    children.extend(corrected_node(strike))
    return Node(
        "nav",
        f"{where}: {figure} {nav.currency}, {nav.status}{', held' if nav.held else ''}"
        f" (before rounding {_unrounded(strike)}; the session before "
        f"{format_scaled(nav.previous_nav, nav.nav_scale)})",
        rule=NAV_RULE,
        facts={
            "fund_id": nav.fund_id, "session": nav.session, "nav": nav.nav,
            "nav_scale": nav.nav_scale, "previous_nav": nav.previous_nav, "status": nav.status,
            "held": nav.held, "unrounded": _unrounded(strike),
            "decided_at": f"fund/{strike.partition}@{strike.offset}",
        },
        children=tuple(children),
    )  # fmt: skip


def _unrounded(strike: Strike) -> str:
    """The NAV with six decimals more than it has, cut off."""
    nav = strike.nav
    if nav.units == 0:
        return "no units, so the opening NAV"
    scale = nav.nav_scale + SHOWN_DECIMALS
    more = nav.net_assets_minor * 10 ** (nav.unit_scale + scale) // (nav.units * 100)
    return format_scaled(more, scale) + "…"


def _assets(strike: Strike, messages: Messages) -> Node:
    nav = strike.nav
    where = f"NAV {nav.fund_id}/{nav.session}"
    sleeves = [_sleeve(strike, sleeve, messages) for sleeve in strike.sleeves]
    alternative = sum(sleeve.value_minor for sleeve in strike.sleeves)
    agree(where, "alternatives", nav.alternative_minor, alternative)
    return whole(
        Node(
            "net_assets",
            f"net assets {money(nav.net_assets_minor, nav.currency)}, of which alternatives "
            f"{money(nav.alternative_minor, nav.currency)}",
            nav.net_assets_minor,
            ASSETS_RULE,
            {"alternative_minor": nav.alternative_minor},
            (_liquid(strike, messages), *sleeves, *fees_owed(strike)),
        )
    )


def _why_another(strike: Strike) -> list[Node]:
    """Why the price is not the NAV that assets and units give."""
    nav, released = strike.nav, strike.released
    found: list[Node] = []
    if released is not None:
        struck = format_scaled(released.struck_nav, nav.nav_scale)
        found.append(
            Node(
                "released",
                f"held at {struck}; {released.requested_by} asked and {released.approved_by} "
                f"approved that it stands at {format_scaled(released.nav, nav.nav_scale)}: "
                f"{released.reason}",
                rule=RELEASE_RULE,
                facts={"struck_nav": released.struck_nav, "nav": released.nav,
                       "requested_by": released.requested_by,
                       "approved_by": released.approved_by},
            )
        )  # fmt: skip
    if nav.unswung_nav != nav.nav and strike.terms.swing is not None:
        swing = strike.terms.swing
        found.append(
            Node(
                "swing",
                f"swung by {swing.factor} from {format_scaled(nav.unswung_nav, nav.nav_scale)}: "
                f"the net flow is beyond {swing.threshold} of net assets",
                rule=SWING_RULE,
                facts={"unswung_nav": nav.unswung_nav},
            )
        )
    return found


def _filled_late(late: HeldFlowsFilled, nav: NavStruck) -> Node:
    net = late.net_flow_minor
    return Node(
        "balance",
        f"net flow {money(net, nav.currency)}, filled behind a later strike; units afterwards "
        f"{format_scaled(late.units, nav.unit_scale, grouped=True)}",
        net,
        RELEASE_RULE,
        {"liquid_minor": late.liquid_minor, "units": late.units},
    )


def _liquid(strike: Strike, messages: Messages) -> Node:
    before, level = strike.liquid_before, strike.level
    nav, index = strike.nav, strike.terms.liquid_index
    if level.value:
        value = half_up(before * level.value, strike.level_before)
        how = f"{money(before, nav.currency)} × {level.value} ∕ {strike.level_before} of {index}"
    else:
        value, how = before, f"unmoved: {index} has no level in time"
    return Node(
        "liquid_sleeve",
        f"liquid sleeve {money(value, nav.currency)} = {how}",
        value,
        LIQUID_RULE,
        {"before_minor": before, "index": index, "level_before": strike.level_before,
         "level": level.value or None},
        _told(messages, level.offset),
    )  # fmt: skip


def _told(messages: Messages, offset: int | None) -> tuple[Node, ...]:
    return () if offset is None else (message_node(messages[offset]),)


def _sleeve(strike: Strike, sleeve: SleeveView, messages: Messages) -> Node:
    nav, vehicle = strike.nav, sleeve.terms.vehicle_id
    where = f"NAV {nav.fund_id}/{nav.session} {vehicle}"
    if sleeve.valued is not None:
        agree(where, "value", sleeve.valued.value_minor, sleeve.value_minor)
        agree(where, "mark", sleeve.valued.mark_minor, sleeve.mark_minor)
        agree(where, "mark's lineage", sleeve.valued.behind, sleeve.behind)
        stands, follows = sleeve.valued.independent_on, sleeve.independent_on
        agree(where, "newest independent value", stands, follows)
    if sleeve.true_up is not None:
        agree(where, "estimate", sleeve.true_up.estimate_minor, sleeve.estimate_minor)
    at = strike.book_offset if sleeve.mark_offset is None else sleeve.mark_offset
    mark = mark_node(sleeve, nav, strike.calendar.zone, _told(messages, at))
    children = [mark, _steps(sleeve, messages)]
    if sleeve.true_up is not None:
        children.append(_true_up(sleeve, nav.currency))
    return Node(
        "sleeve",
        f"{vehicle} {money(sleeve.value_minor, nav.currency)}",
        sleeve.value_minor,
        ROLL_RULE,
        {"vehicle_id": vehicle, "manager": sleeve.terms.manager},
        tuple(children),
    )


def _steps(sleeve: SleeveView, messages: Messages) -> Node:
    steps = [
        {"session": s.session, "proxy_before": s.proxy_before, "proxy_after": s.proxy_after,
         "calls_minor": s.calls_minor, "alpha": str(s.alpha)}
        for s in sleeve.steps
    ]  # fmt: skip
    said = ", ".join(
        f"{s.session} {s.proxy_before} → {s.proxy_after}"
        + (f" with income of {s.alpha} of the value" if s.alpha.num else "")
        + (f" and {s.calls_minor} minor units paid in" if s.calls_minor else "")
        for s in sleeve.steps[-3:]
    )
    earlier = f"{len(sleeve.steps) - 3} before, " if len(sleeve.steps) > 3 else ""
    return Node(
        "roll_forward",
        f"{len(sleeve.steps)} step{'s' * (len(sleeve.steps) > 1)} of {sleeve.terms.proxy_id} "
        f"with beta {sleeve.terms.beta}: {earlier}{said}",
        facts={"proxy": sleeve.terms.proxy_id, "beta": str(sleeve.terms.beta), "steps": steps},
        children=_told(messages, sleeve.level.offset),
    )


def _true_up(sleeve: SleeveView, currency: str) -> Node:
    assert sleeve.true_up is not None
    difference = sleeve.true_up.value_minor - sleeve.true_up.estimate_minor
    return Node(
        "true_up",
        f"true-up {money(difference, currency)}: the old mark rolls forward to "
        f"{money(sleeve.estimate_minor, currency)}, the new one to "
        f"{money(sleeve.value_minor, currency)}",
        rule=TRUE_UP_RULE,
        facts={"estimate_minor": sleeve.estimate_minor, "value_minor": sleeve.value_minor,
               "difference_minor": difference},
    )  # fmt: skip


def _units(strike: Strike, messages: Messages) -> Node:
    nav = strike.nav
    since = strike.balanced_before
    opening, issued, cancelled, units = (
        format_scaled(number, nav.unit_scale, grouped=True)
        for number in (nav.opening_units, nav.subscribed_units, nav.redeemed_units, nav.units)
    )
    came = "as the book opened the fund"
    if since:
        came = f"as they stood after {since}: {opening} + {issued} issued − {cancelled} cancelled"
    return Node(
        "units",
        f"units outstanding {units}, {came}",
        rule=UNITS_RULE,
        facts={
            "units": nav.units,
            "unit_scale": nav.unit_scale,
            "opening_units": nav.opening_units,
            "subscribed_units": nav.subscribed_units,
            "redeemed_units": nav.redeemed_units,
        },
        children=() if since else _told(messages, strike.book_offset),
    )


def _as_of(flow: FlowAt, nav: NavStruck) -> str:
    return "" if flow.trade_date == nav.session else f" as of {flow.trade_date}"


def _balance(strike: Strike, limit: int) -> Node:
    """Where the session's orders went, after the strike."""
    nav, balanced = strike.nav, strike.balanced
    if strike.late is not None:
        return _filled_late(strike.late, nav)
    if balanced is None:
        text = "nothing is filled: orders wait until the NAV is released"
        return Node("balance", text, rule=HOLD_RULE)
    back = strike.returned
    returned = 0 if back is None else back.minor
    net = sum(flow.buy_minor - flow.sell_minor for flow in strike.flows) - returned
    agree(f"NAV {nav.fund_id}/{nav.session}", "net flow", balanced.net_flow_minor, net)
    flows = [
        Node("flow", f"{f.plan_id}{_as_of(f, nav)} net "
             f"{money(f.buy_minor - f.sell_minor, nav.currency)}",
             f.buy_minor - f.sell_minor, facts={"plan_id": f.plan_id, "buy_minor": f.buy_minor,
                                                "sell_minor": f.sell_minor, "lines": f.lines})
        for f in strike.flows
    ]  # fmt: skip
    if back is not None:
        text = f"capital returned to all holders {money(-returned, nav.currency)}"
        flows.append(Node("returned", text, -returned, facts={"decision": back.batch_id}))
    frozen = ", frozen" if balanced.frozen else ""
    return whole(
        Node(
            "balance",
            f"net flow {money(net, nav.currency)}; into alternatives "
            f"{money(balanced.granted_minor, nav.currency)} of "
            f"{money(balanced.asked_minor, nav.currency)} (headroom of {balanced.limit_id} "
            f"{money(balanced.headroom_minor, nav.currency)}{frozen}); units afterwards "
            f"{format_scaled(balanced.units, nav.unit_scale, grouped=True)}",
            net,
            BALANCE_RULE,
            {"asked_minor": balanced.asked_minor, "granted_minor": balanced.granted_minor,
             "limit_id": balanced.limit_id, "headroom_minor": balanced.headroom_minor,
             "frozen": balanced.frozen, "liquid_minor": balanced.liquid_minor,
             "units": balanced.units},
            first(flows, limit),
        )
    )  # fmt: skip
