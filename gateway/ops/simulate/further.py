"""What else happens in a market: fees, bands, dated terms, corrections, decisions, a third session.

Drawn from a chance of its own, which a number of the market seeds: so a market keeps its lines,
holdings and marks, and only more happens around them.

Not here: the market itself (`market`), how it is said (`streams`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from gateway.core.book import BookChange, FeeTerms, FundTerms, GlideStep, PlanTerms
from gateway.core.cash_needs import BufferTerms
from gateway.core.decisions import DecisionKind
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
)
from gateway.core.fee_terms import Crystallizes, ExpenseCap, PerformanceFeeTerms
from gateway.core.fees import DayCount
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy
from gateway.core.money import Ratio
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.core.redemption_needs import BandTerms
from gateway.core.vocabulary import EventKind, OrderKind
from gateway.core.withdrawals import Withdrawal
from gateway.ops.simulate.bases import with_bases
from gateway.ops.simulate.breaches import reported, watched
from gateway.ops.simulate.market import (
    FUNDS,
    GATED,
    Correction,
    Decided,
    Level,
    Line,
    Market,
)
from gateway.ops.simulate.settling import settled
from gateway.ops.simulate.stage import SESSIONS, THREE_SESSIONS, calendar

PAYEE = "CUSTODIAN"
REASONS = (EventKind.REVERSAL, EventKind.REVERSAL, EventKind.BOUNCED, EventKind.INELIGIBLE,
           EventKind.LATE_DEPOSIT_EARNINGS)  # fmt: skip
RECEIVED = (60, 60, 30, 61, 0, -60)
"""Minutes before the close at which a correction is received; most come after their original."""
MOST_CORRECTIONS = 6
DECIDED = (DecisionKind.CORRECT_NAV, DecisionKind.RELEASE_NAV, DecisionKind.OVERRIDE_NAV)
OPENING_NAV = 10_0000


def further(market: Market) -> Market:
    """The market with a third session and whatever else happens in it; always the same."""
    drawn = sum(fund.liquid_minor for fund in market.change.funds)
    chance = Random(drawn)
    funds = tuple(watched(_fund(fund, chance)) for fund in market.change.funds)
    funds = with_bases(tuple(_let_withdraw(fund) for fund in funds))
    has_terms = not chance.randrange(3)
    plans = tuple(_plan(p, chance) if has_terms else p for p in market.change.plans)
    lines = (*market.lines, *_third(market, chance))
    withdrawals = _withdrawals(lines, funds, Random(~drawn))
    change = settled(replace(market.change, funds=funds, plans=plans), drawn)
    following = _keeps_terms(market.following, plans)
    return replace(
        market, change=change, following=following, lines=lines,
        levels=(*market.levels, *_levels(chance)),
        corrections=(*_corrections(lines, plans, chance), *withdrawals),
        decided=(*_decisions(chance), *reported(funds)),
        third=_changes(change.funds, chance),
        sessions=THREE_SESSIONS,
    )  # fmt: skip


def _fund(fund: FundTerms, chance: Random) -> FundTerms:
    """The fund with fees, aims, income and dated terms, each in some markets."""
    fees = cap = performance = band = buffer = None
    path: tuple[GlideStep, ...] = ()
    if not chance.randrange(3):
        fees = FeeTerms(Ratio(chance.choice((1, 5, 20)), 100), chance.choice(tuple(DayCount)),
                        PAYEE)  # fmt: skip
        if chance.randrange(2):
            cap = ExpenseCap(Ratio(chance.choice((1, 3, 30)), 100), Ratio(1, 100), Ratio(0, 1))
    if not chance.randrange(3):
        performance = _performance(chance)
    if not chance.randrange(4):
        band = BandTerms(Ratio(0, 1), Ratio(chance.choice((5, 12, 40)), 100))
    if not chance.randrange(4):
        low = chance.choice((5, 70, 90))
        buffer = BufferTerms(Ratio(low, 100), Ratio(low + 3, 100), Ratio(low + 6, 100))
    if not chance.randrange(4):
        path = (GlideStep(THREE_SESSIONS[1], Ratio(chance.randint(0, 20), 100)),)
    income = Ratio(chance.choice((3, 12)), 100) if not chance.randrange(4) else None
    closed = (ClosedPeriod(chance.choice(tuple(Side)), *_times(chance)),)
    ranks = (Qualification.NONE,) * 8
    return replace(
        fund, fees=fees, expense_cap=cap, performance=performance, band=band, buffer=buffer,
        glide_path=path, as_of_sessions=chance.choice((0, 1, 2, 5)),
        sleeves=tuple(replace(sleeve, daily_income=income, **_independence(fund.liquid_minor))
                      for sleeve in fund.sleeves),
        qualification=chance.choice((*ranks, Qualification.ACCREDITED)),
        minimum_purchase_minor=chance.choice((0, 0, 0, 50_00)),
        minimum_sale_minor=chance.choice((0, 0, 0, 50_00)),
        closed=closed if not chance.randrange(8) else (),
    )  # fmt: skip


def _independence(number: int) -> dict[str, Any]:
    """An independent value is asked of every fourth fund, and every other opens with one.

    Not by chance, but from a number that chance has given; an opening is 55 days old.
    """
    said = Lineage(MarkMethod.APPRAISAL, ValuedBy.INDEPENDENT, "Fair Value LLC")
    within = (0, 0, 0, 56)[number % 4]
    return {"independent_within_days": within,
            "opening_lineage": said if number % 8 < 4 else Lineage()}  # fmt: skip


def _performance(chance: Random) -> PerformanceFeeTerms:
    end = chance.choice((*THREE_SESSIONS, date(2026, 12, 31)))
    return PerformanceFeeTerms(
        Ratio(chance.choice((10, 20, 50)), 100), Ratio(chance.choice((0, 0, 8)), 100),
        chance.choice(tuple(HurdleKind)), Ratio(1, 1), chance.choice(tuple(HurdleBase)), PAYEE,
        chance.choice(tuple(Crystallizes)), end.month, end.day,
    )  # fmt: skip


def _times(chance: Random) -> tuple[date, date | None]:
    first = chance.choice(THREE_SESSIONS)
    return first, chance.choice((first, None))


def _plan(plan: PlanTerms, chance: Random) -> PlanTerms:
    """The plan with a few dated terms, none of which a book may not state."""
    old, new = chance.sample(plan.funds, 2)
    first, last = _times(chance)
    dark = Blackout(
        first, last or THREE_SESSIONS[-1], tuple(chance.sample(FUNDS, chance.randint(0, 2))),
        tuple(chance.sample(tuple(OrderKind), chance.randint(0, 3))),
    )  # fmt: skip
    return replace(
        plan,
        agreements=tuple(
            Agreement(name, *_times(chance)) for name in plan.funds if not chance.randrange(6)
        ),
        qualifications=(PlanQualification(Qualification.ACCREDITED, *_times(chance)),),
        blackouts=(dark,) if chance.randrange(2) else (),
        mappings=(FundMapping(old, new, first),) if chance.randrange(2) else (),
    )


def _keeps_terms(change: BookChange, plans: tuple[PlanTerms, ...]) -> BookChange:
    """The change with each plan's dated terms as they were."""
    known = {plan.plan_id: plan for plan in plans}
    return replace(change, plans=tuple(
        replace(plan, agreements=known[plan.plan_id].agreements,
                qualifications=known[plan.plan_id].qualifications,
                blackouts=known[plan.plan_id].blackouts, mappings=known[plan.plan_id].mappings)
        for plan in change.plans
    ))  # fmt: skip


def _changes(funds: tuple[FundTerms, ...], chance: Random) -> BookChange:
    """What operations changes for the third session: a gate or a fee comes or goes."""
    changed: list[FundTerms] = []
    gates = [fund.gate for fund in funds if fund.gate is not None]
    for fund in funds:
        if chance.randrange(4):
            continue
        match chance.choice(("gate", "performance", "cap")):
            case "gate" if fund.fund_id == GATED:
                changed.append(replace(fund, gate=None))
            case "gate" if gates and fund.fund_id != "LIQ":
                changed.append(replace(fund, gate=gates[0]))
            case "performance":
                terms = _performance(chance) if fund.performance is None else None
                changed.append(replace(fund, performance=terms))
            case "cap":
                changed.append(replace(fund, expense_cap=None))
    return BookChange("operations", "third", THREE_SESSIONS[2], None, (), tuple(changed), ())


def _third(market: Market, chance: Random) -> tuple[Line, ...]:
    """Lines like those of the sessions before, in the third."""
    again = [line for line in market.lines if not chance.randrange(3)]
    return tuple(replace(line, session=THREE_SESSIONS[2]) for line in again)


def _levels(chance: Random) -> tuple[Level, ...]:
    rows: list[Level] = []
    for name, level in (("LIQUID", 1000_00), ("PROXY", 4000_00)):
        if chance.randint(0, 15):
            rows.append((THREE_SESSIONS[2], name, level + chance.randint(-10_00, 10_00), -1))
    return tuple(rows)


def _corrections(
    lines: tuple[Line, ...], plans: tuple[PlanTerms, ...], chance: Random
) -> tuple[Correction, ...]:
    """Corrections of some lines, in the same session or a later one; some go back to nothing."""
    liquid = {plan.plan_id: plan.liquid_fund for plan in plans}
    mapped = {(plan.plan_id, each.from_fund): each.to_fund
              for plan in plans for each in plan.mappings}  # fmt: skip
    known = [line for line in lines if line.kind is not OrderKind.EXCHANGE]
    found: list[Correction] = []
    for _ in range(chance.randint(0, MOST_CORRECTIONS) if known else 0):
        line = chance.choice(known)
        reason = chance.choice(REASONS)
        if line.kind is OrderKind.DISTRIBUTION:
            reason = EventKind.REVERSAL
        fund = line.buy or line.sell
        fund = mapped.get((line.plan, fund), fund) if chance.randrange(2) else fund
        fund = liquid.get(line.plan, fund) if not chance.randrange(5) else fund
        at = THREE_SESSIONS.index(line.session)
        session = chance.choice(THREE_SESSIONS[at:])
        amount = chance.choice((line.amount, line.amount, line.amount // 2, 1, line.amount + 1))
        found.append(
            Correction(line, session, reason, fund, max(1, amount), chance.choice(RECEIVED))
        )
    return tuple(found)


def _let_withdraw(fund: FundTerms) -> FundTerms:
    """The fund with a gate at which requests may be withdrawn, where it has one: not by chance."""
    if fund.gate is None or not fund.liquid_minor % 7:
        return fund
    return replace(fund, gate=replace(fund.gate, withdrawal=Withdrawal.WHILE_WAITING))


def _withdrawals(
    lines: tuple[Line, ...], funds: tuple[FundTerms, ...], chance: Random
) -> tuple[Correction, ...]:
    """Withdrawals of requests, in whole or in parts, some again; some of what is no request.

    Drawn from a chance of their own, so that all else of a market stays what it was.
    """
    gated = {fund.fund_id for fund in funds if fund.gate is not None}
    found: list[Correction] = []
    for line in (each for each in lines if each.sell):
        # Whether a line is decided to be a request is not known here: many are refused.
        for _ in range(chance.randint(0, 2) if line.sell in gated else not chance.randrange(20)):
            at = THREE_SESSIONS.index(line.session)
            session = chance.choice((line.session, *THREE_SESSIONS[at:]))
            amounts = (line.amount, line.amount // 2, line.amount // 3, 1, line.amount + 1)
            amount = max(1, chance.choice(amounts))
            minutes = chance.choice((*RECEIVED, line.minutes))
            found.append(
                Correction(line, session, EventKind.WITHDRAWAL, line.sell, amount, minutes)
            )
    return tuple(found)


def _decisions(chance: Random) -> tuple[Decided, ...]:
    """What two people decide of NAVs: a wrong one is corrected, a held one stands."""
    found: list[Decided] = []
    # Who decides about a held NAV waits for everybody: most markets are left their disorder.
    kinds = tuple(DECIDED) if not chance.randrange(4) else DECIDED[:1]
    for session in SESSIONS:
        for name in FUNDS:
            if chance.randrange(3):
                continue
            kind = chance.choice(kinds)
            value = OPENING_NAV + chance.choice((-1, 1)) * chance.choice((0, 60, 600, 1000))
            value = 0 if kind is DecisionKind.RELEASE_NAV else value
            later = calendar().next_session(session)
            found.append(Decided(kind, name, session, value, later, chance.randint(1, 60)))
    return tuple(found)
