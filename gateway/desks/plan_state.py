"""What a plan partition knows: the book, accounts, prices, and the open session's flows.

Not here: decisions (`plan`, `plan_orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from gateway.core.accounts import Accounts
from gateway.core.book import Book
from gateway.core.capital_returns import CapitalReturnPlanned
from gateway.core.closing import SenderClosed
from gateway.core.decisions import Approved
from gateway.core.dilution import Scales
from gateway.core.limits import SALE_BY_AMOUNT
from gateway.core.marks import NavStruck
from gateway.core.money import INT64_MAX, UnitRounding, values_of
from gateway.core.nav_correction import KeptFill, NavCorrection
from gateway.core.orders import HoldingsBatch, OrderBatch
from gateway.core.vocabulary import I64, OrderKind
from gateway.desks.request_table import Requests

EPOCH = date(1970, 1, 1)
Bools = npt.NDArray[np.bool_]


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
    unit_rounding: UnitRounding = UnitRounding.HALF_UP

    @property
    def scales(self) -> Scales:
        """The fund's decimals, and how it rounds units."""
        return Scales(self.nav_scale, self.unit_scale, rounding=self.unit_rounding)

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


@dataclass(frozen=True, slots=True)
class Queued:
    """What waits, in the order of the inbox.

    Attributes:
        trade_date: For parked lines, the session they wait for; None for a whole message.
        message: The lines or the message.
    """

    trade_date: date | None
    message: OrderBatch | HoldingsBatch | SenderClosed | Approved

    def is_due(self, session: date) -> bool:
        """Whether it can be decided in a session that is ready.

        A statement of units is taken after the session at whose close they were held. Lines
        whose session a late closure took away are decided in the one after it.
        """
        if self.trade_date is not None:
            return self.trade_date <= session
        if isinstance(self.message, Approved):
            return self.message.session <= session
        return not isinstance(self.message, HoldingsBatch) or self.message.session < session

    def ends(self, sender: str, session: date) -> bool:
        """Whether it is a sender's end of a session."""
        end = self.message
        return isinstance(end, SenderClosed) and (end.sender, end.session) == (sender, session)


BatchName = tuple[str, date, str]
"""Sender, session it was booked under, batch id."""

SentAt = tuple[date, date]
"""The session at whose close flows are sent, and the one whose NAV they get."""


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
    flows: dict[SentAt, list[Flows]] = field(default_factory=dict)
    announced: set[date] = field(default_factory=set)
    queue: list[Queued] = field(default_factory=list)
    counted: dict[tuple[str, date], tuple[int, int, int]] = field(default_factory=dict)
    senders_closed: dict[date, set[str]] = field(default_factory=dict)
    funds_closed: dict[date, set[int]] = field(default_factory=dict)
    flows_sent: set[date] = field(default_factory=set)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    priced: dict[str, date] = field(default_factory=dict)
    held: set[tuple[date, str]] = field(default_factory=set)
    since: dict[str, date] = field(default_factory=dict)
    left_out: set[tuple[str, date]] = field(default_factory=set)
    shortened: dict[date, int] = field(default_factory=dict)
    requests: Requests = field(default_factory=Requests)
    returns: dict[date, list[CapitalReturnPlanned]] = field(default_factory=dict)
    navs: dict[str, dict[date, int]] = field(default_factory=dict)
    originals: dict[date, dict[BatchName, tuple[OrderKind, tuple[int, ...]]]] = field(
        default_factory=dict
    )
    corrected: dict[date, set[tuple[str, str, date, str, int, str]]] = field(default_factory=dict)
    filled: dict[tuple[str, date], list[KeptFill]] = field(default_factory=dict)
    corrections: list[NavCorrection] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether the session's prices and its book are here: then orders can be decided."""
        return self.session in self.announced

    @property
    def open_session(self) -> date:
        """The session whose orders are being decided."""
        assert self.session is not None, "no session before the first was announced"
        return self.session

    def priced_at(self, fund_id: str) -> date:
        """The session of a fund's NAV in force."""
        return self.priced.get(fund_id, date.min)

    def has_nav(self, fund_id: str, session: date) -> bool:
        """Whether a fund has a NAV of a closed session that stands."""
        began = self.since.get(fund_id, date.max)
        return began <= session and (session, fund_id) not in self.held

    def close_at(self, session: date) -> int:
        """UTC microseconds of a session's close as it was before an unscheduled early one."""
        return self.shortened.get(session) or self.book.sessions.cutoff_at(session)


def valued(state: PlanState, funds: I64, units: I64) -> I64:
    """Positions at the prices in force, minor units, half-up each; 0 where there is no price.

    Args:
        state: The partition's state.
        funds: Shape (n,), fund slots.
        units: Shape (n,), scaled.
    """
    values = np.zeros(len(units), np.int64)
    for slot, name in enumerate(state.fund_slots):
        price = state.prices.get(name)
        rows = np.flatnonzero(funds == slot)
        if price is not None and len(rows):
            values[rows] = values_of(units[rows], np.full(len(rows), price.nav), price.shift)
    return values


def sellable_minor(units: I64, navs: I64, shift: int) -> I64:
    """The share of positions that may be sold by amount, minor units, rounded down once.

    Of what units are worth exactly: of a value rounded up, the share can be more than the units
    are worth after the fall that it is to cover.

    Args:
        units: Shape (n,), scaled.
        navs: Shape (n,), scaled.
        shift: Decimal places that units times NAV have beyond cents.

    Source: `SALE_BY_AMOUNT`. Law: L1.
    """
    num, den = SALE_BY_AMOUNT.num, 10**shift * SALE_BY_AMOUNT.den
    most = max(int(units.max(initial=0)), -int(units.min(initial=0)))
    if most * int(navs.max(initial=0)) * num <= INT64_MAX and den <= INT64_MAX:
        share: I64 = units * (navs * num) // den
        return share
    pairs = zip(units.tolist(), navs.tolist(), strict=True)
    return np.array([held * nav * num // den for held, nav in pairs], np.int64)


def add_value(state: PlanState, accounts: I64, plans: I64, funds: I64, change: I64) -> None:
    """Add changes of value to the totals and alternatives of accounts and of plans."""
    private = np.where(alternatives(state)[funds], change, 0)
    np.add.at(state.accounts.total, accounts, change)
    np.add.at(state.accounts.alternative, accounts, private)
    np.add.at(state.plan_total, plans, change)
    np.add.at(state.plan_alternative, plans, private)


def alternatives(state: PlanState) -> npt.NDArray[np.bool_]:
    """By fund slot, whether it counts whole as an alternative."""
    return np.array([state.book.funds[name].alternative for name in state.fund_slots], np.bool_)


def revalue(state: PlanState) -> None:
    """Value every account and plan at the prices in force; reservations are re-applied after."""
    accounts = state.accounts
    keys = accounts.unit_key[: len(accounts.positions)]
    funds, owners = keys & 0xFFFF, keys >> 16
    values = valued(state, funds, accounts.units[: len(keys)])
    accounts.total[:] = 0
    accounts.alternative[:] = 0
    state.plan_total = np.zeros(len(state.plan_slots), np.int64)
    state.plan_alternative = np.zeros(len(state.plan_slots), np.int64)
    if len(keys):
        add_value(state, owners, accounts.plans_of(owners), funds, values)


def reserve(state: PlanState, flows: Flows) -> None:
    """Count accepted money as if filled: totals, alternatives and sales in flight."""
    count(state, flows)
    positions = state.accounts.hold(flows.account, flows.fund)
    state.accounts.reserved.add(positions, flows.sell_minor)


def count(state: PlanState, flows: Flows) -> None:
    """Add accepted money to totals and alternatives as if it were filled."""
    add_value(state, flows.account, flows.plan, flows.fund, flows.buy_minor - flows.sell_minor)


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
