"""Withdrawals at the plan desk: what waits of a request at a fund's gate is taken back.

A withdrawal is a correction: it names the line of its original, and takes back of it as much as
it says, or what waits if that is less. So whoever wants all of a request back says its whole
amount, whatever was met of it in the meantime. It is dated by its receipt as every order is: what
was received before the cut-off counts out of what the session asks for.

A request that a fund has been asked for and has not answered, as while its NAV is held, stays
asked: its withdrawal is noted and taken of what the answer leaves.

Not here: until when a fund lets requests be withdrawn (`core.withdrawals`), the queue itself
(`plan_requests`).
Source: domain.md §1.4, §2.3-§2.4. Laws: L1, L4, L7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.core.events import OrdersDecided
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits, first_of
from gateway.core.requests import RequestStatus, RequestsWithdrawn
from gateway.core.vocabulary import I64, NOTHING, EventKind, RejectCode
from gateway.core.withdrawals import NO_REASON_TO_STAY, may_take_back
from gateway.desks.desk import Address, Send
from gateway.desks.plan_dating import Part
from gateway.desks.plan_requests import LINES_PER_EVENT, weigh
from gateway.desks.plan_state import PlanState, day_of, epoch_day

RequestOf = tuple[int, str, int, int, int, int]
"""Session booked, batch, line, receipt, account slot, fund slot: what a request is known by."""


class _Waiting:
    """What waits of the requests that lines go back to, less what lines before them took."""

    def __init__(self, state: PlanState, lines: OrderBatch | OrdersDecided) -> None:
        assert lines.links is not None
        self._state, self._lines, self._links = state, lines, lines.links
        self._slots = state.accounts.index.find(lines.participant)
        self._rows: dict[RequestOf, list[int]] = {}
        self._free: dict[int, int] = {}
        table = state.requests
        mine = np.isin(table.account, self._slots) & (table.left_minor > table.back_minor)
        for row in np.flatnonzero(mine).tolist():
            key = (
                int(table.booked[row]), table.batches[int(table.batch[row])], int(table.line[row]),
                int(table.received_at[row]), int(table.account[row]), int(table.fund[row]),
            )  # fmt: skip
            # What a limit sent elsewhere is taken back first: what was asked for stays longest.
            self._rows.setdefault(key, []).insert(0, row)
            self._free[row] = int(table.left_minor[row] - table.back_minor[row])

    def of(self, at: int) -> list[int]:
        """Places of what waits of the request that a line goes back to."""
        lines, links = self._lines, self._links
        original = links.originals[links.original[at]]
        fund = self._state.fund_slots.get(lines.funds[lines.sell_fund[at]], -1)
        key = (epoch_day(original.session), original.batch_id, int(links.line[at]),
               int(links.received_at[at]), int(self._slots[at]), fund)  # fmt: skip
        return [row for row in self._rows.get(key, ()) if self._free[row]]

    def take(self, rows: Sequence[int], minor: int) -> list[tuple[int, int]]:
        """Take so much of them, or what there is; what was taken of each."""
        taken: list[tuple[int, int]] = []
        for row in rows:
            part = min(minor, self._free[row])
            if part:
                self._free[row] -= part
                minor -= part
                taken.append((row, part))
        return taken


def decided_withdrawal(state: PlanState, part: Part) -> OrdersDecided:
    """Decide withdrawals of the open session: what is accepted of each is what is taken back."""
    lines, reasons = part.lines, part.reasons & ~NO_REASON_TO_STAY
    waiting = _Waiting(state, lines)
    accepted = np.zeros(len(reasons), np.int64)
    for at in np.flatnonzero(reasons == 0).tolist():
        rows = waiting.of(at)
        if not rows:
            reasons[at] = bits(RejectCode.NOTHING_WAITING)
        elif not _is_open(state, rows[0], int(lines.received_at[at])):
            reasons[at] = bits(RejectCode.WITHDRAWAL_CLOSED)
        else:
            taken = waiting.take(rows, int(lines.amount_minor[at]))
            accepted[at] = sum(minor for _, minor in taken)
    none = np.zeros(len(reasons), np.int64)
    return OrdersDecided(
        lines.sender, lines.batch_id, lines.kind, part.trade_date, lines.plans, lines.funds,
        lines.line, lines.plan, lines.participant, lines.sell_fund, lines.buy_fund,
        lines.amount_minor, accepted, none, lines.received_at, first_of(reasons),
        none.astype(np.int8), none, reasons, part.asked_fund, lines.session, lines.reason,
        lines.links,
    )  # fmt: skip


def _is_open(state: PlanState, row: int, received_at: int) -> bool:
    """Whether a fund's terms let a request be withdrawn in the session of a receipt.

    What comes late, of a recordkeeper that a session was closed without, has the day on which it
    was received; what came behind an early close of the open session counts in it still.
    """
    table, calendar = state.requests, state.book.sessions
    gate = state.book.funds[list(state.fund_slots)[int(table.fund[row])]].gate
    if gate is None:
        return False
    day = min(calendar.trade_date(received_at), state.open_session)
    asked_on = day_of(int(table.asked_on[row]))
    return may_take_back(gate.withdrawal, gate.offers, asked_on, day, calendar)


# --- what became of requests ----------------------------------------------------------------


@dataclass(slots=True)
class _Taken:
    """Rows of what is withdrawn, a list a column; see `RequestsWithdrawn`."""

    rows: list[int]
    withdrawn: list[int]
    noted: list[int]
    left: list[int]
    by_line: list[int]


def withdraws(event: OrdersDecided) -> bool:
    """Whether lines take requests back."""
    return event.reason is EventKind.WITHDRAWAL


def withdrawn_by(state: PlanState, event: OrdersDecided) -> list[RequestsWithdrawn]:
    """What withdrawals that were decided take of the requests they go back to.

    Args:
        state: The partition's state before them.
        event: Any lines; nothing follows from others than withdrawals.
    """
    if not withdraws(event):
        return []
    table, waiting = state.requests, _Waiting(state, event)
    found = _Taken([], [], [], [], [])
    left: dict[int, int] = {}
    for at in np.flatnonzero(event.code == 0).tolist():
        for row, minor in waiting.take(waiting.of(at), int(event.accepted_minor[at])):
            flies = bool(table.sent[row])
            before = left.get(row, int(table.left_minor[row]))
            left[row] = before - (0 if flies else minor)
            found.rows.append(row)
            found.withdrawn.append(0 if flies else minor)
            found.noted.append(minor if flies else 0)
            found.left.append(left[row])
            found.by_line.append(int(event.line[at]))
    return list(_events(state, found, event.batch_id))


def withdrawn_after(state: PlanState, rows: I64, left_minor: I64) -> list[RequestsWithdrawn]:
    """What was noted to be withdrawn of requests that a fund has answered now.

    Args:
        state: The partition's state before the answer.
        rows: Places of the requests that were answered.
        left_minor: What the answer leaves of each.
    """
    back = state.requests.back_minor[rows]
    some = np.flatnonzero(back)
    taken = np.minimum(back, left_minor)[some]
    found = _Taken(
        rows[some].tolist(), taken.tolist(), (-back[some]).tolist(),
        (left_minor[some] - taken).tolist(), [NOTHING] * len(some),
    )  # fmt: skip
    return list(_events(state, found, ""))


def _events(state: PlanState, taken: _Taken, by_batch: str) -> Iterator[RequestsWithdrawn]:
    """What is withdrawn as events, each small enough to be written."""
    table, plans, funds = state.requests, list(state.plan_slots), list(state.fund_slots)
    for first in range(0, len(taken.rows), LINES_PER_EVENT):
        part = slice(first, first + LINES_PER_EVENT)
        rows = np.array(taken.rows[part], np.int64)
        names: dict[str, int] = {}

        def named(values: list[str], names: dict[str, int] = names) -> np.ndarray:
            return np.array([names.setdefault(each, len(names)) for each in values], np.int32)

        plan = named([plans[slot] for slot in table.plan[rows].tolist()])
        fund = named([funds[slot] for slot in table.fund[rows].tolist()])
        batch = named([table.batches[at] for at in table.batch[rows].tolist()])
        by = named([by_batch] * len(rows)) if by_batch else np.full(len(rows), NOTHING, np.int32)
        yield RequestsWithdrawn(
            state.open_session, tuple(names), table.number[rows], plan, fund, batch,
            table.line[rows].astype(np.int32), state.accounts.token[table.account[rows]],
            table.asked_minor[rows], np.array(taken.withdrawn[part], np.int64),
            np.array(taken.noted[part], np.int64), np.array(taken.left[part], np.int64), by,
            np.array(taken.by_line[part], np.int32),
        )  # fmt: skip


def withdraw(state: PlanState, event: RequestsWithdrawn) -> None:
    """Let what was withdrawn wait no longer: units and room under limits are free again."""
    table = state.requests
    rows = table.places(event.request)
    positions = state.accounts.hold(table.account[rows], table.fund[rows])
    weigh(state, rows, -event.withdrawn_minor)
    state.accounts.reserved.add(positions, -event.withdrawn_minor)
    np.subtract.at(table.left_minor, rows, event.withdrawn_minor)
    np.add.at(table.back_minor, rows, event.noted_minor)


def told_of_withdrawals(state: PlanState, event: RequestsWithdrawn) -> Iterator[Send]:
    """What recordkeepers are told of requests that wait no longer, by plan and fund.

    What is only noted is told once the fund has answered.
    """
    settled = np.flatnonzero((event.withdrawn_minor > 0) | (event.noted_minor < 0))
    pairs = np.unique(np.stack((event.plan[settled], event.fund[settled]), 1), axis=0).tolist()
    for plan, fund in pairs:
        rows = settled[(event.plan[settled] == plan) & (event.fund[settled] == fund)]
        name = event.names[plan]
        batches, batch = np.unique(event.batch[rows], return_inverse=True)
        none = np.zeros(len(rows), np.int64)
        yield Send(
            Address("out", name=state.book.plans[name].recordkeeper),
            RequestStatus(
                name, event.names[fund], event.session, "WITHDRAWN", "", event.session,
                tuple(event.names[each] for each in batches.tolist()), batch.astype(np.int32),
                event.line[rows], event.participant[rows], event.asked_minor[rows], none, none,
                event.left_minor[rows], none, event.withdrawn_minor[rows],
            ),
        )  # fmt: skip
