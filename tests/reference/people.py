"""The recordkeepers' side of the reference: order lines, one after the other, in words and ints.

A line is dated, checked in the order of the reject codes, its sale is held against the units,
its purchase against the limits of participant and plan. Every standing is added up from
nothing each time it is asked, so there is nothing here that could be forgotten to be updated.

Not here: funds (`wrappers`), cash (`money_moves`).
Source: domain.md §1.2, §1.5, §2.2; golden G01, G09, G13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.limits import ExcessPolicy, Limit
from gateway.core.vocabulary import OrderKind
from gateway.ops.simulate.market import Line
from tests.reference.answer import LineAnswer

SELLABLE = Fraction(95, 100)
"""A sale by amount takes at most this share of what a position was worth at the last NAV, rounded
down: so it takes no more units than are held, if the NAV falls by no more than the rest."""
NO_LIMIT = "NONE"
Who = tuple[str, str]
"""Plan and person."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Leg:
    """Accepted money that no fund has filled yet."""

    plan: str
    who: str
    fund: str
    buy: int
    sell: int
    session: date
    received_at: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A line as it arrived: its number, when it was received, and which session decides it."""

    number: int
    line: Line
    received_at: int
    trade_date: date
    session: date


@dataclass(slots=True)
class Register:
    """Plans, people, the units they hold and the money on its way."""

    plans: dict[str, PlanTerms] = field(default_factory=dict)
    funds: dict[str, FundTerms] = field(default_factory=dict)
    navs: dict[str, int] = field(default_factory=dict)
    units: dict[tuple[str, str, str], int] = field(default_factory=dict)
    known: set[Who] = field(default_factory=set)
    on_the_way: list[Leg] = field(default_factory=list)

    def worth(self, fund: str, units: int) -> Fraction:
        """Cents that units are worth at the NAV in force, exactly."""
        terms = self.funds[fund]
        return Fraction(units * self.navs[fund] * 100, 10 ** (terms.nav_scale + terms.unit_scale))

    def standing(self, plan: str, who: str | None) -> tuple[int, int]:
        """Alternatives and total of a person, or of a whole plan, as if all were filled.

        Each position counts with its value half-up to the cent.
        """
        alternative = total = 0
        for (where, whose, fund), units in self.units.items():
            if where == plan and who in (None, whose):
                value = nearest(self.worth(fund, units))
                total += value
                alternative += value if self.funds[fund].alternative else 0
        for leg in self.on_the_way:
            if leg.plan == plan and who in (None, leg.who):
                total += leg.buy - leg.sell
                alternative += leg.buy - leg.sell if self.funds[leg.fund].alternative else 0
        return alternative, total

    def decide(self, arrived: Arrived, tell: Tell) -> LineAnswer:
        """Decide a line and take its money into account."""
        line, session = arrived.line, arrived.session
        code = self._fault(line, arrived.trade_date)
        if code:
            tell(f"it cannot be an order: {code}")
            return LineAnswer(session, 0, 0, code, NO_LIMIT, 0)
        if line.sell and not self._can_sell(line, tell):
            return LineAnswer(session, 0, 0, "INSUFFICIENT_UNITS", NO_LIMIT, 0)
        scope, room, refused = self._limited(line, tell)
        if refused:
            return LineAnswer(session, 0, 0, "LIMIT_HARD", scope, room)
        accepted = room if scope != NO_LIMIT else line.amount
        diverted = line.amount - accepted
        self._take(arrived, accepted, diverted)
        return LineAnswer(session, accepted, diverted, "NONE", scope, room)

    def _fault(self, line: Line, trade_date: date) -> str:
        """The first reason why a line cannot be an order, in the order of the reject codes."""
        plan = self.plans.get(line.plan)
        named = [name for name in (line.sell, line.buy) if name]
        has_legs = bool(line.sell) == (line.kind is not OrderKind.CONTRIBUTION)
        has_legs &= bool(line.buy) == (line.kind is not OrderKind.DISTRIBUTION)
        if line.amount <= 0:
            return "NEGATIVE_AMOUNT"
        if plan is None:
            return "UNKNOWN_PLAN"
        if plan.recordkeeper != line.sender:
            return "NOT_THE_RECORDKEEPER"
        if not has_legs or any(name not in self.funds for name in named):
            return "UNKNOWN_FUND"
        if any(name not in plan.funds for name in named):
            return "NO_AGREEMENT"
        if line.kind is not OrderKind.CONTRIBUTION and (line.plan, line.who) not in self.known:
            return "UNKNOWN_PARTICIPANT"
        return "AS_OF_REQUIRED" if trade_date < line.session else ""

    def _can_sell(self, line: Line, tell: Tell) -> bool:
        units = self.units.get((line.plan, line.who, line.sell), 0)
        worth = self.worth(line.sell, units)
        whose = (line.plan, line.who, line.sell)
        going = sum(g.sell for g in self.on_the_way if (g.plan, g.who, g.fund) == whose)
        sellable = int(worth * SELLABLE) - going
        tell(
            f"{units} units of {line.sell} at a NAV of {self.navs[line.sell]} are worth "
            f"{nearest(worth)}, 95 % of that less {going} of sales in flight is {sellable}; "
            f"{line.amount} is asked"
        )
        return line.amount <= sellable

    def _limited(self, line: Line, tell: Tell) -> tuple[str, int, bool]:
        """The scope that binds, what it has left, and whether the line is refused for it."""
        if not line.buy or not self.funds[line.buy].alternative:
            return NO_LIMIT, 0, False
        plan = self.plans[line.plan]
        mine = self._room(line, line.who, plan.participant_limit, tell)
        ours = self._room(line, None, plan.plan_limit, tell)
        if line.amount <= min(mine, ours):
            tell(f"{line.amount} fits both limits")
            return NO_LIMIT, 0, False
        scope, limit = (
            ("PARTICIPANT", plan.participant_limit) if mine <= ours else ("PLAN", plan.plan_limit)
        )
        refused = limit.on_excess is ExcessPolicy.REJECT
        tell(f"the {scope} limit binds at {min(mine, ours)} and says {limit.on_excess}")
        return scope, min(mine, ours), refused

    def _room(self, line: Line, who: str | None, limit: Limit, tell: Tell) -> int:
        """The most that may be bought: cap × total after − alternatives before, rounded down."""
        alternative, total = self.standing(line.plan, who)
        if line.sell:
            total -= line.amount
            alternative -= line.amount if self.funds[line.sell].alternative else 0
        total += line.amount
        most = Fraction(limit.cap.num, limit.cap.den) * total
        room = max(0, most.numerator // most.denominator - alternative)
        tell(
            f"{who or 'the plan'}: {alternative} alternative of {total} after the trade, cap "
            f"{limit.cap}, so {room} more"
        )
        return room

    def _take(self, arrived: Arrived, accepted: int, diverted: int) -> None:
        line, when = arrived.line, (arrived.session, arrived.received_at)
        self.known.add((line.plan, line.who))
        if line.sell:
            self.on_the_way.append(Leg(line.plan, line.who, line.sell, 0, line.amount, *when))
        if line.buy and accepted:
            self.on_the_way.append(Leg(line.plan, line.who, line.buy, accepted, 0, *when))
        if line.buy and diverted:
            liquid = self.plans[line.plan].liquid_fund
            self.on_the_way.append(Leg(line.plan, line.who, liquid, diverted, 0, *when))

    def least_nav(self, legs: Sequence[Leg]) -> Fraction:
        """The NAV below which one of these sales takes more units than its owner has.

        Of the owner's units two of the smallest parts are left to rounding.
        """
        least = Fraction(0)
        for leg in legs:
            if leg.sell:
                whose = (leg.plan, leg.who, leg.fund)
                terms = self.funds[leg.fund]
                going = sum(g.sell for g in self.on_the_way if (g.plan, g.who, g.fund) == whose)
                cents = 10 ** (terms.nav_scale + terms.unit_scale - 2)
                least = max(least, Fraction(going * cents, max(1, self.units[whose] - 2)))
        return least

    def money_of(self, session: date, fund: str) -> dict[str, list[Leg]]:
        """The money of a session on its way to a fund, by plan."""
        found: dict[str, list[Leg]] = {}
        for leg in self.on_the_way:
            if (leg.session, leg.fund) == (session, fund):
                found.setdefault(leg.plan, []).append(leg)
        return {plan: found[plan] for plan in sorted(found)}


def nearest(exact: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    size = abs(exact) + Fraction(1, 2)
    whole = size.numerator // size.denominator
    return whole if exact >= 0 else -whole


def shared(total: int, weights: list[int]) -> list[int]:
    """Share out by weight: everybody the whole part, what is left to the largest remainders.

    Equal remainders: the larger weight first, then the one that stands first.
    """
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    exact = [Fraction(total * weight, whole) for weight in weights]
    shares = [part.numerator // part.denominator for part in exact]
    queue = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], -weights[i], i))
    for index in queue[: total - sum(shares)]:
        shares[index] += 1
    return shares
