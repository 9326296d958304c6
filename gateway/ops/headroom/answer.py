"""Desks asked on states that were folded: limits in force, the way of a purchase, the strike.

The states are the caller's own and are used up: a purchase that is tried is taken into them.

Not here: folding (`command`), the plan side (`lines`), the fund side (`strike`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gateway.core.money import parse_amount
from gateway.desks.desk import Topology
from gateway.desks.fund_state import FundState
from gateway.desks.plan_evolve import evolve
from gateway.desks.plan_state import PlanState
from gateway.errors import ConfigError
from gateway.ops.headroom.lines import Purchase, limit_rows, outcome, tried, way_in
from gateway.ops.headroom.rows import Headroom, LimitRow, Outcome, Strike, Way
from gateway.ops.headroom.strike import money_of_nobody, pro_forma, waiting_flows, waiting_requests
from gateway.ops.reading.orders import token_of
from gateway.ops.show.part import CURRENCY


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked; at least a plan, a participant or a fund.

    Attributes:
        plan: A plan: its limit, and that of its participant.
        participant: A participant's token, as tables show it.
        fund: A fund: what a purchase of it meets, and what its strike would buy.
        sells: The fund that an exchange sells; without it a purchase is of new money.
        amount: A purchase to try, as 1,000.00.
        known_at: A moment: only what was recorded by then. UTC, or with its offset or zone, as in
            "2026-11-24T18:30 America/New_York".
    """

    plan: str | None = None
    participant: str | None = None
    fund: str | None = None
    sells: str | None = None
    amount: str | None = None
    known_at: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What journals came to: plan partitions by number, and the partition of the fund asked for."""

    topology: Topology
    plans: Mapping[int, PlanState]
    fund: FundState | None


def answered(asked: Asked, known: Known) -> Headroom:
    """The limits in force, what fits, and what becomes of a purchase tried.

    Raises:
        ConfigError: Nothing answers to a name, or it cannot be asked so.
    """
    home, plan = _home(asked, known)
    fund = _fund(asked, known)
    session = home.session if home is not None else fund.session if fund is not None else None
    if session is None:
        raise ConfigError("no session was announced by then: nothing can go in yet")
    terms = None if fund is None else fund.funds[str(asked.fund)].terms
    currency = CURRENCY if terms is None else terms.currency
    amount = None if asked.amount is None else _amount(asked.amount, currency)
    rows: list[LimitRow] = []
    way: Way | None = None
    answer: Outcome | None = None
    notes: list[str] = []
    strikes, of_fund = _strike(known, fund, asked, ()) if fund is not None else ((), ())
    if home is not None:
        notes += _notes(home)
        if terms is None or terms.alternative:
            rows += limit_rows(home, plan, _who(asked), asked.participant or "")
        else:
            notes.append(
                f"{asked.fund} does not count as alternative: no limit of participant or plan "
                "stops a purchase of it"
            )
        if asked.participant is not None and asked.fund is not None:
            purchase = Purchase(plan, token_of(asked.participant), asked.fund, asked.sells)
            way, answer = _tried(home, purchase, amount)
            rows = _marked(rows, way)
    if fund is not None and amount is not None:
        nobodys = () if answer is not None else (amount,)
        strikes += _strike(known, fund, asked, nobodys, tried=True)[0]
    return Headroom(currency, session, (*rows, *of_fund), way, answer, strikes, tuple(notes))


def _home(asked: Asked, known: Known) -> tuple[PlanState | None, str]:
    """The partition of the plan or participant asked for, and the plan."""
    who = _who(asked)
    if asked.plan is not None:
        home = known.plans[known.topology.home("plan", asked.plan).partition]
        if asked.plan not in home.book.plans or asked.plan not in home.plan_slots:
            raise ConfigError(f"no plan {asked.plan} is in the book")
        return home, asked.plan
    for state in known.plans.values() if who is not None else ():
        slot = int(state.accounts.index.find(np.array([who], np.int64))[0])
        if slot >= 0:
            return state, list(state.plan_slots)[int(state.accounts.plan[slot])]
    if who is not None:
        raise ConfigError("nobody of this token is known: of a new participant name the --plan too")
    return None, ""


def _who(asked: Asked) -> int | None:
    return None if asked.participant is None else token_of(asked.participant)


def _fund(asked: Asked, known: Known) -> FundState | None:
    state = known.fund
    if state is not None and (asked.fund not in state.funds or state.session is None):
        raise ConfigError(f"no fund {asked.fund} is in the book of a session that was announced")
    return state


def _amount(text: str, currency: str) -> int:
    try:
        amount = parse_amount(text, currency)
    except ValueError as wrong:
        raise ConfigError(f"--amount: {wrong}") from wrong
    if amount <= 0:
        raise ConfigError(f"--amount {text}: a purchase is of more than nothing")
    return amount


def _notes(home: PlanState) -> list[str]:
    if not home.ready:
        return ["orders wait: operations has not announced the session yet"]
    if home.session in home.flows_sent:
        return ["the session is closed: an order of now is of the next one, at prices to come"]
    return []


def _tried(home: PlanState, purchase: Purchase, amount: int | None) -> tuple[Way, Outcome | None]:
    """The way in; and what the desk decides of an amount, which is then among its flows."""
    if purchase.sells is not None and purchase.sells not in home.book.funds:
        raise ConfigError(f"--sells {purchase.sells}: no such fund is in the book")
    way = way_in(home, purchase)
    if amount is None:
        return way, None
    event = tried(home, purchase, amount)
    answer = outcome(home, event)
    evolve(home, event)
    return way, answer


def _marked(rows: list[LimitRow], way: Way) -> list[LimitRow]:
    """The limit that stops the next cent of the way is the one that binds."""
    stops = "" if way.then is None else way.then.scope
    return [replace(row, binds=row.scope == stops) for row in rows]


def _strike(
    known: Known, fund: FundState, asked: Asked, nobodys: tuple[int, ...], *, tried: bool = False
) -> tuple[tuple[Strike, ...], tuple[LimitRow, ...]]:
    """The strike with what plans accepted so far, and with money of a plan that is not said."""
    name = str(asked.fund)
    flows = waiting_flows(known.plans.values(), name)
    flows += [money_of_nobody(fund.funds[name], fund, amount) for amount in nobodys]
    asks = waiting_requests(known.plans.values(), name, known.topology)
    found = pro_forma(fund, name, flows, asks, tried=tried)
    return (found.strike,), found.limits
