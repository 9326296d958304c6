"""Sales of a gated fund on their way: asked by plans, met by the fund, told to the recordkeeper.

A sale of a fund with a gate is a request. Its plan's partition keeps it, line by line, and on
every dealing day sends what plans ask in all; the fund says how much of each plan's requests is
met, and the plan's partition shares that among the lines. What waits may be withdrawn, where
the fund's terms allow it.

Not here: how much is met (`gates`), who keeps a request and shares what is met (the plan desk).
Source: domain.md §1.4, §2.4; golden G19. Law: L1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import numpy as np

from gateway.core.gates import DealingDays, RequestMet
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.vocabulary import I8, I32, I64


@dataclass(frozen=True, slots=True)
class RedemptionRequests:
    """What a plan partition asks of one fund on a dealing day, by plan and day of first asking."""

    partition: Annotated[int, "plan partition that sends it"]
    session: Annotated[date, "dealing day"]
    fund_id: Annotated[str, "fund"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    settling_entities: Annotated[tuple[str, ...], "who settles for each of plans"]
    held_units: Annotated[I64, "units each of plans holds in the fund, scaled"]
    plan: Annotated[I32, "index into plans"]
    dealing: Annotated[I32, "dealing day the requests first came up on, days since 1970"]
    asked_minor: Annotated[I64, "minor units"]
    nav: Annotated[I64, "NAV they are paid at, scaled; 0: that of the dealing day"]
    least_nav: Annotated[
        I64, "NAV of the day, scaled, below which an account has too few units; 0: none has"
    ]
    odd_lot: Annotated[
        I8, "1: of accounts with fewer than 100 units that ask for all, who go first"
    ]
    recordkeepers: Annotated[tuple[str, ...], "who sent the orders of each of plans"] = ()


@dataclass(frozen=True, slots=True)
class RequestFills:
    """What became of the requests of one plan partition in a fund on a dealing day."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "dealing day"]
    partition: Annotated[int, "plan partition"]
    buys_on: Annotated[date, "session in which exchanges buy with what is paid"]
    policy: Annotated[CarryPolicy, "whether the rest lapses or waits"]
    pricing: Annotated[TranchePricing, "NAV of the later parts of a request"]
    nav_scale: Annotated[int, "decimal places of NAVs"]
    unit_scale: Annotated[int, "decimal places of units"]
    rows: Annotated[tuple[RequestMet, ...], "by plan and day of first asking"]


@dataclass(frozen=True, slots=True)
class RequestsSent:
    """A dealing day's requests went to the funds; each is in flight until it is answered."""

    session: Annotated[date, "dealing day"]
    lines: Annotated[int, "requests"]
    asked_minor: Annotated[int, "minor units asked in all"]


@dataclass(frozen=True, slots=True)
class RequestsFilled:
    """What became of requests of one fund, line by line; met + left + lapsed was outstanding."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "dealing day"]
    buys_on: Annotated[date, "session in which exchanges buy with what is paid"]
    nav_scale: Annotated[int, "decimal places of NAVs"]
    unit_scale: Annotated[int, "decimal places of units"]
    names: Annotated[tuple[str, ...], "plan, batch and fund ids that columns point into"]
    request: Annotated[I64, "the request's number in this partition"]
    plan: Annotated[I32, "index into names"]
    batch: Annotated[I32, "index into names: batch the line came in"]
    line: Annotated[I32, "line number in the sender's batch"]
    participant: Annotated[I64, "keyed participant token"]
    buy_fund: Annotated[I32, "index into names: what an exchange buys; -1 if it is paid out"]
    asked_on: Annotated[I32, "trade date of the line, days since 1970"]
    asked_minor: Annotated[I64, "minor units the line asked in all"]
    met_minor: Annotated[I64, "minor units redeemed now"]
    kept_minor: Annotated[I64, "of them, what the fund keeps, minor units"]
    left_minor: Annotated[I64, "minor units that wait"]
    lapsed_minor: Annotated[I64, "minor units that have to be asked for again"]
    one_nav: Annotated[bool, "true: later parts of a request are paid at its first NAV"]
    nav: Annotated[I64, "NAV they were redeemed at, scaled"]
    units: Annotated[I64, "units redeemed, scaled"]


@dataclass(frozen=True, slots=True)
class RequestsWithdrawn:
    """What waits of requests was taken back, line by line; it stays in its fund.

    What a fund has been asked for and has not answered cannot be taken back at once: that is
    noted, and withdrawn of what its answer leaves.
    """

    session: Annotated[date, "session in which they are withdrawn"]
    names: Annotated[tuple[str, ...], "plan, fund and batch ids that columns point into"]
    request: Annotated[I64, "the request's number in this partition"]
    plan: Annotated[I32, "index into names"]
    fund: Annotated[I32, "index into names: what was to be sold"]
    batch: Annotated[I32, "index into names: batch the request came in"]
    line: Annotated[I32, "its line number in that batch"]
    participant: Annotated[I64, "keyed participant token"]
    asked_minor: Annotated[I64, "minor units the request asked in all"]
    withdrawn_minor: Annotated[I64, "minor units that wait no longer"]
    noted_minor: Annotated[
        I64, "minor units to be withdrawn once the fund has answered; below 0: no longer"
    ]
    left_minor: Annotated[I64, "minor units that wait"]
    by_batch: Annotated[I32, "index into names: batch that withdrew; -1: noted before"]
    by_line: Annotated[I32, "line number in that batch; -1: noted before"]


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """What a recordkeeper is told of its participants' requests in one plan and fund."""

    plan_id: Annotated[str, "plan"]
    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "dealing day, or session in which they were withdrawn"]
    state: Annotated[str, "FILLED, PARTIALLY_FILLED, NOT_FILLED or WITHDRAWN"]
    code: Annotated[str, "ISO 20022 reason: GATM or GAT1; empty if all are filled"]
    buys_on: Annotated[date, "session in which exchanges buy with what is paid"]
    batches: Annotated[tuple[str, ...], "batch ids the column `batch` points into"]
    batch: Annotated[I32, "index into batches"]
    line: Annotated[I32, "line number in the sender's batch"]
    participant: Annotated[I64, "keyed participant token"]
    asked_minor: Annotated[I64, "minor units the line asked in all"]
    paid_minor: Annotated[I64, "minor units paid now"]
    kept_minor: Annotated[I64, "minor units the fund keeps"]
    left_minor: Annotated[I64, "minor units that wait"]
    lapsed_minor: Annotated[I64, "minor units that have to be asked for again"]
    withdrawn_minor: Annotated[I64, "minor units taken back now"] = field(
        default_factory=lambda: np.zeros(0, np.int64)
    )


@dataclass(frozen=True, slots=True)
class PlanUnits:
    """Units of one plan."""

    plan_id: Annotated[str, "plan"]
    units: Annotated[int, "scaled"]


@dataclass(frozen=True, slots=True)
class GatePassed:
    """What went through a fund's gate in a session, and what bounded it."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    dealing: Annotated[DealingDays, "sessions on which requests are met"]
    policy: Annotated[CarryPolicy, "who goes first, and what becomes of the rest"]
    room_minor: Annotated[int, "what the gate let out, minor units"]
    bound_by: Annotated[str, "cap id, SUSPENDED, OFFER or LIQUID"]
    settlement_date: Annotated[date, "day the money of what was met moves"]
    subscribed_minor: Annotated[int, "purchases of the session, minor units"]
    subscribed_units: Annotated[int, "units issued for them, scaled"]
    rows: Annotated[tuple[RequestMet, ...], "by plan and day of first asking"]
    bought: Annotated[tuple[PlanUnits, ...], "units plans bought, where young units count"]
    held: Annotated[tuple[PlanUnits, ...], "units of those who asked, where young units count"]

    @property
    def met_minor(self) -> int:
        """What was redeemed, minor units."""
        return sum(row.met_minor for row in self.rows)

    @property
    def paid_minor(self) -> int:
        """What plans are paid, minor units."""
        return sum(row.paid_minor for row in self.rows)

    @property
    def units(self) -> int:
        """Units redeemed, scaled."""
        return sum(row.units for row in self.rows)
