"""What flows from recordkeepers towards the funds, and the answers that go back.

Orders travel as columns. Names of plans and funds stand once per message in a
dictionary (`plans`, `funds`); the columns hold indices into it.

Not here: the partner's own form of an order (connectors translate that).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import numpy as np

from gateway.core.corrections import Links
from gateway.core.money import UnitRounding
from gateway.core.vocabulary import I8, I32, I64, EventKind, OrderKind, RejectCode


@dataclass(frozen=True, slots=True)
class OrderBatch:
    """Orders of one sender's batch that concern one plan partition."""

    sender: Annotated[str, "recordkeeper that owns the topic the batch came from"]
    batch_id: Annotated[str, "the sender's own name of the batch"]
    session: Annotated[date, "exchange session the sender booked the batch under"]
    kind: Annotated[OrderKind, "what the orders do"]
    currency: Annotated[str, "ISO 4217 code of every amount"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    funds: Annotated[tuple[str, ...], "fund ids the fund columns point into"]
    line: Annotated[I32, "line number in the sender's batch, from 0"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    money_source: Annotated[I8, "position in MoneySource"]
    sell_fund: Annotated[I32, "index into funds, -1 if nothing is sold"]
    buy_fund: Annotated[I32, "index into funds, -1 if nothing is bought"]
    amount_minor: Annotated[I64, "minor units, greater than zero"]
    received_at: Annotated[I64, "UTC microseconds: when the plan's agent had it in good order"]
    reason: Annotated[EventKind, "why they are sent"] = EventKind.UNSTATED
    links: Annotated[Links | None, "of a correction: what it goes back to"] = None


@dataclass(frozen=True, slots=True)
class HoldingsBatch:
    """Opening units of participants as their recordkeeper states them."""

    sender: Annotated[str, "recordkeeper that states the holdings"]
    batch_id: Annotated[str, "the sender's own name of the statement"]
    session: Annotated[date, "session at whose close the units were held"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    funds: Annotated[tuple[str, ...], "fund ids the column `fund` points into"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    fund: Annotated[I32, "index into funds"]
    units: Annotated[I64, "units scaled by the fund's unit_scale"]


@dataclass(frozen=True, slots=True)
class FlowBatch:
    """A session's accepted money per plan and fund, from a plan partition to a fund partition."""

    partition: Annotated[int, "plan partition that sends it"]
    session: Annotated[date, "session at whose close they are sent"]
    trade_date: Annotated[date, "session whose NAV they get; earlier than session if as-of"]
    currency: Annotated[str, "ISO 4217 code of every amount"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    funds: Annotated[tuple[str, ...], "fund ids the column `fund` points into"]
    settling_entities: Annotated[tuple[str, ...], "who settles for each of plans"]
    recordkeepers: Annotated[tuple[str, ...], "who pays what a late order of each plan costs"]
    plan: Annotated[I32, "index into plans"]
    fund: Annotated[I32, "index into funds"]
    buy_minor: Annotated[I64, "minor units bought"]
    sell_minor: Annotated[I64, "minor units redeemed"]
    first_received_at: Annotated[
        I64, "UTC microseconds of the earliest purchase, for first-in order"
    ]
    lines: Annotated[I64, "order lines behind the row"]
    least_nav: Annotated[
        I64, "NAV, scaled, below which a sale takes more units than its account has; 0: no sales"
    ]


@dataclass(frozen=True, slots=True)
class FillBatch:
    """Omnibus fills of one fund for the plans of one plan partition."""

    fund_id: Annotated[str, "fund that filled"]
    session: Annotated[date, "session at whose close the flows were sent"]
    trade_date: Annotated[date, "session whose NAV was used"]
    nav: Annotated[int, "NAV per unit, scaled by nav_scale"]
    nav_scale: Annotated[int, "decimal places of nav"]
    unit_scale: Annotated[int, "decimal places of units"]
    plans: Annotated[tuple[str, ...], "plan ids the columns are in the order of"]
    buy_minor: Annotated[I64, "minor units bought per plan"]
    sell_minor: Annotated[I64, "minor units redeemed per plan"]
    buy_units: Annotated[I64, "units issued per plan, scaled"]
    sell_units: Annotated[I64, "units cancelled per plan, scaled"]
    unit_rounding: Annotated[UnitRounding, "how units are rounded"] = UnitRounding.HALF_UP


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What became of a sender's message as a whole."""

    sender: Annotated[str, "whose message"]
    batch_id: Annotated[str, "the sender's own name of it, empty if it could not be read"]
    session: Annotated[date | None, "session it was booked under, if it could be read"]
    result_id: Annotated[str, "the same for the same bytes, so a repeat gets the same answer"]
    verdict: Annotated[str, "what became of it; docs/errors.md lists the words"]
    codes: Annotated[tuple[RejectCode, ...], "every reason, in the order of RejectCode"]
    detail: Annotated[str, "what differs and what to do"]
    lines: Annotated[int, "lines taken"]
    amount_minor: Annotated[int, "minor units taken"]


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What became of the lines of a batch in one plan partition; only exceptions are listed."""

    sender: Annotated[str, "whose orders"]
    batch_id: Annotated[str, "batch the lines came in"]
    trade_date: Annotated[date, "session whose NAV the lines get"]
    state: Annotated[str, "DECIDED, PARKED or AS_OF"]
    lines: Annotated[int, "lines this status speaks of"]
    accepted_minor: Annotated[int, "minor units accepted as asked"]
    diverted_minor: Annotated[int, "minor units sent to the liquid option instead"]
    rejected_minor: Annotated[int, "minor units refused"]
    line: Annotated[I32, "line numbers of the exceptions"]
    code: Annotated[I8, "position in RejectCode, per exception"]
    line_accepted_minor: Annotated[I64, "minor units of the exception that went where asked"]
    line_diverted_minor: Annotated[I64, "minor units of the exception that were diverted"]
    headroom_minor: Annotated[I64, "what the binding limit had left, per exception"]
    scope: Annotated[I8, "0 none, 1 participant limit, 2 plan limit"]
    reasons: Annotated[I64, "every reason, per exception: bit n is position n in RejectCode"] = (
        field(default_factory=lambda: np.zeros(0, np.int64))
    )
    funds: Annotated[tuple[str, ...], "fund ids the columns of funds point into"] = ()
    asked_fund: Annotated[
        I32, "index into funds of the fund asked for, where another is bought; else -1"
    ] = field(default_factory=lambda: np.zeros(0, np.int32))
    bought_fund: Annotated[I32, "index into funds of the one bought in its place; else -1"] = field(
        default_factory=lambda: np.zeros(0, np.int32)
    )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Units given to the participants of one plan and fund for one trade date."""

    plan_id: Annotated[str, "plan"]
    fund_id: Annotated[str, "fund"]
    trade_date: Annotated[date, "session whose NAV was used"]
    nav: Annotated[int, "NAV per unit, scaled"]
    nav_scale: Annotated[int, "decimal places of nav"]
    unit_scale: Annotated[int, "decimal places of units"]
    participant: Annotated[I64, "keyed participant token"]
    buy_minor: Annotated[I64, "minor units bought"]
    sell_minor: Annotated[I64, "minor units redeemed"]
    units: Annotated[I64, "units added (or taken, negative), scaled"]
