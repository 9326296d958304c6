"""Units as plan partitions hold them: omnibus by plan and fund, and accounts by token.

The plan desk's own `evolve` folds the journal; what is effective after the day asked for is
counted beside it and taken off. A fill is effective on its trade date, which of a NAV released
late lies before the day it was recorded; a statement of units on the session at whose close
they were held. Values are units times the last NAV that stands, half-up.

Not here: which part of the journal was known (`known`), a fund's own register (`show navs`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from gateway.core.accounts import grown
from gateway.core.marks import NavStruck
from gateway.core.money import values_of
from gateway.core.nav_correction import CorrectionFill
from gateway.core.orders import FillBatch, HoldingsBatch
from gateway.core.requests import RequestsFilled
from gateway.core.vocabulary import I64
from gateway.desks.desk import Desk
from gateway.desks.plan_close import allocated
from gateway.desks.plan_state import PlanState, joined
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked, Bools, token, token_of
from gateway.shell.gateway import Gateway

FUND_MASK = 0xFFFF
"""The part of a position's key that is its fund."""
Slots = tuple[int, int]
"""A plan's and a fund's place in a partition."""


@dataclass(frozen=True, slots=True)
class Valued:
    """Units and what they are worth.

    Attributes:
        nav_session: Session of the NAV, None if it is the opening one.
    """

    units: int
    unit_scale: int
    nav: int
    nav_scale: int
    nav_session: date | None
    value_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class UnitsRow:
    """A plan's omnibus position in a fund.

    Attributes:
        accounts: Accounts that hold units in it.
        buys_unfilled_minor: Accepted purchases that have no units yet.
        sells_unfilled_minor: Accepted redemptions whose units are still there.
    """

    plan_id: str
    fund_id: str
    held: Valued
    accounts: int
    buys_unfilled_minor: int
    sells_unfilled_minor: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A participant's position in a fund; the participant is a token."""

    plan_id: str
    participant: str
    fund_id: str
    held: Valued


@dataclass(slots=True)
class Units:
    """Positions in a fixed order; of accounts no more than were asked for."""

    omnibus: list[UnitsRow] = field(default_factory=list)
    accounts: list[AccountRow] = field(default_factory=list)
    accounts_total: int = 0


async def read_units(
    log: Log, gateway: Gateway, asked: Asked, *, keep: int = 50, told: Told | None = None
) -> Units:
    """Fold the plan partitions into positions.

    Args:
        log: Where the gateway wrote.
        gateway: Its topology.
        asked: What is wanted; accounts are listed if a plan or a participant is.
        keep: How many accounts' positions to hold.
        told: Who is told how far the reading is.

    Raises:
        ConfigError: What is asked is no moment or no token.
    """
    known = Known(log, gateway, asked.until, told, asked.plan)
    desk = gateway.desks()["plan"]
    await known.announce(("plan",))
    found = Units()
    for partition in known.partitions("plan"):
        fold = Positions(desk, desk.initial(partition), asked.as_of)
        async for decided in known.decisions("plan", partition):
            for event in decided.events:
                fold.follow(event)
        fold.tell(found, asked, keep)
    found.omnibus.sort(key=lambda row: (row.plan_id, row.fund_id))
    found.accounts.sort(key=lambda row: (row.plan_id, row.participant, row.fund_id))
    del found.accounts[keep:]
    return found


@dataclass(slots=True)
class Positions:
    """One plan partition while its journal is folded.

    Attributes:
        after: By position, units that are in the state and effective after the day.
        navs: By fund, the last NAV of the day or before that stands.
    """

    desk: Desk[Any]
    state: PlanState
    as_of: date | None
    after: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    navs: dict[str, NavStruck] = field(default_factory=dict)

    def follow(self, event: object) -> None:
        """Take an event in."""
        match event:
            case FillBatch() if not self._counts(event.trade_date):
                flows, bought, sold = allocated(self.state, event)
                positions = self.state.accounts.hold(flows.account, flows.fund)
                self._room()
                self.after[positions] += bought - sold
            case RequestsFilled() if not self._counts(event.session):
                table = self.state.requests
                rows = table.places(event.request)
                positions = self.state.accounts.hold(table.account[rows], table.fund[rows])
                self._room()
                np.subtract.at(self.after, positions, event.units)
            case CorrectionFill() if not self._counts(event.session):
                self._take_off(event)
            case HoldingsBatch():
                self._state_units(event)
                return
            case NavStruck() if not event.held and self._counts(event.session):
                last = self.navs.get(event.fund_id, event)
                if event.session >= last.session:
                    self.navs[event.fund_id] = event
        self.desk.evolve(self.state, event)

    def _counts(self, day: date) -> bool:
        return self.as_of is None or day <= self.as_of

    def _room(self) -> None:
        self.after = grown(self.after, len(self.state.accounts.positions))

    def _take_off(self, event: CorrectionFill) -> None:
        """A correction is effective on the session whose NAV was wrong."""
        slots = [self.state.plan_slots[name] for name in event.plans]
        plan = np.array(slots, np.int64)[event.plan]
        fund = np.full(len(plan), self.state.fund_slots[event.fund_id], np.int64)
        accounts = self.state.accounts
        positions = accounts.hold(accounts.open(event.participant, plan), fund)
        self._room()
        np.add.at(self.after, positions, event.units)

    def _state_units(self, event: HoldingsBatch) -> None:
        """A statement takes the place of what was there, from its own day on."""
        state, accounts = self.state, self.state.accounts
        plan = np.array([state.plan_slots.get(p, -1) for p in event.plans], np.int64)[event.plan]
        fund = np.array([state.fund_slots.get(f, -1) for f in event.funds], np.int64)[event.fund]
        places = np.unique(accounts.hold(accounts.open(event.participant, plan), fund))
        self._room()
        before = accounts.units[places] - self.after[places]
        self.desk.evolve(state, event)
        counts = self._counts(event.session)
        self.after[places] = 0 if counts else accounts.units[places] - before

    # --- what is told -------------------------------------------------------------------

    def tell(self, found: Units, asked: Asked, keep: int) -> None:
        """Add what is asked for of this partition."""
        accounts = self.state.accounts
        self._room()
        size = len(accounts.positions)
        units = accounts.units[:size] - self.after[:size]
        fund, owner = accounts.unit_key & FUND_MASK, accounts.unit_key >> 16
        plan = accounts.plans_of(owner) if size else np.zeros(0, np.int64)
        rows = np.flatnonzero((units != 0) & self._asked(asked, plan, fund, owner))
        held = _summed(plan[rows], fund[rows], units[rows], np.ones(len(rows), np.int64))
        unfilled = self._unfilled(asked)
        plans, funds = list(self.state.plan_slots), list(self.state.fund_slots)
        for key in sorted({*held, *unfilled}):
            (total, count), fund_id = held.get(key, (0, 0)), funds[key[1]]
            found.omnibus.append(
                UnitsRow(
                    plans[key[0]], fund_id, self._valued(fund_id, total), count,
                    *unfilled.get(key, (0, 0)),
                )
            )  # fmt: skip
        if asked.plan is not None or asked.participant is not None:
            found.accounts_total += len(rows)
            # Told apart by the text of the token, whose order is that of an unsigned number.
            order = np.lexsort((fund[rows], accounts.token[owner[rows]].view(np.uint64)))
            for row in rows[order[:keep]].tolist():
                fund_id = funds[int(fund[row])]
                found.accounts.append(
                    AccountRow(
                        plans[int(plan[row])], token(int(accounts.token[owner[row]])), fund_id,
                        self._valued(fund_id, int(units[row])),
                    )
                )  # fmt: skip

    def _asked(self, asked: Asked, plan: I64, fund: I64, owner: I64) -> Bools:
        """Which rows concern the plan, fund, recordkeeper and participant asked for."""
        state = self.state
        wanted = np.ones(len(plan), np.bool_)
        if asked.plan is not None:
            wanted &= plan == state.plan_slots.get(asked.plan, -1)
        if asked.fund is not None:
            wanted &= fund == state.fund_slots.get(asked.fund, -1)
        if asked.sender is not None:
            terms = (state.book.plans.get(name) for name in state.plan_slots)
            theirs = [t is not None and t.recordkeeper == asked.sender for t in terms]
            wanted &= np.array([*theirs, False], np.bool_)[plan]
        if asked.participant is not None:
            slot = state.accounts.index.find(np.array([token_of(asked.participant)], np.int64))
            wanted &= owner == slot[0]
        return wanted

    def _unfilled(self, asked: Asked) -> dict[Slots, tuple[int, int]]:
        """Accepted money without units: purchases and redemptions."""
        flows = joined([
            part
            for (_, trade_date), parts in self.state.flows.items()
            if self._counts(trade_date)
            for part in parts
        ])  # fmt: skip
        rows = np.flatnonzero(self._asked(asked, flows.plan, flows.fund, flows.account))
        return _summed(
            flows.plan[rows], flows.fund[rows], flows.buy_minor[rows], flows.sell_minor[rows]
        )

    def _valued(self, fund_id: str, units: int) -> Valued:
        terms, struck = self.state.book.funds[fund_id], self.navs.get(fund_id)
        nav = terms.opening_nav if struck is None else struck.nav
        nav_scale = terms.nav_scale if struck is None else struck.nav_scale
        unit_scale = terms.unit_scale if struck is None else struck.unit_scale
        value = values_of(
            np.array([units], np.int64), np.array([nav], np.int64), nav_scale + unit_scale - 2
        )
        return Valued(
            units, unit_scale, nav, nav_scale, None if struck is None else struck.session,
            int(value[0]), terms.currency,
        )  # fmt: skip


def _summed(plan: I64, fund: I64, one: I64, other: I64) -> dict[Slots, tuple[int, int]]:
    """Two columns added up by the slots of plan and fund."""
    pairs, group = np.unique((plan << 16) | fund, return_inverse=True)
    sums = np.zeros((2, len(pairs)), np.int64)
    np.add.at(sums[0], group, one)
    np.add.at(sums[1], group, other)
    slots = zip((pairs >> 16).tolist(), (pairs & FUND_MASK).tolist(), strict=True)
    return dict(zip(slots, zip(sums[0].tolist(), sums[1].tolist(), strict=True), strict=True))
