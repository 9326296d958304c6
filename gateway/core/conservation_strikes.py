"""Law L1 inside the fund partitions: units roll and sleeves add up, strike by strike.

Not here: money between the desks (`conservation`).
Law: L1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import BookChange
from gateway.core.capital_returns import CapitalReturned
from gateway.core.events import (
    SleevesBalanced,
    SleeveValued,
)
from gateway.core.fund_events import HeldFlowsFilled
from gateway.core.laws import Events, Violation
from gateway.core.marks import NavStruck
from gateway.core.money import units_for, value_of
from gateway.core.nav import NavStatus, units_roll_difference
from gateway.core.nav_correction import NavErrorBooked
from gateway.core.orders import FlowBatch
from gateway.core.requests import GatePassed

Key = tuple[date, date, str, str]
"""Session at whose close money is sent, session whose NAV it gets, plan and fund."""
Legs = dict[Key, list[int]]
"""Minor units bought and sold."""


def say(where: str, what: str, expected: object, got: object) -> Iterator[Violation]:
    """A violation of L1 unless what was expected is there."""
    if expected != got:
        yield Violation("L1", where, f"{what}: expected {expected}, got {got}")


def add_flows(legs: Legs, batch: FlowBatch) -> None:
    """Add a message's flows to those of its session and trade date."""
    rows = zip(batch.plan.tolist(), batch.fund.tolist(), batch.buy_minor.tolist(),
               batch.sell_minor.tolist(), strict=True)  # fmt: skip
    for plan, fund, buy, sell in rows:
        key = (batch.session, batch.trade_date, batch.plans[plan], batch.funds[fund])
        leg = legs.setdefault(key, [0, 0])
        leg[0] += buy
        leg[1] += sell


@dataclass(slots=True)
class _Roll:
    """What a fund partition's strikes are added up from."""

    units: dict[str, int] = field(default_factory=dict)
    liquid: dict[str, int] = field(default_factory=dict)
    navs: dict[tuple[date, str], int] = field(default_factory=dict)
    flows: Legs = field(default_factory=dict)
    valued: dict[tuple[date, str], int] = field(default_factory=lambda: defaultdict(int))
    struck: dict[str, NavStruck] = field(default_factory=dict)
    passed: dict[tuple[date, str], GatePassed] = field(default_factory=dict)
    returned: dict[tuple[date, str], CapitalReturned] = field(default_factory=dict)

    def note(self, event: CapitalReturned | GatePassed) -> None:
        """Keep what was paid beside the flows of a session."""
        if isinstance(event, GatePassed):
            self.passed[event.session, event.fund_id] = event
        else:
            self.returned[event.session, event.fund_id] = event

    def redeemed(self, session: date, fund: str) -> tuple[int, int]:
        """Money paid and units taken for requests in a session; capital returned is paid too."""
        passed = self.passed.get((session, fund))
        rows = () if passed is None else passed.rows
        back = self.returned.get((session, fund))
        paid = 0 if back is None else sum(row.minor for row in back.rows)
        paid += sum(row.met_minor - row.kept_minor for row in rows)
        return paid, sum(row.units for row in rows)

    def sent(self, session: date, fund: str) -> list[tuple[date, int, int]]:
        """A fund's flows of a session: trade date, bought, sold, one entry a plan."""
        return [
            (key[1], buy, sell)
            for key, (buy, sell) in self.flows.items()
            if (key[0], key[3]) == (session, fund)
        ]


def strikes(partition: int, events: Events) -> Iterator[Violation]:
    """Units roll and sleeves add up, strike by strike."""
    roll = _Roll()
    for event in events:
        match event:
            case BookChange():
                for terms in event.funds:
                    roll.units.setdefault(terms.fund_id, terms.opening_units)
            case FlowBatch():
                add_flows(roll.flows, event)
            case SleeveValued():
                roll.valued[event.session, event.fund_id] += event.value_minor
            case NavStruck(status=NavStatus.CORRECTED):
                roll.navs[event.session, event.fund_id] = event.nav
            case NavErrorBooked():
                where = f"{event.fund_id} {event.session} corrected"
                units = roll.units[event.fund_id] + event.units_change
                liquid = roll.liquid[event.fund_id] + event.paid_in_minor - event.paid_out_minor
                yield from say(where, "units outstanding afterwards", units, event.units)
                yield from say(where, "liquid sleeve afterwards", liquid, event.liquid_minor)
                roll.units[event.fund_id] = event.units
                roll.liquid[event.fund_id] = event.liquid_minor
            case NavStruck():
                where = f"fund/{partition} {event.fund_id} {event.session}"
                if event.session >= max((d for d, f in roll.navs if f == event.fund_id),
                                        default=date.min):  # fmt: skip
                    yield from say(
                        where, "units outstanding", roll.units[event.fund_id], event.units
                    )
                roll.struck[event.fund_id] = event
                if not event.held:
                    roll.navs[event.session, event.fund_id] = event.nav
            case CapitalReturned() | GatePassed():
                roll.note(event)
            case SleevesBalanced():
                yield from _balance(roll, event)
                roll.units[event.fund_id] = event.units
                roll.liquid[event.fund_id] = event.liquid_minor
            case HeldFlowsFilled():
                yield from _filled_late(roll, event)
                roll.units[event.fund_id] = event.units
                roll.liquid[event.fund_id] = event.liquid_minor


def _filled_late(roll: _Roll, event: HeldFlowsFilled) -> Iterator[Violation]:
    """A held session's flows, filled behind a later strike, move units and the liquid sleeve."""
    where = f"{event.fund_id} {event.session}"
    nav = roll.struck[event.fund_id]
    scale = {"nav_scale": nav.nav_scale, "unit_scale": nav.unit_scale}
    sent = roll.sent(event.session, event.fund_id)
    paid, gone = roll.redeemed(event.session, event.fund_id)
    net = sum(buy - sell for _, buy, sell in sent) - paid
    units = -gone + sum(
        units_for(buy, event.nav, **scale) - units_for(sell, event.nav, **scale)
        for _, buy, sell in sent
    )
    yield from say(where, "NAV", nav.nav, event.nav)
    yield from say(where, "net flow", net, event.net_flow_minor)
    yield from say(
        where, "units outstanding afterwards", roll.units[event.fund_id] + units, event.units
    )
    yield from say(
        where, "liquid sleeve afterwards", roll.liquid[event.fund_id] + net, event.liquid_minor
    )


def _balance(roll: _Roll, event: SleevesBalanced) -> Iterator[Violation]:
    where = f"{event.fund_id} {event.session}"
    nav = roll.struck[event.fund_id]
    valued = roll.valued[event.session, event.fund_id]
    scale = {"nav_scale": nav.nav_scale, "unit_scale": nav.unit_scale}
    paid, gone = roll.redeemed(event.session, event.fund_id)
    net, late, came, left = -paid, 0, 0, gone
    for day, buy, sell in roll.sent(event.session, event.fund_id):
        price = roll.navs[day, event.fund_id]
        bought, sold = units_for(buy, price, **scale), units_for(sell, price, **scale)
        net, came, left, units = net + buy - sell, came + bought, left + sold, bought - sold
        late += max(0, value_of(units, nav.nav - price, **scale)) if day < event.session else 0
    owned = nav.net_assets_minor + nav.accrued_minor - nav.alternative_minor
    capital = event.distributed_minor - event.called_minor + event.redeemed_minor
    liquid = owned + net + late + capital - event.granted_minor - event.fees_paid_minor
    liquid -= event.performance_paid_minor
    yield from say(where, "net flow", net, event.net_flow_minor)
    yield from say(where, "cost of late orders", late, event.dilution_minor)
    beyond = units_roll_difference(nav.units, came, left, event.units)
    yield from say(where, "units outstanding afterwards", event.units - beyond, event.units)
    yield from say(where, "liquid sleeve afterwards", liquid, event.liquid_minor)
    yield from say(where, "alternatives", valued, nav.alternative_minor)
    yield from say(where, "plans' parts of what was put into alternatives",
                    event.granted_minor, sum(s.granted_minor for s in event.shares))  # fmt: skip
    yield from say(where, "plans' parts of what was asked for alternatives",
                    event.asked_minor, sum(s.asked_minor for s in event.shares))  # fmt: skip
