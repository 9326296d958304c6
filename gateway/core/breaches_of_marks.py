"""Laws L2 and L7 of marks: no purchase while an independent value is overdue, no other lineage.

Which independent values a fund knew is folded here a second time from the marks in its desk's
journal. Where one is asked for and overdue, the NAV is an estimate that says so and nothing private
is bought. The mark told behind a holding's value is one that came, or the book's opening, as it
was stated.

Not here: limits on purchases (`breaches_of_funds`); whether a mark is stale.
Laws: L2, L7.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.events import MarkRefused, SleevesBalanced, SleeveValued
from gateway.core.laws import Events, Reference, Violation
from gateway.core.lineage import Lineage, MarkBehind, ValuedBy
from gateway.core.marks import ManagerMark, NavStruck
from gateway.core.nav import HoldReason, NavStatus

Holding = tuple[str, str]
"""Fund and vehicle."""


@dataclass(slots=True)
class _Marks:
    """What one fund partition was told of its holdings.

    Attributes:
        opening: The terms each holding opened with.
        came: Marks that no strike has seen.
        known: Measurement dates of the independent values that strikes have seen.
        late: Holdings of a fund's session whose independent value is overdue.
    """

    reference: Reference = field(default_factory=Reference)
    opening: dict[Holding, SleeveTerms] = field(default_factory=dict)
    came: dict[Holding, list[ManagerMark]] = field(default_factory=lambda: defaultdict(list))
    known: dict[Holding, set[date]] = field(default_factory=lambda: defaultdict(set))
    late: dict[tuple[date, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def follow(self, event: object) -> None:
        """Take book, marks and values in."""
        for change in self.reference.follow(event):
            for fund in change.funds:
                self._open(fund)
        match event:
            case ManagerMark():
                self.came[event.fund_id, event.vehicle_id].append(event)
            case MarkRefused():
                name = event.sender, event.batch_id
                for marks in self.came.values():
                    marks[:] = [mark for mark in marks if (mark.sender, mark.batch_id) != name]
            case SleeveValued():
                self._value(event)

    def _open(self, fund: FundTerms) -> None:
        for sleeve in fund.sleeves:
            holding = fund.fund_id, sleeve.vehicle_id
            if holding not in self.opening:
                self.opening[holding] = sleeve
                if _counts(sleeve.opening_lineage):
                    self.known[holding].add(sleeve.opening_measurement_date)

    def _value(self, event: SleeveValued) -> None:
        fund = self.reference.book.funds[event.fund_id]
        terms = next(each for each in fund.sleeves if each.vehicle_id == event.vehicle_id)
        holding = event.fund_id, event.vehicle_id
        until = self.reference.book.sessions.local_at(event.session, fund.valuation_cutoff_minutes)
        seen = [mark for mark in self.came[holding] if mark.recorded_at <= until]
        self.came[holding] = [mark for mark in self.came[holding] if mark.recorded_at > until]
        self.known[holding] |= {
            mark.measurement_date for mark in seen
            if _counts(mark.lineage) and (mark.sender, mark.currency) == (terms.manager,
                                                                          fund.currency)
        }  # fmt: skip
        days = [(event.session - day).days for day in self.known[holding]]
        within = terms.independent_within_days
        if within and not any(age <= within for age in days):
            self.late[event.session, event.fund_id].append(event.vehicle_id)


def _counts(lineage: Lineage) -> bool:
    return lineage.valued_by is ValuedBy.INDEPENDENT and lineage.valuer != ""


def independence_kept(where: str, events: Events) -> Iterator[Violation]:
    """NAVs without a timely independent value are estimates, and buy nothing private.

    Args:
        where: The partition's name.
        events: A fund partition's journal.
    """
    marks = _Marks()
    for event in events:
        marks.follow(event)
        if not isinstance(event, NavStruck | SleevesBalanced):
            continue
        here = f"{where}, {event.fund_id} {event.session}"
        late = marks.late.get((event.session, event.fund_id), [])
        whose = ", ".join(late) or "no holding"
        if isinstance(event, SleevesBalanced):
            if late and (event.granted_minor or not event.frozen):
                detail = f"{event.granted_minor} minor units bought while {whose} was overdue"
                yield Violation("L2", here, f"{detail} for an independent value")
        elif not event.held and event.status is not NavStatus.CORRECTED:
            says = HoldReason.NOT_INDEPENDENT in event.holds
            if says != bool(late) or (late and event.status is not NavStatus.ESTIMATED):
                told = f"the NAV is {event.status} with {', '.join(event.holds) or 'no reason'}"
                yield Violation("L2", here, f"{told}; overdue for an independent value: {whose}")


def lineage_kept(where: str, events: Events) -> Iterator[Violation]:
    """The mark behind a value is one that came before it, or the opening, word for word.

    Args:
        where: The partition's name.
        events: A fund partition's journal.
    """
    marks = _Marks()
    stated: set[tuple[Holding, int, date, MarkBehind]] = set()
    for event in events:
        marks.follow(event)
        if isinstance(event, ManagerMark):
            behind = MarkBehind(event.sender, event.batch_id, event.recorded_at, event.lineage)
            holding = event.fund_id, event.vehicle_id
            stated.add((holding, event.value_minor, event.measurement_date, behind))
        if isinstance(event, SleeveValued):
            holding, behind = (event.fund_id, event.vehicle_id), event.behind
            opening = marks.opening[holding]
            is_opening = (event.mark_minor, event.measurement_date, behind) == (
                opening.opening_minor, opening.opening_measurement_date,
                MarkBehind(lineage=opening.opening_lineage),
            )  # fmt: skip
            told = (holding, event.mark_minor, event.measurement_date, behind)
            if not is_opening and told not in stated:
                detail = f"{event.vehicle_id} is valued by {behind.statement or 'an opening'}, a "
                detail += "mark that nobody stated so"
                yield Violation("L7", f"{where}, {event.fund_id} {event.session}", detail)
