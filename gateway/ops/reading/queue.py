"""What went through gates, and what waits at them.

The plan desk's own `evolve` folds its journal, so that what waits is what it will ask for.

Not here: printing (`show.requests`), which part of the journals was known (`known`).
Source: domain.md §2.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.requests import GatePassed, RequestsWithdrawn
from gateway.core.vocabulary import I64
from gateway.desks.plan_state import PlanState, day_of
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked, token, token_of
from gateway.ops.reading.withdrawn import Withdrawals, WithdrawnRow
from gateway.shell.gateway import Gateway


@dataclass(frozen=True, slots=True)
class GateRow:
    """What went through a fund's gate on a dealing day, minor units."""

    fund_id: str
    session: date
    policy: str
    room_minor: int
    bound_by: str
    asked_minor: int
    met_minor: int
    kept_minor: int
    queued_minor: int
    lapsed_minor: int
    settlement_date: date
    currency: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What one plan's participants wait for in a fund, or one participant.

    Attributes:
        participant: A token, empty if it is all of them.
        since: Trade date of the oldest request.
        requests: How many lines.
        asked_minor: What they asked in all.
        left_minor: What of it waits.
        in_flight_minor: What of that the fund has been asked for and has not answered.
    """

    plan_id: str
    fund_id: str
    participant: str
    since: date
    requests: int
    asked_minor: int
    left_minor: int
    in_flight_minor: int
    currency: str


@dataclass(slots=True)
class Queues:
    """Gates by fund and session; what waits by plan, fund and, where asked for, participant."""

    gates: list[GateRow] = field(default_factory=list)
    waiting: list[WaitingRow] = field(default_factory=list)
    withdrawn: list[WithdrawnRow] = field(default_factory=list)


async def read_queues(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Queues:
    """Read what went through gates, and what waits at them now or as known at a moment.

    Args:
        log: Where the gateway wrote.
        gateway: Its topology.
        asked: What is wanted; participants are told apart if a plan or a participant is.
        told: Who is told how far the reading is.

    Raises:
        ConfigError: What is asked is no moment or no token.
    """
    known = Known(log, gateway, asked.until, told, asked.plan, asked.fund)
    await known.announce(("fund", "plan"))
    found = Queues()
    currencies: dict[str, str] = {}
    desk = gateway.desks()["plan"]
    for partition in known.partitions("plan"):
        state: PlanState = desk.initial(partition)
        taken = Withdrawals()
        async for decided in known.decisions("plan", partition):
            for event in decided.events:
                if isinstance(event, RequestsWithdrawn):
                    taken.follow(event)
                desk.evolve(state, event)
        found.withdrawn.extend(taken.rows(state, asked))
        currencies.update((name, terms.currency) for name, terms in state.book.funds.items())
        found.waiting.extend(_waiting(state, asked))
    for partition in known.partitions("fund"):
        async for decided in known.decisions("fund", partition):
            found.gates.extend(
                _gate(event, currencies)
                for event in decided.events
                if isinstance(event, GatePassed) and event.bound_by and _is_asked(event, asked)
            )
    found.gates.sort(key=lambda row: (row.fund_id, row.session))
    found.waiting.sort(key=lambda row: (row.plan_id, row.fund_id, row.participant))
    found.withdrawn.sort(key=lambda row: (row.session, row.plan_id, row.fund_id))
    return found


def _is_asked(event: GatePassed, asked: Asked) -> bool:
    day = asked.as_of if asked.session is None else asked.session
    plans = {row.plan_id for row in event.rows}
    return (
        asked.fund in (None, event.fund_id)
        and day in (None, event.session)
        and (asked.plan is None or asked.plan in plans)
    )


def _gate(event: GatePassed, currencies: dict[str, str]) -> GateRow:
    return GateRow(
        event.fund_id, event.session, event.policy.value, event.room_minor, event.bound_by,
        sum(row.asked_minor for row in event.rows), event.met_minor,
        event.met_minor - event.paid_minor, sum(row.queued_minor for row in event.rows),
        sum(row.lapsed_minor for row in event.rows), event.settlement_date,
        currencies.get(event.fund_id, "USD"),
    )  # fmt: skip


def _waiting(state: PlanState, asked: Asked) -> list[WaitingRow]:
    table = state.requests
    plans, funds = list(state.plan_slots), list(state.fund_slots)
    wanted = table.left_minor > 0
    if asked.plan is not None:
        wanted &= table.plan == state.plan_slots.get(asked.plan, -1)
    if asked.fund is not None:
        wanted &= table.fund == state.fund_slots.get(asked.fund, -1)
    if asked.participant is not None:
        slot = state.accounts.index.find(np.array([token_of(asked.participant)], np.int64))
        wanted &= table.account == slot[0]
    if asked.sender is not None:
        theirs = [state.book.plans[name].recordkeeper == asked.sender for name in plans]
        wanted &= np.array([*theirs, False], np.bool_)[table.plan]
    rows = np.flatnonzero(wanted)
    apart = asked.plan is not None or asked.participant is not None
    account = table.account[rows] if apart else np.zeros(len(rows), np.int64)
    keys = np.stack((table.plan[rows], table.fund[rows], account), 1)
    groups, of = np.unique(keys, axis=0, return_inverse=True)

    def summed(column: I64) -> list[int]:
        sums = np.zeros(len(groups), np.int64)
        np.add.at(sums, of, column)
        return [int(each) for each in sums]

    since = np.full(len(groups), np.iinfo(np.int64).max)
    np.minimum.at(since, of, table.asked_on[rows])
    columns = zip(
        groups.tolist(), since.tolist(), summed(np.ones(len(rows), np.int64)),
        summed(table.asked_minor[rows]), summed(table.left_minor[rows]),
        summed(table.ask_minor[rows]), strict=True,
    )  # fmt: skip
    return [
        WaitingRow(
            plans[plan], funds[fund],
            token(int(state.accounts.token[slot])) if apart else "", day_of(day), count, whole,
            left, flying, state.book.funds[funds[fund]].currency,
        )
        for (plan, fund, slot), day, count, whole, left, flying in columns
    ]  # fmt: skip
