"""A whole day, worked out slowly: the reference that the gateway is compared with.

Independent on purpose: dicts, ints and fractions; no columns, no desk, no journal. It reads
the market that is published (`market.Market`) and knows the rules by the trade's words. Its
senders are punctual, as the simulator's are: everything of a session comes before its close.

Not here: playing the same day on the gateway (`played`).
Source: design of the daily close; domain.md §1 to §3, §8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from gateway.core.book import FundTerms
from gateway.core.logic import OWN_MONEY
from gateway.core.sessions import Calendar
from gateway.ops.simulate.market import Line, Market, valuer_of
from tests.reference.answer import Answer, FillAnswer, Owed, ShareAnswer
from tests.reference.money_moves import Ledger
from tests.reference.people import Arrived, Leg, Register, shared
from tests.reference.wrappers import KnownMark, PlanMoney, Wrapper, units

MINUTE = 60_000_000
INDICES = ("LIQUID", "PROXY")
Token = Callable[[str, str], int]
"""The token of a plan's participant: what ties between equal remainders go by."""


def reference(day: Market, sessions: Sequence[date], token: Token) -> Answer:
    """What a market's days come to.

    Args:
        day: What happens.
        sessions: The sessions that are played, in order.
        token: The participants' tokens.
    """
    world = _World(day, sessions, token)
    for session in sessions:
        world.orders(session)
        world.close(session)
    for (plan, who, fund), held in world.register.units.items():
        if held:
            world.answer.held_units[plan, who, fund] = held
    world.answer.wires = world.ledger.wires
    return world.answer


@dataclass(slots=True)
class _World:
    """Everybody's books."""

    day: Market
    sessions: Sequence[date]
    token: Token
    calendar: Calendar
    register: Register
    wrappers: dict[str, Wrapper]
    ledger: Ledger
    answer: Answer

    def __init__(self, day: Market, sessions: Sequence[date], token: Token) -> None:
        """Open all books as operations and the recordkeepers say."""
        assert day.change.calendar is not None
        self.day, self.sessions, self.token = day, sessions, token
        self.calendar = day.change.calendar.calendar()
        funds = {fund.fund_id: fund for fund in day.change.funds}
        self.register = Register(funds=funds)
        self.register.navs = {name: fund.opening_nav for name, fund in funds.items()}
        for plan, who, fund, held in day.holdings:
            self.register.units[plan, who, fund] = held
            self.register.known.add((plan, who))
        self.wrappers = {name: Wrapper.opening(fund) for name, fund in sorted(funds.items())}
        self.ledger = Ledger(self.calendar, min(fund.settle_days for fund in funds.values()))
        self.answer = Answer()

    def orders(self, session: date) -> None:
        """Decide the session's lines: those left from the sessions before first, then its own."""
        for change in (self.day.change, self.day.following):
            if change.session == session:
                self.register.plans.update((plan.plan_id, plan) for plan in change.plans)
                for wrapper in self.wrappers.values():
                    wrapper.own_money |= change.logic >= OWN_MONEY
        arrived = [self._arrived(number, line) for number, line in enumerate(self.day.lines)]
        due = [each for each in arrived if each.session == session]
        for each in sorted(due, key=lambda each: (each.line.session, each.number)):
            about = f"line {each.number}"
            self.answer.say(about, f"{each.line}, trade date {each.trade_date}")
            tell = self._teller(about)
            self.answer.lines[each.number] = self.register.decide(each, tell)

    def _arrived(self, number: int, line: Line) -> Arrived:
        """Received before a close, the session's NAV; at the close or after it, the next one's."""
        close = self.calendar.cutoff_at(line.session)
        received_at = close - line.minutes * MINUTE
        session = self.calendar.session_on_or_after(line.session - timedelta(days=10))
        while received_at >= self.calendar.cutoff_at(session):
            session = self.calendar.next_session(session)
        # It is published in the session it is booked under, however early it was received.
        return Arrived(number, line, received_at, session, max(session, line.session))

    def _teller(self, about: object) -> Callable[[str], None]:
        return lambda text: self.answer.say(about, text)

    def close(self, session: date) -> None:
        """Strike every fund, fill at what stands, and write who owes whom."""
        for name, wrapper in self.wrappers.items():
            about = (session, name)
            legs = self.register.money_of(session, name)
            money = [
                _plan_money(plan, mine, self.register.least_nav(mine))
                for plan, mine in legs.items()
            ]
            cutoff = self.calendar.local_at(session, wrapper.terms.valuation_cutoff_minutes)
            levels = {index: self._level(index, session, cutoff) for index in INDICES}
            struck, balance = wrapper.strike(
                session, levels, self._marks(wrapper.terms, cutoff), money, self._teller(about)
            )
            self.answer.navs[about] = struck
            if balance is None:
                continue
            self.answer.balances[about] = balance
            for each in money:
                self._fill(session, wrapper.terms, struck.nav, each, legs[each.plan])
            self._owe_purchase(session, wrapper.terms, balance.bought)
        for name in self.wrappers:
            if not self.answer.navs[session, name].held:
                self.register.navs[name] = self.answer.navs[session, name].nav
        self.ledger.close(session)

    def _level(self, index: str, session: date, until: int) -> int | None:
        """The last level of an index for a session that was recorded in time."""
        stated = [
            (at, level)
            for day, name, level, after in self.day.levels
            if (day, name) == (session, index) and (at := self._valued_at(day) + after) <= until
        ]
        return max(stated, key=lambda each: each[0])[1] if stated else None

    def _valued_at(self, session: date) -> int:
        """The moment that senders mean by the valuation cut-off: half past six."""
        return self.calendar.local_at(session, 18 * 60 + 30)

    def _marks(self, terms: FundTerms, until: int) -> list[KnownMark]:
        """The marks that are the fund's and were recorded in time."""
        managers = {sleeve.vehicle_id: sleeve.manager for sleeve in terms.sleeves}
        return [
            KnownMark(
                mark.vehicle, mark.session - timedelta(days=mark.age_days), mark.value,
                self._valued_at(mark.session) + mark.after, f"M{number}", bool(valuer_of(number)),
            )
            for number, mark in enumerate(self.day.marks)
            if mark.fund == terms.fund_id
            and managers.get(mark.vehicle) == mark.manager
            and mark.currency == terms.currency
            and mark.session in self.sessions
            and self._valued_at(mark.session) + mark.after <= until
        ]  # fmt: skip

    def _fill(
        self, session: date, terms: FundTerms, nav: int, money: PlanMoney, legs: Sequence[Leg]
    ) -> None:
        """Omnibus units for a plan's money, shared among its people by theirs."""
        name, plan = terms.fund_id, money.plan
        bought, sold = units(money.buy, nav, terms), units(money.sell, nav, terms)
        self.answer.fills[session, name, plan] = FillAnswer(
            nav, money.buy, money.sell, bought, sold
        )
        people = sorted({leg.who for leg in legs}, key=lambda who: self.token(plan, who))
        buys = [sum(leg.buy for leg in legs if leg.who == who) for who in people]
        sells = [sum(leg.sell for leg in legs if leg.who == who) for who in people]
        got, gave = shared(bought, buys), shared(sold, sells)
        about = (session, name, plan)
        self.answer.say(about, f"{money} at {nav}: {bought} units bought, {sold} sold")
        for who, buy, sell, more, less in zip(people, buys, sells, got, gave, strict=True):
            self.answer.say(about, f"{who}: buys {buy}, sells {sell}: {more} − {less} units")
            self.answer.shares[session, name, plan, who] = ShareAnswer(nav, buy, sell, more - less)
            key = (plan, who, name)
            self.register.units[key] = self.register.units.get(key, 0) + more - less
        for leg in legs:
            self.register.on_the_way.remove(leg)
        party = self.register.plans[plan].settling_entity
        for minor, reason in ((money.buy, "PLAN_PURCHASE"), (-money.sell, "PLAN_REDEMPTION")):
            self._owe(session, terms, party, minor, plan, (reason, "FUND_SIDE"), terms.custodian)

    def _owe_purchase(self, session: date, terms: FundTerms, bought: int) -> None:
        if bought:
            sleeve = terms.sleeves[0]
            both = ("ALTERNATIVE_PURCHASE", "ALTERNATIVE_PURCHASE")
            self._owe(
                session, terms, terms.custodian, bought, sleeve.vehicle_id, both, sleeve.manager
            )

    def _owe(
        self, session: date, terms: FundTerms, payer: str, minor: int, about: str,
        reasons: tuple[str, str], payee: str,
    ) -> None:  # fmt: skip
        """Both sides of a debt; they add up to nothing."""
        if not minor:
            return
        settles = self.calendar.settlement_date(session, terms.settle_days)
        for party, amount, reason in ((payer, minor, reasons[0]), (payee, -minor, reasons[1])):
            owed = Owed(party, session, settles, amount, terms.fund_id, about, reason)
            self.answer.owed.append(owed)
            self.ledger.open.append(owed)


def _plan_money(plan: str, legs: Sequence[Leg], least_nav: Fraction) -> PlanMoney:
    bought_at = [leg.received_at for leg in legs if leg.buy]
    return PlanMoney(
        plan, sum(leg.buy for leg in legs), sum(leg.sell for leg in legs),
        min(bought_at, default=2**63 - 1), least_nav,
    )  # fmt: skip
