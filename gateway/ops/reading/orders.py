"""Order lines as plan partitions decided them: sums per batch, single lines only where asked.

A day holds tens of millions of lines, so they stay columns here: every event is added up with
numpy, and of single lines no more are kept than are shown.

Not here: the other journals (`reading.room`), printing (`show`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

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
from gateway.core.refusals import codes_in
from gateway.core.vocabulary import (
    I64,
    REJECT_CODES,
    REJECT_INDEX,
    EventKind,
    OrderKind,
    RejectCode,
)
from gateway.errors import ConfigError
from gateway.ops.reading.rows import BatchRow, CodeCount, LineRow, ScopeRow, State, stays
from gateway.ops.reading.source import moment
from gateway.shell.reading import Decided

Bools = npt.NDArray[np.bool_]
Orders = OrdersDecided | OrdersParked | OrderBatch
SCOPES = {1: "PARTICIPANT", 2: "PLAN"}
LIMIT_HARD = REJECT_INDEX[RejectCode.LIMIT_HARD]
TOKEN = re.compile("[0-9a-f]{16}")
Early = Mapping[date, tuple[int, date]]
NO_EARLY_CLOSE: Early = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see; None asks for all.

    Attributes:
        session: What was booked under a session or got its NAV.
        participant: A participant's token, as tables show it.
        as_of: A day: its orders; NAVs and positions in force at its end.
        known_at: A moment: only what was recorded by then. UTC, or with its offset or zone, as in
            "2026-11-24T18:30 America/New_York".
    """

    session: date | None = None
    plan: str | None = None
    fund: str | None = None
    sender: str | None = None
    counterparty: str | None = None
    participant: str | None = None
    as_of: date | None = None
    known_at: str | None = None

    @property
    def until(self) -> int | None:
        """UTC microseconds of the moment known_at names.

        Raises:
            ConfigError: It names none.
        """
        return None if self.known_at is None else moment(self.known_at)


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


def token_of(text: str) -> int:
    """The token that people are shown as this text.

    Raises:
        ConfigError: It is no token; the text is not repeated, it may be an identifier.
    """
    if not TOKEN.fullmatch(text):
        raise ConfigError(
            "--participant takes a token of 16 hexadecimal digits as tables show it, "
            "never an identifier"
        )
    return int.from_bytes(bytes.fromhex(text), "big", signed=True)


def chosen(orders: Orders, asked: Asked) -> Bools | None:
    """Which lines concern the plan, fund and participant asked for; None for all."""
    if asked.plan is asked.fund is asked.participant is None:
        return None
    mask = np.ones(len(orders.line), np.bool_)
    if asked.participant is not None:
        mask &= orders.participant == token_of(asked.participant)
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
    reason: EventKind = EventKind.UNSTATED
    originals: dict[str, None] = field(default_factory=dict)
    gone: int = 0


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

    def add(self, lines: Lines, reference: Reference, early: Early = NO_EARLY_CLOSE) -> None:
        """Take lines in.

        Args:
            lines: Lines of one message.
            reference: The book in force where they were decided.
            early: Sessions that closed early, see `trade_dates`.
        """
        orders, asked = lines.orders, self.asked
        if asked.sender not in (None, orders.sender):
            return
        mask = chosen(orders, asked)
        for trade_date, dated in trade_dates(orders, reference.session, early):
            rows = dated if mask is None else dated[mask[dated]]
            both = (None, trade_date, lines.booked)
            if len(rows) and asked.session in both and asked.as_of in both:
                self._add(lines, trade_date, rows, reference)

    def _add(self, lines: Lines, trade_date: date, rows: I64, reference: Reference) -> None:
        orders = lines.orders
        key = (lines.booked, orders.sender, orders.batch_id, trade_date, lines.state)
        sums = self._rows.setdefault(key, _Sums(orders.kind, reason=orders.reason))
        sums.originals.update(dict.fromkeys(originals_of(orders, rows)))
        sums.lines += len(rows)
        sums.asked += int(orders.amount_minor[rows].sum())
        if isinstance(orders, OrdersDecided):
            _decide(sums, orders, rows)
            # What was only booked under the day asked for is another day's.
            if self.asked.as_of in (None, trade_date):
                self._odd(lines, orders, trade_date, rows, reference)

    def _odd(
        self, lines: Lines, event: OrdersDecided, trade_date: date, rows: I64,
        reference: Reference,
    ) -> None:  # fmt: skip
        """Keep the first lines refused, cut or sent elsewhere, and the largest cuts."""

        def told(few: I64) -> Iterator[LineRow]:
            return (_line(lines, event, trade_date, row, reference) for row in few[: self.keep])

        code, diverted = event.code[rows], event.diverted_minor[rows]
        odd = rows[(code != 0) | (diverted != 0) | (event.asked_fund[rows] >= 0)]
        self.exceptions_total += len(odd)
        self._exceptions.extend(told(odd))
        self._exceptions = _first(self._exceptions, self.keep)
        self._refused.extend(told(rows[code != 0]))
        self._refused = _first(self._refused, self.keep)
        cut = rows[(event.scope[rows] != 0) & ((diverted != 0) | (code == LIMIT_HARD))]
        self.cuts_total += len(cut)
        self._limits(event, cut, reference)
        size = event.amount_minor[cut] - event.accepted_minor[cut]
        self._cuts.extend(told(cut[np.argsort(-size, kind="stable")]))
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
            parts = sums.accepted + sums.diverted + sums.rejected + sums.gone
            assert state != "DECIDED" or sums.asked == parts
            yield BatchRow(
                sender, booked, batch_id, sums.kind, None if state == "WAITING" else trade_date,
                state, sums.lines, sums.asked, sums.accepted, sums.diverted, sums.rejected, codes,
                sums.reason, tuple(sums.originals), sums.gone,
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


def trade_dates(orders: Orders, session: date | None, early: Early) -> Iterator[tuple[date, I64]]:
    """The rows of lines by the session whose NAV they get.

    A session that closes early gives what was received after its close to the next one, and
    that may be said after the lines were decided. Late orders keep the NAV they are as of.

    Args:
        orders: The lines.
        session: The session that was open when they were decided.
        early: By session that closed early: the close, UTC microseconds, and the next session.
    """
    day = orders.session if isinstance(orders, OrderBatch) else orders.trade_date
    close = early.get(day) if session == day else None
    if close is None or not isinstance(orders, OrdersDecided) or stays(orders):
        yield day, np.arange(len(orders.line))
        return
    later = (orders.code == 0) & (orders.received_at >= close[0])
    yield day, np.flatnonzero(~later)
    yield close[1], np.flatnonzero(later)


def originals_of(orders: Orders, rows: I64) -> list[str]:
    """The batches that lines of a correction go back to, as `explain batch` takes their names."""
    if orders.links is None:
        return []
    return [
        f"{orders.sender}/{each.session}/{each.batch_id}"
        for each in (
            orders.links.originals[at] for at in np.unique(orders.links.original[rows]).tolist()
        )
    ]


def _decide(sums: _Sums, event: OrdersDecided, rows: I64) -> None:
    """Add decided lines to the sums of their batch."""
    code, asked = event.code[rows], event.amount_minor[rows]
    sums.accepted += int(event.accepted_minor[rows].sum())
    sums.diverted += int(event.diverted_minor[rows].sum())
    sums.rejected += int(asked[code != 0].sum())
    if event.reason is EventKind.WITHDRAWAL:
        sums.gone += int((asked - event.accepted_minor[rows])[code == 0].sum())
    for each in np.unique(code[code != 0]).tolist():
        sums.code_lines[each] += int((code == each).sum())
        sums.code_minor[each] += int(asked[code == each].sum())


def _limit(plan_id: str, scope: int, reference: Reference) -> tuple[str, str]:
    plan = reference.book.plans.get(plan_id)
    if plan is None or scope not in SCOPES:
        return "", ""
    limit = plan.participant_limit if scope == 1 else plan.plan_limit
    return SCOPES[scope], limit.limit_id


def _line(
    lines: Lines, event: OrdersDecided, trade_date: date, row: int, reference: Reference
) -> LineRow:
    plan_id = event.plans[event.plan[row]]
    plan = reference.book.plans.get(plan_id)
    scope, limit_id = _limit(plan_id, int(event.scope[row]), reference)
    sell, buy = int(event.sell_fund[row]), int(event.buy_fund[row])
    diverted, asked = int(event.diverted_minor[row]), int(event.asked_fund[row])
    return LineRow(
        event.sender, lines.booked, event.batch_id, int(event.line[row]), trade_date,
        plan_id, token(int(event.participant[row])), event.funds[sell] if sell >= 0 else "",
        event.funds[buy] if buy >= 0 else "", int(event.amount_minor[row]),
        int(event.accepted_minor[row]), diverted,
        plan.liquid_fund if plan is not None and diverted else "",
        REJECT_CODES[int(event.code[row])], scope, limit_id, int(event.headroom_minor[row]),
        codes_in(int(event.reasons[row])), event.funds[asked] if asked >= 0 else "",
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
