"""The proof: reads everything a gateway wrote and asks the laws about it.

`violations` answers for a whole log, `replay_partition` for one inbox: it decides the
inbox again at a fresh seat and compares with the journal, byte for byte. Nothing is
written, and nothing is asked of a running worker: any log that can be read will do.
Journals are read before what they are compared with, so that a day in progress never
looks as if something came from nowhere.

Not here: the laws themselves (`core.laws`, `core.conservation`, `core.breaches`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.breaches import l2
from gateway.core.breaches_of_marks import lineage_kept
from gateway.core.cash_break_life import l7_advices
from gateway.core.conservation import Day, l1
from gateway.core.correction_life import l7_corrections
from gateway.core.instruction_life import l7_instructions
from gateway.core.laws import (
    Entry,
    Events,
    Raw,
    Violation,
    difference,
    l3,
    l4_bytes,
    l5,
    l5_lines,
    l7_intake,
    l7_orders,
    l7_sessions,
    l8,
)
from gateway.core.orders import Confirmation
from gateway.core.quarantine import Quarantined
from gateway.core.settlement import InstructionCancellation, SettlementInstruction
from gateway.desks.intake_state import Received
from gateway.errors import DecisionFailed
from gateway.log.port import Log, Record
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided, decisions, inbox
from gateway.shell.seat import Seat
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard
from gateway.wire.topics import DESKS, journal_of

QUARANTINE = "gw.quarantine"


@dataclass(frozen=True, slots=True)
class Replay:
    """What deciding an inbox partition again came to.

    Attributes:
        records: Inbox messages decided again.
        lines: Order lines in them.
        divergence: The first difference from the journal, or None.
    """

    records: int
    lines: int
    divergence: str | None


async def violations(
    log: Log,
    gateway: Gateway,
    *,
    identifiers: Sequence[str] = (),
    redecide: bool = True,
    complete: bool = True,
) -> list[Violation]:
    """Everything in a log that breaks a law; empty if all laws hold.

    Args:
        log: Where the gateway wrote.
        gateway: Its desks and topology.
        identifiers: Identifiers that senders used; none may stand past intake (L8).
        redecide: Also decide every inbox again (L4, L6).
        complete: False while the day is in progress: inboxes may then hold messages that
            nobody has decided yet, at their ends.
    """
    messages = Messages(standard())
    found: list[Violation] = []
    journals: dict[str, list[Events]] = {}
    # What follows is read before what it follows from.
    for desk in reversed(DESKS):
        journals[desk] = []
        for partition in range(gateway.topology.partitions(desk)):
            decided = [d async for d in decisions(log, messages, desk, partition)]
            journals[desk].append([event for d in decided for event in d.events])
            found.extend(await _order_of(log, gateway, messages, desk, partition, complete))
            found.extend(
                await _kept_whole(log, gateway, messages, desk, partition, decided, complete)
            )
            if redecide:
                replay = await replay_partition(log, gateway, desk, partition)
                if replay.divergence is not None:
                    found.append(Violation("L4", f"{desk}/{partition}", replay.divergence))
    found.extend(_histories(journals))
    found.extend(await _money(log, gateway, messages, journals, complete))
    found.extend(l8(identifiers, await _written(log, gateway)) if identifiers else ())
    return found


async def _order_of(
    log: Log, gateway: Gateway, messages: Messages, desk: str, partition: int, complete: bool
) -> list[Violation]:
    """Law L3 of one inbox partition."""
    entries: list[Entry] = []
    async for record, _ in _journal(log, messages, desk, partition):
        entries.append(Entry(record.offset, record.digest, record.part, record.parts))
    arrived = [
        (record.offset, digest_of(record.value))
        async for record in inbox(log, gateway.topology, desk, partition)
    ]
    return l3(f"{desk}/{partition}", arrived, entries, complete=complete)


async def _kept_whole(
    log: Log, gateway: Gateway, messages: Messages, desk: str, partition: int,
    decided: Sequence[Decided], complete: bool,
) -> list[Violation]:  # fmt: skip
    """Law L5 of one inbox: a sender's messages, or what people set aside, against quarantine."""
    aside = {d.offset: (d.put_aside,) for d in decided if d.put_aside is not None}
    if desk != "intake" and not aside:
        return []
    raws = [
        Raw(record.topic, record.partition, record.offset, record.value)
        async for record in inbox(log, gateway.topology, desk, partition)
        if desk == "intake" or record.offset in aside
    ]
    kept: dict[tuple[str, int, int], list[Quarantined]] = {}
    async for record in _records(log, QUARANTINE, 0):
        each = messages.unpack(record.value)
        if isinstance(each, Quarantined):
            kept.setdefault((each.topic, each.partition, each.offset), []).append(each)
    events: dict[int, Events] = {d.offset: d.events for d in decided}
    return l5(raws, {**events, **aside}, kept, complete=complete)


def _histories(journals: dict[str, list[Events]]) -> list[Violation]:
    """Laws L5 and L7 of what single journals say."""
    found: list[Violation] = []
    for partition, events in enumerate(journals["intake"]):
        found.extend(l7_intake(f"intake/{partition}", events))
    for partition, events in enumerate(journals["plan"]):
        where = f"plan/{partition}"
        found.extend(l5_lines(where, events))
        found.extend(l7_orders(where, events))
        found.extend(l7_corrections(where, events))
        found.extend(l7_sessions(where, events))
    for partition, events in enumerate(journals["fund"]):
        found.extend(l7_sessions(f"fund/{partition}", events))
        found.extend(lineage_kept(f"fund/{partition}", events))
    for partition, events in enumerate(journals["cash"]):
        found.extend(l7_sessions(f"cash/{partition}", events))
        found.extend(l7_instructions(f"cash/{partition}", events))
        found.extend(l7_advices(f"cash/{partition}", events))
    return found


async def _money(
    log: Log,
    gateway: Gateway,
    messages: Messages,
    journals: dict[str, list[Events]],
    complete: bool,
) -> list[Violation]:
    """Laws L1 and L2 over the whole gateway."""
    dispatched: list[SettlementInstruction] = []
    taken_back: list[InstructionCancellation] = []
    for partition in range(gateway.topology.dispatch):
        async for value in _said_once(log, gateway, messages, "dispatch", partition):
            message = messages.unpack(value)
            if isinstance(message, SettlementInstruction):
                dispatched.append(message)
            if isinstance(message, InstructionCancellation):
                taken_back.append(message)
    confirmed: list[Confirmation] = []
    for topic in gateway.topics():
        if topic.startswith("out."):
            async for record in _records(log, topic, 0):
                message = messages.unpack(record.value)
                if isinstance(message, Confirmation):
                    confirmed.append(message)
    plan, fund, cash = journals["plan"], journals["fund"], journals["cash"]
    day = Day(plan, fund, cash, confirmed, dispatched, taken_back)
    return [*l1(day, complete=complete), *l2(plan, fund)]


async def _said_once(
    log: Log, gateway: Gateway, messages: Messages, desk: str, partition: int
) -> AsyncIterator[bytes]:
    """The messages of an inbox without those that stand there again because they were redriven."""
    aside: Counter[bytes] = Counter()
    async for each in decisions(log, messages, desk, partition):
        aside[each.digest] += each.put_aside is not None
    seen: set[bytes] = set()
    async for record in inbox(log, gateway.topology, desk, partition):
        digest = digest_of(record.value)
        if digest in seen and aside[digest]:
            aside[digest] -= 1
            continue
        seen.add(digest)
        yield record.value


async def _written(log: Log, gateway: Gateway) -> list[tuple[str, bytes]]:
    """All that was written past intake; quarantine keeps raw bytes on purpose, so not that."""
    written: list[tuple[str, bytes]] = []
    for topic, partitions in gateway.topics().items():
        if topic.startswith("in.") or topic == QUARANTINE:
            continue
        for partition in range(partitions):
            async for record in _records(log, topic, partition):
                headers = [value for _, value in record.headers]
                parts = (record.key or b"", record.value, *headers)
                where = f"{topic}-{partition}@{record.offset}"
                written.extend((where, part) for part in parts if part)
    return written


async def replay_partition(
    log: Log,
    gateway: Gateway,
    desk: str,
    partition: int,
    *,
    progress: Callable[[int], None] | None = None,
) -> Replay:
    """Decide an inbox partition again and compare with its journal, to the first divergence.

    Messages that nobody has decided yet, at the inbox's end, are left alone, and so are those
    that two people set aside, or that came before the version that knows their schema: their
    digest is compared.

    Args:
        log: Where inbox and journal are; nothing is written.
        gateway: Its desks and topology.
        desk: A desk's name.
        partition: One of its inbox partitions.
        progress: Told how many messages were decided again, after each.
    """
    messages = Messages(standard())
    seat = _fresh(log, gateway, desk, partition)
    arrived = inbox(log, gateway.topology, desk, partition)
    records = 0
    async for head, kept in _kept(log, messages, desk, partition):
        offset = head.offset
        record = await anext(arrived, None)
        where = f"{desk}/{partition}"
        if record is None or record.offset != offset:
            stands = "nothing" if record is None else f"offset {record.offset}"
            text = f"{where}@{offset}: the journal decided it, next in the inbox is {stands}"
            return Replay(records, seat.lines, text)
        divergence = _divergence(seat, messages, record, head, kept)
        if divergence is not None:
            return Replay(records, seat.lines, divergence)
        records += 1
        if progress is not None:
            progress(records)
    return Replay(records, seat.lines, None)


def _fresh(log: Log, gateway: Gateway, desk: str, partition: int) -> Seat[Any]:
    """A seat as it is before any message; it is never opened, so it writes nothing."""
    return next(
        seat
        for seat in gateway.seats(log)
        if seat.desk.name == desk and seat.partition == partition
    )


def _divergence(
    seat: Seat[Any], messages: Messages, record: Record, head: JournalRecord,
    kept: Sequence[bytes],
) -> str | None:  # fmt: skip
    """How deciding one message again differs from its journal records, or None."""
    where = f"{seat.desk.name}/{seat.partition}"
    # Two people decided in the desk's place: there is nothing to be decided again.
    aside = messages.put_aside(head)
    if aside is not None:
        said = (head.offset, head.digest) == (aside.offset, aside.digest)
        if said and aside.digest == digest_of(record.value):
            return None
        return f"{where}@{record.offset}: set aside were other bytes than the inbox holds"
    unknown = messages.unknown_then(head) if seat.desk.name == "intake" else None
    if unknown is not None and _known_by_now(seat, record):
        # It stays in quarantine, as it was decided, until it is redriven.
        seat.desk.evolve(seat.state, unknown)
        if head.digest == digest_of(record.value):
            return None
        return f"{where}@{record.offset}: refused were other bytes than the inbox holds"
    try:
        appends = seat.decide(record)
    except DecisionFailed as failed:
        return f"{where}@{record.offset}: decided again, it fails: {failed.error}"
    again = [a.value for a in appends if (a.topic, a.partition) == seat.journal]
    differs = l4_bytes(where, record.offset, kept, again)
    if differs is None:
        return None
    return f"{differs}; {_first_difference(messages, kept, again)}"


def _known_by_now(seat: Seat[Any], record: Record) -> bool:
    """Whether a later version brought the schema of a sender's message."""
    message = seat.message(record)
    return isinstance(message, Received) and message.body is not None


def _first_difference(messages: Messages, kept: Sequence[bytes], again: Sequence[bytes]) -> str:
    """Which event is the first to differ, and in what."""
    heads = [[messages.decided(value)[0] for value in values] for values in (kept, again)]
    before, after = (
        [e for v in values for e in messages.decided(v)[1]] for values in (kept, again)
    )
    for number, (one, other) in enumerate(zip(before, after, strict=False)):
        if messages.pack(one) != messages.pack(other):
            name = type(one).__name__
            return f"event {number} ({name}) in the journal against now: {difference(one, other)}"
    if len(before) != len(after):
        return f"the journal has {len(before)} events, decided again there are {len(after)}"
    return "; ".join(
        f"journal record against now: {difference(one, other)}"
        for one, other in zip(*heads, strict=False)
        if one != other
    )


async def _kept(
    log: Log, messages: Messages, desk: str, partition: int
) -> AsyncIterator[tuple[JournalRecord, list[bytes]]]:
    """Each decision's journal records as bytes, with the last of them."""
    values: list[bytes] = []
    async for record, value in _journal(log, messages, desk, partition):
        values.append(value)
        if record.part == record.parts - 1:
            yield record, values
            values = []


async def _journal(
    log: Log, messages: Messages, desk: str, partition: int
) -> AsyncIterator[tuple[JournalRecord, bytes]]:
    """The records of a journal partition, their events left packed."""
    async for record in _records(log, *journal_of(desk, partition)):
        entry = messages.unpack(record.value)
        assert isinstance(entry, JournalRecord), type(entry).__name__
        yield entry, record.value


async def _records(log: Log, topic: str, partition: int) -> AsyncIterator[Record]:
    async for batch in log.read(topic, partition):
        for record in batch:
            yield record
