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
from datetime import date

from gateway.core.conservation_cash import dispatched, instructions, net_to_zero
from gateway.core.conservation_corrections import (
    booked_in_funds,
    corrected_accounts,
)
from gateway.core.conservation_fees import fees
from gateway.core.conservation_owed import confirmations, obligations, settled_sessions
from gateway.core.conservation_requests import Queue, is_gated, queue_of, requests
from gateway.core.conservation_settling import settling
from gateway.core.conservation_story import Day, Story, story_of
from gateway.core.conservation_strikes import Legs, add_flows, say, strikes
from gateway.core.conservation_vehicles import vehicles
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.decisions import SessionShortened
from gateway.core.dilution import Scales
from gateway.core.events import (
    FlowsSent,
    OrdersDecided,
    PartitionClosed,
    SessionAdvanced,
)
from gateway.core.laws import Events, Reference, Violation
from gateway.core.marks import NavStruck
from gateway.core.orders import FillBatch, FlowBatch
from gateway.core.vocabulary import EventKind, OrderKind

__all__ = ["Day", "l1"]


def l1(day: Day, *, complete: bool = True) -> list[Violation]:
    """Conservation, from the first order line to the last instruction.

    Args:
        day: What was written. Of a day in progress, the journals read first are those of the
            cash desk, then the fund desk's, then the plan desk's, then what was sent.
        complete: False while the day is in progress.
    """
    story = story_of(day)
    queues = [queue_of(partition, events) for partition, events in enumerate(day.plan)]
    legs = [_legs(events, queue) for events, queue in zip(day.plan, queues, strict=True)]
    found = [violation for events in day.plan for violation in _lines(events)]
    found.extend(violation for mine in legs for violation in _overdrawn(mine))
    for partition, events in enumerate(day.plan):
        found.extend(_sent(partition, events, legs[partition]))
        found.extend(_fills(partition, events, legs[partition], story, complete))
        found.extend(_adopted(partition, events, story, complete))
        found.extend(corrected_accounts(partition, events))
    for partition, events in enumerate(day.fund):
        found.extend(_flows(partition, events, legs, story))
        found.extend(strikes(partition, events))
        found.extend(fees(events))
        found.extend(vehicles(events))
        found.extend(booked_in_funds(partition, events, day.plan))
    found.extend(requests(queues, day.fund, complete=complete))
    found.extend(confirmations(day))
    found.extend(obligations(day, story, complete))
    for partition, events in enumerate(day.cash):
        found.extend(instructions(partition, events))
        found.extend(settling(partition, events))
    found.extend(net_to_zero(day.cash, settled_sessions(day)))
    found.extend(dispatched(day.cash, day.dispatched, day.taken_back, complete=complete))
    return found


def _legs(events: Events, queue: Queue) -> Legs:
    """What the lines of a plan partition that trade buy and sell.

    Those that sell a gated fund sell nothing here, and buy what was paid for their requests.
    """
    reference = Reference()
    decided: list[tuple[date, OrdersDecided, dict[str, str], set[int]]] = []
    cutoffs: dict[date, tuple[int, date]] = {}
    sent: set[date] = set()
    for event in events:
        reference.follow(event)
        match event:
            case OrdersDecided():
                session = reference.session or event.trade_date
                plans = reference.book.plans
                liquid = {name: plans[name].liquid_fund for name in event.plans if name in plans}
                gates = {at for at, name in enumerate(event.funds) if is_gated(reference, name)}
                decided.append((session, event, liquid, gates))
            case FlowsSent():
                sent.add(event.session)
            case SessionShortened() if event.session not in sent:
                sessions = reference.book.sessions
                cutoff = sessions.local_at(event.session, event.close_minutes)
                cutoffs[event.session] = (cutoff, sessions.next_session(event.session))
    legs: Legs = {key: [*leg] for key, leg in queue.bought.items()}
    for session, event, liquid, gates in decided:
        _add_lines(legs, session, event, liquid, gates, cutoffs.get(event.trade_date))
    return {key: leg for key, leg in legs.items() if leg != [0, 0]}


def _add_lines(
    legs: Legs,
    session: date,
    event: OrdersDecided,
    liquid: dict[str, str],
    gates: set[int],
    early: tuple[int, date] | None,
) -> None:
    """Add the legs of lines; those received after an early close go to the session after."""
    rows = zip(event.code.tolist(), event.plan.tolist(), event.sell_fund.tolist(),
               event.buy_fund.tolist(), event.amount_minor.tolist(),
               event.accepted_minor.tolist(), event.diverted_minor.tolist(),
               event.received_at.tolist(), strict=True)  # fmt: skip
    if event.reason in MOVES_NOTHING:
        return
    if event.takes_back:
        _take_back(legs, session, event, early)
    for code, at, sell, buy, amount, accepted, diverted, received_at in rows:
        plan = event.plans[at]
        when = (session, event.trade_date)
        if early is not None and session == event.trade_date and received_at >= early[0]:
            when = (early[1], early[1])
        if code or (sell in gates and not event.takes_back):
            continue
        if event.takes_back:
            sell, accepted = -1, 0
        trade = [(sell, 1, amount), (buy, 0, accepted)]
        for fund, side, minor in trade:
            if fund >= 0 and minor:
                legs.setdefault((*when, plan, event.funds[fund]), [0, 0])[side] += minor
        if diverted and buy >= 0:
            legs.setdefault((*when, plan, liquid[plan]), [0, 0])[0] += diverted


def _take_back(
    legs: Legs, session: date, event: OrdersDecided, early: tuple[int, date] | None
) -> None:
    """Lines that take back a purchase or a sale: it is less, where the original's money was."""
    assert event.links is not None
    rows = zip(event.code.tolist(), event.plan.tolist(), event.sell_fund.tolist(),
               event.buy_fund.tolist(), event.amount_minor.tolist(),
               event.accepted_minor.tolist(), event.links.received_at.tolist(),
               strict=True)  # fmt: skip
    for code, at, sell, buy, amount, accepted, received_at in rows:
        when = (session, event.trade_date)
        if early is not None and received_at >= early[0]:
            when = (early[1], early[1])
        for fund, side, minor in [] if code else [(sell, 0, amount), (buy, 1, accepted)]:
            if fund >= 0 and minor:
                legs.setdefault((*when, event.plans[at], event.funds[fund]), [0, 0])[side] -= minor


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
        if event.reason is EventKind.WITHDRAWAL:
            # What waits may be less than what is to be taken back of it.
            asked = event.accepted_minor * (event.code == 0)
        wrong = (event.accepted_minor + event.diverted_minor != asked) | (
            (event.accepted_minor < 0) | (event.diverted_minor < 0)
        )
        for row in wrong.nonzero()[0].tolist():
            where = f"batch {event.batch_id} line {event.line[row]}"
            got = (int(event.accepted_minor[row]), int(event.diverted_minor[row]))
            yield Violation("L1", where, f"{int(asked[row])} minor units were split into {got}")


def _overdrawn(legs: Legs) -> Iterator[Violation]:
    """What is taken back of a session is no more than was bought and sold in it."""
    for key, leg in sorted(legs.items()):
        if min(leg) < 0:
            where = f"{key[1]} plan {key[2]} fund {key[3]}"
            yield Violation("L1", where, f"more was taken back than traded: {tuple(leg)} are left")


def _sent(partition: int, events: Events, legs: Legs) -> Iterator[Violation]:
    for event in events:
        if isinstance(event, FlowsSent):
            mine = [leg for key, leg in legs.items() if key[0] == event.session]
            total = (sum(leg[0] for leg in mine), sum(leg[1] for leg in mine))
            yield from say(f"plan/{partition} {event.session}", "bought and sold in all",
                            total, (event.buy_minor, event.sell_minor))  # fmt: skip


def _flows(
    partition: int, events: Events, legs: Sequence[Legs], story: Story
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


def _adopted(partition: int, events: Events, story: Story, complete: bool) -> Iterator[Violation]:
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
    partition: int, events: Events, legs: Legs, story: Story, complete: bool
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
            scales = Scales(event.nav_scale, event.unit_scale, rounding=event.unit_rounding)
            for plan, buy, sell, buy_units, sell_units in rows:
                key = (event.session, event.trade_date, plan, event.fund_id)
                leg = filled.setdefault(key, [0, 0])
                leg[0], leg[1] = leg[0] + buy, leg[1] + sell
                want = (scales.units_for(buy, event.nav), scales.units_for(sell, event.nav))
                yield from say(f"{where} plan {plan}", "units", want, (buy_units, sell_units))
    done = {event.closed for event in events if isinstance(event, SessionAdvanced)}
    for key in sorted({*legs, *filled}):
        fund = (key[0], key[3])
        held = story.struck[fund].held if fund in story.struck else True
        due = key[0] in done and not held and (complete or fund not in story.released)
        if key in filled or due:
            where = f"{key[1]} plan {key[2]} fund {key[3]}"
            yield from say(where, "fill (bought, sold)", legs.get(key), filled.get(key))
