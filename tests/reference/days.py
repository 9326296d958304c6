"""Random days over several sessions: those of the simulator, drawn wider.

Sessions that close early, holidays between them, funds that settle on other days, marks that
grow stale or are measured on the day itself, lines received the day before they are booked,
plans that compete for a fund's headroom, funds that move their own money.

No fund has a gate: requests that wait are counted a second time by the laws.

Not here: the simulator's own markets (`gateway.ops.simulate.market`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from gateway.core.book import BookChange, FeeTerms, FundTerms, GlideStep
from gateway.core.fees import DayCount
from gateway.core.limits import Limit
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy
from gateway.core.logic import OWN_MONEY
from gateway.core.money import Ratio, UnitRounding
from gateway.core.vocabulary import OrderKind
from gateway.ops.simulate.market import (
    CAPS,
    MOST_LINES,
    PEOPLE,
    POLICIES,
    Level,
    Line,
    Market,
    market,
)
from gateway.ops.simulate.stage import SESSIONS, home

FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)
LONGEST = (*SESSIONS, FRIDAY, MONDAY)
"""Tuesday and Wednesday, after Thanksgiving a Friday that closes at 13:00, and Monday."""
THE_DAY_BEFORE = 27 * 60
FEE = FeeTerms(Ratio(125, 10_000), DayCount.ACT_365F, "KKR")
GLIDE = (GlideStep(date(2026, 11, 25), Ratio(1, 10)), GlideStep(date(2026, 11, 28), Ratio(1, 3)))
"""It is lowered on a Wednesday, and raised on a Saturday."""
APPRAISED = Lineage(MarkMethod.APPRAISAL, ValuedBy.INDEPENDENT, "Fair Value LLC")
MOST = 2 * MOST_LINES


@dataclass(frozen=True)
class Days:
    """A market and the sessions it is played over."""

    market: Market
    sessions: tuple[date, ...]


def token(plan: str, who: str) -> int:
    """A participant's token on simulated days."""
    return home(1, 1, 1).keyring.token(plan, who)


def short(chance: Random) -> Days:
    """Two sessions as the simulator draws them."""
    return Days(_open(market(chance)), SESSIONS)


def _open(drawn: Market) -> Market:
    funds = tuple(replace(fund, gate=None) for fund in drawn.change.funds)
    return replace(drawn, change=replace(drawn.change, funds=funds))


def long(chance: Random) -> Days:
    """Two to four sessions with more going on."""
    sessions = LONGEST[: chance.randint(2, len(LONGEST))]
    drawn = _open(market(chance, MOST))
    change = replace(
        drawn.change,
        funds=tuple(_fund(chance, fund) for fund in drawn.change.funds),
        plans=tuple(
            replace(plan, plan_limit=_limit(chance, plan.plan_limit)) for plan in drawn.change.plans
        ),
    )
    lines = [_line(chance, line, sessions) for line in drawn.lines]
    if not chance.randrange(3):
        change, rush = _rush(chance, change, sessions)
        lines += rush
    wide = replace(
        drawn, change=replace(change, logic=chance.choice((0, OWN_MONEY))),
        following=replace(drawn.following, logic=chance.choice((0, OWN_MONEY))),
        lines=tuple(lines),
        levels=(*drawn.levels, *_levels(chance, sessions)),
        marks=tuple(
            replace(mark, age_days=chance.choice((0, 1, 2, mark.age_days)),
                    session=chance.choice(sessions))
            for mark in drawn.marks
        ),
    )  # fmt: skip
    return Days(wide, sessions)


def _limit(chance: Random, limit: Limit) -> Limit:
    return replace(limit, on_excess=chance.choice(POLICIES))


def _fund(chance: Random, fund: FundTerms) -> FundTerms:
    """The fund with other settlement days, a mark that may be stale, a cap of its own."""
    sleeves = tuple(
        replace(
            sleeve,
            stale_after_days=chance.choice((135, 135, 57, 54)),
            daily_income=chance.choice((None, Ratio(8, 100), Ratio(1, 7))),
            # Not by chance, so that the days stay what they were for the same seed.
            independent_within_days=(0, 0, 0, 56)[fund.liquid_minor % 4],
            opening_lineage=APPRAISED if fund.liquid_minor % 8 < 4 else Lineage(),
        )
        for sleeve in fund.sleeves
    )
    cap = chance.choice((fund.limit.cap, fund.limit.cap, *CAPS))
    return replace(
        fund, sleeves=sleeves, limit=replace(fund.limit, cap=cap),
        settle_days=chance.choice((0, 1, 1, 2)),
        tolerance=chance.choice((fund.tolerance, Ratio(1, 1000))),
        fees=chance.choice((None, FEE)),
        glide_path=chance.choice(((), (), GLIDE)),
        unit_rounding=chance.choice(tuple(UnitRounding)),
    )  # fmt: skip


def _line(chance: Random, line: Line, sessions: tuple[date, ...]) -> Line:
    """The line on any session; one of the first may have been received the day before.

    Of a later session it would be refused whenever it is looked at, but in which session that
    is depends on when it comes.
    """
    moved = replace(line, session=chance.choice(sessions))
    early = moved.session == sessions[0] and not chance.randrange(6)
    return replace(moved, minutes=THE_DAY_BEFORE) if early else moved


def _rush(
    chance: Random, change: BookChange, sessions: tuple[date, ...]
) -> tuple[BookChange, list[Line]]:
    """Every plan buys a fund that wants more private holdings than its limit has room for."""
    funds = tuple(
        replace(fund, target=Ratio(3, 10), limit=replace(fund.limit, cap=Ratio(15, 100)))
        if fund.fund_id == "TDF"
        else fund
        for fund in change.funds
    )
    lines = [
        Line(plan.recordkeeper, chance.choice(sessions), OrderKind.CONTRIBUTION, plan.plan_id,
             chance.choice(PEOPLE), "", "TDF", chance.randint(1, 90_000_00), chance.randint(1, 90))
        for plan in change.plans
        for _ in range(chance.randint(1, 3))
    ]  # fmt: skip
    return replace(change, funds=funds), lines


def _levels(chance: Random, sessions: tuple[date, ...]) -> list[Level]:
    """Levels of the sessions beyond the simulator's two; some move far, some are missing."""
    return [
        (session, name, level + chance.randint(-part, part), chance.choice((*[-1] * 20, 0, 1)))
        for session in sessions[len(SESSIONS) :]
        for name, level in (("LIQUID", 1000_00), ("PROXY", 4000_00))
        for part in (chance.choice((10_00, 10_00, 60_00)),)
        if chance.randrange(30)
    ]
