"""Random markets: a book, holdings, order lines around the caps, marks, levels and bad messages.

A market is what happens; `streams` is how its senders say it, in batches cut where asked.
Each message carries the moment the log records it, so that its place in the interleaving
of senders can change and its time cannot.

Not here: playing the streams (`scheduler`), and what must hold afterwards.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

from gateway.core.book import BookChange, FundTerms, PlanTerms, SleeveTerms
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.money import Ratio
from gateway.core.vocabulary import OrderKind
from tests.day.market_day import RECORDKEEPERS, SESSION, VALUATION_MINUTES, book

SESSIONS = (SESSION, SESSION + timedelta(days=1))
SPOILS = ("rubbish", "repeat", "off by a cent", "wrong sender", "empty", "conflict", "euro")
FUNDS = ("TDF", "ALT", "ALT_2", "LIQ")
PEOPLE = ("ann-111-22-3333", "bob-222-33-4444", "cyd-333-44-5555")


@dataclass(frozen=True)
class Line:
    """One order line, received so many minutes before its session's close; at 0 it is late."""

    sender: str
    session: date
    kind: OrderKind
    plan: str
    who: str
    sell: str
    buy: str
    amount: int
    minutes: int


@dataclass(frozen=True)
class Mark:
    """A manager's mark of a vehicle; `after` is how long after the valuation cut-off, in micros."""

    manager: str
    vehicle: str
    fund: str
    currency: str
    value: int
    age_days: int
    session: date
    after: int


@dataclass(frozen=True)
class Market:
    """What happens in two sessions."""

    change: BookChange
    following: BookChange
    holdings: tuple[tuple[str, str, str, int], ...]
    lines: tuple[Line, ...]
    spoils: tuple[tuple[str, int, str], ...]
    levels: tuple[tuple[date, str, int, int], ...]
    marks: tuple[Mark, ...]


@cache
def opening() -> BookChange:
    return book()


CAPS = tuple(Ratio.parse(cap) for cap in ("0%", "5%", "10%", "15%", "1/3", "100%"))
POLICIES = tuple(ExcessPolicy)
MINUTES = (60, 60, 61, 62, 90, 1, 0, -60)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlanTerms, ...]:
    found: list[PlanTerms] = []
    for number in range(draw(st.integers(1, 4))):
        sender = draw(st.sampled_from(RECORDKEEPERS))
        policy = draw(st.sampled_from(POLICIES))
        funds = FUNDS if draw(st.integers(0, 5)) else ("TDF", "LIQ")
        limits = [
            Limit(f"{scope}-{number}", scope, draw(st.sampled_from(CAPS)), None, policy, 90)
            for scope in (LimitScope.PARTICIPANT, LimitScope.PLAN)
        ]
        found.append(PlanTerms(f"PLN-{number}", sender, sender, "LIQ", funds, limits[0], limits[1]))
    return tuple(found)


@st.composite
def fund(draw: st.DrawFn, name: str, vehicle: str, manager: str) -> FundTerms:
    """A fund whose alternatives stand below, near or above its limit."""
    liquid = draw(st.integers(100_000_00, 2_000_000_00))
    share = draw(st.sampled_from((0, 5, 10, 14, 15, 25)))
    private = liquid * share // (100 - share)
    sleeve = SleeveTerms(
        vehicle, manager, "PROXY", Ratio(6, 10), 135, private, SESSION - timedelta(days=55), 4000_00
    )
    limit = Limit(f"{name}-CAP", LimitScope.FUND, Ratio.parse("15%"), None, ExcessPolicy.TRIM, 90)
    total = liquid + (private if vehicle else 0)
    return FundTerms(
        name, f"{name} fund", "TARGET_DATE_CIT", "USD", name.startswith("ALT"), "CUSTODIAN", 4, 4,
        10_0000, total * 10, liquid, "LIQUID", 1000_00, (sleeve,) if vehicle else (),
        draw(st.sampled_from((Ratio(0, 1), Ratio(1, 10), Ratio(3, 10)))), limit,
        draw(st.sampled_from(tuple(Sharing))), Ratio.parse("2%"), VALUATION_MINUTES, 1,
    )  # fmt: skip


@st.composite
def following(draw: st.DrawFn, terms: tuple[PlanTerms, ...]) -> BookChange:
    """What operations changes for the second session: some plans' limits and policies."""
    changed = [plan for plan in terms if draw(st.booleans())]
    plans = []
    for plan in changed:
        policy = draw(st.sampled_from(POLICIES))
        mine = replace(plan.participant_limit, cap=draw(st.sampled_from(CAPS)), on_excess=policy)
        whole = replace(plan.plan_limit, cap=draw(st.sampled_from(CAPS)))
        plans.append(replace(plan, participant_limit=mine, plan_limit=whole))
    return BookChange("operations", "second", SESSIONS[1], None, (), (), tuple(plans))


@st.composite
def holdings(
    draw: st.DrawFn, terms: tuple[PlanTerms, ...]
) -> tuple[tuple[str, str, str, int], ...]:
    """Units of some participants of some plans, scaled by 10,000; a unit opens at 10.00."""
    rows: list[tuple[str, str, str, int]] = []
    for plan in terms:
        for who in PEOPLE[: draw(st.sampled_from((3, 2, 3, 1, 0)))]:
            for name in draw(st.sets(st.sampled_from(FUNDS), min_size=1, max_size=4)):
                rows.append((plan.plan_id, who, name, draw(st.integers(0, 20_000_0000))))
    return tuple(sorted(rows))


def amounts(terms: PlanTerms, held: dict[str, int]) -> st.SearchStrategy[int]:
    """Amounts of any size, and those that end just under, at and just over the caps."""
    worth = {name: units // 10 for name, units in held.items()}
    alternative = sum(worth.get(name, 0) for name in FUNDS if name.startswith("ALT"))
    near: list[int] = []
    for cap in (terms.participant_limit.cap, terms.plan_limit.cap):
        if cap.den > cap.num:
            room = (cap.num * sum(worth.values()) - cap.den * alternative) // (cap.den - cap.num)
            near.extend(room + step for step in (-1, 0, 1) if room + step > 0)
    anything = st.one_of(st.integers(1, 300), st.integers(1, 50_000_00))
    return st.one_of(anything, st.sampled_from(near)) if near else anything


@st.composite
def line(
    draw: st.DrawFn, terms: tuple[PlanTerms, ...], held: tuple[tuple[str, str, str, int], ...]
) -> Line:
    plan = draw(st.sampled_from(terms))
    who = draw(st.sampled_from(PEOPLE))
    kind = draw(st.sampled_from(tuple(OrderKind)))
    sell = draw(st.sampled_from(FUNDS)) if kind is not OrderKind.CONTRIBUTION else ""
    buy = draw(st.sampled_from(FUNDS)) if kind is not OrderKind.DISTRIBUTION else ""
    mine = {
        name: units for where, whose, name, units in held if (where, whose) == (plan.plan_id, who)
    }
    whole = Line(
        plan.recordkeeper, draw(st.sampled_from(SESSIONS)), kind, plan.plan_id, who, sell, buy,
        draw(amounts(plan, mine)), draw(st.sampled_from(MINUTES)),
    )  # fmt: skip
    if draw(st.integers(0, 9)):
        return whole
    name = draw(st.sampled_from(("plan", "fund", "amount", "sender")))
    match name:
        case "plan":
            return replace(whole, plan="PLN-X")
        case "fund":
            return replace(whole, buy=whole.buy and "NONE", sell=whole.sell and "NONE")
        case "amount":
            return replace(whole, amount=-whole.amount)
    return replace(whole, sender=RECORDKEEPERS[whole.sender == RECORDKEEPERS[0]])


@st.composite
def levels(draw: st.DrawFn) -> tuple[tuple[date, str, int, int], ...]:
    """Index levels: session, index, level, micros after the valuation cut-off; some are missing."""
    rows: list[tuple[date, str, int, int]] = []
    for session in SESSIONS:
        for name, level in (("LIQUID", 1000_00), ("PROXY", 4000_00)):
            moved = level + draw(st.integers(-10_00, 10_00))
            after = draw(st.sampled_from((*[-1] * 20, 0, 1)))
            if draw(st.integers(0, 30)) != 13:
                rows.append((session, name, moved, after))
    return tuple(rows)


@st.composite
def mark(draw: st.DrawFn, funds: tuple[FundTerms, ...]) -> Mark:
    terms = draw(st.sampled_from([fund for fund in funds if fund.sleeves]))
    sleeve = terms.sleeves[0]
    whole = Mark(
        sleeve.manager, sleeve.vehicle_id, terms.fund_id, "USD",
        sleeve.opening_minor * draw(st.sampled_from((100, 101, 95, 107, 130))) // 100,
        draw(st.integers(1, 60)),
        draw(st.sampled_from(SESSIONS)), draw(st.sampled_from((-1, -1, 0, 1))),
    )  # fmt: skip
    changes: tuple[dict[str, str], ...] = (
        {},
        {},
        {},
        {"vehicle": "OTHER"},
        {"fund": "NONE"},
        {"currency": "EUR"},
    )
    change = draw(st.sampled_from(changes))
    return Mark(**{**asdict(whole), **change})


@st.composite
def markets(draw: st.DrawFn, most_lines: int = 14) -> Market:
    terms = draw(plans())
    funds = (
        draw(fund("TDF", "BX_PE", "BLACKSTONE")),
        draw(fund("ALT", "KKR_EVG", "KKR")),
        draw(fund("ALT_2", "", "")),
        draw(fund("LIQ", "", "")),
    )
    held = draw(holdings(terms))
    lines = tuple(draw(st.lists(line(terms, held), min_size=1, max_size=most_lines)))
    places = st.tuples(
        st.sampled_from(RECORDKEEPERS), st.integers(0, len(lines)), st.sampled_from(SPOILS)
    )
    return Market(
        replace(opening(), funds=funds, plans=terms), draw(following(terms)), held, lines,
        tuple(draw(st.lists(places, max_size=4))), draw(levels()),
        tuple(draw(st.lists(mark(funds), max_size=3))),
    )  # fmt: skip


@st.composite
def exchanges_under_reject(draw: st.DrawFn) -> Market:
    """One plan that rejects what does not fit, two people with something of everything."""
    market = draw(markets())
    caps = [draw(st.sampled_from(CAPS[1:5])) for _ in range(2)]
    limits = [
        Limit(scope.value, scope, cap, None, ExcessPolicy.REJECT, 90)
        for scope, cap in zip((LimitScope.PARTICIPANT, LimitScope.PLAN), caps, strict=True)
    ]
    plan = PlanTerms("PLN-0", "RK_A", "RK_A", "LIQ", FUNDS, limits[0], limits[1])
    units = {"TDF": 500_0000, "ALT": 10_0000, "ALT_2": 5_0000, "LIQ": 100_0000}
    held = tuple(("PLN-0", who, name, n) for who in PEOPLE[:2] for name, n in units.items())
    sizes = st.one_of(st.integers(1, 200_00), st.sampled_from((50_00, 100_00, 500_00, 1_000_00)))
    lines = [
        Line("RK_A", SESSIONS[0], OrderKind.EXCHANGE, "PLN-0", draw(st.sampled_from(PEOPLE[:2])),
             draw(st.sampled_from(FUNDS)), draw(st.sampled_from(FUNDS)), draw(sizes), 60)
        for _ in range(draw(st.integers(2, 14)))
    ]  # fmt: skip
    change = replace(market.change, plans=(plan,))
    return replace(market, change=change, holdings=held, lines=tuple(lines), spoils=())
