"""Order lines as plan partitions decided them: sums per batch, single lines only where asked.

A day holds tens of millions of lines, so they stay columns here: every event is added up with
numpy, and of single lines no more are kept than are shown.

Not here: the other journals (`reading.room`), printing (`show`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from gateway.core.events import (
    OrdersCounted,
    OrdersDecided,
    OrdersParked,
    ParkedTaken,
    Waiting,
    WaitingTaken,
)
from gateway.core.laws import Reference
from gateway.core.orders import OrderBatch
from gateway.core.vocabulary import I64, REJECT_CODES, REJECT_INDEX, OrderKind, RejectCode
from gateway.shell.reading import Decided

Bools = npt.NDArray[np.bool_]
Orders = OrdersDecided | OrdersParked | OrderBatch
State = Literal["DECIDED", "PARKED", "WAITING", "ON_ITS_WAY"]
SCOPES = {1: "PARTICIPANT", 2: "PLAN"}
LIMIT_HARD = REJECT_INDEX[RejectCode.LIMIT_HARD]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see; None asks for all."""

    session: date | None = None
    plan: str | None = None
    fund: str | None = None
    sender: str | None = None
    counterparty: str | None = None


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Lines refused for one reason."""

    code: RejectCode
    lines: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Lines of one batch and trade date that are in the same state.

    Attributes:
        booked: Session the sender booked the batch under.
        trade_date: Session whose NAV the lines get; None while nobody has dated them.
        asked_minor: Minor units; accepted + diverted + rejected where they are decided.
        codes: Why lines were refused, in the order of RejectCode.
    """

    sender: str
    booked: date
    batch_id: str
    kind: OrderKind | None
    trade_date: date | None
    state: State
    lines: int
    asked_minor: int
    accepted_minor: int
    diverted_minor: int
    rejected_minor: int
    codes: tuple[CodeCount, ...]


@dataclass(frozen=True, slots=True)
class LineRow:
    """One order line that was refused or cut; the participant is a token."""

    sender: str
    booked: date
    batch_id: str
    line: int
    trade_date: date
    plan_id: str
    participant: str
    sell_fund: str
    buy_fund: str
    asked_minor: int
    accepted_minor: int
    diverted_minor: int
    liquid_fund: str
    code: RejectCode
    scope: str
    limit_id: str
    headroom_minor: int


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """What one limit cut in all."""

    scope: str
    limit_id: str
    lines: int
    diverted_minor: int
    refused_minor: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Order lines of one message, as a plan partition has them now.

    Attributes:
        arrived: Offset of the message they came in, in the plan partition's inbox.
        decided_at: Offset of the message at which they were decided; the same, or a later one
            for lines that waited for their session.
    """

    state: State
    booked: date
    arrived: int
    decided_at: int
    orders: Orders


@dataclass(slots=True)
class Arrivals:
    """Follows one plan partition: which message decided lines came in, and what still waits."""

    reference: Reference = field(default_factory=Reference)
    waiting: list[tuple[int, OrderBatch | None]] = field(default_factory=list)
    parked: list[tuple[int, OrdersParked]] = field(default_factory=list)

    def follow(self, decided: Decided) -> Iterator[Lines]:
        """The lines that a decision decided."""
        arrived, booked = decided.offset, None
        for event in decided.events:
            self.reference.follow(event)
            match event:
                case Waiting():
                    self.waiting.append((decided.offset, event.orders))
                case WaitingTaken():
                    arrived = self.waiting.pop(event.place)[0]
                case OrdersCounted():
                    booked = event.session
                case OrdersParked():
                    self.parked.append((arrived, event))
                case ParkedTaken():
                    arrived, booked = self._taken(event.trade_date)
                case OrdersDecided():
                    assert booked is not None, "lines were decided that nobody counted"
                    yield Lines("DECIDED", booked, arrived, decided.offset, event)

    def _taken(self, trade_date: date) -> tuple[int, date]:
        at = next(i for i, (_, kept) in enumerate(self.parked) if kept.trade_date == trade_date)
        arrived, event = self.parked.pop(at)
        return arrived, event.booked

    def left(self) -> Iterator[Lines]:
        """The lines that nobody has decided yet."""
        for arrived, event in self.parked:
            yield Lines("PARKED", event.booked, arrived, -1, event)
        for arrived, batch in self.waiting:
            if batch is not None:
                yield Lines("WAITING", batch.session, arrived, -1, batch)


def token(participant: int) -> str:
    """A participant's token as people are shown it."""
    return f"{participant & (2**64 - 1):016x}"


def chosen(orders: Orders, asked: Asked) -> Bools | None:
    """Which lines concern the plan and fund asked for; None for all."""
    if asked.plan is None and asked.fund is None:
        return None
    mask = np.ones(len(orders.line), np.bool_)
    if asked.plan is not None:
        plans = np.array([plan == asked.plan for plan in orders.plans], np.bool_)
        mask &= plans[orders.plan] if len(plans) else False
    if asked.fund is not None:
        # The last entry answers for -1, no such leg.
        funds = np.array([fund == asked.fund for fund in orders.funds] + [False], np.bool_)
        mask &= funds[orders.sell_fund] | funds[orders.buy_fund]
    return mask


@dataclass(slots=True)
class _Sums:
    """The sums of one batch row while it grows."""

    kind: OrderKind
    lines: int = 0
    asked: int = 0
    accepted: int = 0
    diverted: int = 0
    rejected: int = 0
    code_lines: Counter[int] = field(default_factory=Counter)
    code_minor: Counter[int] = field(default_factory=Counter)


Key = tuple[date, str, str, date, State]


@dataclass(slots=True)
class OrderSums:
    """Adds plan partitions up; `keep` bounds how many single lines are held of each sort."""

    asked: Asked
    keep: int
    exceptions_total: int = 0
    cuts_total: int = 0
    _rows: dict[Key, _Sums] = field(default_factory=dict)
    _scopes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _exceptions: list[LineRow] = field(default_factory=list)
    _refused: list[LineRow] = field(default_factory=list)
    _cuts: list[LineRow] = field(default_factory=list)

    def add(self, lines: Lines, reference: Reference) -> None:
        """Take lines in; `reference` is the book in force where they were decided."""
        orders = lines.orders
        parked = lines.state != "DECIDED"
        trade_date = orders.session if isinstance(orders, OrderBatch) else orders.trade_date
        if self.asked.sender not in (None, orders.sender):
            return
        if self.asked.session not in (None, trade_date, lines.booked):
            return
        mask = chosen(orders, self.asked)
        rows = np.arange(len(orders.line)) if mask is None else np.flatnonzero(mask)
        if not len(rows):
            return
        key = (lines.booked, orders.sender, orders.batch_id, trade_date, lines.state)
        sums = self._rows.setdefault(key, _Sums(orders.kind))
        sums.lines += len(rows)
        sums.asked += int(orders.amount_minor[rows].sum())
        if not parked:
            assert isinstance(orders, OrdersDecided)
            self._decided(sums, lines, orders, rows, reference)

    def _decided(
        self, sums: _Sums, lines: Lines, event: OrdersDecided, rows: I64, reference: Reference
    ) -> None:
        code, asked = event.code[rows], event.amount_minor[rows]
        sums.accepted += int(event.accepted_minor[rows].sum())
        sums.diverted += int(event.diverted_minor[rows].sum())
        sums.rejected += int(asked[code != 0].sum())
        for each in np.unique(code[code != 0]).tolist():
            sums.code_lines[each] += int((code == each).sum())
            sums.code_minor[each] += int(asked[code == each].sum())
        diverted = event.diverted_minor[rows]
        odd = rows[(code != 0) | (diverted != 0)]
        self.exceptions_total += len(odd)
        self._exceptions.extend(_line(lines, event, row, reference) for row in odd[: self.keep])
        self._exceptions = _first(self._exceptions, self.keep)
        refused = rows[code != 0][: self.keep]
        self._refused.extend(_line(lines, event, row, reference) for row in refused)
        self._refused = _first(self._refused, self.keep)
        cut = rows[(event.scope[rows] != 0) & ((diverted != 0) | (code == LIMIT_HARD))]
        self.cuts_total += len(cut)
        self._limits(event, cut, reference)
        size = event.amount_minor[cut] - event.accepted_minor[cut]
        largest = cut[np.argsort(-size, kind="stable")[: self.keep]]
        self._cuts.extend(_line(lines, event, row, reference) for row in largest)
        self._cuts = _largest(self._cuts, self.keep)

    def _limits(self, event: OrdersDecided, cut: I64, reference: Reference) -> None:
        """Add the cut lines to the sums of their limits."""
        pairs = event.plan[cut].astype(np.int64) * 4 + event.scope[cut]
        for pair in np.unique(pairs).tolist():
            rows = cut[pairs == pair]
            scope, limit_id = _limit(event.plans[pair // 4], pair % 4, reference)
            sums = self._scopes.setdefault((scope, limit_id), [0, 0, 0])
            refused = event.code[rows] != 0
            sums[0] += len(rows)
            sums[1] += int(event.diverted_minor[rows].sum())
            sums[2] += int(event.amount_minor[rows][refused].sum())

    def batches(self) -> Iterator[BatchRow]:
        """The batch rows, by session, sender, batch and trade date."""
        for (booked, sender, batch_id, trade_date, state), sums in sorted(self._rows.items()):
            codes = tuple(
                CodeCount(REJECT_CODES[code], sums.code_lines[code], sums.code_minor[code])
                for code in sorted(sums.code_lines)
            )
            assert state != "DECIDED" or sums.asked == sums.accepted + sums.diverted + sums.rejected
            yield BatchRow(
                sender, booked, batch_id, sums.kind, None if state == "WAITING" else trade_date,
                state, sums.lines, sums.asked, sums.accepted, sums.diverted, sums.rejected, codes,
            )  # fmt: skip

    def scopes(self) -> Iterator[ScopeRow]:
        """What each limit cut in all."""
        for (scope, limit_id), sums in sorted(self._scopes.items()):
            yield ScopeRow(scope, limit_id, *sums)

    def exceptions(self) -> tuple[LineRow, ...]:
        """The first lines that were refused or cut."""
        return tuple(sorted(self._exceptions, key=_place)[: self.keep])

    def refused(self) -> tuple[LineRow, ...]:
        """The first lines that were refused."""
        return tuple(sorted(self._refused, key=_place)[: self.keep])

    def cuts(self) -> tuple[LineRow, ...]:
        """The lines that limits cut most."""
        return tuple(sorted(self._cuts, key=_size)[: self.keep])


def _limit(plan_id: str, scope: int, reference: Reference) -> tuple[str, str]:
    plan = reference.book.plans.get(plan_id)
    if plan is None or scope not in SCOPES:
        return "", ""
    limit = plan.participant_limit if scope == 1 else plan.plan_limit
    return SCOPES[scope], limit.limit_id


def _line(lines: Lines, event: OrdersDecided, row: int, reference: Reference) -> LineRow:
    plan_id = event.plans[event.plan[row]]
    plan = reference.book.plans.get(plan_id)
    scope, limit_id = _limit(plan_id, int(event.scope[row]), reference)
    sell, buy = int(event.sell_fund[row]), int(event.buy_fund[row])
    diverted = int(event.diverted_minor[row])
    return LineRow(
        event.sender, lines.booked, event.batch_id, int(event.line[row]), event.trade_date,
        plan_id, token(int(event.participant[row])), event.funds[sell] if sell >= 0 else "",
        event.funds[buy] if buy >= 0 else "", int(event.amount_minor[row]),
        int(event.accepted_minor[row]), diverted,
        plan.liquid_fund if plan is not None and diverted else "",
        REJECT_CODES[int(event.code[row])], scope, limit_id, int(event.headroom_minor[row]),
    )  # fmt: skip


def _place(row: LineRow) -> tuple[date, str, str, int]:
    return row.booked, row.sender, row.batch_id, row.line


def _size(row: LineRow) -> tuple[int, tuple[date, str, str, int]]:
    return row.accepted_minor - row.asked_minor, _place(row)


def _first(rows: list[LineRow], keep: int) -> list[LineRow]:
    return sorted(rows, key=_place)[:keep] if len(rows) > 2 * keep else rows


def _largest(rows: Iterable[LineRow], keep: int) -> list[LineRow]:
    kept = list(rows)
    return sorted(kept, key=_size)[:keep] if len(kept) > 2 * keep else kept
