"""Three recordkeepers, their plans and participants, and what each participant holds.

A nation is a pure function of seed, session and sizes. Participants are rows of columns;
those of a plan stand together, plans in the order of their size (Zipf). Amounts are minor
units, units are scaled by four decimals.

Two things are set up so that limits bite: every hundredth participant stands just below the
cap on its alternatives, and one plan (`NEAR_CAP_PLAN`) just below its own.

Not here: the fund terms (`funds`), the day's orders (`orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from gateway.core.book import BookChange, PartyTerms, PlanTerms
from gateway.core.limits import LimitScope
from gateway.core.money import split, values_of
from gateway.core.sessions import Calendar
from gateway.core.vocabulary import I64
from gateway.errors import ConfigError
from gateway.ops.calendars import calendar_terms, us_calendar
from gateway.ops.demo.draws import Draws
from gateway.ops.demo.funds import (
    CUSTODIAN,
    FUNDS,
    INTERVAL,
    LIQ,
    MA_ALT,
    NAV_SCALE,
    OPENING_NAV,
    UNIT_SCALE,
    fund_terms,
    limit,
)

RECORDKEEPERS = ("RK_NORTH", "RK_LAKES", "RK_COAST")
MANAGERS = ("BLACKSTONE", "KKR")
SENDERS = {
    "operations": "native",
    "market": "native",
    **dict.fromkeys(RECORDKEEPERS, "native"),
    "BLACKSTONE": "blackstone",
    "KKR": "kkr",
    CUSTODIAN: "native",
}
"""Every sender and its dialect."""

_TURN = (0, 1, 0, 2, 0, 1, 1, 0, 2, 0)
"""Whose plan it is, largest first: five, three and two of ten."""

LEAST_PARTICIPANTS = 3
NEAR_CAP_PLAN = 2
NEAR_CAP_EVERY, NEAR_CAP_FIRST = 100, 57
PLANS_A_CHANGE = 1_000
SHIFT = NAV_SCALE + UNIT_SCALE - 2
BALANCES = (
    (0, 500_00), (100, 2_500_00), (250, 11_000_00), (500, 38_000_00), (750, 120_000_00),
    (900, 330_000_00), (990, 1_100_000_00), (1000, 3_000_000_00),
)  # fmt: skip
"""Account balances: per mille of participants, minor units."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a nation is."""

    plans: int = 200
    participants: int = 20_000

    def __post_init__(self) -> None:
        """Refuse sizes in which the day's story cannot happen."""
        if not 10 <= self.plans <= 99_999 or self.participants < 20 * self.plans:
            raise ConfigError(
                f"{self.plans} plans with {self.participants} participants: "
                "ask for 10 to 99999 plans, 20 participants a plan or more"
            )


@dataclass(frozen=True, slots=True)
class Nation:
    """Who is there and what they hold at the session before the first.

    Attributes:
        session: The first session.
        seed: What everything was drawn from.
        calendar: The exchange and bank calendar around the session.
        plan_ids: By plan, largest first.
        owner: By plan: position in RECORDKEEPERS.
        first: Shape (plans + 1,): where each plan's participants begin.
        participant_ids: By participant: the recordkeeper's identifier.
        plan: By participant: position in plan_ids.
        vintage: By participant: the target-date fund of its age, position in FUNDS.
        units: Shape (participants, funds), scaled.
    """

    session: date
    seed: int
    calendar: Calendar
    plan_ids: tuple[str, ...]
    owner: tuple[int, ...]
    first: I64
    participant_ids: tuple[str, ...]
    plan: I64
    vintage: I64
    units: I64

    def near_cap(self) -> Bools:
        """Participants that stand just below their cap."""
        return _just_below(self.plan)

    def values(self) -> I64:
        """Shape (participants, funds): minor units at the opening NAVs."""
        flat = self.units.reshape(-1)
        navs = np.tile(np.array(OPENING_NAV, np.int64), len(self.units))
        return values_of(flat, navs, SHIFT).reshape(self.units.shape)

    def fund_units(self) -> tuple[int, ...]:
        """By fund: units of all participants, scaled."""
        return tuple(int(column.sum()) for column in self.units.T)


def _just_below(plan: I64) -> Bools:
    chosen: Bools = np.arange(len(plan)) % NEAR_CAP_EVERY == NEAR_CAP_FIRST
    return chosen & np.not_equal(plan, NEAR_CAP_PLAN)


def make_nation(seed: int, session: date, sizes: Sizes | None = None) -> Nation:
    """The nation of a seed, as it stands before a session.

    Args:
        seed: Zero or more; the same seed, session and sizes give the same nation.
        session: An exchange session.
        sizes: How large; 200 plans and 20,000 participants unless said otherwise.

    Raises:
        ConfigError: The date is not a session.
    """
    sizes = Sizes() if sizes is None else sizes
    calendar = us_calendar(session.year - 1, session.year + 1)
    if not calendar.is_session(session):
        raise ConfigError(
            f"{session} is no exchange session; the next is {calendar.next_session(session)}"
        )
    zipf = [10**9 // rank for rank in range(1, sizes.plans + 1)]
    spare = sizes.participants - LEAST_PARTICIPANTS * sizes.plans
    members = np.array(split(spare, zipf), np.int64) + LEAST_PARTICIPANTS
    first = np.concatenate(([0], np.cumsum(members)))
    plan = np.repeat(np.arange(sizes.plans), members)
    draws = Draws(seed, 1)
    age = draws.below(100, sizes.participants)
    vintage = np.where(age < 40, 0, np.where(age < 75, 1, 2))
    return Nation(
        session=session,
        seed=seed,
        calendar=calendar,
        plan_ids=tuple(f"PLN-{number:05d}" for number in range(1, sizes.plans + 1)),
        owner=tuple(_TURN[rank % len(_TURN)] for rank in range(sizes.plans)),
        first=first,
        participant_ids=tuple(f"PPT-{n:08d}" for n in range(1, sizes.participants + 1)),
        plan=plan,
        vintage=vintage,
        units=_units(draws, plan, vintage),
    )


def _units(draws: Draws, plan: I64, vintage: I64) -> I64:
    """What each participant holds: a balance, an alternative part of it, a liquid one, the rest."""
    n = len(plan)
    balance = draws.spread(BALANCES, n)
    share = np.where(draws.chosen(30, n), draws.between(200, 1_200, n), 0)
    plan_share = draws.between(995, 998, n)
    share = np.where(plan == NEAR_CAP_PLAN, plan_share, share)
    alternative = balance * share // 10_000
    just_below = np.maximum(balance * 15 // 100 - draws.below(20_00, n), 0)
    alternative = np.where(_just_below(plan), just_below, alternative)
    liquid_share = np.where(draws.chosen(35, n), draws.between(10, 25, n), 0)
    values = np.zeros((n, len(FUNDS)), np.int64)
    values[:, INTERVAL] = alternative // 3
    values[:, MA_ALT] = alternative - values[:, INTERVAL]
    values[:, LIQ] = balance * liquid_share // 100
    values[np.arange(n), vintage] = balance - alternative - values[:, LIQ]
    units: I64 = values * 10**SHIFT // np.array(OPENING_NAV, np.int64)
    return units


def book_changes(nation: Nation) -> tuple[BookChange, ...]:
    """The nation's reference data: calendar, parties, funds and plans, in message-sized parts."""
    plan_ids, session = nation.plan_ids, nation.session
    whole_nation = nation.fund_units()
    plans = [
        PlanTerms(
            plan_id,
            RECORDKEEPERS[owner],
            RECORDKEEPERS[owner],
            FUNDS[LIQ],
            FUNDS,
            limit(f"{plan_id}-PARTICIPANT", LimitScope.PARTICIPANT, "15%"),
            limit(f"{plan_id}-PLAN", LimitScope.PLAN, "10%"),
        )
        for plan_id, owner in zip(plan_ids, nation.owner, strict=True)
    ]
    parties = (
        *(PartyTerms(name, "RECORDKEEPER", name, SENDERS[name]) for name in RECORDKEEPERS),
        *(PartyTerms(name, "MANAGER", name, SENDERS[name]) for name in MANAGERS),
        PartyTerms(CUSTODIAN, "CUSTODIAN", CUSTODIAN, SENDERS[CUSTODIAN]),
        PartyTerms("market", "MARKET", "market", SENDERS["market"]),
    )
    funds = tuple(fund_terms(session, at, units) for at, units in enumerate(whole_nation))
    parts = [
        BookChange(
            "operations", f"opening-{at // PLANS_A_CHANGE + 1}", session, None, (), (),
            tuple(plans[at : at + PLANS_A_CHANGE]),
        )
        for at in range(0, len(plans), PLANS_A_CHANGE)
    ]  # fmt: skip
    calendar = calendar_terms(nation.calendar)
    parts[0] = replace(parts[0], calendar=calendar, parties=parties, funds=funds)
    return tuple(parts)


def session_after(calendar: Calendar, now: int) -> date:
    """The session a demonstration can play: its marks, recorded from now on, still count.

    Args:
        calendar: Covers the days around now.
        now: UTC microseconds.

    Returns:
        The first session whose valuation cut-off lies an hour or more ahead.
    """
    hour = 3_600_000_000
    session = calendar.trade_date(now - 12 * hour)
    while calendar.local_at(session, 18 * 60 + 30) < now + hour:
        session = calendar.next_session(session)
    return session
