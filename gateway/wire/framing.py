"""Two framings told apart by the first byte: Confluent's, and Avro single-object encoding.

Not here: what the body means.
"""

from __future__ import annotations

import struct
from enum import StrEnum

from gateway.wire.registry import Registry, Schema

CONFLUENT = 0
SINGLE_OBJECT = b"\xc3\x01"


class Fault(StrEnum):
    """Why bytes cannot be understood."""

    EMPTY = "EMPTY"
    UNKNOWN_FRAMING = "UNKNOWN_FRAMING"
    UNKNOWN_SCHEMA = "UNKNOWN_SCHEMA"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_LINES = "TOO_MANY_LINES"
    TRAILING_BYTES = "TRAILING_BYTES"
    MALFORMED = "MALFORMED"


class Undecodable(Exception):
    """Bytes that are no message of ours; they go to quarantine."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """Keep the reason and a sentence without the content."""
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


def frame(schema_id: int, body: bytes) -> bytes:
    """A body behind a Confluent header."""
    return struct.pack(">bI", CONFLUENT, schema_id) + body


def unframe(value: bytes, registry: Registry) -> tuple[Schema, bytes]:
    """The schema a message was written with, and its body; raises `Undecodable`."""
    if not value:
        raise Undecodable(Fault.EMPTY, "the message has no bytes")
    if value[0] == CONFLUENT and len(value) >= 5:
        schema_id = int.from_bytes(value[1:5], "big")
        schema = registry.by_id(schema_id)
        if schema is None:
            raise Undecodable(Fault.UNKNOWN_SCHEMA, f"no schema has id {schema_id}")
        return schema, value[5:]
    if value[:2] == SINGLE_OBJECT and len(value) >= 10:
        schema = registry.by_fingerprint(value[2:10])
        if schema is None:
            raise Undecodable(
                Fault.UNKNOWN_SCHEMA, f"no schema has fingerprint {value[2:10].hex()}"
            )
        return schema, value[10:]
    raise Undecodable(Fault.UNKNOWN_FRAMING, f"first byte is {value[0]:#04x}")
