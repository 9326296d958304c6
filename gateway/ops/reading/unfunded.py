"""Commitments to drawdown vehicles: what was called, what may be called, what is announced.

Totals are effective in the session in which a call or distribution was booked, notices on the
day their manager dated them, commitments as the fund's terms of the day have them. A notice
is told until its money is booked: RECEIVED while no strike has looked at it, TAKEN once it is
in order. One that was refused never was a fact.

Not here: the arithmetic of totals (`core.calls`), which part of a journal was known (`known`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from gateway.core.book import BookChange
from gateway.core.calls import CapitalNotice, Commitment, NoticeKind
from gateway.core.fund_events import CapitalMoved, NoticeRefused, NoticeTaken
from gateway.core.laws import Reference
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway

Standing = Literal["RECEIVED", "TAKEN"]


@dataclass(frozen=True, slots=True)
class UnfundedRow:
    """A fund's commitment to a vehicle and its totals since inception, minor units.

    Attributes:
        announced_minor: Change of unfunded that notices in order will bring, not booked yet.
        booked: Session of the last booking, None before the first.
        recorded_at: When the gateway recorded that booking, or empty.
    """

    fund_id: str
    vehicle_id: str
    manager: str
    currency: str
    commitment_minor: int
    called_inside_minor: int
    called_outside_minor: int
    recallable_minor: int
    kept_minor: int
    unfunded_minor: int
    announced_minor: int
    booked: date | None
    recorded_at: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A call or distribution that is not booked; its effect is the change of unfunded."""

    fund_id: str
    vehicle_id: str
    sender: str
    batch_id: str
    kind: NoticeKind
    state: Standing
    notice_date: date
    due_date: date
    currency: str
    total_minor: int
    unfunded_effect_minor: int
    recorded_at: str


@dataclass(slots=True)
class Unfunded:
    """Commitments and notices in a fixed order."""

    commitments: list[UnfundedRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)


async def read_unfunded(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Unfunded:
    """Fold the fund partitions into commitments.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told, None, asked.fund)
    await known.announce(("fund",))
    found = Unfunded()
    for partition in known.partitions("fund"):
        fold = Capital(asked.as_of)
        async for decided in known.decisions("fund", partition):
            for event in decided.events:
                fold.follow(event, decided.recorded_at)
        fold.tell(found, asked)
    found.commitments.sort(key=lambda row: (row.fund_id, row.vehicle_id))
    found.notices.sort(key=lambda row: (row.due_date, row.fund_id, row.sender, row.batch_id))
    return found


Name = tuple[str, str, str]
"""Fund, manager, and the manager's own name of a notice."""


@dataclass(slots=True)
class Capital:
    """One fund partition while its journal is folded."""

    as_of: date | None
    reference: Reference = field(default_factory=Reference)
    adopted: list[BookChange] = field(default_factory=list)
    booked: dict[tuple[str, str], tuple[CapitalMoved, int]] = field(default_factory=dict)
    notices: dict[Name, tuple[CapitalNotice, Standing, int]] = field(default_factory=dict)
    taken: dict[tuple[str, str, str], Name] = field(default_factory=dict)

    def follow(self, event: object, recorded_at: int) -> None:
        """Take an event in."""
        self.adopted.extend(self.reference.follow(event))
        match event:
            case CapitalNotice() if self._counts(event.notice_date):
                name = event.fund_id, event.sender, event.batch_id
                self.notices[name] = event, "RECEIVED", recorded_at
            case NoticeRefused():
                self.notices.pop((event.fund_id, event.sender, event.batch_id), None)
            case NoticeTaken():
                name = event.fund_id, event.sender, event.batch_id
                self.taken[event.fund_id, event.vehicle_id, event.batch_id] = name
                if name in self.notices:
                    self.notices[name] = self.notices[name][0], "TAKEN", recorded_at
            case CapitalMoved() if self._counts(event.session):
                self.booked[event.fund_id, event.vehicle_id] = event, recorded_at
                name = self.taken[event.fund_id, event.vehicle_id, event.batch_id]
                self.notices.pop(name, None)

    def _counts(self, day: date) -> bool:
        return self.as_of is None or day <= self.as_of

    def tell(self, found: Unfunded, asked: Asked) -> None:
        """Add what is asked for of this partition."""
        notices = [
            _notice(*kept)
            for (fund_id, sender, _), kept in self.notices.items()
            if asked.fund in (None, fund_id) and asked.sender in (None, sender)
        ]
        found.notices.extend(notices)
        for row in self._commitments():
            if asked.fund in (None, row.fund_id) and asked.sender in (None, row.manager):
                announced = sum(
                    notice.unfunded_effect_minor
                    for notice in notices
                    if notice.state == "TAKEN"
                    and (notice.fund_id, notice.vehicle_id) == (row.fund_id, row.vehicle_id)
                )
                found.commitments.append(replace(row, announced_minor=announced))

    def _commitments(self) -> list[UnfundedRow]:
        """The commitments that the terms of the day have, with what is booked of them."""
        changes = self.adopted
        if self.as_of is not None:
            ahead = [change for change in self.reference.book.waiting]
            changes = [c for c in (*self.adopted, *ahead) if c.session <= self.as_of]
        rows: dict[tuple[str, str], UnfundedRow] = {}
        openings: dict[tuple[str, str], Commitment] = {}
        for terms in (terms for change in changes for terms in change.funds):
            for sleeve in terms.sleeves:
                if sleeve.calls is None:
                    continue
                key = terms.fund_id, sleeve.vehicle_id
                moved, stamp = self.booked.get(key, (None, 0))
                # Later terms change what is committed, not what was called before the opening.
                opening = openings.setdefault(key, sleeve.calls.opening)
                before = opening if moved is None else moved.commitment
                totals = replace(before, commitment_minor=sleeve.calls.commitment_minor)
                rows[key] = UnfundedRow(
                    *key, sleeve.manager, terms.currency, totals.commitment_minor,
                    totals.called_inside_minor, totals.called_outside_minor,
                    totals.recallable_minor, totals.kept_minor, totals.unfunded_minor, 0,
                    None if moved is None else moved.session, instant(stamp) if stamp else "",
                )  # fmt: skip
        return list(rows.values())


def _notice(notice: CapitalNotice, state: Standing, recorded_at: int) -> NoticeRow:
    return NoticeRow(
        notice.fund_id, notice.vehicle_id, notice.sender, notice.batch_id, notice.kind, state,
        notice.notice_date, notice.due_date, notice.currency, notice.total_minor,
        sum(line.unfunded_effect_minor for line in notice.lines), instant(recorded_at),
    )  # fmt: skip
