"""What was set aside and what people decided of it, as one list.

A message is called by the place it came on, `in.RK_A-0@17`. It is open until two people have
decided; a request alone leaves it open, and the last request is the one that can be approved.
That people, not a desk, set it aside leaves it open as well.

Not here: deciding (`decide`), printing (`command`).
Laws: L5, L8.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.core.events import BatchRefused
from gateway.core.quarantine import Disposal, DisposalDecided, DisposalStep, Quarantined
from gateway.core.vocabulary import RejectCode
from gateway.desks.plan_state import day_of
from gateway.errors import ConfigError
from gateway.log.port import Log, Record
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard
from gateway.wire.topics import QUARANTINE, QUARANTINE_DECISIONS

DAY_MICROS = 86_400_000_000


class Standing(StrEnum):
    """Where a message that was set aside stands."""

    OPEN = "OPEN"
    REDRIVEN = "REDRIVEN"
    DISCARDED = "DISCARDED"


ENDS = {Disposal.REDRIVE: Standing.REDRIVEN, Disposal.DISCARD: Standing.DISCARDED}


@dataclass(frozen=True, slots=True)
class Step:
    """A decision of one person, with the log's stamp, UTC microseconds."""

    decided: DisposalDecided
    recorded_at: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message set aside.

    Attributes:
        name: The place it came on, topic-partition@offset.
        kept: Its bytes, headers, place and reasons.
        digest: BLAKE2, 16 bytes, of its bytes.
        first_seen: When the same bytes were first set aside, UTC microseconds.
        session: The session it names; where it names none, its day of receipt, UTC.
        steps: What people decided of it, in order.
    """

    name: str
    kept: Quarantined
    digest: bytes
    first_seen: int
    session: date
    steps: tuple[Step, ...]

    @property
    def standing(self) -> Standing:
        """Whether it is still to be decided, and how it ended."""
        for step in self.steps:
            if step.decided.step is DisposalStep.APPROVED and step.decided.disposal in ENDS:
                return ENDS[step.decided.disposal]
        return Standing.OPEN

    @property
    def request(self) -> DisposalDecided | None:
        """The request that waits for a second person; None if there is none."""
        if self.standing is not Standing.OPEN or not self.steps:
            return None
        last = self.steps[-1].decided
        return last if last.disposal in ENDS else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are meant; None asks for all.

    Attributes:
        code: A reason, as SCHEMA.
        session: The session named, or the day of receipt where none is named.
        since: First day, UTC, on which the bytes were first seen.
        until: Last such day.
        standing: OPEN, REDRIVEN or DISCARDED.
    """

    sender: str | None = None
    code: RejectCode | None = None
    session: date | None = None
    since: date | None = None
    until: date | None = None
    standing: Standing | None = None

    def has(self, found: SetAside) -> bool:
        """Whether a message is meant."""
        seen = day_of(found.first_seen // DAY_MICROS)
        return (
            self.sender in (None, found.kept.sender)
            and (self.code is None or self.code in found.kept.codes)
            and self.session in (None, found.session)
            and (self.since is None or seen >= self.since)
            and (self.until is None or seen <= self.until)
            and self.standing in (None, found.standing)
        )


EVERYTHING = Wanted()


def place_name(topic: str, partition: int, offset: int) -> str:
    """What a message is called."""
    return f"{topic}-{partition}@{offset}"


async def set_aside(log: Log, gateway: Gateway) -> list[SetAside]:
    """Every message set aside, in the order in which it was.

    Raises:
        ConfigError: A topic is missing.
    """
    messages = Messages(standard())
    steps = await steps_taken(log, messages)
    kept: list[Quarantined] = []
    async for record in _records(log, QUARANTINE):
        each = messages.unpack(record.value)
        assert isinstance(each, Quarantined), type(each).__name__
        kept.append(each)
    named = await _sessions(log, gateway, messages, {each.sender for each in kept})
    first: dict[bytes, int] = {}
    for each in kept:
        digest = digest_of(each.raw)
        first[digest] = min(first.get(digest, each.recorded_at), each.recorded_at)
    return [_found(each, first, named, steps) for each in kept]


async def steps_taken(
    log: Log, messages: Messages
) -> dict[tuple[str, int, int], list[Step]]:  # fmt: skip
    """What people decided, in order, by topic, partition and offset of the message."""
    steps: dict[tuple[str, int, int], list[Step]] = {}
    async for record in _records(log, QUARANTINE_DECISIONS):
        decided = messages.unpack(record.value)
        assert isinstance(decided, DisposalDecided), type(decided).__name__
        key = (decided.topic, decided.partition, decided.offset)
        steps.setdefault(key, []).append(Step(decided, record.recorded_at))
    return steps


def _found(
    each: Quarantined,
    first: dict[bytes, int],
    named: dict[tuple[str, int], date],
    steps: dict[tuple[str, int, int], list[Step]],
) -> SetAside:
    digest = digest_of(each.raw)
    received = day_of(each.recorded_at // DAY_MICROS)
    return SetAside(
        place_name(each.topic, each.partition, each.offset),
        each,
        digest,
        first[digest],
        named.get((each.sender, each.offset), received),
        tuple(steps.get((each.topic, each.partition, each.offset), ())),
    )


async def _sessions(
    log: Log, gateway: Gateway, messages: Messages, senders: set[str]
) -> dict[tuple[str, int], date]:
    """The session that a quarantined message names, by sender and offset, where it names one."""
    found: dict[tuple[str, int], date] = {}
    for partition, sender in enumerate(gateway.topology.senders):
        if sender not in senders:
            continue
        async for decided in decisions(log, messages, "intake", partition):
            for event in decided.events:
                if isinstance(event, BatchRefused) and event.quarantined and event.session:
                    found[sender, decided.offset] = event.session
    return found


async def _records(log: Log, topic: str) -> AsyncIterator[Record]:
    async for records in log.read(topic, 0):
        for record in records:
            yield record


def chosen(found: Sequence[SetAside], names: Sequence[str], wanted: Wanted) -> list[SetAside]:
    """The messages named, or all that are wanted where none is named.

    Raises:
        ConfigError: A name is that of no message set aside.
    """
    by_name = {each.name: each for each in found}
    for name in names:
        if name not in by_name:
            raise ConfigError(
                f"nothing was set aside at {name}: names are topic-partition@offset, as "
                "gateway quarantine list shows them"
            )
    named = [by_name[name] for name in dict.fromkeys(names)] if names else list(found)
    return [each for each in named if wanted.has(each)]
