"""Law L1 of days: every leg on the day its fund's calendar says, every wire once and in time.

Counted a second time, by walking the days one by one: a leg of an order settles so many days
after its session as its fund's terms count; a wire goes out when no later session can add to its
day, neither before nor after.

Not here: the amounts (`conservation_cash`), offers' payment dates, calls and redemptions of
vehicles, which have days of their own.
Source: domain.md §1.3, §8. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.core.book import Book, FundTerms
from gateway.core.events import SessionAdvanced
from gateway.core.laws import Events, Reference, Violation
from gateway.core.sessions import Calendar
from gateway.core.settlement import Obligation, ObligationRow, SettlementInstruction
from gateway.core.settling_days import SettlesOn

ON_THE_FUNDS_DAY = frozenset(
    {"PLAN_PURCHASE", "PLAN_REDEMPTION", "FUND_SIDE", "ALTERNATIVE_PURCHASE", "DILUTION"}
)
"""Reasons of legs that settle as their fund counts."""

FRIDAY = 4


def day_of(calendar: Calendar, session: date, terms: FundTerms) -> date:
    """The settlement day of a session's orders, found by walking from day to day."""

    def banks_open(day: date) -> bool:
        return day.weekday() <= FRIDAY and day not in calendar.bank_closed

    def exchange_open(day: date) -> bool:
        return day.weekday() <= FRIDAY and day not in calendar.exchange_closed

    def counts(day: date) -> bool:
        needs_bank = terms.settles_on is not SettlesOn.SESSION
        needs_exchange = terms.settles_on is not SettlesOn.BANK
        return (banks_open(day) or not needs_bank) and (exchange_open(day) or not needs_exchange)

    both = terms.settles_on is SettlesOn.SETTLEMENT
    day, left = session, terms.settle_days
    while left or not banks_open(day) or (both and not exchange_open(day)):
        day += timedelta(days=1)
        left -= bool(left and counts(day))
    return day


def soonest_of(book: Book, session: date) -> date:
    """The first day on which any fund's orders of a session settle."""
    return min(day_of(book.sessions, session, terms) for terms in book.funds.values())


@dataclass(slots=True)
class _Days:
    """One cash partition's legs and wires of the session that is open, and its book."""

    partition: int
    rows: dict[date, list[ObligationRow]] = field(default_factory=dict)
    issued: list[SettlementInstruction] = field(default_factory=list)
    reference: Reference = field(default_factory=Reference)

    def follow(self, event: object) -> Iterator[Violation]:
        """Take an event in; what it breaks."""
        match event:
            case Obligation() if self._is_to_come(event.session):
                self.rows.setdefault(event.session, []).extend(event.rows)
            case SettlementInstruction() if not (event.replaces or event.corrects):
                self.issued.append(event)
            case SessionAdvanced():
                yield from self._too_early(event)
                yield from self._on_other_days(event)
        self.reference.follow(event)

    def _is_to_come(self, session: date) -> bool:
        """Legs of a session that was held and closed long ago settle when they are decided."""
        here = self.reference.session
        return here is None or session >= here

    def _too_early(self, advanced: SessionAdvanced) -> Iterator[Violation]:
        """Nothing was issued that a later session can still add to."""
        soonest = soonest_of(self.reference.book, advanced.opened)
        for order in self.issued:
            if order.settlement_date >= soonest:
                detail = f"issued while orders of {advanced.opened} can settle on {soonest}"
                yield Violation("L1", f"cash/{self.partition} {order.instruction_id}", detail)
        self.issued.clear()

    def _on_other_days(self, advanced: SessionAdvanced) -> Iterator[Violation]:
        book = self.reference.book
        for row in self.rows.pop(advanced.closed, ()):
            terms = book.funds.get(row.fund_id)
            if terms is None or terms.gate is not None or row.reason not in ON_THE_FUNDS_DAY:
                continue
            want = day_of(book.sessions, advanced.closed, terms)
            if row.settlement_date != want:
                where = f"cash/{self.partition} {advanced.closed} fund {row.fund_id} {row.reason}"
                yield Violation("L1", where, f"settles on {row.settlement_date}, not on {want}")


def settling(partition: int, events: Events) -> Iterator[Violation]:
    """Each leg settles on its day; each wire goes out once its day can have no more legs."""
    days = _Days(partition)
    for event in events:
        yield from days.follow(event)
