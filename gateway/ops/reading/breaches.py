"""Passive breaches of funds' limits and their reports, as they stood on a day and were known.

A breach is of the sessions in which it was open, a report is of the session in which it fell due,
and one that was made is of the day it was made on: entered later, it was made all the same.
Whether one is overdue is asked of the day, or of the session that was open when it was known.

Not here: when reports fall due (`core.breach_reports`), what of a journal was known (`known`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gateway.core.breach_events import (
    BreachReviewed,
    BreachStanding,
    ReportDue,
    ReportFiled,
)
from gateway.core.breach_reports import Report, is_overdue
from gateway.core.laws import Reference
from gateway.core.limits import inflow_to_cure
from gateway.core.money import Ratio
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway

Key = tuple[str, str, date]
"""Fund, limit and first session."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report of a passive breach.

    Attributes:
        state: DUE, OVERDUE, MADE, or LATE if it was made behind its last day.
        made: Day it was made on, None if nobody entered it.
        recorded_at: When the gateway recorded that it was made; empty if it did not.
    """

    fund_id: str
    limit_id: str
    since: date
    report: str
    due: date
    state: str
    made: date | None
    reference: str
    requested_by: str
    approved_by: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A passive breach; amounts are minor units of the fund's currency.

    Attributes:
        standing: How it stood at the last strike that looked at it, `session`.
        counted_minor: What the limit counted then, before that session's orders.
        days_left: Calendar days to the day it must be cured by, below zero past it; None if it
            is over.
        inflow_minor: The smallest liquid inflow that cures it; None: none can, or it is over.
        recorded_at: When the gateway recorded how it stands.
    """

    fund_id: str
    currency: str
    limit_id: str
    since: date
    standing: BreachStanding
    session: date
    counted_minor: int
    total_minor: int
    cap: Ratio
    cure_by: date
    days_left: int | None
    inflow_minor: int | None
    reports: tuple[ReportRow, ...]
    recorded_at: str


async def read_breaches(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> list[BreachRow]:
    """Fold the fund partitions into passive breaches, open ones first, the oldest of them first.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told, None, asked.fund)
    await known.announce(("fund",))
    found: list[BreachRow] = []
    for partition in known.partitions("fund"):
        fold = _Breaches(asked.as_of)
        async for decided in known.decisions("fund", partition):
            for event in decided.events:
                fold.follow(event, decided.recorded_at)
        found.extend(row for row in fold.rows() if asked.fund in (None, row.fund_id))
    found.sort(
        key=lambda row: (
            row.standing is not BreachStanding.OPEN, row.since, row.fund_id, row.limit_id
        )
    )  # fmt: skip
    return found


@dataclass(slots=True)
class _Breaches:
    """One fund partition while its journal is folded."""

    as_of: date | None
    reference: Reference = field(default_factory=Reference)
    seen: dict[Key, tuple[BreachReviewed, int]] = field(default_factory=dict)
    due: dict[Key, list[Report]] = field(default_factory=dict)
    made: dict[tuple[Key, str], tuple[ReportFiled, int]] = field(default_factory=dict)

    def follow(self, event: object, recorded_at: int) -> None:
        """Take an event in."""
        self.reference.follow(event)
        match event:
            case BreachReviewed() if self._is_of(event.session):
                key = event.fund_id, event.limit_id, event.since
                self.seen[key] = (event, recorded_at)
            case ReportDue() if self._is_of(event.report.fell):
                key = event.fund_id, event.limit_id, event.since
                self.due.setdefault(key, []).append(event.report)
            case ReportFiled() if self._is_of(event.made):
                key = event.fund_id, event.limit_id, event.since
                self.made[key, event.report.name] = (event, recorded_at)

    def _is_of(self, day: date) -> bool:
        return self.as_of is None or day <= self.as_of

    def rows(self) -> Iterator[BreachRow]:
        """The breaches there were."""
        for key, (event, recorded_at) in self.seen.items():
            day = self.as_of or self.reference.session or event.session
            is_open = event.standing is BreachStanding.OPEN
            inflow = inflow_to_cure(event.counted_minor, event.total_minor, event.cap)
            yield BreachRow(
                event.fund_id, self.reference.book.funds[event.fund_id].currency, event.limit_id,
                event.since, event.standing, event.session, event.counted_minor,
                event.total_minor, event.cap, event.cure_by,
                (event.cure_by - day).days if is_open else None, inflow if is_open else None,
                tuple(self._report(key, each, day) for each in self.due.get(key, ())),
                instant(recorded_at),
            )  # fmt: skip

    def _report(self, key: Key, report: Report, day: date) -> ReportRow:
        filed, recorded_at = self.made.get((key, report.name), (None, 0))
        if filed is None:
            state = "OVERDUE" if is_overdue(report, None, day) else "DUE"
            return ReportRow(*key, report.name, report.due, state, None, "", "", "", "")
        state = "LATE" if filed.made > report.due else "MADE"
        return ReportRow(
            *key, report.name, report.due, state, filed.made, filed.reference,
            filed.requested_by, filed.approved_by, instant(recorded_at),
        )  # fmt: skip
