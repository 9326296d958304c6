"""Bytes to messages and back, for everything the gateway writes and for what it receives.

Not here: the codec, the registry and the framing themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

from gateway.connector.protocol import Rendered
from gateway.core.book import BookChange
from gateway.core.decisions import OperationsDecision
from gateway.core.events import BatchRefused
from gateway.core.quarantine import MessageSetAside
from gateway.core.vocabulary import OPERATIONS
from gateway.desks.intake_state import Received
from gateway.errors import ConfigError, TooNew
from gateway.log.port import Record
from gateway.wire import codec
from gateway.wire.decoder import MALFORMED, Decoder
from gateway.wire.evolution import holder
from gateway.wire.framing import CONFLUENT, Fault, Undecodable, frame, unframe
from gateway.wire.journal import JournalRecord
from gateway.wire.registry import Registry, Schema
from gateway.wire.vocabulary import ROOMS

Older = tuple[tuple[Schema, Callable[[object], bool]], ...]
"""Versions before the newest, oldest first, each with what says whether it holds all of a value."""
NEWER_IDS = 100
"""So many schema ids beyond the newest known are taken for a newer version's, not for rubbish."""
JOURNAL_BYTES = 600_000
"""Events beyond so many bytes go into a further part of the journal record."""


def digest_of(value: bytes) -> bytes:
    """The 16-byte BLAKE2 digest by which a message's bytes are known."""
    return blake2b(value, digest_size=16).digest()


class Messages:
    """Packs and unpacks the gateway's own records, framed with their schema ids.

    What is written is written with the oldest version that holds all of it. So a version beyond
    the one of this code always says something that this code would not hear: it is `TooNew`.
    """

    def __init__(self, registry: Registry, rooms: Mapping[str, Sequence[type]] = ROOMS) -> None:
        """Look up the schemas of every record once.

        Args:
            registry: Every version of every schema.
            rooms: The gateway's own records, by room.
        """
        self._registry = registry
        self._decoder = Decoder(registry)
        self._id: dict[type, int] = {}
        self._type: dict[int, type] = {}
        self._beyond: set[int] = set()
        self._older: dict[type, Older] = {}
        self._rendered: dict[str, Older] = {}
        for room, records in rooms.items():
            for record in records:
                known, beyond = _split(registry.versions(f"{room}/{record.__name__}"), record)
                self._id[record] = known[-1].id
                self._type.update((schema.id, record) for schema in known)
                self._beyond.update(schema.id for schema in beyond)
                self._older[record] = _older(known)

    def pack(self, message: object) -> bytes:
        """A message as framed bytes, with the oldest version of its schema that holds all of it."""
        if isinstance(message, Rendered):
            return self._pack_rendered(message)
        cls = type(message)
        if older := self._older[cls]:
            body = codec.plain(message)
            for schema, holds in older:
                if holds(body):
                    return frame(schema.id, codec.encode_body(schema, body))
        return frame(self._id[cls], codec.encode(message))

    def _pack_rendered(self, message: Rendered) -> bytes:
        versions = self._registry.versions(message.schema)
        if message.schema not in self._rendered:
            self._rendered[message.schema] = _older(versions)
        older = self._rendered[message.schema]
        fitting = (schema for schema, holds in older if holds(message.body))
        schema = next(fitting, versions[-1])
        return frame(schema.id, codec.encode_body(schema, message.body))

    def unpack(self, value: bytes) -> object:
        """One of the gateway's own records, or a partner's as plain values, from framed bytes.

        Raises:
            TooNew: A newer version of the gateway wrote it.
            Undecodable: It is nothing that any version of the gateway writes.
        """
        schema, body = self._known(value)
        own = self._type.get(schema.id)
        if own is None:
            return Rendered(schema.name, self._decoder.decode(value).body)
        older = schema if schema.id != self._id[own] else None
        return codec.decode(own, body, older)

    def _known(self, value: bytes) -> tuple[Schema, bytes]:
        try:
            schema, body = unframe(value, self._registry)
        except Undecodable as wrong:
            if wrong.fault is Fault.UNKNOWN_SCHEMA:
                raise _too_new(str(wrong)) from wrong
            raise
        if schema.id in self._beyond:
            raise _too_new(f"{schema.name} v{schema.version} is unknown to this code")
        return schema, body

    def kind(self, value: bytes) -> str:
        """The schema of framed bytes, as between/OrderBatch; raises `Undecodable`."""
        return unframe(value, self._registry)[0].name

    def received(self, record: Record, sender: str) -> Received:
        """A sender's raw message, decoded if it can be; never raises on bad bytes.

        Raises:
            TooNew: Operations, whose messages our own commands write, uses a schema that is
                newer than this version. What a partner writes so is as any other unknown bytes.
        """
        schema, body, fault = "", None, ""
        try:
            decoded = self._decoder.decode(record.value)
            found = decoded.body
            if self._type.get(decoded.schema.id) in (BookChange, OperationsDecision):
                found = {"sender": found["sender"], "record": self._own(record.value)}
            schema, body = decoded.schema.name, found
        except Undecodable as wrong:
            if sender == OPERATIONS and self._is_of_a_newer_version(record.value, wrong.fault):
                raise _too_new(str(wrong)) from wrong
            fault = str(wrong)
        return Received(
            sender, record.topic, record.partition, record.offset, record.recorded_at,
            digest_of(record.value), record.value, record.headers, schema, body, fault,
        )  # fmt: skip

    def _is_of_a_newer_version(self, value: bytes, fault: str) -> bool:
        """Whether unknown bytes may be a newer version's: ids are given one after another."""
        newest = self._registry.newest_id
        return (
            fault == Fault.UNKNOWN_SCHEMA
            and value[0] == CONFLUENT
            and (newest < int.from_bytes(value[1:5], "big") <= newest + NEWER_IDS)
        )

    def _own(self, value: bytes) -> object:
        """What operations says, whose values may be none that can be: a ratio over zero."""
        try:
            return self.unpack(value)
        except MALFORMED as wrong:
            detail = f"no record of operations ({type(wrong).__name__})"
            raise Undecodable(Fault.MALFORMED, detail) from None

    def journal(self, offset: int, digest: bytes, events: Sequence[object]) -> list[bytes]:
        """The journal record of one message, in as many parts as its size asks for."""
        groups: list[list[bytes]] = [[]]
        size = 0
        for event in events:
            packed = self.pack(event)
            if groups[-1] and size + len(packed) > JOURNAL_BYTES:
                groups.append([])
                size = 0
            groups[-1].append(packed)
            size += len(packed)
        return [
            self.pack(JournalRecord(offset, digest, part, len(groups), tuple(group)))
            for part, group in enumerate(groups)
        ]

    def decided(self, value: bytes) -> tuple[JournalRecord, list[object]]:
        """A journal record and the desk's events in it.

        None where two people set the message aside: `put_aside` says so, and no state changes.
        """
        record = self.unpack(value)
        assert isinstance(record, JournalRecord), type(record).__name__
        events = [self.unpack(event) for event in record.events]
        return record, [event for event in events if not isinstance(event, MessageSetAside)]

    def put_aside(self, record: JournalRecord) -> MessageSetAside | None:
        """What two people decided in the desk's place; None if it was the desk that decided."""
        if len(record.events) != 1:
            return None
        schema, _ = self._known(record.events[0])
        if self._type.get(schema.id) is not MessageSetAside:
            return None
        event = self.unpack(record.events[0])
        assert isinstance(event, MessageSetAside), type(event).__name__
        return event

    def unknown_then(self, record: JournalRecord) -> BatchRefused | None:
        """What was refused because no schema had its id when it was decided, or None."""
        if len(record.events) != 1:
            return None
        schema, _ = self._known(record.events[0])
        if self._type.get(schema.id) is not BatchRefused:
            return None
        event = self.unpack(record.events[0])
        assert isinstance(event, BatchRefused), type(event).__name__
        return event if event.detail.startswith(Fault.UNKNOWN_SCHEMA) else None


def _split(versions: Sequence[Schema], record: type) -> tuple[Sequence[Schema], Sequence[Schema]]:
    """Versions up to the one that a record has in this code, and those beyond it."""
    mark = codec.fingerprint_of(record)
    mine = [at for at, schema in enumerate(versions) if schema.fingerprint == mark]
    if not mine:
        raise ConfigError(
            f"no version of {versions[-1].name} in schemas/ is the {record.__name__} of this code: "
            "schemas and code are of two versions, or python -m gateway.wire.catalogue has to run"
        )
    return versions[: mine[-1] + 1], versions[mine[-1] + 1 :]


def _older(versions: Sequence[Schema]) -> Older:
    """All but the newest of some versions, each with what asks whether it is enough."""
    *older, newest = versions
    return tuple((schema, holder(schema.parsed, newest.parsed)) for schema in older)


def _too_new(what: str) -> TooNew:
    return TooNew(f"{what}: it was written by a newer version of the gateway; upgrade this one")
