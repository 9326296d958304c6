"""Bytes to messages and back, for everything the gateway writes and for what it receives.

Not here: the codec, the registry and the framing themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from gateway.connector.protocol import Rendered
from gateway.core.book import BookChange
from gateway.core.decisions import OperationsDecision
from gateway.core.quarantine import MessageSetAside
from gateway.desks.intake_state import Received
from gateway.errors import TooNew
from gateway.log.port import Record
from gateway.wire import codec
from gateway.wire.decoder import MALFORMED, Decoder
from gateway.wire.evolution import holds
from gateway.wire.framing import Fault, Undecodable, frame, unframe
from gateway.wire.journal import JournalRecord
from gateway.wire.registry import Registry, Schema
from gateway.wire.vocabulary import ROOMS

JOURNAL_BYTES = 600_000
"""Events beyond so many bytes go into a further part of the journal record."""


def digest_of(value: bytes) -> bytes:
    """The 16-byte BLAKE2 digest by which a message's bytes are known."""
    return blake2b(value, digest_size=16).digest()


class Messages:
    """Packs and unpacks the gateway's own records, framed with their schema ids."""

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
        self._versions: dict[type, tuple[Schema, ...]] = {}
        for room, records in rooms.items():
            for record in records:
                *older, newest = registry.versions(f"{room}/{record.__name__}")
                self._id[record] = newest.id
                self._type.update((schema.id, record) for schema in (*older, newest))
                if older:
                    self._versions[record] = (*older, newest)

    def pack(self, message: object) -> bytes:
        """A message as framed bytes, with the oldest version of its schema that holds all of it."""
        if isinstance(message, Rendered):
            schema = self._registry.latest(message.schema)
            return frame(schema.id, codec.encode_body(schema, message.body))
        cls = type(message)
        if cls in self._versions:
            body = codec.plain(message)
            *older, newest = self._versions[cls]
            for schema in older:
                if holds(schema.parsed, newest.parsed, body):
                    return frame(schema.id, codec.encode_body(schema, body))
        return frame(self._id[cls], codec.encode(message))

    def unpack(self, value: bytes) -> object:
        """One of the gateway's own records, or a partner's as plain values, from framed bytes."""
        try:
            schema, body = unframe(value, self._registry)
        except Undecodable as wrong:
            if wrong.fault is Fault.UNKNOWN_SCHEMA:
                raise TooNew(
                    f"{wrong}: it was written by a newer version of the gateway; upgrade this one"
                ) from wrong
            raise
        own = self._type.get(schema.id)
        if own is None:
            return Rendered(schema.name, self._decoder.decode(value).body)
        older = schema if schema.id != self._id[own] else None
        return codec.decode(own, body, older)

    def kind(self, value: bytes) -> str:
        """The schema of framed bytes, as between/OrderBatch; raises `Undecodable`."""
        return unframe(value, self._registry)[0].name

    def received(self, record: Record, sender: str) -> Received:
        """A sender's raw message, decoded if it can be; never raises on bad bytes."""
        schema, body, fault = "", None, ""
        try:
            decoded = self._decoder.decode(record.value)
            found = decoded.body
            if self._type.get(decoded.schema.id) in (BookChange, OperationsDecision):
                found = {"sender": found["sender"], "record": self._own(record.value)}
            schema, body = decoded.schema.name, found
        except Undecodable as wrong:
            fault = str(wrong)
        return Received(
            sender, record.topic, record.partition, record.offset, record.recorded_at,
            digest_of(record.value), record.value, record.headers, schema, body, fault,
        )  # fmt: skip

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
        schema, body = unframe(record.events[0], self._registry)
        if self._type.get(schema.id) is not MessageSetAside:
            return None
        return codec.decode(MessageSetAside, body)
