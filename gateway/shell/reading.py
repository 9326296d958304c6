"""Reading what was decided: journals as decisions, inboxes as records.

A decision whose events did not fit one journal record was written in parts within one
transaction; here it is whole again.

Not here: deciding again (`seat`), and what the events mean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.core.quarantine import MessageSetAside
from gateway.desks.desk import Address, Topology
from gateway.log.port import Log, Record
from gateway.wire.messages import Messages
from gateway.wire.topics import journal_of, place_of


@dataclass(frozen=True, slots=True)
class Decided:
    """What one inbox message led to, as its journal has it.

    Attributes:
        desk: The desk that decided.
        partition: Its inbox partition.
        offset: Offset of the message in that inbox partition.
        digest: BLAKE2, 16 bytes, of the message's bytes.
        events: The desk's events, in order; none if the message was set aside.
        recorded_at: The log's stamp of the journal record, UTC microseconds.
        put_aside: What two people decided in the desk's place.
    """

    desk: str
    partition: int
    offset: int
    digest: bytes
    events: tuple[object, ...]
    recorded_at: int
    put_aside: MessageSetAside | None = None


async def decisions(
    log: Log, messages: Messages, desk: str, partition: int, start: int = 0
) -> AsyncIterator[Decided]:
    """The decisions of one inbox partition, in order.

    Args:
        log: Where the journal is.
        messages: How its bytes are read.
        desk: A desk's name.
        partition: One of its inbox partitions.
        start: First offset of the journal partition to be read.
    """
    topic, at = journal_of(desk, partition)
    events: list[object] = []
    async for records in log.read(topic, at, start):
        for record in records:
            part, more = messages.decided(record.value)
            events.extend(more)
            if part.part == part.parts - 1:
                # Only what two people decided leaves no event of a desk.
                aside = None if events else messages.put_aside(part)
                yield Decided(
                    desk, partition, part.offset, part.digest, tuple(events), record.recorded_at,
                    aside,
                )  # fmt: skip
                events = []


async def inbox(
    log: Log, topology: Topology, desk: str, partition: int, start: int = 0
) -> AsyncIterator[Record]:
    """The records of one inbox partition, in order."""
    topic, at = place_of(topology, Address(desk, partition))
    async for records in log.read(topic, at, start):
        for record in records:
            yield record
