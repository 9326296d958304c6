"""Random markets whose plans and funds state dated terms: agreements, blackouts, mappings.

Not here: the markets (`gateway.ops.simulate.market`), playing them (`test_under_terms`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
)
from gateway.core.vocabulary import OrderKind
from gateway.ops.simulate.market import FUNDS, Market
from gateway.ops.simulate.stage import SESSIONS

FIRST, SECOND = SESSIONS
PERIODS: tuple[tuple[date, date | None], ...] = (
    (FIRST, FIRST), (SECOND, SECOND), (FIRST, None), (SECOND, None),
)  # fmt: skip


def under_terms(market: Market, chance: Random) -> Market:
    """The market with terms; what a plan states may change for the second session."""
    plans = tuple(plan_terms(plan, chance) for plan in market.change.plans)
    by_id = {plan.plan_id: plan for plan in plans}
    second = tuple(
        replace(
            plan,
            agreements=by_id[plan.plan_id].agreements if chance.randrange(2) else (),
            qualifications=by_id[plan.plan_id].qualifications,
            blackouts=by_id[plan.plan_id].blackouts,
            mappings=by_id[plan.plan_id].mappings if chance.randrange(3) else (),
        )
        for plan in market.following.plans
    )
    funds = tuple(fund_terms(fund, chance) for fund in market.change.funds)
    return replace(
        market,
        change=replace(market.change, plans=plans, funds=funds),
        following=replace(market.following, plans=second),
    )


def plan_terms(plan: PlanTerms, chance: Random) -> PlanTerms:
    """The plan with a few terms, none of which a book may not state."""
    old, new = chance.sample(plan.funds, 2)
    first, last = chance.choice(PERIODS)
    dark = Blackout(
        first, last or SECOND, tuple(chance.sample(FUNDS, chance.randint(0, 2))),
        tuple(chance.sample(tuple(OrderKind), chance.randint(0, 3))),
    )  # fmt: skip
    return replace(
        plan,
        agreements=tuple(
            Agreement(name, *chance.choice(PERIODS))
            for name in plan.funds
            if not chance.randrange(4)
        ),
        qualifications=(
            PlanQualification(chance.choice(tuple(Qualification)), *chance.choice(PERIODS)),
        ),
        blackouts=(dark,) if not chance.randrange(3) else (),
        mappings=(FundMapping(old, new, chance.choice(SESSIONS)),) if chance.randrange(2) else (),
    )


def fund_terms(fund: FundTerms, chance: Random) -> FundTerms:
    """The fund with a few terms."""
    closed = ClosedPeriod(chance.choice(tuple(Side)), *chance.choice(PERIODS))
    return replace(
        fund,
        qualification=chance.choice((*Qualification, Qualification.NONE)),
        minimum_purchase_minor=chance.choice((0, 0, 50_00)),
        minimum_sale_minor=chance.choice((0, 0, 50_00)),
        closed=(closed,) if not chance.randrange(4) else (),
    )
