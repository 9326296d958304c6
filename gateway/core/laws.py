"""The laws of the gateway, as code: what must hold of everything that was written.

Each function looks at plain values (events, offsets, bytes) and answers with what breaks
its law; an empty list means that it holds. Production, tests and simulations ask the same
functions. An event stream is one partition's journal, decision by decision, in order.

Not here: reading logs (`shell.evidence`); law L1 (`conservation`), law L2 (`breaches`) and L7
of instructions (`instruction_life`), which are longer; law L6, which follows from deciding
again byte for byte (L4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Annotated

from gateway.core.book import Book, BookChange
from gateway.core.events import (
    BatchRefused,
    BatchTaken,
    OrdersCounted,
    OrdersDecided,
    OrdersParked,
    ParkedTaken,
    SenderDayClosed,
    SessionAdvanced,
    SessionAnnounced,
)
from gateway.core.marks import NavStruck
from gateway.core.nav import NavStatus
from gateway.core.quarantine import MessageSetAside, Quarantined
from gateway.core.settlement import SettlementInstruction

Events = Sequence[object]
"""The events of one partition's journal, in order."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that breaks a law."""

    law: Annotated[str, "L1 to L8"]
    where: Annotated[str, "what it is about: a place in a log, or a session, fund, party"]
    detail: Annotated[str, "what was expected and what is there; never an identifier"]

    def __str__(self) -> str:
        """As one line."""
        return f"law {self.law}, {self.where}: {self.detail}"


@dataclass(slots=True)
class Reference:
    """The book as it is in force in one partition, followed event by event."""

    book: Book = field(default_factory=Book)
    session: date | None = None

    def follow(self, event: object) -> list[BookChange]:
        """Take an event in; the changes that hold from here on."""
        match event:
            case BookChange():
                return self.book.note(event, self.session)
            case SessionAnnounced():
                self.session = self.session or event.session
                return self.book.due(self.session)
            case SessionAdvanced():
                self.session = event.opened
                return self.book.due(self.session)
        return []


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal record: which inbox message it is about, and which part of the decision."""

    offset: int
    digest: bytes
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as its sender wrote it, and where it stands."""

    topic: str
    partition: int
    offset: int
    value: bytes


def l3(
    where: str, inbox: Sequence[tuple[int, bytes]], journal: Iterable[Entry], *, complete: bool
) -> list[Violation]:
    """Exactly once: every inbox offset has one decision, in order, on the bytes that stand there.

    Args:
        where: The inbox partition's name.
        inbox: Offset and digest of each of its records, in order.
        journal: Its journal's records, in order.
        complete: False while the day is in progress: then decisions may be wanting at the end.
    """
    found: list[Violation] = []
    decided: list[tuple[int, bytes]] = []
    wanted: tuple[int, int] | None = None
    for entry in journal:
        here = (entry.offset, entry.part)
        if here != (wanted or (entry.offset, 0)):
            found.append(_l3(where, entry.offset, f"part {entry.part} of {entry.parts} stands "
                             "where another was expected"))  # fmt: skip
        wanted = (entry.offset, entry.part + 1) if entry.part + 1 < entry.parts else None
        if entry.part == 0:
            decided.append((entry.offset, entry.digest))
    if wanted is not None:
        found.append(_l3(where, wanted[0], f"the journal ends before part {wanted[1]}"))
    found.extend(_in_order(where, inbox, decided))
    missing = sorted({offset for offset, _ in inbox} - {offset for offset, _ in decided})
    last = max((offset for offset, _ in decided), default=-1)
    found.extend(
        _l3(where, offset, "no decision in the journal")
        for offset in missing
        if complete or offset < last
    )
    return found


def _in_order(
    where: str, inbox: Sequence[tuple[int, bytes]], decided: Sequence[tuple[int, bytes]]
) -> Iterator[Violation]:
    bytes_at = dict(inbox)
    last = -1
    for offset, digest in decided:
        if offset <= last:
            yield _l3(where, offset, f"decided again, or out of order, after offset {last}")
        last = max(last, offset)
        if offset not in bytes_at:
            yield _l3(where, offset, "a decision without a message in the inbox")
        elif digest != bytes_at[offset]:
            yield _l3(where, offset, f"the journal decided bytes with digest {digest.hex()}, the "
                      f"inbox holds {bytes_at[offset].hex()}")  # fmt: skip


def _l3(where: str, offset: int, detail: str) -> Violation:
    return Violation("L3", f"{where}@{offset}", detail)


def l4(
    one: Iterable[SettlementInstruction], other: Iterable[SettlementInstruction]
) -> list[Violation]:
    """Confluence: two ways through the same inputs end in the same instructions."""
    first = {instruction.instruction_id: instruction for instruction in one}
    second = {instruction.instruction_id: instruction for instruction in other}
    found: list[Violation] = []
    for name in sorted({*first, *second}):
        a, b = first.get(name), second.get(name)
        if a is None or b is None:
            which = "the second" if a is None else "the first"
            found.append(Violation("L4", name, f"only {which} way leads to it"))
        elif a != b:
            found.append(Violation("L4", name, difference(a, b)))
    return found


def difference(one: object, other: object) -> str:
    """Where two records of a kind differ, field by field, cut to what a person reads."""
    if type(one) is not type(other):
        return f"{type(one).__name__} against {type(other).__name__}"
    names = [each.name for each in fields(one)]  # type: ignore[arg-type]  # records are dataclasses
    pairs = [(name, repr(getattr(one, name)), repr(getattr(other, name))) for name in names]
    differ = [f"{name} {a[:120]} against {b[:120]}" for name, a, b in pairs if a != b]
    return "; ".join(differ) or "the records print alike"


def l4_bytes(where: str, offset: int, kept: Sequence[bytes], again: Sequence[bytes]) -> str | None:
    """Deciding again: whether one message's journal records come out byte for byte; if not, how.

    Laws: L4, L6.
    """
    if list(kept) == list(again):
        return None
    if len(kept) != len(again):
        return f"{where}@{offset}: {len(kept)} journal records, decided again {len(again)}"
    part = next(i for i, (a, b) in enumerate(zip(kept, again, strict=True)) if a != b)
    return (
        f"{where}@{offset}: part {part} has {len(kept[part])} bytes, "
        f"decided again {len(again[part])}, and they differ"
    )


def l5(
    raws: Sequence[Raw],
    decided: Mapping[int, Events],
    quarantine: Mapping[tuple[str, int, int], Sequence[Quarantined]],
    *,
    complete: bool,
) -> list[Violation]:
    """Nothing lost: each message ended as a decision of its desk, or in quarantine whole.

    Args:
        raws: What one sender wrote; of another inbox, what two people set aside.
        decided: The events of the decision on each offset; `MessageSetAside` where two people
            decided.
        quarantine: What is kept, by topic, partition and offset of the raw message.
        complete: False while the day is in progress: then the newest may be undecided.
    """
    found: list[Violation] = []
    last = max(decided, default=-1)
    for raw in raws:
        where = f"{raw.topic}-{raw.partition}@{raw.offset}"
        events = decided.get(raw.offset, ())
        if not events:
            if complete or raw.offset <= last:
                found.append(Violation("L5", where, "the message led to no decision"))
            continue
        refused = any(
            isinstance(e, MessageSetAside) or (isinstance(e, BatchRefused) and e.quarantined)
            for e in events
        )
        kept = quarantine.get((raw.topic, raw.partition, raw.offset), ())
        if len(kept) != int(refused):
            found.append(Violation("L5", where, f"quarantine holds it {len(kept)} times, the "
                                   f"decision says {int(refused)}"))  # fmt: skip
        if any(each.raw != raw.value for each in kept):
            found.append(Violation("L5", where, "quarantine holds other bytes than were sent"))
    return found


def l5_lines(where: str, events: Events) -> list[Violation]:
    """Nothing lost between taking and deciding: each order line counted was decided or waits."""
    counted = decided = waiting = 0
    parked: list[OrdersParked] = []
    taken: OrdersParked | None = None
    found: list[Violation] = []
    for event in events:
        match event:
            case OrdersCounted():
                counted += event.lines
            case OrdersParked():
                parked.append(event)
                waiting += len(event.line)
            case ParkedTaken():
                due = [p for p in parked if p.trade_date == event.trade_date]
                taken = due[0] if due else None
                parked = [p for p in parked if p is not taken]
            case OrdersDecided() if taken is not None:
                if (taken.sender, taken.batch_id, taken.line.tolist()) != (
                    event.sender, event.batch_id, event.line.tolist(),
                ):  # fmt: skip
                    found.append(
                        Violation(
                            "L5",
                            f"{where}, batch {taken.batch_id}",
                            "lines that waited were not the ones decided",
                        )
                    )
                taken = None
            case OrdersDecided():
                decided += len(event.line)
    if counted != decided + waiting:
        detail = f"{counted} order lines came, {decided} were decided at once, {waiting} waited"
        found.append(Violation("L5", where, detail))
    return found


def l7_intake(where: str, events: Events) -> list[Violation]:
    """Nothing rewritten: a sender's batch name is taken once, and its session closes once."""
    found: list[Violation] = []
    taken: set[tuple[date, str]] = set()
    closed: set[date] = set()
    for event in events:
        if isinstance(event, BatchTaken):
            name = (event.session, event.batch_id)
            if name in taken:
                found.append(Violation("L7", f"{where}, batch {event.batch_id}", "taken twice"))
            if event.orders and event.session in closed:
                found.append(Violation("L7", f"{where}, batch {event.batch_id}",
                                       f"taken after {event.session} was closed"))  # fmt: skip
            taken.add(name)
        if isinstance(event, SenderDayClosed):
            if event.session in closed:
                found.append(Violation("L7", f"{where}, {event.session}", "closed twice"))
            closed.add(event.session)
    return found


def l7_sessions(where: str, events: Events) -> list[Violation]:
    """Nothing rewritten: sessions go forward one by one, each struck once a fund.

    A NAV that was held may stand later, once. Fund partitions strike, plan partitions adopt
    what was struck; both are looked at alike.
    """
    found: list[Violation] = []
    opened: date | None = None
    struck: dict[tuple[date, str], bool] = {}
    for event in events:
        if isinstance(event, SessionAdvanced):
            if (opened is not None and event.closed != opened) or event.opened <= event.closed:
                found.append(
                    Violation(
                        "L7",
                        f"{where}, {event.closed}",
                        f"closed for {event.opened} while {opened} was open",
                    )
                )
            opened = event.opened
        if isinstance(event, NavStruck):
            key = (event.session, event.fund_id)
            waits = struck.get(key, False)
            first = key not in struck and (opened or event.session) <= event.session
            # A NAV that stands may be corrected; `conservation_corrections` asks who decided it.
            corrects = event.status is NavStatus.CORRECTED and struck.get(key) is False
            if not first and not corrects and (event.held or not waits):
                found.append(Violation("L7", f"{where}, {event.fund_id} {event.session}",
                                       "struck again after it was struck or closed"))  # fmt: skip
            struck[key] = event.held
    return found


def l7_orders(where: str, events: Events) -> list[Violation]:
    """Nothing rewritten: a line of a sender's session and batch is decided once."""
    seen: dict[tuple[str, date, str], set[int]] = {}
    parked: list[OrdersParked] = []
    booked = date.min
    found: list[Violation] = []
    for event in events:
        match event:
            case OrdersCounted():
                booked = event.session
            case OrdersParked():
                parked.append(event)
            case ParkedTaken():
                at = next((i for i, p in enumerate(parked) if p.trade_date == event.trade_date), -1)
                booked = parked.pop(at).booked if at >= 0 else booked
            case OrdersDecided():
                lines = seen.setdefault((event.sender, booked, event.batch_id), set())
                again = lines.intersection(event.line.tolist())
                lines.update(event.line.tolist())
                if again:
                    detail = f"{len(again)} lines decided twice, line {min(again)} first"
                    found.append(Violation("L7", f"{where}, batch {event.batch_id}", detail))
    return found


def l8(identifiers: Sequence[str], written: Iterable[tuple[str, bytes]]) -> list[Violation]:
    """No personal data: none of the identifiers stands in anything that was written.

    Args:
        identifiers: What was planted; answers name them by their place in this sequence only.
            Of fewer than eight bytes, one may stand in a column of numbers by chance.
        written: Name of a place, and the bytes that stand there.
    """
    if not identifiers:
        return []
    codes = {name.encode(): number for number, name in enumerate(identifiers)}
    longest_first = sorted(codes, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(code) for code in longest_first))
    found: list[Violation] = []
    for where, value in written:
        hit = pattern.search(value)
        if hit is not None:
            detail = f"identifier {codes[hit[0]]} of {len(identifiers)} at byte {hit.start()}"
            found.append(Violation("L8", where, detail))
    return found
