"""Random markets: a book, holdings, order lines around the caps, marks, levels and bad messages.

A market is what happens; `streams` is how its senders say it, in batches cut where asked.
All chance comes from the `Random` given, so a seed is a market, and a test that hands in a
`Random` of its own making can shrink one.

Not here: playing the day (`scheduler`), and what must hold afterwards (`verdict`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from gateway.core.book import BookChange, FundTerms, PlanTerms, SleeveTerms
from gateway.core.decisions import DecisionKind
from gateway.core.gates import DealingDays, GateTerms
from gateway.core.limits import SALE_BY_AMOUNT, ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.liquidity import CapBasis, CapPeriod, GateCap
from gateway.core.logic import OWN_MONEY
from gateway.core.money import Ratio, UnitRounding
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.vocabulary import EventKind, OrderKind
from gateway.ops.simulate.stage import (
    PARTIES,
    RECORDKEEPERS,
    SESSION,
    SESSIONS,
    VALUATION_MINUTES,
    terms,
)

SPOILS = ("rubbish", "repeat", "off by a cent", "wrong sender", "empty", "conflict", "euro")
FUNDS = ("TDF", "ALT", "ALT_2", "LIQ")
GATED = "ALT"
WANTED = ("ALT", "ALT", "ALT", "ALT_2", "TDF", "LIQ")
PEOPLE = ("ann-111-22-3333", "bob-222-33-4444", "cyd-333-44-5555")
CAPS = tuple(Ratio.parse(cap) for cap in ("0%", "5%", "10%", "15%", "15%", "1/3", "1/3", "100%"))
POLICIES = tuple(ExcessPolicy)
MINUTES = (60, 60, 61, 62, 90, 1, 0, -60)
MOST_LINES = 18

Holding = tuple[str, str, str, int]
"""Plan, person, fund and units scaled by 10,000."""
Level = tuple[date, str, int, int]
"""Session, index, level in hundredths, and micros after the valuation cut-off."""
Spoil = tuple[str, int, str]
"""Sender, the line whose batch it follows, and what is wrong."""


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
class Correction:
    """A correction of a line, received so many minutes before the close of its session."""

    of: Line
    session: date
    reason: EventKind
    fund: str
    amount: int
    minutes: int


@dataclass(frozen=True)
class Decided:
    """What two people decide of a NAV or of a report, some minutes after a session is announced."""

    kind: DecisionKind
    subject: str
    session: date
    value: int
    on: date
    minutes: int
    reference: str = ""


@dataclass(frozen=True)
class Market:
    """What happens in two sessions, or in those of `further`."""

    change: BookChange
    following: BookChange
    holdings: tuple[Holding, ...]
    lines: tuple[Line, ...]
    spoils: tuple[Spoil, ...]
    levels: tuple[Level, ...]
    marks: tuple[Mark, ...]
    corrections: tuple[Correction, ...] = ()
    decided: tuple[Decided, ...] = ()
    third: BookChange | None = None
    sessions: tuple[date, ...] = SESSIONS


def market(chance: Random, most_lines: int = MOST_LINES) -> Market:
    """Any market of one to so many order lines."""
    plans = _plans(chance)
    funds = (
        _fund(chance, "TDF", "BX_PE", "BLACKSTONE"),
        _fund(chance, "ALT", "KKR_EVG", "KKR"),
        _fund(chance, "ALT_2", "", ""),
        _fund(chance, "LIQ", "", ""),
    )
    held = _holdings(chance, plans)
    count = max(chance.randint(1, most_lines) for _ in range(2))
    # Limits and reservations matter where one person trades often, so somebody does.
    busy = _busy(chance, plans, held)
    lines = tuple(_line(chance, plans, held, busy) for _ in range(count))
    spoils = [
        (chance.choice(RECORDKEEPERS), chance.randint(0, len(lines)), chance.choice(SPOILS))
        for _ in range(chance.randint(0, 4))
    ]
    return Market(
        BookChange("operations", "opening", SESSION, terms(), PARTIES, funds, plans),
        _following(chance, plans), held, lines,
        tuple(dict.fromkeys(spoils)), _levels(chance),
        tuple(_mark(chance, funds) for _ in range(chance.randint(0, 3))),
    )  # fmt: skip


def exchanges_under_reject(chance: Random) -> Market:
    """One plan that rejects what does not fit, two people with something of everything."""
    whole = market(chance)
    limits = [
        Limit(scope.value, scope, chance.choice(CAPS[1:5]), None, ExcessPolicy.REJECT, 90)
        for scope in (LimitScope.PARTICIPANT, LimitScope.PLAN)
    ]
    plan = PlanTerms("PLN-0", "RK_A", "RK_A", "LIQ", FUNDS, limits[0], limits[1])
    units = {"TDF": 500_0000, "ALT": 10_0000, "ALT_2": 5_0000, "LIQ": 100_0000}
    held = tuple(("PLN-0", who, name, n) for who in PEOPLE[:2] for name, n in units.items())
    sizes = (50_00, 100_00, 500_00, 1_000_00)
    lines = tuple(
        Line("RK_A", SESSIONS[0], OrderKind.EXCHANGE, "PLN-0", chance.choice(PEOPLE[:2]),
             chance.choice(FUNDS), chance.choice(FUNDS),
             chance.choice((chance.randint(1, 200_00), *sizes)), 60)
        for _ in range(chance.randint(2, MOST_LINES))
    )  # fmt: skip
    change = replace(whole.change, plans=(plan,))
    return replace(whole, change=change, holdings=held, lines=lines, spoils=())


def _plans(chance: Random) -> tuple[PlanTerms, ...]:
    found: list[PlanTerms] = []
    for number in range(chance.choice((1, 1, 2, 2, 3, 4))):
        sender = chance.choice(RECORDKEEPERS)
        policy = chance.choice(POLICIES)
        funds = FUNDS if chance.randint(0, 5) else ("TDF", "LIQ")
        limits = [
            Limit(f"{scope}-{number}", scope, chance.choice(CAPS), None, policy, 90)
            for scope in (LimitScope.PARTICIPANT, LimitScope.PLAN)
        ]
        found.append(PlanTerms(f"PLN-{number}", sender, sender, "LIQ", funds, limits[0], limits[1]))
    return tuple(found)


def _fund(chance: Random, name: str, vehicle: str, manager: str) -> FundTerms:
    """A fund whose alternatives stand below, near or above its limit."""
    liquid = chance.randint(100_000_00, 2_000_000_00)
    share = chance.choice((0, 5, 10, 14, 15, 25))
    private = liquid * share // (100 - share)
    sleeve = SleeveTerms(
        vehicle, manager, "PROXY", Ratio(6, 10), 135, private, SESSION - timedelta(days=55),
        4000_00, None,
    )  # fmt: skip
    limit = Limit(f"{name}-CAP", LimitScope.FUND, Ratio.parse("15%"), None, ExcessPolicy.TRIM, 90)
    total = liquid + (private if vehicle else 0)
    return FundTerms(
        name, f"{name} fund", "TARGET_DATE_CIT", "USD", name.startswith("ALT"), "CUSTODIAN", 4, 4,
        10_0000, total * 10, liquid, "LIQUID", 1000_00, (sleeve,) if vehicle else (),
        chance.choice((Ratio(0, 1), Ratio(1, 10), Ratio(3, 10))), limit,
        chance.choice(tuple(Sharing)), Ratio.parse("2%"), VALUATION_MINUTES, 1, 0,
        None, None, (), _gate(liquid) if name == GATED else None,
        unit_rounding=tuple(UnitRounding)[liquid // 3 % 2],
    )  # fmt: skip


def _gate(number: int) -> GateTerms | None:
    """A gate for every other market, tight or wide, of each discipline.

    Not by chance, but from a number that chance has given, so that markets stay what they were
    for the same seed.
    """
    if number % 2:
        return None
    policy = tuple(CarryPolicy)[number // 2 % 4]
    pricing = tuple(TranchePricing)[number // 8 % 2]
    cap = GateCap(
        "DAILY", Ratio(1, (10_000, 1_000, 100)[number // 16 % 3]),
        (CapBasis.NAV, CapBasis.UNITS)[number // 48 % 2], CapPeriod.DEALING_DAY,
        number // 96 % 2 == 0, SESSION, None,
    )  # fmt: skip
    early = Ratio(2, 100) if number // 192 % 2 else None
    return GateTerms(
        DealingDays.EVERY_SESSION, policy, pricing, (cap,), (), (), early,
        notice_days=number // 384 % 2,
    )  # fmt: skip


def _following(chance: Random, plans: tuple[PlanTerms, ...]) -> BookChange:
    """What operations changes for the second session: plans' limits and policies, the logic."""
    changed: list[PlanTerms] = []
    for plan in plans:
        if not chance.randrange(2):
            continue
        policy = chance.choice(POLICIES)
        mine = replace(plan.participant_limit, cap=chance.choice(CAPS), on_excess=policy)
        whole = replace(plan.plan_limit, cap=chance.choice(CAPS))
        changed.append(replace(plan, participant_limit=mine, plan_limit=whole))
    # Not by chance: the stories told so far stay as they are.
    logic = OWN_MONEY if len(changed) % 2 else 0
    return BookChange("operations", "second", SESSIONS[1], None, (), (), tuple(changed), logic)


def _holdings(chance: Random, plans: tuple[PlanTerms, ...]) -> tuple[Holding, ...]:
    """Units of some participants of some plans; a unit opens at 10.00."""
    rows: list[Holding] = []
    for plan in plans:
        for who in PEOPLE[: chance.choice((3, 2, 3, 2, 1, 0))]:
            for name in chance.sample(FUNDS, chance.randint(1, 4)):
                most = 500_0000 if name.startswith("ALT") else 20_000_0000
                rows.append((plan.plan_id, who, name, chance.randint(0, most)))
    return tuple(sorted(rows))


def _busy(
    chance: Random, plans: tuple[PlanTerms, ...], held: tuple[Holding, ...]
) -> tuple[PlanTerms, str]:
    plan = chance.choice(plans)
    return plan, chance.choice(_known((h[1] for h in held if h[0] == plan.plan_id), PEOPLE))


def _known(names: Iterable[str], others: tuple[str, ...]) -> list[str]:
    """The names there are, in order and each once, or the others if there are none."""
    return list(dict.fromkeys(names)) or list(others)


def _amount(chance: Random, plan: PlanTerms, worth: dict[str, int], sell: str) -> int:
    """An amount of any size, or one near what a cap or a holding lets through, minor units."""
    alternative = sum(worth.get(name, 0) for name in FUNDS if name.startswith("ALT"))
    near: list[int] = []
    for cap in (plan.participant_limit.cap, plan.plan_limit.cap):
        if cap.den > cap.num:
            room = (cap.num * sum(worth.values()) - cap.den * alternative) // (cap.den - cap.num)
            near.extend(room + step for step in (-1, 0, 1, room) if room + step > 0)
    sellable = worth.get(sell, 0) * SALE_BY_AMOUNT.num // SALE_BY_AMOUNT.den
    if sell:
        near = [amount for amount in near if amount <= sellable]
        near.extend(part for part in (sellable // 2, sellable - 1, sellable, sellable + 1) if part)
    if near and chance.randrange(3):
        return max(1, chance.choice(near))
    if sellable and chance.randrange(4):
        return chance.randint(1, sellable)
    return chance.randint(1, 300) if chance.randrange(2) else chance.randint(1, 50_000_00)


def _line(
    chance: Random, plans: tuple[PlanTerms, ...], held: tuple[Holding, ...],
    busy: tuple[PlanTerms, str],
) -> Line:  # fmt: skip
    kind = chance.choice(tuple(OrderKind))
    plan, who = busy
    if chance.randrange(2):
        plan, who = _busy(chance, plans, held)
    if not chance.randrange(8):
        who = chance.choice(PEOPLE)
    worth = {
        name: n // 10 for where, whose, name, n in held if (where, whose) == (plan.plan_id, who)
    }
    owned = tuple(worth) if worth and chance.randrange(8) else FUNDS
    owned = owned[:1] if chance.randrange(2) else owned
    sell = chance.choice(owned) if kind is not OrderKind.CONTRIBUTION else ""
    agreed = plan.funds if chance.randrange(8) else FUNDS
    wanted = [name for name in WANTED if name in agreed]
    buy = chance.choice(wanted) if kind is not OrderKind.DISTRIBUTION else ""
    whole = Line(
        plan.recordkeeper, chance.choice(SESSIONS), kind, plan.plan_id, who, sell, buy,
        _amount(chance, plan, worth, sell), chance.choice(MINUTES),
    )  # fmt: skip
    return whole if chance.randint(0, 9) else _odd(chance, whole)


def _odd(chance: Random, line: Line) -> Line:
    """The line with something in it that no order can have."""
    match chance.choice(("plan", "fund", "amount", "sender")):
        case "plan":
            return replace(line, plan="PLN-X")
        case "fund":
            return replace(line, buy=line.buy and "NONE", sell=line.sell and "NONE")
        case "amount":
            return replace(line, amount=-line.amount)
    return replace(line, sender=RECORDKEEPERS[line.sender == RECORDKEEPERS[0]])


def _levels(chance: Random) -> tuple[Level, ...]:
    """Index levels of each session; some are late, some are missing."""
    rows: list[Level] = []
    for session in SESSIONS:
        for name, level in (("LIQUID", 1000_00), ("PROXY", 4000_00)):
            moved = level + chance.randint(-10_00, 10_00)
            after = chance.choice((*[-1] * 20, 0, 1))
            if chance.randint(0, 30) != 13:
                rows.append((session, name, moved, after))
    return tuple(rows)


def valuer_of(number: int) -> str:
    """Who valued a market's mark of this number independently; empty: the manager did.

    Not by chance, so that markets stay what they were for the same seed.
    """
    return "" if number % 2 else "Fair Value LLC"


def _mark(chance: Random, funds: tuple[FundTerms, ...]) -> Mark:
    terms_ = chance.choice([fund for fund in funds if fund.sleeves])
    sleeve = terms_.sleeves[0]
    whole = Mark(
        sleeve.manager, sleeve.vehicle_id, terms_.fund_id, "USD",
        sleeve.opening_minor * chance.choice((100, 101, 95, 107, 130)) // 100,
        chance.randint(1, 60), chance.choice(SESSIONS), chance.choice((-1, -1, 0, 1)),
    )  # fmt: skip
    match chance.randrange(6):
        case 3:
            return replace(whole, vehicle="OTHER")
        case 4:
            return replace(whole, fund="NONE")
        case 5:
            return replace(whole, currency="EUR")
    return whole
