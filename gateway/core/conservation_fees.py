"""Law L1 of fees inside the fund partitions: what accrues, is waived, falls due and is paid.

Followed with figures of its own, from the book, the NAVs and the flows: each fee stays within
half a minor unit of its exact amount, what is taken off net assets is what is owed, what leaves
a fund was owed before, and a performance fee never takes a NAV below its high-water mark.

Not here: the legs between the parties (`conservation`), the sleeves (`conservation_strikes`).
Source: domain.md §4.3; goldens G27 to G29. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from gateway.core.book import FundTerms
from gateway.core.capital_returns import CapitalReturned
from gateway.core.conservation_strikes import Legs, add_flows, say
from gateway.core.decisions import NavReleased
from gateway.core.dilution import Scales
from gateway.core.events import SessionAdvanced, SleevesBalanced
from gateway.core.fees import FeeBase, PaidEach, year_fraction
from gateway.core.fund_events import (
    ExpensesCapped,
    FeeAccrued,
    HeldFlowsFilled,
    PerformanceAccrued,
)
from gateway.core.invested import Invested
from gateway.core.laws import Events, Reference, Violation
from gateway.core.marks import NavStruck
from gateway.core.money import Ratio
from gateway.core.nav_correction import NavErrorBooked
from gateway.core.orders import FlowBatch
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.core.performance_periods import PerformancePeriod, period_end
from gateway.core.requests import GatePassed
from gateway.core.sessions import ONE_DAY

HALF = Fraction(1, 2)


@dataclass(slots=True)
class _Charges:
    """One fund's fees, followed from strike to strike.

    Attributes:
        base: Net assets after the last session's orders, minor units.
        exact: Management fee since it was last paid; `waived` the same of the waiver.
        posted: Minor units posted of it; `waiver_posted` of the waiver.
        taken_back: Recaptured since the fee was last paid.
        left: Waived and still to be taken back.
        start, loss, grown, owed: The period of performance; `grown` in minor units × days.
        last: Last day of the management fee; `turned`: it is paid on these days.
        began, performed: First day of the period of performance, and its last day counted.
    """

    base: int
    exact: Fraction = Fraction(0)
    posted: int = 0
    waived: Fraction = Fraction(0)
    waiver_posted: int = 0
    taken_back: int = 0
    left: int = 0
    last: date | None = None
    turned: bool = False
    start: int = 0
    loss: int = 0
    grown: int = 0
    owed: int = 0
    began: date | None = None
    performed: date | None = None
    struck: list[object] = field(default_factory=list)

    @property
    def open_waiver(self) -> int:
        return self.waiver_posted - self.taken_back

    @property
    def unpaid(self) -> int:
        """Every fee that is owed; nothing is owed of a management fee that is waived and more."""
        return max(0, self.posted - self.open_waiver) + self.owed

    def of(self, kind: type) -> object | None:
        """The event of a kind that belongs to the NAV that comes next."""
        return next((event for event in self.struck if isinstance(event, kind)), None)


@dataclass(slots=True)
class _Book:
    """A fund partition's fees.

    Attributes:
        opened: The session after each, as it came.
        released: Held sessions that people let stand, and whether at another NAV.
    """

    opened: dict[date, date]
    reference: Reference = field(default_factory=Reference)
    charges: dict[str, _Charges] = field(default_factory=dict)
    flows: Legs = field(default_factory=dict)
    navs: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    released: dict[tuple[date, str], bool] = field(default_factory=dict)
    passed: dict[tuple[date, str], GatePassed] = field(default_factory=dict)
    returned: dict[tuple[date, str], CapitalReturned] = field(default_factory=dict)
    invested: Invested = field(default_factory=Invested)

    def adopt(self, event: object) -> None:
        """Take new terms in; an accrual of performance ends with the terms of it."""
        changes = self.reference.follow(event)
        self.invested.adopt(changes)
        self.invested.follow(event)
        for terms in (terms for change in changes for terms in change.funds):
            charges = self.charges.get(terms.fund_id)
            if charges is not None and terms.performance is None:
                charges.start = charges.loss = charges.grown = charges.owed = 0
                charges.began = charges.performed = None

    def base(self, fund_id: str, base: FeeBase) -> int:
        """What a management fee is a share of, before the strike of a session."""
        terms, charges = self.terms(fund_id), self.of(fund_id)
        match base:
            case FeeBase.NET:
                return max(0, charges.base)
            case FeeBase.GROSS:
                return max(0, charges.base + charges.unpaid)
            case FeeBase.COMMITTED:
                held = (sleeve.calls for sleeve in terms.sleeves)
                return sum(calls.commitment_minor for calls in held if calls is not None)
            case FeeBase.INVESTED:
                return self.invested.of(terms)

    def terms(self, fund_id: str) -> FundTerms:
        return self.reference.book.funds[fund_id]

    def of(self, fund_id: str) -> _Charges:
        terms = self.terms(fund_id)
        opening = terms.liquid_minor + sum(sleeve.opening_minor for sleeve in terms.sleeves)
        return self.charges.setdefault(fund_id, _Charges(opening))


def fees(events: Events) -> Iterator[Violation]:
    """Every fee of a fund partition, strike by strike."""
    advanced = (event for event in events if isinstance(event, SessionAdvanced))
    book = _Book({event.closed: event.opened for event in advanced})
    for event in events:
        book.adopt(event)
        match event:
            case FlowBatch():
                add_flows(book.flows, event)
            case NavReleased():
                book.released[event.session, event.fund_id] = event.nav != event.struck_nav
            case FeeAccrued():
                yield from _management(book, event)
            case ExpensesCapped():
                yield from _capped(book, event)
            case PerformanceAccrued():
                yield from _performance(book, event)
            case NavStruck() if not event.held:
                yield from _taken_off(book, event)
            case CapitalReturned():
                book.returned[event.session, event.fund_id] = event
            case GatePassed():
                book.passed[event.session, event.fund_id] = event
            case SleevesBalanced():
                yield from _paid(book, event)
            case HeldFlowsFilled():
                charges = book.of(event.fund_id)
                charges.base += event.net_flow_minor
                charges.start = max(0, charges.start + event.net_flow_minor)
            case NavErrorBooked():
                # The fund has what it was paid for a wrong NAV; those who gain stay the same.
                book.of(event.fund_id).base += event.paid_in_minor - event.paid_out_minor


def _share(ratio: Ratio) -> Fraction:
    return Fraction(ratio.num, ratio.den)


def _near(where: str, what: str, exact: Fraction, got: int) -> Iterator[Violation]:
    if abs(exact - got) > HALF:
        yield Violation("L1", where, f"{what}: {got} is not within half of {exact}")


def _span(day: date, each: PaidEach) -> tuple[int, int]:
    """The period of payment that a day lies in."""
    spans = {PaidEach.YEAR: 0, PaidEach.QUARTER: (day.month - 1) // 3, PaidEach.MONTH: day.month}
    return day.year, spans[each]


def _management(book: _Book, event: FeeAccrued) -> Iterator[Violation]:
    """The fee since it was last paid is its days' bases × rate, however it was posted."""
    charges, terms = book.of(event.fund_id), book.terms(event.fund_id).fees
    where = f"{event.fund_id} {event.session} management fee"
    if terms is None:
        yield Violation("L1", where, "accrues, and the fund bears none")
        return
    charges.struck.append(event)
    first = event.session if charges.last is None else charges.last + ONE_DAY
    last, before = charges.last, charges.posted
    net, base = (book.base(event.fund_id, each) for each in (FeeBase.NET, terms.base))
    charges.turned = len({_span(d, terms.paid_each) for d in (last or first, event.session)}) > 1
    if charges.turned:
        charges.exact, charges.posted = Fraction(0), 0
    year = year_fraction(event.first, event.session + ONE_DAY, terms.day_count)
    charges.exact += base * _share(terms.rate) * year
    charges.posted += event.posted_minor
    charges.last = event.session
    yield from say(where, "first day", first, event.first)
    yield from say(where, "base", (terms.base, base), (event.base, event.base_minor))
    yield from say(where, "net assets", net, event.net_assets_minor)
    yield from _near(where, "posted", charges.exact, charges.posted)
    paid = before if charges.turned else 0
    yield from say(where, "paid", paid, event.paid_minor)
    yield from say(where, "accrued", charges.posted + paid, event.accrued_minor)


def _capped(book: _Book, event: ExpensesCapped) -> Iterator[Violation]:
    """Waived is what is above the cap, taken back no more than the cap leaves."""
    charges, terms = book.of(event.fund_id), book.terms(event.fund_id)
    where = f"{event.fund_id} {event.session} expense cap"
    fee = charges.of(FeeAccrued)
    if terms.fees is None or not isinstance(fee, FeeAccrued):
        yield Violation("L1", where, "waives, and there is no fee of these days")
        return
    charges.struck.append(event)
    settled, open_before = event.settled_minor, charges.open_waiver
    if charges.turned:
        charges.waived, charges.waiver_posted, charges.taken_back = Fraction(0), 0, 0
    year = year_fraction(event.first, event.session + ONE_DAY, terms.fees.day_count)
    over, net = Fraction(0), fee.net_assets_minor
    if terms.expense_cap is not None:
        cap, rate = terms.expense_cap, _share(terms.fees.rate)
        over = (_share(cap.other) + _share(cap.acquired) - _share(cap.cap)) * net
        over += rate * fee.base_minor
    charges.waived += max(Fraction(0), over) * year
    charges.waiver_posted += event.waived_minor
    charges.taken_back += event.recaptured_minor
    charges.left += event.waived_minor - event.recaptured_minor - event.lapsed_minor
    yield from _stated(where, terms, fee, event)
    yield from _near(where, "waived", charges.waived, charges.waiver_posted)
    yield from say(where, "days", (fee.first, net), (event.first, event.base_minor))
    yield from say(where, "left to take back", charges.left, event.left_minor)
    if event.recaptured_minor > max(Fraction(0), -over) * year:
        yield Violation("L1", where, f"{event.recaptured_minor} taken back: the cap is passed")
    if min(charges.left, event.recaptured_minor, event.lapsed_minor) < 0:
        yield Violation("L1", where, "more is taken back than was waived")
    expected = charges.open_waiver + settled
    yield from say(where, "off what is owed", expected, event.accrued_minor)
    yield from say(where, "settled", open_before if charges.turned else 0, settled)


def _stated(
    where: str, terms: FundTerms, fee: FeeAccrued, event: ExpensesCapped
) -> Iterator[Violation]:
    """Expenses are shares of net assets; a fee of another base stands beside them."""
    assert terms.fees is not None
    cap, rate, is_of_net = terms.expense_cap, terms.fees.rate, terms.fees.base is FeeBase.NET
    expenses = _share(rate) if is_of_net else Fraction(0)
    if cap is not None:
        expenses += _share(cap.other) + _share(cap.acquired)
    beside = (rate, fee.base_minor) if rate.num and not is_of_net and cap else (None, 0)
    yield from say(where, "expenses", expenses, _share(event.expenses))
    yield from say(where, "a fee of another base", beside, (event.beside, event.beside_minor))


def _performance(book: _Book, event: PerformanceAccrued) -> Iterator[Violation]:
    """The fee follows from gain, hurdle and days since its period began, and from nothing else."""
    charges, terms = book.of(event.fund_id), book.terms(event.fund_id).performance
    where = f"{event.fund_id} {event.session} performance fee"
    if terms is None:
        yield Violation("L1", where, "accrues, and the fund bears none")
        return
    charges.struck.append(event)
    if charges.began is None or charges.performed is None:
        charges.began, charges.performed = event.session, event.session - ONE_DAY
        charges.start = max(0, charges.base)
    mark = charges.start + charges.loss
    on = charges.start if terms.base is HurdleBase.START else mark
    charges.grown += on * (event.session - charges.performed).days
    charges.performed = event.session
    gain = event.gross_minor - mark
    hurdle = _share(terms.hurdle) * Fraction(charges.grown, 365)
    rate, beyond = _share(terms.rate), gain - hurdle
    exact = Fraction(0)
    if gain > 0 and beyond > 0:
        exact = {
            HurdleKind.SOFT: rate * gain,
            HurdleKind.HARD: rate * beyond,
            HurdleKind.CATCH_UP: min(rate * gain, _share(terms.catch_up) * beyond),
        }[terms.kind]
    got = event.period.accrued_minor
    yield from _near(where, "accrued", exact, got)
    yield from say(where, "posted", got - charges.owed, event.posted_minor)
    if got < 0 or (got and event.gross_minor - got < mark - HALF):
        yield Violation("L1", where, f"{got} takes {event.gross_minor} below the mark of {mark}")
    charges.owed = got


def _taken_off(book: _Book, nav: NavStruck) -> Iterator[Violation]:
    """What is taken off net assets is what is owed, and the performance fee comes last."""
    charges = book.of(nav.fund_id)
    book.navs[nav.session, nav.fund_id] = nav
    fee, cap, performance = map(charges.of, (FeeAccrued, ExpensesCapped, PerformanceAccrued))
    owed = fee.accrued_minor if isinstance(fee, FeeAccrued) else 0
    owed -= cap.accrued_minor if isinstance(cap, ExpensesCapped) else 0
    where = f"{nav.fund_id} {nav.session}"
    if isinstance(performance, PerformanceAccrued):
        owed += performance.period.accrued_minor
        gross = nav.net_assets_minor + performance.period.accrued_minor
        yield from say(where, "assets before the performance fee", gross, performance.gross_minor)
    if charges.struck:
        yield from say(where, "fees taken off net assets", owed, nav.accrued_minor)


def _paid(book: _Book, event: SleevesBalanced) -> Iterator[Violation]:
    """What is paid was owed; the period of performance goes on with the units there are then."""
    charges, where = book.of(event.fund_id), f"{event.fund_id} {event.session}"
    nav = book.navs[event.session, event.fund_id]
    fee, cap, performance = map(charges.of, (FeeAccrued, ExpensesCapped, PerformanceAccrued))
    paid = fee.paid_minor if isinstance(fee, FeeAccrued) else 0
    paid -= cap.settled_minor if isinstance(cap, ExpensesCapped) else 0
    yield from say(where, "management fee paid", paid, event.fees_paid_minor)
    due = 0
    if isinstance(performance, PerformanceAccrued):
        due = performance.due_minor
        yield from _goes_on(book, performance, event, nav)
    yield from say(where, "performance fee paid", due, event.performance_paid_minor)
    charges.base = nav.net_assets_minor + event.net_flow_minor + event.dilution_minor
    charges.base += event.gain_minor
    charges.struck.clear()


def _goes_on(
    book: _Book, event: PerformanceAccrued, balanced: SleevesBalanced, nav: NavStruck
) -> Iterator[Violation]:
    charges, terms = book.of(event.fund_id), book.terms(event.fund_id).performance
    assert terms is not None
    assert charges.began is not None
    where = f"{event.fund_id} {event.session} performance period"
    overridden = book.released.get((event.session, event.fund_id), False)
    opened = book.opened.get(event.session)
    if opened is not None and (event.session, event.fund_id) not in book.released:
        ends = period_end(charges.began, terms) < opened
        yield from say(where, "ends", ends, event.crystallized)
    passed = book.passed.get((event.session, event.fund_id))
    rows = () if passed is None else passed.rows
    back = book.returned.get((event.session, event.fund_id))
    bought = balanced.dilution_minor - (0 if back is None else sum(r.minor for r in back.rows))
    sold, gone = sum(r.met_minor - r.kept_minor for r in rows), sum(r.units for r in rows)
    scales = Scales(nav.nav_scale, nav.unit_scale, rounding=nav.unit_rounding)
    for (session, day, _, fund), (buy, sell) in book.flows.items():
        if (session, fund) == (event.session, event.fund_id):
            bought, sold = bought + buy, sold + sell
            gone += scales.units_for(sell, book.navs[day, fund].nav)
    due = 0
    if event.crystallized:
        net = event.gross_minor - charges.owed
        due, charges.owed, charges.grown = charges.owed, 0, 0
        charges.loss = max(0, charges.start + charges.loss - net)
        charges.start, charges.began = max(0, net), event.session + ONE_DAY
    if overridden:
        charges.start = max(0, charges.start + bought - sold)
    elif nav.units > 0:
        gone = min(gone, nav.units)
        stays = [
            _stays(whole, gone, nav.units)
            for whole in (charges.start, charges.loss, charges.grown, charges.owed)
        ]
        due += charges.owed - stays[3]
        charges.start, charges.loss, charges.grown, charges.owed = stays
        charges.start += bought
    else:
        charges.start, charges.loss, charges.grown = max(0, event.gross_minor) + bought, 0, 0
    want = PerformancePeriod(
        charges.began, event.session, charges.start, charges.loss, charges.grown, charges.owed
    )
    yield from say(where, "due", due, event.due_minor)
    yield from say(where, "as it goes on", want, event.after)


def _stays(whole: int, gone: int, units: int) -> int:
    """What is left of an amount when some units go, their part half-up."""
    return whole - (2 * whole * gone + units) // (2 * units)
