"""Law L2, no active breach: every purchase tested again, in whole numbers, from the journals.

The positions and prices of each plan partition are folded here a second time, in plain
Python integers and without the desk's own columns, so that an error there is seen here.
A passive breach (the market moved) is no violation; a purchase that ends above a cap is.

Not here: funds' own purchases (`breaches_of_funds`), marks (`breaches_of_marks`), reports of
passive breaches (`breaches_reported`); the other laws; trimming, headroom, and what becomes of a
line that does not fit.
Law: L2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import PlanTerms
from gateway.core.breaches_of_funds import purchases_kept, scope_kept
from gateway.core.breaches_of_marks import independence_kept
from gateway.core.breaches_of_terms import terms_kept
from gateway.core.breaches_reported import reports_asked
from gateway.core.capital_returns import CapitalShared
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.events import (
    OrdersDecided,
    SessionAdvanced,
    SessionAnnounced,
)
from gateway.core.laws import Events, Reference, Violation
from gateway.core.marks import NavStruck
from gateway.core.money import split, value_of
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import CorrectionFill
from gateway.core.orders import FillBatch, HoldingsBatch
from gateway.core.requests import RequestsFilled, RequestsWithdrawn


def l2(plan: Sequence[Events], fund: Sequence[Events]) -> list[Violation]:
    """No purchase leaves a participant, a plan or a fund above its hard cap.

    Args:
        plan: The plan desk's journals, by partition.
        fund: The fund desk's journals, by partition.
    """
    found: list[Violation] = []
    for partition, events in enumerate(plan):
        found.extend(_orders(f"plan/{partition}", events))
        found.extend(terms_kept(f"plan/{partition}", events))
    for partition, events in enumerate(fund):
        found.extend(purchases_kept(f"fund/{partition}", events))
        found.extend(independence_kept(f"fund/{partition}", events))
        found.extend(reports_asked(f"fund/{partition}", events))
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
class _Waits:
    """Money of a participant that a gate has not let out: what it sells, what it is to buy."""

    who: int
    fund: str
    buys: str
    left: int


@dataclass(slots=True)
class _Register:
    """Who holds what in one plan partition, and what it is worth."""

    reference: Reference = field(default_factory=Reference)
    navs: dict[str, int] = field(default_factory=dict)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    corrected: set[tuple[date, str]] = field(default_factory=set)
    priced: dict[str, date] = field(default_factory=dict)
    plan_of: dict[int, str] = field(default_factory=dict)
    units: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    unfilled: dict[tuple[date, str], _Unfilled] = field(
        default_factory=lambda: defaultdict(_Unfilled)
    )
    waiting: list[_Waits] = field(default_factory=list)
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

    def wait(self, waits: _Waits, minor: int) -> None:
        """Count money that waits at a gate: it frees no room, and what it is to buy takes some.

        An alternative that waits counts as it did: its share only falls when it is paid out.
        """
        if self.is_alternative(waits.fund):
            return
        takes = waits.buys and self.is_alternative(waits.buys)
        for holder in (self.people[waits.who], self.in_plan[self.plan_of[waits.who]]):
            if not waits.buys:
                holder.total -= minor
            elif takes:
                holder.alternative += minor

    def hear(self, nav: NavStruck) -> None:
        """Keep a NAV until a session opens; one that stands corrected is for late orders."""
        if nav.status is NavStatus.CORRECTED:
            self.corrected.add((nav.session, nav.fund_id))
        else:
            self.struck[nav.session, nav.fund_id] = nav

    def is_gated(self, fund: str) -> bool:
        """Whether sales of a fund wait for its dealing days."""
        return self.reference.book.funds[fund].gate is not None

    def value_again(self, opens: SessionAnnounced | SessionAdvanced) -> None:
        """When a session opens: everything at the NAVs in force, with what is not yet filled."""
        if isinstance(opens, SessionAnnounced) and opens.session != self.reference.session:
            return
        self.people.clear()
        self.in_plan.clear()
        for (who, fund), units in self.units.items():
            self.move(who, fund, self.worth(fund, units))
        for (_, fund), unfilled in self.unfilled.items():
            for who, (buy, sell) in unfilled.legs.items():
                self.move(who, fund, buy - sell)
        for waits in self.waiting:
            self.wait(waits, waits.left)


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
                register.hear(event)
            case FillBatch():
                _fill(register, event)
            case RequestsFilled():
                _let_out(register, event)
            case RequestsWithdrawn():
                _withdraw(register, event)
            case CapitalShared():
                _give_back(register, event)
            case CorrectionFill():
                _correct(register, event)
            case SessionAnnounced() | SessionAdvanced():
                register.value_again(event)


def _adopt(register: _Register, event: SessionAdvanced) -> None:
    for (session, fund), nav in sorted(register.struck.items()):
        newest = register.priced.get(fund, date.min)
        if newest <= session <= event.closed and not nav.held:
            register.navs[fund] = nav.nav
            register.priced[fund] = session


def _correct(register: _Register, event: CorrectionFill) -> None:
    """Give what a wrong NAV owes; its fund is worth the correct one while no later is known."""
    key = (event.session, event.fund_id)
    if key in register.corrected and register.priced.get(event.fund_id) == event.session:
        register.navs[event.fund_id] = event.nav
        register.struck.pop(key, None)
    for who, units in zip(event.participant.tolist(), event.units.tolist(), strict=True):
        register.units[who, event.fund_id] += units


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


def _give_back(register: _Register, event: CapitalShared) -> None:
    """Capital returned buys the plans' liquid options."""
    rows = zip(event.plan.tolist(), event.participant.tolist(), event.minor.tolist(), strict=True)
    for plan, who, minor in rows:
        if minor:
            unfilled = register.unfilled[event.buys_on, event.liquid_funds[plan]]
            unfilled.plan[who] = event.plans[plan]
            unfilled.legs[who][0] += minor
            register.move(who, event.liquid_funds[plan], minor)


def _let_out(register: _Register, event: RequestsFilled) -> None:
    """What a gate let out leaves its fund; an exchange buys with it, what lapsed waits no more."""
    rows = zip(event.request.tolist(), event.met_minor.tolist(), event.kept_minor.tolist(),
               event.lapsed_minor.tolist(), event.units.tolist(), strict=True)  # fmt: skip
    for number, met, kept, lapsed, units in rows:
        waits = register.waiting[number]
        register.wait(waits, -met - lapsed)
        waits.left -= met + lapsed
        register.units[waits.who, waits.fund] -= units
        register.move(waits.who, waits.fund, -met)
        if waits.buys and met > kept:
            unfilled = register.unfilled[event.buys_on, waits.buys]
            unfilled.plan[waits.who] = register.plan_of[waits.who]
            unfilled.legs[waits.who][0] += met - kept
            register.move(waits.who, waits.buys, met - kept)


def _withdraw(register: _Register, event: RequestsWithdrawn) -> None:
    """What was taken back of requests waits no more, and stays where it is."""
    rows = zip(event.request.tolist(), event.withdrawn_minor.tolist(), strict=True)
    for number, minor in rows:
        register.wait(register.waiting[number], -minor)
        register.waiting[number].left -= minor


def _trade(where: str, register: _Register, event: OrdersDecided) -> Iterator[Violation]:
    """Apply the lines that trade, in order, looking at both scopes after each purchase."""
    rows = zip(event.code.tolist(), event.line.tolist(), event.plan.tolist(),
               event.participant.tolist(), event.sell_fund.tolist(), event.buy_fund.tolist(),
               event.amount_minor.tolist(), event.accepted_minor.tolist(),
               event.diverted_minor.tolist(), strict=True)  # fmt: skip
    for code, line, at, who, sell, buy, amount, accepted, diverted in rows:
        if code or event.reason in MOVES_NOTHING:
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
        here = f"{where}, batch {event.batch_id} line {line}"
        back = event.takes_back
        if sell >= 0 and not back and register.is_gated(event.funds[sell]):
            sold = event.funds[sell]
            asked = event.funds[buy] if buy >= 0 else ""
            for minor, buys in ((accepted, asked), (diverted, terms.liquid_fund)):
                if minor:
                    register.waiting.append(_Waits(who, sold, buys, minor))
                    register.wait(register.waiting[-1], minor)
            takes = accepted > 0 and asked and register.is_alternative(asked)
            if not takes or register.is_alternative(sold):
                continue
            yield from _scopes(here, register, who, terms)
            continue
        legs = [(event.funds[sell], 1, amount, back)] if sell >= 0 else []
        bought = 0
        if buy >= 0:
            legs += [(event.funds[buy], 0, accepted, back), (terms.liquid_fund, 0, diverted, False)]
        for fund, side, minor, is_back in legs:
            if minor:
                unfilled = register.unfilled[event.trade_date, fund]
                unfilled.plan[who] = terms.plan_id
                # What takes back a sale is a purchase to the limits, and leaves less to sell.
                unfilled.legs[who][1 - side if is_back else side] += -minor if is_back else minor
                register.move(who, fund, -minor if side else minor)
                bought += minor if not side and register.is_alternative(fund) else 0
        if bought:
            yield from _scopes(here, register, who, terms)


def _scopes(where: str, register: _Register, who: int, plan: PlanTerms) -> Iterator[Violation]:
    of_plan = register.in_plan[plan.plan_id]
    for whose, money, limit in (
        ("participant", register.people[who], plan.participant_limit),
        (f"plan {plan.plan_id}", of_plan, plan.plan_limit),
    ):
        yield from scope_kept(where, whose, money.alternative, money.total, limit)
