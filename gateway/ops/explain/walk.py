"""The way back: from a message in an inbox to the message whose decision sent it.

Every message between desks carries `gw-origin: <desk>/<partition>/<offset>`, the inbox message
that led to it. Three steps back from the last desk stands what a sender wrote.

Not here: what the messages mean (`money`, `value`, `batch`).
Laws: L3, L5.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from gateway.core.events import (
    BatchRefused,
    BatchRepeated,
    BatchTaken,
    ControlBreak,
    SenderDayClosed,
)
from gateway.core.money import MINOR_SCALE, format_amount
from gateway.desks.desk import Address
from gateway.errors import ConfigError, LawBroken
from gateway.log.port import Log, Record
from gateway.ops.explain.node import Node
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided, decisions
from gateway.shell.seat import ORIGIN
from gateway.wire.framing import Undecodable, unframe
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard
from gateway.wire.topics import place_of

NEAREST = 3
LEAST_LIKENESS = 0.3


@dataclass(frozen=True, slots=True)
class Origin:
    """The inbox message whose decision sent another."""

    desk: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class RawMessage:
    """What a sender wrote, without its content."""

    sender: str
    topic: str
    partition: int
    offset: int
    recorded_at: int
    schema: str
    batch_id: str
    digest: bytes
    size_bytes: int

    @property
    def place(self) -> str:
        """Topic, partition and offset in one word."""
        return f"{self.topic}-{self.partition}@{self.offset}"


@dataclass(slots=True)
class Walk:
    """A reader that goes back through inboxes and journals; `limit` bounds what is shown."""

    log: Log
    gateway: Gateway
    limit: int = 20
    messages: Messages = field(default_factory=lambda: Messages(standard()))

    async def decisions(self, desk: str, partition: int) -> AsyncIterator[Decided]:
        """The decisions of one inbox partition."""
        async for decided in decisions(self.log, self.messages, desk, partition):
            yield decided

    async def origins(
        self, desk: str, partition: int, offsets: Collection[int]
    ) -> dict[int, Origin]:
        """Where messages of an inbox partition came from, in one reading.

        Raises:
            LawBroken: A message is not there, or does not say.
        """
        found: dict[int, Origin] = {}
        async for record in self._records(desk, partition, offsets):
            found[record.offset] = _origin(record)
        if missing := sorted(set(offsets) - set(found)):
            raise LawBroken(
                f"law L5: {desk}/{partition}@{missing[0]} was decided and is not in its inbox"
            )
        return found

    async def raw(self, sender: int, offsets: Collection[int]) -> dict[int, RawMessage]:
        """What a sender wrote at some offsets, checked against intake's journal.

        Args:
            sender: Its intake partition.
            offsets: Of its topic.

        Raises:
            LawBroken: The bytes are not those that intake decided.
        """
        names = {d.offset: d async for d in self.decisions("intake", sender) if d.offset in offsets}
        found: dict[int, RawMessage] = {}
        async for record in self._records("intake", sender, offsets):
            decided = names.get(record.offset)
            mark = digest_of(record.value)
            where = f"{record.topic}-{record.partition}@{record.offset}"
            if decided is None or decided.digest != mark:
                stands = "nothing" if decided is None else decided.digest.hex()
                raise LawBroken(
                    f"law L3: {where}: intake decided {stands}, in the topic stands {mark.hex()}"
                )
            found[record.offset] = RawMessage(
                self.gateway.topology.senders[sender], record.topic, record.partition,
                record.offset, record.recorded_at, self._schema(record), _batch_id(decided),
                mark, len(record.value),
            )  # fmt: skip
        return found

    async def messages_behind(
        self, desk: str, partition: int, offsets: Collection[int]
    ) -> dict[int, RawMessage]:
        """What senders wrote behind messages that intake sent to an inbox partition."""
        origins = await self.origins(desk, partition, offsets)
        wanted: dict[int, set[int]] = {}
        for origin in origins.values():
            if origin.desk != "intake":
                raise LawBroken(f"law L5: {desk}/{partition} takes this from intake, not {origin}")
            wanted.setdefault(origin.partition, set()).add(origin.offset)
        raws = {sender: await self.raw(sender, at) for sender, at in wanted.items()}
        return {offset: raws[o.partition][o.offset] for offset, o in origins.items()}

    async def _records(
        self, desk: str, partition: int, offsets: Collection[int]
    ) -> AsyncIterator[Record]:
        if not offsets:
            return
        topic, at = place_of(self.gateway.topology, Address(desk, partition))
        async for records in self.log.read(topic, at, min(offsets), max(offsets) + 1):
            for record in records:
                if record.offset in offsets:
                    yield record

    def _schema(self, record: Record) -> str:
        try:
            schema, _ = unframe(record.value, standard())
        except Undecodable as wrong:
            return str(wrong.fault)
        return f"{schema.name} v{schema.version}"


def _origin(record: Record) -> Origin:
    for name, value in record.headers:
        if name == ORIGIN:
            desk, partition, offset = value.decode("ascii").split("/")
            return Origin(desk, int(partition), int(offset))
    raise LawBroken(
        f"law L5: {record.topic}-{record.partition}@{record.offset} has no {ORIGIN} header"
    )


def _batch_id(decided: Decided) -> str:
    for event in decided.events:
        match event:
            case BatchTaken() | BatchRefused() | BatchRepeated():
                return event.batch_id
            case SenderDayClosed() | ControlBreak():
                return "DayEnd"
    return ""


def message_node(raw: RawMessage) -> Node:
    """A raw message as the end of a way back."""
    return Node(
        "message",
        f"{raw.place} from {raw.sender}, {raw.schema}, recorded {instant(raw.recorded_at)}, "
        f"batch {raw.batch_id or '-'}, digest {raw.digest.hex()}",
        facts={
            "topic": raw.topic,
            "partition": raw.partition,
            "offset": raw.offset,
            "recorded_at": instant(raw.recorded_at),
            "schema": raw.schema,
            "sender": raw.sender,
            "batch_id": raw.batch_id,
            "digest": raw.digest.hex(),
            "size_bytes": raw.size_bytes,
        },
    )


def money(minor: int, currency: str) -> str:
    """An amount with its currency; in minor units where its decimals are not known."""
    if currency not in MINOR_SCALE:
        return f"{minor:,} minor units {currency}"
    return f"{format_amount(minor, currency)} {currency}"


def unknown(what: str, name: str, known: Iterable[str], see: str) -> ConfigError:
    """The error for an id that does not exist, with the nearest that do."""
    names = sorted(set(known))
    near = get_close_matches(name, names, NEAREST, LEAST_LIKENESS) or names[:NEAREST]
    hint = f"the nearest are {', '.join(near)}" if near else "there is none at all yet"
    return ConfigError(f"no {what} {name}: {hint}. See: {see}")
