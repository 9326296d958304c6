"""What a plan partition does for a wrong NAV: its accounts' orders at the correct one.

Fills are kept account by account for a bounded number of sessions. A correction waits until the
session it is booked with opens; then units are given or taken, recordkeepers are told as of the
session of the error, and the fund gets the totals before any flow of the session that opens.

Units are taken back as far as an account has them and no sale of it is in flight; what is
missing is paid to the fund by the responsible party.

Not here: what an account is due (`core.nav_correction`), what the fund books (`fund_corrections`).
Source: domain.md §3.4, golden G23. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from gateway.core.dilution import NavErrorKind, Scales
from gateway.core.nav_correction import (
    KEPT_SESSIONS,
    CorrectionFill,
    CorrectionTotals,
    Filled,
    KeptFill,
    NavCorrection,
    due,
    sessions_back,
    worth_fixing,
)
from gateway.core.orders import Confirmation, FillBatch
from gateway.core.requests import RequestsFilled
from gateway.core.vocabulary import I32, I64
from gateway.desks.desk import Address, Send, Topology
from gateway.desks.plan_state import EPOCH, Flows, PlanState, epoch_day

ROWS_PER_MESSAGE = 20_000
"""Accounts in one confirmation: about a megabyte at most."""


def keep_fill(state: PlanState, fill: FillBatch, flows: Flows, bought: I64, sold: I64) -> None:
    """Remember a fill account by account, for the case that its NAV was wrong."""
    kept = KeptFill.of(
        fill.nav, flows.account, flows.buy_minor, flows.sell_minor, bought, sold
    )  # fmt: skip
    state.filled.setdefault((fill.fund_id, fill.trade_date), []).append(kept)


@dataclass(frozen=True, slots=True)
class MetAt:
    """What accounts were redeemed through a gate at the NAV of one session, each account once."""

    nav_of: date
    nav: int
    account: I64
    paid_minor: I64
    sold: I64
    kept_minor: I64


def met_parts(state: PlanState, event: RequestsFilled) -> Iterator[MetAt]:
    """What was met of requests, by the session whose NAV it got; before the event is folded.

    That is the dealing day, or of a request whose later parts keep its first NAV the day of it.
    """
    table = state.requests
    rows = table.places(event.request)
    day = np.where(table.nav[rows], table.nav_of[rows], epoch_day(event.session))
    met = event.met_minor > 0
    pairs = np.unique(np.stack((day[met], event.nav[met]), 1), axis=0)
    for of, nav in pairs.tolist():
        mine = np.flatnonzero(met & (day == of) & (event.nav == nav))
        every, group = np.unique(table.account[rows[mine]], return_inverse=True)
        sums = np.zeros((3, len(every)), np.int64)
        columns = (event.met_minor - event.kept_minor, event.units, event.kept_minor)
        for at, column in enumerate(columns):
            np.add.at(sums[at], group, column[mine])
        yield MetAt(EPOCH + timedelta(days=of), nav, every, *sums)


def keep_met(state: PlanState, event: RequestsFilled) -> None:
    """Remember what a gate let out, account by account; before the event is folded.

    A dealing day's answer may come as several events: together they are one fill, so that it
    does not matter how it was cut.
    """
    for part in met_parts(state, event):
        fills = state.filled.setdefault((event.fund_id, part.nav_of), [])
        account, columns = part.account, (part.paid_minor, part.sold, part.kept_minor)
        for at, each in enumerate(fills):
            if each.met_on == event.session and each.nav == part.nav:
                del fills[at]
                account, columns = _joined(each, part)
                break
        fills.append(KeptFill.met(part.nav, account, event.session, *columns))


def _joined(kept: KeptFill, part: MetAt) -> tuple[I64, tuple[I64, I64, I64]]:
    accounts = np.concatenate((kept.account.astype(np.int64), part.account))
    every, group = np.unique(accounts, return_inverse=True)
    _, paid, _, sold, withheld = kept.columns
    sums = np.zeros((3, len(every)), np.int64)
    for at, (old, new) in enumerate(
        ((paid, part.paid_minor), (sold, part.sold), (withheld, part.kept_minor))
    ):
        np.add.at(sums[at], group, np.concatenate((old, new)))
    return every, (sums[0], sums[1], sums[2])


def forget_fills(state: PlanState, opened: date) -> None:
    """Drop fills of sessions so old that no NAV of theirs is corrected; once a session."""
    oldest = min((day for _, day in state.filled), default=opened)
    if oldest == opened:
        return
    since = sessions_back(state.book.sessions, opened, KEPT_SESSIONS)
    state.filled = {key: fills for key, fills in state.filled.items() if key[1] >= since}


def corrected(
    state: PlanState, opened: date, topology: Topology
) -> tuple[tuple[CorrectionFill, ...], tuple[Send, ...]]:
    """The corrections that are booked when a session opens, and who is told.

    Args:
        state: The partition's state before the session opens.
        opened: The session.
        topology: Where funds are.
    """
    fills: list[CorrectionFill] = []
    sends: list[Send] = []
    for correction in state.corrections:
        if correction.effective > opened:
            continue
        fill = _fill(state, correction)
        fills.append(fill)
        sends.extend(_confirmations(state, fill))
        sends.append(Send(topology.home("fund", fill.fund_id), _totals(state, fill)))
    return tuple(fills), tuple(sends)


def _fill(state: PlanState, correction: NavCorrection) -> CorrectionFill:
    key = (correction.fund_id, correction.session)
    kept = [_whole(state, each) for each in state.filled.get(key, [])]
    net = sum(int(each.bought.sum() - each.sold.sum()) for each in kept)
    material = correction.kind is NavErrorKind.MATERIAL
    account, rows = _rows(state, correction, kept if material else [])
    slots, plan = np.unique(state.accounts.plans_of(account), return_inverse=True)
    names = list(state.plan_slots)
    return CorrectionFill(
        correction.fund_id, correction.session, correction.batch_id, correction.nav,
        correction.nav_scale, correction.unit_scale, net,
        tuple(names[slot] for slot in slots.tolist()), _indices(plan),
        state.accounts.token[account], *rows.T.copy(),
    )  # fmt: skip


def _whole(state: PlanState, kept: KeptFill) -> Filled:
    return kept.filled(state.accounts.plans_of(kept.account.astype(np.int64)))


def _indices(column: I64) -> I32:
    return column.astype(np.int32)


def _rows(state: PlanState, correction: NavCorrection, fills: Iterable[Filled]) -> tuple[I64, I64]:
    """Accounts in the order of their tokens, and what each is due and gets, four columns."""
    found = due(fills, correction.nav, correction.scales)
    slot = state.fund_slots[correction.fund_id]
    rows: list[tuple[int, int, int, int, int]] = []
    order = np.argsort(state.accounts.token[found.account], kind="stable")
    for at in order.tolist():
        account = int(found.account[at])
        for units, minor in ((int(found.units[at]), 0), (0, int(found.minor[at]))):
            if not units and not minor:
                continue
            fixed = worth_fixing(units, minor, correction.nav, correction.scales)
            given = max(units, -_there(state, account, slot)) if units < 0 else units
            rows.append(
                (account, units, minor, given if fixed else 0, max(0, minor) if fixed else 0)
            )
    table = np.array(rows, np.int64).reshape(len(rows), 5)
    return table[:, 0], table[:, 1:]


def _there(state: PlanState, account: int, slot: int) -> int:
    """Units that can be taken from an account: none while a sale of it has no fill."""
    position = state.accounts.hold(np.array([account]), np.array([slot]))
    if int(state.accounts.reserved.at(position)[0]):
        return 0
    return max(0, int(state.accounts.units[position][0]))


def _totals(state: PlanState, fill: CorrectionFill) -> CorrectionTotals:
    """The accounts of a correction as the fund needs them."""
    scales = Scales(fill.nav_scale, fill.unit_scale)
    rows = zip(fill.units_due.tolist(), fill.minor_due.tolist(), strict=True)
    fixed = np.array([worth_fixing(*each, fill.nav, scales) for each in rows], np.bool_)
    paid = np.zeros(len(fill.plans), np.int64)
    np.add.at(paid, fill.plan, fill.paid_minor)
    whose = np.flatnonzero(paid)
    names = tuple(fill.plans[at] for at in whose.tolist())
    return CorrectionTotals(
        state.partition, fill.fund_id, fill.session, fill.batch_id, fill.net_units,
        int(fill.units.sum()),
        -int(np.minimum(fill.minor_due[fixed], 0).sum()),
        int((fill.units - fill.units_due)[fixed].sum()),
        int(fill.units_due[~fixed].sum()), int(fill.minor_due[~fixed].sum()), names,
        tuple(state.book.plans[name].settling_entity for name in names), paid[whose],
        tuple(state.book.plans[name].recordkeeper for name in names),
    )  # fmt: skip


def _confirmations(state: PlanState, fill: CorrectionFill) -> list[Send]:
    """What recordkeepers are told: units added or taken, and money paid, as of the session."""
    sends: list[Send] = []
    booked = (fill.units != 0) | (fill.paid_minor != 0)
    for at, plan_id in enumerate(fill.plans):
        mine = np.flatnonzero(booked & (fill.plan == at))
        to = Address("out", name=state.book.plans[plan_id].recordkeeper)
        for start in range(0, len(mine), ROWS_PER_MESSAGE):
            rows = mine[start : start + ROWS_PER_MESSAGE]
            confirmation = Confirmation(
                plan_id, fill.fund_id, fill.session, fill.nav, fill.nav_scale, fill.unit_scale,
                fill.participant[rows], np.zeros(len(rows), np.int64), fill.paid_minor[rows],
                fill.units[rows],
            )  # fmt: skip
            sends.append(Send(to, confirmation))
    return sends


def note_correction(state: PlanState, event: NavCorrection | CorrectionFill) -> None:
    """A correction waits; once booked, it gives units to accounts or takes them.

    What still waits of requests that keep the session's NAV is paid at the correct one.
    """
    if isinstance(event, NavCorrection):
        state.corrections.append(event)
        return
    table = state.requests
    waits = (table.fund == state.fund_slots[event.fund_id]) & (table.nav > 0)
    waits &= table.nav_of == epoch_day(event.session)
    table.nav[waits] = event.nav
    _give(state, event)


def _give(state: PlanState, fill: CorrectionFill) -> None:
    done = (fill.fund_id, fill.session)
    kinds = {e.kind for e in state.corrections if (e.fund_id, e.session) == done}
    if NavErrorKind.MATERIAL in kinds:
        _adopt(state, fill)
    state.corrections = [e for e in state.corrections if (e.fund_id, e.session) != done]
    if not len(fill.units):
        return
    plans = np.array([state.plan_slots[name] for name in fill.plans], np.int64)[fill.plan]
    account = state.accounts.open(fill.participant, plans)
    slots = np.full(len(account), state.fund_slots[fill.fund_id])
    positions = state.accounts.hold(account, slots)
    np.add.at(state.accounts.units, positions, fill.units)


def _adopt(state: PlanState, fill: CorrectionFill) -> None:
    """Value units at the correct NAV while no later one is known, and date late orders by it."""
    navs = state.navs.get(fill.fund_id, {})
    if fill.session in navs:
        navs[fill.session] = fill.nav
    if state.priced.get(fill.fund_id) == fill.session:
        state.prices[fill.fund_id] = replace(state.prices[fill.fund_id], nav=fill.nav)
