"""What a plan partition knows: the book, accounts, prices, and the open session's flows.

Not here: decisions (`plan`, `plan_orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from gateway.core.accounts import Accounts
from gateway.core.book import Book
from gateway.core.closing import SenderClosed
from gateway.core.marks import NavStruck
from gateway.core.money import values_of
from gateway.core.orders import HoldingsBatch, OrderBatch
from gateway.core.vocabulary import I64

EPOCH = date(1970, 1, 1)


def epoch_day(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - EPOCH).days


def day_of(days: int) -> date:
    """The date that many days after 1 January 1970."""
    return EPOCH + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Price:
    """A fund's NAV in force, and how its units are scaled."""

    nav: int
    nav_scale: int
    unit_scale: int

    @property
    def shift(self) -> int:
        """Decimal places that units times NAV have beyond cents."""
        return self.nav_scale + self.unit_scale - 2


@dataclass(frozen=True, slots=True)
class Flows:
    """Accepted money of one trade date, a row a line and leg; slots are the state's own."""

    plan: I64
    account: I64
    fund: I64
    buy_minor: I64
    sell_minor: I64
    received_at: I64


@dataclass(slots=True)
class PlanState:
    """The state of one plan partition; changed by `evolve` only."""

    partition: int = 0
    book: Book = field(default_factory=Book)
    session: date | None = None
    accounts: Accounts = field(default_factory=Accounts)
    plan_slots: dict[str, int] = field(default_factory=dict)
    fund_slots: dict[str, int] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)
    plan_alternative: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    plan_total: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    flows: dict[date, list[Flows]] = field(default_factory=dict)
    announced: set[date] = field(default_factory=set)
    waiting: list[OrderBatch | HoldingsBatch | SenderClosed] = field(default_factory=list)
    parked: list[tuple[date, OrderBatch]] = field(default_factory=list)
    counted: dict[tuple[str, date], tuple[int, int, int]] = field(default_factory=dict)
    senders_closed: dict[date, set[str]] = field(default_factory=dict)
    funds_closed: dict[date, set[int]] = field(default_factory=dict)
    flows_sent: set[date] = field(default_factory=set)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether the session's prices and its book are here: then orders can be decided."""
        return self.session in self.announced

    @property
    def open_session(self) -> date:
        """The session whose orders are being decided."""
        assert self.session is not None, "no session before the first was announced"
        return self.session


def revalue(state: PlanState) -> None:
    """Value every account and plan at the prices in force; reservations are re-applied after."""
    accounts = state.accounts
    names = list(state.fund_slots)
    funds = accounts.unit_key[: len(accounts.positions)] & 0xFFFF
    owners = accounts.unit_key[: len(accounts.positions)] >> 16
    units = accounts.units[: len(accounts.positions)]
    values = np.zeros(len(units), np.int64)
    alternative = np.zeros(len(names), np.bool_)
    for slot, name in enumerate(names):
        price, terms = state.prices.get(name), state.book.funds.get(name)
        if price is None or terms is None:
            continue
        alternative[slot] = terms.alternative
        rows = np.flatnonzero(funds == slot)
        values[rows] = values_of(units[rows], np.full(len(rows), price.nav), price.shift)
    accounts.total[:] = 0
    accounts.alternative[:] = 0
    np.add.at(accounts.total, owners, values)
    if len(units):
        np.add.at(accounts.alternative, owners, np.where(alternative[funds], values, 0))
    _revalue_plans(state)


def _revalue_plans(state: PlanState) -> None:
    accounts, count = state.accounts, len(state.accounts.index)
    state.plan_total = np.zeros(len(state.plan_slots), np.int64)
    state.plan_alternative = np.zeros(len(state.plan_slots), np.int64)
    np.add.at(state.plan_total, accounts.plan[:count], accounts.total[:count])
    np.add.at(state.plan_alternative, accounts.plan[:count], accounts.alternative[:count])


def reserve(state: PlanState, flows: Flows) -> None:
    """Count accepted money as if filled: totals, alternatives and sales in flight."""
    names = list(state.fund_slots)
    alternative = np.array([state.book.funds[n].alternative for n in names], np.bool_)
    change = flows.buy_minor - flows.sell_minor
    private = np.where(alternative[flows.fund], change, 0)
    np.add.at(state.accounts.total, flows.account, change)
    np.add.at(state.accounts.alternative, flows.account, private)
    np.add.at(state.plan_total, flows.plan, change)
    np.add.at(state.plan_alternative, flows.plan, private)
    positions = state.accounts.hold(flows.account, flows.fund)
    np.add.at(state.accounts.reserved, positions, flows.sell_minor)


def joined(flows: list[Flows]) -> Flows:
    """All flows of a session as one set of columns."""
    none = np.zeros(0, np.int64)
    if not flows:
        return Flows(none, none, none, none, none, none)
    return Flows(*(np.concatenate(columns) for columns in zip(*map(columns, flows), strict=True)))


def columns(flows: Flows) -> tuple[I64, ...]:
    """The columns of flows, in the order of their fields."""
    return (flows.plan, flows.account, flows.fund, flows.buy_minor, flows.sell_minor,
            flows.received_at)  # fmt: skip
