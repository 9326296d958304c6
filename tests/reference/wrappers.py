"""The funds' side of the reference: values, NAV, holds, and what the net flow buys.

The liquid sleeve follows its index. A private holding is its manager's mark, rolled forward
one session at a time with a share of the proxy's move; each step is carried with six decimals
beyond the cent, half-up. A NAV that is held changes nothing but that its session's move has been:
the next one starts from the last that stood, and goes through each session since.

Not here: people (`people`).
Source: domain.md §2.2, §3.2, §3.3; golden G12, G14, G20 to G22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from gateway.core.book import FeeTerms, FundTerms, SleeveTerms
from gateway.core.fees import DayCount
from gateway.core.limits import Sharing
from gateway.core.money import UnitRounding
from tests.reference.answer import BalanceAnswer, NavAnswer
from tests.reference.people import nearest, shared

CARRY = 10**6
Tell = Callable[[str], None]
Levels = Mapping[str, int | None]
Standing = tuple[date, int, str]


@dataclass(frozen=True, slots=True)
class KnownMark:
    """A manager's mark as it stood at a valuation cut-off."""

    vehicle: str
    measured: date
    value: int
    recorded_at: int
    name: str
    independent: bool = False

    @property
    def standing(self) -> Standing:
        """The later measured counts for more, then the later recorded."""
        return self.measured, self.recorded_at, self.name


@dataclass(frozen=True, slots=True)
class Move:
    """A session since the mark: the proxy's two levels, and what was bought at its end.

    `days` are those since the session before, which earn income.
    """

    session: date
    before: int
    after: int
    bought: int
    days: int = 0


@dataclass(slots=True)
class Holding:
    """A private holding between two NAVs that stood; a mark that is in use is no news."""

    terms: SleeveTerms
    mark: int
    measured: date
    level: int
    in_use: Standing
    moves: list[Move] = field(default_factory=list)
    seen: date | None = None
    while_held: list[Move] = field(default_factory=list)
    independent: date | None = None


@dataclass(frozen=True, slots=True)
class PlanMoney:
    """What a plan brings to a fund and takes from it in a session."""

    plan: str
    buy: int
    sell: int
    first_buy_at: int
    least_nav: Fraction


@dataclass(frozen=True, slots=True)
class Valued:
    """A holding at a session, not yet booked."""

    mark: int
    measured: date
    before: int
    estimate: int
    value: int
    moves: list[Move]
    level: int
    in_use: Standing
    today: Move | None
    independent: date | None


@dataclass(frozen=True, slots=True)
class Fee:
    """A management fee since it was last paid: what it is exactly, and what was taken off.

    Every day, sessions or not, costs its share of a year of 365 days of the net assets after
    the last session's orders. What is taken off is the whole, half-up, never a sum of days.
    """

    exact: Fraction = Fraction(0)
    posted: int = 0
    until: date | None = None

    def on(self, session: date, base: int, terms: FeeTerms | None) -> Fee:
        """The fee at the next session."""
        if terms is None:
            return self
        assert terms.day_count is DayCount.ACT_365F, "the days are drawn with this count alone"
        days = 1 if self.until is None else (session - self.until).days
        year = Fraction(terms.rate.num, terms.rate.den) * base
        exact = self.exact + year * Fraction(days, 365)
        return Fee(exact, nearest(exact), session)


@dataclass(slots=True)
class Wrapper:
    """A fund between two NAVs that stood."""

    terms: FundTerms
    nav: int
    units: int
    liquid: int
    liquid_level: int
    holdings: list[Holding]
    breach_since: date | None = None
    own_money: bool = False
    fee: Fee = Fee()
    fee_base: int = 0

    @classmethod
    def opening(cls, terms: FundTerms) -> Wrapper:
        """As its terms say it opens."""
        holdings = [
            Holding(s, s.opening_minor, s.opening_measurement_date, s.opening_proxy,
                    (s.opening_measurement_date, 0, ""),
                    independent=s.opening_measurement_date if s.opening_lineage.valuer else None)
            for s in terms.sleeves
        ]  # fmt: skip
        return cls(
            terms, terms.opening_nav, terms.opening_units, terms.liquid_minor,
            terms.opening_liquid_index, holdings,
            fee_base=terms.liquid_minor + sum(each.mark for each in holdings),
        )  # fmt: skip

    def strike(
        self, session: date, levels: Levels, marks: Sequence[KnownMark],
        money: Sequence[PlanMoney], tell: Tell,
    ) -> tuple[NavAnswer, BalanceAnswer | None]:  # fmt: skip
        """The NAV of a session and, if it stands, where the net flow goes."""
        holds: set[str] = set()
        level = levels[self.terms.liquid_index]
        if level is None:
            holds.add("PROXY_MISSING")
            level = self.liquid_level
        liquid = nearest(Fraction(self.liquid * level, self.liquid_level))
        tell(f"liquid {self.liquid} × {level} / {self.liquid_level} = {liquid}")
        valued = [self._value(h, session, levels, marks, holds, tell) for h in self.holdings]
        private = sum(each.value for each in valued)
        fee = self.fee.on(session, self.fee_base, self.terms.fees)
        total = liquid + private - fee.posted
        nav = self._nav(total)
        explained = liquid - self.liquid + sum(each.estimate - each.before for each in valued)
        base = self.liquid + sum(each.before for each in valued) - self.fee.posted
        change = Fraction(explained - (fee.posted - self.fee.posted), base)
        stale = self._controls(session, nav, change, liquid, valued, money, holds)
        hard = holds - {"STALE_MARK", "NOT_INDEPENDENT"}
        status = "INDICATIVE" if hard else "ESTIMATED" if stale else "OFFICIAL"
        order = ("TOLERANCE", "STALE_MARK", "NOT_INDEPENDENT", "PROXY_MISSING", "LIQUIDITY",
                 "UNITS_SHORT")  # fmt: skip
        answer = NavAnswer(
            nav, status, bool(hard), tuple(name for name in order if name in holds), total, private,
            fee.posted, self.units, self.nav, min((each.measured for each in valued), default=None),
        )  # fmt: skip
        tell(f"{total} after fees / {self.units} units = {nav}, {status} {answer.holds}")
        if hard:
            for holding, each in zip(self.holdings, valued, strict=True):
                if each.today is not None:
                    holding.while_held.append(each.today)
                    holding.level, holding.seen = each.level, session
            return answer, None
        self.fee, self.fee_base = fee, total + sum(each.buy - each.sell for each in money)
        return answer, self._balance(session, answer, (liquid, level), valued, money, stale, tell)

    def _value(
        self, holding: Holding, session: date, levels: Levels, marks: Sequence[KnownMark],
        holds: set[str], tell: Tell,
    ) -> Valued:  # fmt: skip
        known = levels[holding.terms.proxy_id]
        if known is None:
            holds.add("PROXY_MISSING")
        level = holding.level if known is None else known
        # The day before the first session a fund is struck for is the one it opened at.
        holding.seen = holding.seen or session - timedelta(days=1)
        today = Move(session, holding.level, level, 0, (session - holding.seen).days)
        step = None if known is None else today
        before = _rolled(holding.mark, holding.moves, holding.terms)
        moves = [*holding.moves, *holding.while_held, today]
        estimate = _rolled(holding.mark, moves, holding.terms)
        better = [
            mark
            for mark in marks
            if mark.vehicle == holding.terms.vehicle_id and mark.standing > holding.in_use
        ]
        appraised = [mark.measured for mark in marks
                     if mark.independent and mark.vehicle == holding.terms.vehicle_id]  # fmt: skip
        newest = max((day for day in (*appraised, holding.independent) if day), default=None)
        if not better:
            tell(f"{holding.terms.vehicle_id}: {holding.mark} of {holding.measured} is {estimate}")
            return Valued(
                holding.mark, holding.measured, before, estimate, estimate, moves, level,
                holding.in_use, step, newest,
            )  # fmt: skip
        best = max(better, key=lambda mark: mark.standing)
        # A mark has the moves and purchases of its own day and of those before it in it.
        since = [move for move in moves if move.session > best.measured]
        value = _rolled(best.value, since, holding.terms)
        tell(f"{holding.terms.vehicle_id}: new mark {best.value} of {best.measured} is {value}")
        return Valued(
            best.value,
            best.measured,
            before,
            estimate,
            value,
            since,
            level,
            best.standing,
            step,
            newest,
        )

    def _nav(self, total: int) -> int:
        scale = 10 ** (self.terms.nav_scale + self.terms.unit_scale)
        if not self.units:
            return self.terms.opening_nav
        return nearest(Fraction(total * scale, self.units * 100))

    def _controls(
        self, session: date, nav: int, explained: Fraction, liquid: int,
        valued: Sequence[Valued], money: Sequence[PlanMoney], holds: set[str],
    ) -> bool:  # fmt: skip
        """Add what holds the NAV; whether a mark is stale or an independent one overdue."""
        changed = Fraction(nav - self.nav, self.nav)
        tolerance = self.terms.tolerance
        if abs(changed - explained) > Fraction(tolerance.num, tolerance.den) or nav <= 0:
            holds.add("TOLERANCE")
        if liquid + sum(each.buy - each.sell for each in money) < 0:
            holds.add("LIQUIDITY")
        stale = any(
            session - each.measured > timedelta(days=holding.terms.stale_after_days)
            for each, holding in zip(valued, self.holdings, strict=True)
        )
        if stale:
            holds.add("STALE_MARK")
        if any(nav < each.least_nav for each in money):
            holds.add("UNITS_SHORT")
        overdue = any(
            holding.terms.independent_within_days
            and (not each.independent or session - each.independent
                 > timedelta(days=holding.terms.independent_within_days))
            for each, holding in zip(valued, self.holdings, strict=True)
        )  # fmt: skip
        if overdue:
            holds.add("NOT_INDEPENDENT")
        return stale or overdue

    def _balance(
        self, session: date, struck: NavAnswer, liquid: tuple[int, int],
        valued: Sequence[Valued], money: Sequence[PlanMoney], stale: bool, tell: Tell,
    ) -> BalanceAnswer:  # fmt: skip
        """Buy up to target and never above the limit; then the books of the day are closed."""
        terms, net = self.terms, sum(each.buy - each.sell for each in money)
        cap = Fraction(terms.limit.cap.num, terms.limit.cap.den)
        if struck.alternative <= cap * struck.net_assets:
            self.breach_since = None
        else:
            self.breach_since = self.breach_since or session
        total, cash = struck.net_assets + net, liquid[0] + net
        share = terms.target
        for step in terms.glide_path:
            share = step.target if step.from_date <= session else share
        target = int(Fraction(share.num, share.den) * total)
        wanted = max(0, min(target - struck.alternative, cash)) if self.holdings else 0
        room = max(0, int(cap * total) - struck.alternative)
        frozen = stale or self.breach_since is not None
        buyers = sorted((m for m in money if m.buy), key=lambda m: (m.first_buy_at, m.plan))
        brought = sum(m.buy for m in buyers)
        # What plans do not bring is the fund's own to ask for, last in the queue.
        theirs = min(wanted, brought) if self.own_money else wanted if buyers else 0
        asks, whose = shared(theirs, [m.buy for m in buyers]), [m.plan for m in buyers]
        if self.own_money and wanted > theirs:
            asks, whose = [*asks, wanted - theirs], [*whose, terms.fund_id]
        got = _granted(asks, 0 if frozen else room, terms.sharing)
        bought = sum(got)
        tell(f"target {target}, asked {sum(asks)}, room {room}, frozen {frozen}: {bought} bought")
        self.units += sum(
            units(m.buy, struck.nav, terms) - units(m.sell, struck.nav, terms) for m in money
        )
        self.nav, self.liquid, self.liquid_level = struck.nav, cash - bought, liquid[1]
        for holding, each in zip(self.holdings, valued, strict=True):
            holding.mark, holding.measured, holding.level = each.mark, each.measured, each.level
            holding.moves, holding.in_use, holding.seen = each.moves, each.in_use, session
            holding.while_held, holding.independent = [], each.independent
        if bought:
            # Money that goes out tonight is in no mark that came before it did.
            holding = self.holdings[0]
            last = Move(session, holding.level, holding.level, bought)
            holding.moves = [*holding.moves, last]
        by_plan = tuple(zip(whose, asks, got, strict=True))
        return BalanceAnswer(
            net, sum(asks), bought, room, frozen, self.breach_since, by_plan, self.liquid,
            self.units,
        )  # fmt: skip


def _rolled(mark: int, moves: Sequence[Move], terms: SleeveTerms) -> int:
    """A mark carried through sessions: V × (1 + income + beta × move), then what was bought."""
    value = mark * CARRY
    yearly = terms.daily_income
    income = Fraction(0) if yearly is None else Fraction(yearly.num, yearly.den)
    for move in moves:
        growth = 1 + income * Fraction(move.days, 365)
        growth += Fraction(terms.beta.num, terms.beta.den) * Fraction(
            move.after - move.before, move.before
        )
        value = nearest(value * growth) + move.bought * CARRY
    return nearest(Fraction(value, CARRY))


def _granted(asks: Sequence[int], room: int, sharing: Sharing) -> list[int]:
    """Scarce room: first come first served, or in proportion."""
    room = min(room, sum(asks))
    if sharing is Sharing.PRO_RATA:
        return shared(room, list(asks))
    got: list[int] = []
    for ask in asks:
        got.append(min(ask, room - sum(got)))
    return got


def units(money: int, nav: int, terms: FundTerms) -> int:
    """Units that money is at a NAV, half-up or cut off."""
    exact = Fraction(money * 10 ** (terms.nav_scale + terms.unit_scale), nav * 100)
    return int(exact) if terms.unit_rounding is UnitRounding.DOWN else nearest(exact)
