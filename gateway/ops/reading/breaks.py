"""Breaks between cash advised and instructions, as they stood on a day and were known.

A break is of the session in which it was found, and is gone from the one in which it was
resolved. Its age is counted in business days up to the day asked for, or up to the session that
was open when it was known.

Not here: judging advices (`core.cash_breaks`), which part of a journal was known (`known`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.cash_breaks import BreakClosed, BreakKind, CashBreak, age_in_business_days
from gateway.core.laws import Reference
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway


@dataclass(frozen=True, slots=True)
class BreakRow:
    """An open break; amounts are minor units, positive where the party pays.

    Attributes:
        age_days: Business days since its day.
        recorded_at: When the gateway recorded it.
    """

    break_id: str
    kind: BreakKind
    counterparty: str
    instruction_id: str
    currency: str
    expected_minor: int
    advised_minor: int
    since: date
    opened: date
    age_days: int
    bank: str
    recorded_at: str


async def read_breaks(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> list[BreakRow]:
    """Fold the cash partitions into the breaks that are open, the oldest first.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told)
    await known.announce(("cash",))
    found: list[BreakRow] = []
    for partition in known.partitions("cash"):
        fold = _Breaks(asked.as_of)
        async for decided in known.decisions("cash", partition):
            for event in decided.events:
                fold.follow(event, decided.recorded_at)
        found.extend(fold.rows(asked))
    found.sort(key=lambda row: (row.since, row.kind, row.counterparty, row.break_id))
    return found


@dataclass(slots=True)
class _Breaks:
    """One cash partition while its journal is folded."""

    as_of: date | None
    reference: Reference = field(default_factory=Reference)
    open: dict[str, tuple[CashBreak, int]] = field(default_factory=dict)

    def follow(self, event: object, recorded_at: int) -> None:
        """Take an event in."""
        self.reference.follow(event)
        match event:
            case CashBreak() if self.as_of is None or event.opened <= self.as_of:
                self.open[event.break_id] = (event, recorded_at)
            case BreakClosed() if self.as_of is None or event.session <= self.as_of:
                self.open.pop(event.break_id, None)

    def rows(self, asked: Asked) -> list[BreakRow]:
        """The breaks that are asked for."""
        return [
            self._row(event, recorded_at)
            for event, recorded_at in self.open.values()
            if asked.counterparty in (None, event.counterparty)
            and asked.session in (None, event.opened)
        ]

    def _row(self, event: CashBreak, recorded_at: int) -> BreakRow:
        day = self.as_of or self.reference.session or event.opened
        advice = event.advice
        return BreakRow(
            event.break_id, event.kind, event.counterparty, event.instruction_id, event.currency,
            event.expected_minor, event.advised_minor, event.since, event.opened,
            age_in_business_days(self.reference.book.sessions, event.since, day),
            "" if advice is None else advice.sender, instant(recorded_at),
        )  # fmt: skip
