"""Law L2, no active breach: every purchase tested again, in whole numbers, from the journals.

The positions and prices of each plan partition are folded here a second time, in plain
Python integers and without the desk's own columns, so that an error there is seen here.
A passive breach (the market moved) is no violation; a purchase that ends above a cap is.

Not here: the other laws; trimming, headroom, and what becomes of a line that does not fit.
Law: L2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import BookChange, FundTerms
from gateway.core.calls import NoticeKind
from gateway.core.events import (
    OrdersDecided,
    SessionAdvanced,
    SessionAnnounced,
    SleevesBalanced,
    SleeveValued,
)
from gateway.core.fund_events import CapitalMoved
from gateway.core.laws import Events, Reference, Violation
from gateway.core.limits import Limit, is_within
from gateway.core.marks import NavStruck
from gateway.core.money import split, value_of
from gateway.core.nav_correction import CorrectionFill
from gateway.core.orders import FillBatch, HoldingsBatch


def l2(plan: Sequence[Events], fund: Sequence[Events]) -> list[Violation]:
    """No purchase leaves a participant, a plan or a fund above its hard cap.

    Args:
        plan: The plan desk's journals, by partition.
        fund: The fund desk's journals, by partition.
    """
    found: list[Violation] = []
    for partition, events in enumerate(plan):
        found.extend(_orders(f"plan/{partition}", events))
    for partition, events in enumerate(fund):
        found.extend(_purchases(f"fund/{partition}", events))
    return found


@dataclass(slots=True)
class _Money:
    """What a participant or a plan has: alternatives and all in all, minor units."""

    alternative: int = 0
    total: int = 0


@dataclass(slots=True)
class _Unfilled:
    """Accepted money of a session in one fund, by participant: bought and sold."""

    plan: dict[int, str] = field(default_factory=dict)
    legs: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


@dataclass(slots=True)
class _Register:
    """Who holds what in one plan partition, and what it is worth."""

    reference: Reference = field(default_factory=Reference)
    navs: dict[str, int] = field(default_factory=dict)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    priced: dict[str, date] = field(default_factory=dict)
    plan_of: dict[int, str] = field(default_factory=dict)
    units: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    unfilled: dict[tuple[date, str], _Unfilled] = field(
        default_factory=lambda: defaultdict(_Unfilled)
    )
    people: dict[int, _Money] = field(default_factory=lambda: defaultdict(_Money))
    in_plan: dict[str, _Money] = field(default_factory=lambda: defaultdict(_Money))

    def is_alternative(self, fund: str) -> bool:
        """Whether money in a fund counts whole as alternative."""
        return self.reference.book.funds[fund].alternative

    def worth(self, fund: str, units: int) -> int:
        """Minor units at the NAV in force."""
        terms = self.reference.book.funds[fund]
        return value_of(
            units, self.navs[fund], nav_scale=terms.nav_scale, unit_scale=terms.unit_scale
        )

    def move(self, who: int, fund: str, minor: int) -> None:
        """Add money in a fund to what a participant and its plan have."""
        for holder in (self.people[who], self.in_plan[self.plan_of[who]]):
            holder.total += minor
            if self.is_alternative(fund):
                holder.alternative += minor

    def value_again(self) -> None:
        """Everything at the NAVs in force, with what is accepted and not yet filled."""
        self.people.clear()
        self.in_plan.clear()
        for (who, fund), units in self.units.items():
            self.move(who, fund, self.worth(fund, units))
        for (_, fund), unfilled in self.unfilled.items():
            for who, (buy, sell) in unfilled.legs.items():
                self.move(who, fund, buy - sell)


def _orders(where: str, events: Events) -> Iterator[Violation]:
    register = _Register()
    for event in events:
        if isinstance(event, SessionAdvanced):
            _adopt(register, event)
        for change in register.reference.follow(event):
            for terms in change.funds:
                register.navs.setdefault(terms.fund_id, terms.opening_nav)
        match event:
            case OrdersDecided():
                yield from _trade(where, register, event)
            case HoldingsBatch():
                _hold(register, event)
            case NavStruck():
                register.struck[event.session, event.fund_id] = event
            case FillBatch():
                _fill(register, event)
            case CorrectionFill():
                rows = zip(event.participant.tolist(), event.units.tolist(), strict=True)
                for who, units in rows:
                    register.units[who, event.fund_id] += units
            case BookChange() | SessionAnnounced() | SessionAdvanced():
                register.value_again()


def _adopt(register: _Register, event: SessionAdvanced) -> None:
    for (session, fund), nav in sorted(register.struck.items()):
        newest = register.priced.get(fund, date.min)
        if newest <= session <= event.closed and not nav.held:
            register.navs[fund] = nav.nav
            register.priced[fund] = session


def _hold(register: _Register, event: HoldingsBatch) -> None:
    rows = zip(event.plan.tolist(), event.participant.tolist(), event.fund.tolist(),
               event.units.tolist(), strict=True)  # fmt: skip
    for plan, who, at, units in rows:
        fund = event.funds[at]
        register.plan_of.setdefault(who, event.plans[plan])
        before = register.worth(fund, register.units[who, fund])
        register.units[who, fund] = units
        register.move(who, fund, register.worth(fund, units) - before)


def _fill(register: _Register, event: FillBatch) -> None:
    """Share the omnibus units among those whose money was filled; the money is then units."""
    unfilled = register.unfilled[event.trade_date, event.fund_id]
    for at, plan in enumerate(event.plans):
        people = sorted(who for who in unfilled.legs if unfilled.plan[who] == plan)
        columns = ((0, event.buy_units, 1), (1, event.sell_units, -1))
        for side, units, sign in columns:
            weights = [unfilled.legs[who][side] for who in people]
            shares = split(int(units[at]), weights) if any(weights) else []
            for who, share in zip(people, shares, strict=False):
                register.units[who, event.fund_id] += sign * share
        for who in people:
            del unfilled.legs[who]


def _trade(where: str, register: _Register, event: OrdersDecided) -> Iterator[Violation]:
    """Apply the lines that trade, in order, looking at both scopes after each purchase."""
    rows = zip(event.code.tolist(), event.line.tolist(), event.plan.tolist(),
               event.participant.tolist(), event.sell_fund.tolist(), event.buy_fund.tolist(),
               event.amount_minor.tolist(), event.accepted_minor.tolist(),
               event.diverted_minor.tolist(), strict=True)  # fmt: skip
    for code, line, at, who, sell, buy, amount, accepted, diverted in rows:
        if code:
            continue
        terms = register.reference.book.plans.get(event.plans[at])
        if terms is None:
            yield Violation(
                "L2",
                f"{where}, batch {event.batch_id} line {line}",
                f"accepted for a plan that is not in the book: {event.plans[at]}",
            )
            continue
        register.plan_of.setdefault(who, terms.plan_id)
        legs = [(event.funds[sell], 1, amount)] if sell >= 0 else []
        bought = 0
        if buy >= 0:
            legs += [(event.funds[buy], 0, accepted), (terms.liquid_fund, 0, diverted)]
        for fund, side, minor in legs:
            if minor:
                unfilled = register.unfilled[event.trade_date, fund]
                unfilled.plan[who] = terms.plan_id
                unfilled.legs[who][side] += minor
                register.move(who, fund, -minor if side else minor)
                bought += minor if not side and register.is_alternative(fund) else 0
        if bought:
            here = f"{where}, batch {event.batch_id} line {line}"
            yield from _scope(here, "participant", register.people[who], terms.participant_limit)
            in_plan = register.in_plan[terms.plan_id]
            yield from _scope(here, f"plan {terms.plan_id}", in_plan, terms.plan_limit)


def _scope(where: str, whose: str, money: _Money, limit: Limit) -> Iterator[Violation]:
    if not is_within(money.alternative, money.total, limit.cap):
        yield Violation(
            "L2", where,
            f"a purchase leaves the {whose} with {money.alternative} of {money.total} minor units "
            f"in alternatives, above {limit.limit_id} ({limit.cap})",
        )  # fmt: skip


def _purchases(where: str, events: Events) -> Iterator[Violation]:
    """What funds put into alternatives, against the fund's own limit and those on holdings."""
    reference = Reference()
    valued: dict[tuple[date, str], dict[str, int]] = defaultdict(dict)
    struck: dict[str, NavStruck] = {}
    moved: dict[tuple[date, str], list[CapitalMoved]] = defaultdict(list)
    for event in events:
        if isinstance(event, CapitalMoved):
            moved[event.session, event.fund_id].append(event)
    for event in events:
        reference.follow(event)
        match event:
            case SleeveValued():
                valued[event.session, event.fund_id][event.vehicle_id] = event.value_minor
            case NavStruck():
                struck[event.fund_id] = event
            case SleevesBalanced() if event.granted_minor != 0:
                key = (event.session, event.fund_id)
                holdings = dict(valued[key])
                assets = struck[event.fund_id].net_assets_minor
                here = f"{where}, {event.fund_id} {event.session}"
                terms = reference.book.funds[event.fund_id]
                before = sum(holdings.values())
                if not is_within(before, assets, terms.limit.cap):
                    yield Violation(
                        "L2",
                        here,
                        f"{event.granted_minor} minor units were bought "
                        f"while {before} of {assets} was above {terms.limit.limit_id}",
                    )
                for each in moved[key]:
                    sign = 1 if each.kind is NoticeKind.CALL else -1
                    holdings[each.vehicle_id] += sign * each.total_minor
                total = assets + event.net_flow_minor + event.dilution_minor
                yield from _after(here, terms, holdings, event.granted_minor, total)


def _after(
    here: str, terms: FundTerms, holdings: dict[str, int], granted: int, total: int
) -> Iterator[Violation]:
    """Each limit that counts the holding bought, after the purchase."""
    bought = next(sleeve for sleeve in terms.sleeves if sleeve.calls is None)
    holdings[bought.vehicle_id] += granted
    under = (bought.vehicle_id, bought.manager, bought.asset_class, bought.issuer)
    for limit in (terms.limit, *(each for each in terms.limits if each.about in under)):
        alike = sum(
            holdings[sleeve.vehicle_id]
            for sleeve in terms.sleeves
            if limit.about
            in ("", sleeve.vehicle_id, sleeve.manager, sleeve.asset_class, sleeve.issuer)
        )
        yield from _scope(here, "fund", _Money(alike, total), limit)
