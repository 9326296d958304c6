"""Every mark that came, with its lineage: was it used, since when, and what did it change.

Of a day it is what was received and struck by its end. A mark is of no session; its age is counted
up to the day asked for, or up to the session that was open when it was known.

Not here: which mark is in force (the fund desk), which part of a journal was known (`known`).
Source: domain.md §3.2, §5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from gateway.core.book import BookChange, FundTerms
from gateway.core.events import MarkRefused, SleeveValued, TrueUpBooked
from gateway.core.laws import Reference
from gateway.core.lineage import (
    Lineage,
    MarkBehind,
    is_independence_overdue,
    is_independent,
    received_date,
)
from gateway.core.marks import ManagerMark, NavStruck
from gateway.core.money import half_up
from gateway.core.nav import NavStatus
from gateway.core.vocabulary import RejectCode
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway

E6 = 1_000_000
Holding = tuple[str, str]
"""Fund and vehicle."""


class MarkUse(StrEnum):
    """What became of a mark.

    WAITING: no strike has seen it; it came after the valuation cut-off, or its session waits.
    USED: the holding's value follows from it. SUPERSEDED: it was used until another took its place.
    LATE: one that is not older was in force or came with it. REFUSED: no fund could use it.
    """

    WAITING = "WAITING"
    USED = "USED"
    SUPERSEDED = "SUPERSEDED"
    LATE = "LATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One mark of a holding; amounts are minor units.

    Attributes:
        statement: The manager's own name of it; empty for the opening mark of the book.
        received: Day of its broker stamp in the calendar's zone; None for the opening.
        recorded_at: The stamp itself; empty for the opening.
        age_days: Calendar days since its measurement.
        independent: Whether it counts as an independent value.
        used_from: First session whose value follows from it.
        used_to: Last session before another took its place.
        superseded_by: The statement that did.
        estimate_minor: Where it took another's place, what the holding was worth by that one.
        trued_minor: What it was worth by this one in the same session.
        effect_minor: The difference, booked in that session's NAV.
        effect_e6: The same in millionths of the fund's net assets, half-up.
        code: Why it was refused.
    """

    fund_id: str
    vehicle_id: str
    sender: str
    statement: str
    measured: date
    received: date | None
    recorded_at: str
    currency: str
    value_minor: int
    age_days: int
    lineage: Lineage
    independent: bool
    use: MarkUse
    used_from: date | None = None
    used_to: date | None = None
    superseded_by: str = ""
    estimate_minor: int | None = None
    trued_minor: int | None = None
    effect_minor: int | None = None
    effect_e6: int | None = None
    code: RejectCode = RejectCode.NONE


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """How old the newest independent value of a holding is.

    Attributes:
        valued: Session of its last value.
        independent_on: Measurement date of the newest independent value that a strike has seen.
        age_days: Calendar days since then.
        within_days: Calendar days it may be old; 0: none is asked for.
    """

    fund_id: str
    vehicle_id: str
    valued: date
    independent_on: date | None
    age_days: int | None
    within_days: int
    overdue: bool


@dataclass(slots=True)
class Marks:
    """Marks by holding and receipt, holdings by name."""

    marks: list[MarkRow] = field(default_factory=list)
    holdings: list[HoldingRow] = field(default_factory=list)


async def read_marks(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Marks:
    """Fold the fund partitions into the marks they had.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told, None, asked.fund)
    await known.announce(("fund",))
    found = Marks()
    for partition in known.partitions("fund"):
        fold = _Marks(asked.as_of)
        async for decided in known.decisions("fund", partition):
            for event in decided.events:
                fold.follow(event)
        fold.tell(found, asked)
    found.marks.sort(key=lambda row: (row.fund_id, row.vehicle_id, row.recorded_at, row.statement))
    found.holdings.sort(key=lambda row: (row.fund_id, row.vehicle_id))
    return found


@dataclass(slots=True)
class _Marks:
    """One fund partition while its journal is folded.

    Attributes:
        stated: Marks, and the openings of the book, with what became of them.
        waiting: Marks of a holding that no strike has seen.
        in_force: The mark behind a holding's last value, and that value.
        true_ups: Differences of a session whose marks are not told yet.
        booked: Marks in use from a session whose NAV is not told yet.
        valued: The last value of each holding, and the days its terms then asked for.
    """

    as_of: date | None
    reference: Reference = field(default_factory=Reference)
    stated: dict[tuple[Holding, MarkBehind], MarkRow] = field(default_factory=dict)
    in_force: dict[Holding, tuple[MarkBehind, date]] = field(default_factory=dict)
    waiting: dict[Holding, list[MarkBehind]] = field(default_factory=lambda: defaultdict(list))
    true_ups: dict[tuple[Holding, date], TrueUpBooked] = field(default_factory=dict)
    booked: dict[tuple[str, date], list[Holding]] = field(default_factory=lambda: defaultdict(list))
    valued: dict[Holding, tuple[SleeveValued, int]] = field(default_factory=dict)

    def follow(self, event: object) -> None:
        """Take an event in."""
        for change in self.reference.follow(event):
            self._open(change)
        match event:
            case ManagerMark():
                holding = event.fund_id, event.vehicle_id
                self.stated[holding, event.behind] = _came(event)
                self.waiting[holding].append(event.behind)
            case MarkRefused() if self._counts(self.reference.session):
                self._refuse(event)
            case TrueUpBooked() if self._counts(event.session):
                self.true_ups[(event.fund_id, event.vehicle_id), event.session] = event
            case SleeveValued() if self._counts(event.session):
                self._value(event)
            case NavStruck() if self._counts(event.session):
                self._measure(event)

    def _counts(self, day: date | None) -> bool:
        return self.as_of is None or day is None or day <= self.as_of

    def _open(self, change: BookChange) -> None:
        """The marks that new holdings open with."""
        for fund in change.funds if self._counts(change.session) else ():
            for sleeve in fund.sleeves:
                holding = fund.fund_id, sleeve.vehicle_id
                if holding not in self.in_force:
                    behind = MarkBehind(lineage=sleeve.opening_lineage)
                    self.in_force[holding] = behind, change.session
                    self.stated[holding, behind] = MarkRow(
                        *holding, sleeve.manager, "", sleeve.opening_measurement_date, None, "",
                        fund.currency, sleeve.opening_minor, 0, sleeve.opening_lineage,
                        is_independent(sleeve.opening_lineage), MarkUse.USED, change.session,
                    )  # fmt: skip

    def _refuse(self, event: MarkRefused) -> None:
        for key, row in self.stated.items():
            if (row.sender, row.statement) == (event.sender, event.batch_id) and not row.used_from:
                self.stated[key] = replace(row, use=MarkUse.REFUSED, code=event.code)

    def _value(self, event: SleeveValued) -> None:
        """One mark is in force; those that the strike saw beside it came too late."""
        fund = self.reference.book.funds[event.fund_id]
        holding = event.fund_id, event.vehicle_id
        before, last = self.in_force[holding]
        if event.behind != before:
            old = self.stated[holding, before]
            self.stated[holding, before] = replace(
                old, use=MarkUse.SUPERSEDED, used_to=last, superseded_by=event.behind.statement
            )
            self._use(holding, event)
        self.in_force[holding] = event.behind, event.session
        until = self.reference.book.sessions.local_at(event.session, fund.valuation_cutoff_minutes)
        for behind in [each for each in self.waiting[holding] if each.recorded_at <= until]:
            self.waiting[holding].remove(behind)
            row = self.stated[holding, behind]
            if row.use is MarkUse.WAITING:
                self.stated[holding, behind] = replace(row, use=MarkUse.LATE)
        self.valued[holding] = event, _within(fund, event.vehicle_id)

    def _use(self, holding: Holding, event: SleeveValued) -> None:
        row = replace(self.stated[holding, event.behind], use=MarkUse.USED, used_from=event.session)
        true_up = self.true_ups.pop((holding, event.session), None)
        if true_up is not None:
            row = replace(
                row, estimate_minor=true_up.estimate_minor, trued_minor=true_up.value_minor,
                effect_minor=true_up.value_minor - true_up.estimate_minor,
            )  # fmt: skip
            self.booked[event.fund_id, event.session].append(holding)
        self.stated[holding, event.behind] = row

    def _measure(self, nav: NavStruck) -> None:
        """What true-ups of a session were of the fund's net assets."""
        if nav.held or nav.status is NavStatus.CORRECTED or nav.net_assets_minor <= 0:
            return
        for holding in self.booked.pop((nav.fund_id, nav.session), ()):
            key = holding, self.in_force[holding][0]
            effect = self.stated[key].effect_minor
            assert effect is not None, key
            share = half_up(effect * E6, nav.net_assets_minor)
            self.stated[key] = replace(self.stated[key], effect_e6=share)

    def tell(self, found: Marks, asked: Asked) -> None:
        """Add what is asked for of this partition."""
        found.marks.extend(
            row
            for row in self._rows()
            if asked.fund in (None, row.fund_id) and asked.sender in (None, row.sender)
        )
        found.holdings.extend(
            self._holding(event, within)
            for event, within in self.valued.values()
            if asked.fund in (None, event.fund_id)
        )

    def _rows(self) -> Iterator[MarkRow]:
        """The marks received by the day, with their day of receipt and their age."""
        if self.reference.session is None:
            return
        zone = self.reference.book.sessions.zone
        for (_, behind), row in self.stated.items():
            stamp = behind.recorded_at
            received = received_date(stamp, zone) if stamp else None
            if received is None or self._counts(received):
                yield replace(row, received=received, age_days=(self._day - row.measured).days)

    @property
    def _day(self) -> date:
        """The day ages are counted to."""
        assert self.reference.session is not None, "nothing is valued before a session is open"
        return self.as_of or self.reference.session

    def _holding(self, event: SleeveValued, within: int) -> HoldingRow:
        measured, day = event.independent_on, self._day
        return HoldingRow(
            event.fund_id, event.vehicle_id, event.session, measured,
            None if measured is None else (day - measured).days, within,
            is_independence_overdue(measured, day, within),
        )  # fmt: skip


def _came(mark: ManagerMark) -> MarkRow:
    return MarkRow(
        mark.fund_id, mark.vehicle_id, mark.sender, mark.batch_id, mark.measurement_date, None,
        instant(mark.recorded_at), mark.currency, mark.value_minor, 0, mark.lineage,
        is_independent(mark.lineage), MarkUse.WAITING,
    )  # fmt: skip


def _within(fund: FundTerms, vehicle_id: str) -> int:
    return next(s.independent_within_days for s in fund.sleeves if s.vehicle_id == vehicle_id)
