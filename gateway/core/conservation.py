"""Law L1, conservation: followed from order lines to instructions, and from money to units.

Each step of the day is compared with the one before it, to the cent and to the last
decimal of units: lines with what was asked, flows with lines, strikes with flows, fills
and confirmations with flows, obligations with flows, instructions with obligations. A
step is compared once it is complete, so a day in progress can be looked at as well.

Not here: the other laws (`laws`), and how any of these numbers is decided.
Law: L1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import BookChange, FundTerms
from gateway.core.conservation_cash import dispatched, instructions, net_to_zero
from gateway.core.conservation_corrections import (
    add_confirmed,
    add_owed,
    booked_in_funds,
    corrected_accounts,
)
from gateway.core.conservation_strikes import Legs, add_flows, say, strikes
from gateway.core.decisions import NavReleased, SessionShortened
from gateway.core.events import (
    FlowsSent,
    OrdersDecided,
    PartitionClosed,
    SessionAdvanced,
    SleevesBalanced,
)
from gateway.core.fund_events import CapitalMoved, HeldFlowsFilled
from gateway.core.laws import Events, Reference, Violation
from gateway.core.marks import NavStruck
from gateway.core.money import units_for
from gateway.core.orders import Confirmation, FillBatch, FlowBatch
from gateway.core.settlement import (
    InstructionCancellation,
    Obligation,
    SettlementInstruction,
)
from gateway.core.vocabulary import OrderKind

TWO_SIDED = frozenset(
    {"ALTERNATIVE_PURCHASE", "CAPITAL_CALL", "CAPITAL_DISTRIBUTION", "MANAGEMENT_FEE"}
)
"""Reasons of legs that both sides have: one pays in what the other is paid."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was written: the journals of three desks by partition, and what left the gateway."""

    plan: Sequence[Events]
    fund: Sequence[Events]
    cash: Sequence[Events]
    confirmations: Sequence[Confirmation]
    dispatched: Sequence[SettlementInstruction]
    taken_back: Sequence[InstructionCancellation] = ()


@dataclass(slots=True)
class _Story:
    """What the fund partitions say, joined."""

    terms: dict[str, FundTerms] = field(default_factory=dict)
    home: dict[str, int] = field(default_factory=dict)
    flows: Legs = field(default_factory=dict)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    stood: dict[tuple[date, str], set[int]] = field(default_factory=dict)
    balanced: dict[tuple[date, str], SleevesBalanced | HeldFlowsFilled] = field(
        default_factory=dict
    )
    released: set[tuple[date, str]] = field(default_factory=set)
    capital: dict[tuple[date, str], list[tuple[str, str, int]]] = field(default_factory=dict)


def l1(day: Day, *, complete: bool = True) -> list[Violation]:
    """Conservation, from the first order line to the last instruction.

    Args:
        day: What was written. Of a day in progress, the journals read first are those of the
            cash desk, then the fund desk's, then the plan desk's, then what was sent.
        complete: False while the day is in progress.
    """
    story = _story(day)
    legs = [_legs(events) for events in day.plan]
    found = [violation for events in day.plan for violation in _lines(events)]
    for partition, events in enumerate(day.plan):
        found.extend(_sent(partition, events, legs[partition]))
        found.extend(_fills(partition, events, legs[partition], story, complete))
        found.extend(_adopted(partition, events, story, complete))
        found.extend(corrected_accounts(partition, events))
    for partition, events in enumerate(day.fund):
        found.extend(_flows(partition, events, legs, story))
        found.extend(strikes(partition, events))
        found.extend(booked_in_funds(partition, events, day.plan))
    found.extend(_confirmations(day))
    found.extend(_obligations(day, story, complete))
    for partition, events in enumerate(day.cash):
        found.extend(instructions(partition, events))
    found.extend(net_to_zero(day.cash, _settled(day)))
    found.extend(dispatched(day.cash, day.dispatched, day.taken_back, complete=complete))
    return found


def _story(day: Day) -> _Story:
    story = _Story()
    for partition, events in enumerate(day.fund):
        for event in events:
            match event:
                case BookChange():
                    story.terms.update((terms.fund_id, terms) for terms in event.funds)
                    story.home.update((terms.fund_id, partition) for terms in event.funds)
                case FlowBatch():
                    add_flows(story.flows, event)
                case NavStruck():
                    story.struck[event.session, event.fund_id] = event
                    if not event.held:
                        key = (event.session, event.fund_id)
                        story.stood.setdefault(key, set()).add(event.nav)
                case SleevesBalanced() | HeldFlowsFilled():
                    story.balanced[event.session, event.fund_id] = event
                case CapitalMoved():
                    moved = (event.vehicle_id, f"CAPITAL_{event.kind}", event.total_minor)
                    story.capital.setdefault((event.session, event.fund_id), []).append(moved)
                case NavReleased():
                    story.released.add((event.session, event.fund_id))
    return story


def _legs(events: Events) -> Legs:
    """What the lines of a plan partition that trade buy and sell."""
    reference = Reference()
    decided: list[tuple[date, OrdersDecided, dict[str, str]]] = []
    cutoffs: dict[date, tuple[int, date]] = {}
    sent: set[date] = set()
    for event in events:
        reference.follow(event)
        match event:
            case OrdersDecided():
                session = reference.session or event.trade_date
                plans = reference.book.plans
                liquid = {name: plans[name].liquid_fund for name in event.plans if name in plans}
                decided.append((session, event, liquid))
            case FlowsSent():
                sent.add(event.session)
            case SessionShortened() if event.session not in sent:
                sessions = reference.book.sessions
                cutoff = sessions.local_at(event.session, event.close_minutes)
                cutoffs[event.session] = (cutoff, sessions.next_session(event.session))
    legs: Legs = {}
    for session, event, liquid in decided:
        _add_lines(legs, session, event, liquid, cutoffs.get(event.trade_date))
    return legs


def _add_lines(
    legs: Legs,
    session: date,
    event: OrdersDecided,
    liquid: dict[str, str],
    early: tuple[int, date] | None,
) -> None:
    """Add the legs of lines; those received after an early close go to the session after."""
    rows = zip(event.code.tolist(), event.plan.tolist(), event.sell_fund.tolist(),
               event.buy_fund.tolist(), event.amount_minor.tolist(),
               event.accepted_minor.tolist(), event.diverted_minor.tolist(),
               event.received_at.tolist(), strict=True)  # fmt: skip
    for code, at, sell, buy, amount, accepted, diverted, received_at in rows:
        plan = event.plans[at]
        when = (session, event.trade_date)
        if early is not None and session == event.trade_date and received_at >= early[0]:
            when = (early[1], early[1])
        trade = [] if code else [(sell, 1, amount), (buy, 0, accepted)]
        for fund, side, minor in trade:
            if fund >= 0 and minor:
                legs.setdefault((*when, plan, event.funds[fund]), [0, 0])[side] += minor
        if diverted and not code and buy >= 0:
            legs.setdefault((*when, plan, liquid[plan]), [0, 0])[0] += diverted


def _lines(events: Events) -> Iterator[Violation]:
    """Each line that trades splits into accepted and diverted; a refused one moves nothing."""
    for event in events:
        if not isinstance(event, OrdersDecided):
            continue
        sells, buys = event.sell_fund >= 0, event.buy_fund >= 0
        whole = (sells == (event.kind is not OrderKind.CONTRIBUTION)) & (
            buys == (event.kind is not OrderKind.DISTRIBUTION)
        )
        for row in (~whole & (event.code == 0)).nonzero()[0].tolist():
            where = f"batch {event.batch_id} line {event.line[row]}"
            yield Violation("L1", where, f"a {event.kind} trades without what it sells or buys")
        asked = event.amount_minor * (event.code == 0)
        wrong = (event.accepted_minor + event.diverted_minor != asked) | (
            (event.accepted_minor < 0) | (event.diverted_minor < 0)
        )
        for row in wrong.nonzero()[0].tolist():
            where = f"batch {event.batch_id} line {event.line[row]}"
            got = (int(event.accepted_minor[row]), int(event.diverted_minor[row]))
            yield Violation("L1", where, f"{int(asked[row])} minor units were split into {got}")


def _sent(partition: int, events: Events, legs: Legs) -> Iterator[Violation]:
    for event in events:
        if isinstance(event, FlowsSent):
            mine = [leg for key, leg in legs.items() if key[0] == event.session]
            total = (sum(leg[0] for leg in mine), sum(leg[1] for leg in mine))
            yield from say(f"plan/{partition} {event.session}", "bought and sold in all",
                            total, (event.buy_minor, event.sell_minor))  # fmt: skip


def _flows(
    partition: int, events: Events, legs: Sequence[Legs], story: _Story
) -> Iterator[Violation]:
    """Once a plan partition has closed a session, its flows here are its lines."""
    got: dict[int, Legs] = defaultdict(dict)
    closed = [e for e in events if isinstance(e, PartitionClosed) and e.desk == "plan"]
    for event in events:
        if isinstance(event, FlowBatch):
            add_flows(got[event.partition], event)
    for end in closed:
        have = {key: leg for key, leg in got[end.partition].items() if key[0] == end.session}
        want = {
            key: leg
            for key, leg in legs[end.partition].items()
            if key[0] == end.session and story.home.get(key[3]) == partition
        }
        for key in sorted({*have, *want}):
            where = f"{key[1]} plan {key[2]} fund {key[3]}"
            yield from say(where, "flow (bought, sold)", want.get(key), have.get(key))


def _adopted(partition: int, events: Events, story: _Story, complete: bool) -> Iterator[Violation]:
    """The NAVs that a plan partition adopts and is filled at are those that were struck."""
    for event in events:
        if isinstance(event, NavStruck):
            day = event.session
        elif isinstance(event, FillBatch):
            day = event.trade_date
        else:
            continue
        nav = story.struck.get((day, event.fund_id))
        # A held NAV is nobody's price, and another may have been put in its place.
        if isinstance(event, NavStruck) and (event.held or (nav is not None and nav.held)):
            continue
        # Of a NAV that was corrected, orders got the one that stood when they were filled.
        if event.nav in story.stood.get((day, event.fund_id), ()):
            continue
        if nav is not None or complete:
            where = f"plan/{partition} {event.fund_id} {event.session}"
            yield from say(where, "NAV", None if nav is None else nav.nav, event.nav)


def _fills(
    partition: int, events: Events, legs: Legs, story: _Story, complete: bool
) -> Iterator[Violation]:
    """Each flow of a fund that was struck is filled, once, at its NAV."""
    filled: Legs = {}
    for event in events:
        if isinstance(event, FillBatch):
            where = f"plan/{partition} {event.fund_id} {event.session}"
            rows = zip(
                event.plans,
                event.buy_minor.tolist(),
                event.sell_minor.tolist(),
                event.buy_units.tolist(),
                event.sell_units.tolist(),
                strict=True,
            )
            scale = {"nav_scale": event.nav_scale, "unit_scale": event.unit_scale}
            for plan, buy, sell, buy_units, sell_units in rows:
                key = (event.session, event.trade_date, plan, event.fund_id)
                leg = filled.setdefault(key, [0, 0])
                leg[0], leg[1] = leg[0] + buy, leg[1] + sell
                want = (units_for(buy, event.nav, **scale), units_for(sell, event.nav, **scale))
                yield from say(f"{where} plan {plan}", "units", want, (buy_units, sell_units))
    done = {event.closed for event in events if isinstance(event, SessionAdvanced)}
    for key in sorted({*legs, *filled}):
        fund = (key[0], key[3])
        held = story.struck[fund].held if fund in story.struck else True
        due = key[0] in done and not held and (complete or fund not in story.released)
        if key in filled or due:
            where = f"{key[1]} plan {key[2]} fund {key[3]}"
            yield from say(where, "fill (bought, sold)", legs.get(key), filled.get(key))


def _confirmations(day: Day) -> Iterator[Violation]:
    """What recordkeepers were told of each fill adds up to it."""
    told: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in day.confirmations:
        sums = told[each.trade_date, each.plan_id, each.fund_id]
        for at, column in enumerate((each.buy_minor, each.sell_minor, each.units)):
            sums[at] += int(column.sum())
    filled: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    fills = [event for events in day.plan for event in events if isinstance(event, FillBatch)]
    for fill in fills:
        for at, plan in enumerate(fill.plans):
            units = int(fill.buy_units[at]) - int(fill.sell_units[at])
            sums = filled[fill.trade_date, plan, fill.fund_id]
            sums[0] += int(fill.buy_minor[at])
            sums[1] += int(fill.sell_minor[at])
            sums[2] += units
    add_confirmed(filled, day.plan)
    for key in sorted(filled):
        where = f"{key[0]} plan {key[1]} fund {key[2]}"
        yield from say(where, "confirmations (bought, sold, units)", filled[key], told[key])


def _settled(day: Day) -> set[date]:
    """Sessions that every cash partition has closed."""
    closed = [{e.closed for e in events if isinstance(e, SessionAdvanced)} for events in day.cash]
    return set.intersection(*closed) if closed else set()


def _obligations(day: Day, story: _Story, complete: bool) -> Iterator[Violation]:
    """Money in minus money out is what parties owe; both sides of each leg cancel out."""
    got: dict[tuple[date, str, str, str], int] = defaultdict(int)
    sums: dict[tuple[date, str, date], int] = defaultdict(int)
    settled = _settled(day)
    for events in day.cash:
        for event in (e for e in events if isinstance(e, Obligation) and e.session in settled):
            for row in event.rows:
                reason = row.reason
                if reason in TWO_SIDED and row.amount_minor > 0:
                    reason = f"{reason}, PAID IN"
                got[event.session, row.fund_id, row.reference, reason] += row.amount_minor
                sums[event.session, event.currency, row.settlement_date] += row.amount_minor
    for (session, currency, settles), total in sorted(sums.items()):
        yield from say(f"{session} {currency} settling {settles}", "sum of all legs", 0, total)
    want: dict[tuple[date, str, str, str], int] = defaultdict(int)
    released = set() if complete else story.released
    for (session, _, plan, fund), (buy, sell) in story.flows.items():
        if session in settled and (session, fund) in story.balanced:
            want[session, fund, plan, "PLAN_PURCHASE"] += buy
            want[session, fund, plan, "PLAN_REDEMPTION"] -= sell
            want[session, fund, plan, "FUND_SIDE"] -= buy - sell
    add_owed(want, day.fund, settled)
    for (session, fund), balanced in story.balanced.items():
        if not isinstance(balanced, SleevesBalanced) or session not in settled:
            continue
        sleeves = story.terms[fund].sleeves
        bought = next((sleeve.vehicle_id for sleeve in sleeves if sleeve.calls is None), "")
        moved = [(bought, "ALTERNATIVE_PURCHASE", balanced.granted_minor)]
        moved.append((fund, "MANAGEMENT_FEE", balanced.fees_paid_minor))
        moved.extend(story.capital.get((session, fund), ()))
        for about, reason, minor in moved:
            want[session, fund, about, reason] -= minor
            want[session, fund, about, f"{reason}, PAID IN"] += minor
        paid = sum(
            minor
            for (day, name, _, reason), minor in got.items()
            if (day, name, reason) == (session, fund, "DILUTION")
        )
        yield from say(
            f"{session} fund {fund}", "paid in for late orders", balanced.dilution_minor, paid
        )
    for key in sorted({*got, *want}):
        if key[3].startswith("DILUTION") or key[:2] in released:
            continue
        where = f"{key[0]} fund {key[1]} {key[2]}"
        yield from say(where, f"obligations, {key[3]}", want.get(key, 0), got.get(key, 0))
