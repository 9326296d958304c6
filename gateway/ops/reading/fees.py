"""The fee ledger: what each fund accrued, waived, took back, crystallised and paid, by session.

A day's charge is what was posted of the management fee, less what was waived, more what was
taken back, and the change of the performance fee, which may be negative. What crystallises and
what is paid was charged before. `--as-of` is the last session of the ledger, `--session` the
only one.

Not here: how a management fee was worked out (`accruals`), what participants are told of it
(`charges`), printing (`show`).
Source: domain.md §4.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from gateway.core.book import BookChange, FundTerms
from gateway.core.events import SleevesBalanced
from gateway.core.fund_events import (
    ExpensesCapped,
    FeeAccrued,
    HeldFlowsFilled,
    PerformanceAccrued,
)
from gateway.core.laws import Reference
from gateway.core.sessions import ONE_DAY
from gateway.log.port import Log
from gateway.ops.reading.accruals import AccrualRow, Accruals
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway


@dataclass(frozen=True, slots=True)
class FeeRow:
    """A fund's fees of a session, minor units.

    Attributes:
        first: First day they are for; the session is the last.
        base_minor: What the management fee is a share of; without one, net assets before the
            performance fee.
        performance_minor: Change of the performance fee, negative where it falls back.
        crystallized_minor: Performance fee that became due, and is paid.
        paid_minor: Management fee paid, less what was waived of it.
        owed_minor: All fees owed afterwards.
        recorded_at: When the gateway recorded them.
        charged_minor: What they cost the fund's holders.
        net_minor: Net assets of the session before; without a management fee, those before the
            performance fee.
        performance_accrued_minor: Performance fee accrued before the session's orders.
    """

    fund_id: str
    session: date
    currency: str
    first: date
    base_minor: int
    management_minor: int = 0
    waived_minor: int = 0
    recaptured_minor: int = 0
    lapsed_minor: int = 0
    performance_minor: int = 0
    crystallized_minor: int = 0
    paid_minor: int = 0
    owed_minor: int = 0
    recorded_at: str = ""
    charged_minor: int = 0
    net_minor: int = 0
    performance_accrued_minor: int = 0


@dataclass(slots=True)
class Ledger:
    """Fees in the order of sessions and funds, with the terms they follow.

    Attributes:
        terms: By fund, the terms of the last day.
        units: By fund, units outstanding after the last session, scaled.
        last: The last session that was struck.
        accruals: How the management fees were worked out.
    """

    rows: list[FeeRow] = field(default_factory=list)
    terms: dict[str, FundTerms] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    last: date | None = None
    accruals: list[AccrualRow] = field(default_factory=list)


async def read_fees(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Ledger:
    """Fold the fund partitions into a fee ledger.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told, None, asked.fund)
    await known.announce(("fund",))
    ledger = Ledger()
    for partition in known.partitions("fund"):
        fold = _Fold(asked)
        async for decided in known.decisions("fund", partition):
            for event in decided.events:
                fold.follow(event, decided.recorded_at)
        fold.tell(ledger)
    ledger.rows.sort(key=lambda row: (row.session, row.fund_id))
    ledger.accruals.sort(key=lambda row: (row.session, row.fund_id))
    return ledger


@dataclass(slots=True)
class _Fold:
    """One fund partition while its journal is folded."""

    asked: Asked
    reference: Reference = field(default_factory=Reference)
    adopted: list[BookChange] = field(default_factory=list)
    rows: dict[tuple[date, str], FeeRow] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    last: date | None = None
    accruing: dict[str, Accruals] = field(default_factory=dict)
    accruals: list[AccrualRow] = field(default_factory=list)

    def follow(self, event: object, recorded_at: int) -> None:
        """Take an event in."""
        self.adopted.extend(self.reference.follow(event))
        match event:
            case FeeAccrued() | ExpensesCapped() | PerformanceAccrued():
                row = _with(self._row(event, recorded_at), event)
                self.rows[event.session, event.fund_id] = row
                if isinstance(event, FeeAccrued):
                    self._accrue(event, row)
            case SleevesBalanced() | HeldFlowsFilled() if self._counts(event.session):
                self.units[event.fund_id] = event.units
                self.last = max(event.session, self.last or event.session)

    def _accrue(self, event: FeeAccrued, row: FeeRow) -> None:
        terms = self.reference.book.funds[event.fund_id].fees
        if terms is not None:
            accruing = self.accruing.setdefault(event.fund_id, Accruals())
            self.accruals.append(accruing.row(event, terms, row.currency, row.recorded_at))

    def _counts(self, day: date) -> bool:
        return self.asked.as_of is None or day <= self.asked.as_of

    def _row(
        self, event: FeeAccrued | ExpensesCapped | PerformanceAccrued, recorded_at: int
    ) -> FeeRow:
        terms = self.reference.book.funds[event.fund_id]
        before = [session for session, fund_id in self.rows if fund_id == event.fund_id]
        first = max(before) + ONE_DAY if before else event.session
        empty = FeeRow(
            event.fund_id, event.session, terms.currency, first, 0,
            recorded_at=instant(recorded_at),
        )  # fmt: skip
        return self.rows.get((event.session, event.fund_id), empty)

    def tell(self, ledger: Ledger) -> None:
        """Add what is asked for of this partition."""
        asked, changes = self.asked, self.adopted
        if asked.as_of is not None:
            every = (*self.adopted, *self.reference.book.waiting)
            changes = [change for change in every if change.session <= asked.as_of]
        ledger.terms.update(
            (terms.fund_id, terms)
            for change in changes
            for terms in change.funds
            if asked.fund in (None, terms.fund_id)
        )
        ledger.units.update(self.units)
        if self.last is not None:
            ledger.last = max(self.last, ledger.last or self.last)
        ledger.rows.extend(row for row in self.rows.values() if self._shows(row))
        ledger.accruals.extend(row for row in self.accruals if self._shows(row))

    def _shows(self, row: FeeRow | AccrualRow) -> bool:
        asked = self.asked
        mine = asked.session in (None, row.session) and asked.fund in (None, row.fund_id)
        return mine and self._counts(row.session)


def _with(row: FeeRow, event: FeeAccrued | ExpensesCapped | PerformanceAccrued) -> FeeRow:
    """A row with one of the fees of its session."""
    match event:
        case FeeAccrued():
            return replace(
                row, first=event.first, base_minor=event.base_minor,
                net_minor=event.net_assets_minor,
                management_minor=event.posted_minor,
                charged_minor=row.charged_minor + event.posted_minor,
                paid_minor=row.paid_minor + event.paid_minor,
                owed_minor=row.owed_minor + event.accrued_minor - event.paid_minor,
            )  # fmt: skip
        case ExpensesCapped():
            return replace(
                row, waived_minor=event.waived_minor, recaptured_minor=event.recaptured_minor,
                lapsed_minor=event.lapsed_minor,
                charged_minor=row.charged_minor + event.recaptured_minor - event.waived_minor,
                paid_minor=row.paid_minor - event.settled_minor,
                owed_minor=row.owed_minor - event.accrued_minor + event.settled_minor,
            )  # fmt: skip
        case PerformanceAccrued():
            return replace(
                row, base_minor=row.base_minor or event.gross_minor,
                net_minor=row.net_minor or event.gross_minor,
                performance_accrued_minor=event.period.accrued_minor,
                performance_minor=event.posted_minor, crystallized_minor=event.due_minor,
                charged_minor=row.charged_minor + event.posted_minor,
                owed_minor=row.owed_minor + event.after.accrued_minor,
            )  # fmt: skip
