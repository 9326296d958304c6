"""Decoding what senders write: fast where it is right, safe where it is not.

Whatever the bytes, the answer is a decoded record or `Undecodable` with its reason.

Not here: what becomes of undecodable bytes (the intake desk quarantines them).
Law: L5.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import fastavro

from gateway.wire.framing import Fault, Undecodable, unframe
from gateway.wire.registry import Registry, Schema

MALFORMED = (
    EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, StopIteration,
    AssertionError, MemoryError, RecursionError,
)  # fmt: skip
"""What fastavro raises on bytes that are not what the schema says."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record's schema and its values."""

    schema: Schema
    body: Mapping[str, object]


class Decoder:
    """Decodes framed records, within bounds on bytes and lines.

    A record of an older version comes out as the newest has it, new fields with their defaults.
    """

    def __init__(
        self, registry: Registry, max_bytes: int = 4_000_000, max_lines: int = 500_000
    ) -> None:
        """Decode with the schemas of a registry."""
        self._registry = registry
        self._max_bytes = max_bytes
        self._max_lines = max_lines

    def decode(self, value: bytes) -> Decoded:
        """The record in framed bytes; raises `Undecodable` and nothing else."""
        if len(value) > self._max_bytes:
            raise Undecodable(Fault.TOO_LARGE, f"{len(value)} bytes, at most {self._max_bytes}")
        schema, packed = unframe(value, self._registry)
        stream = io.BytesIO(packed)
        try:
            newest = self._registry.latest(schema.name)
            reader = None if newest is schema else newest.parsed
            body = fastavro.schemaless_reader(stream, schema.parsed, reader)
        except MALFORMED as wrong:
            raise Undecodable(
                Fault.MALFORMED, f"not a {schema.name} ({type(wrong).__name__})"
            ) from None
        if stream.tell() != len(packed):
            spare = len(packed) - stream.tell()
            raise Undecodable(Fault.TRAILING_BYTES, f"{spare} bytes after a {schema.name}")
        record = cast(Mapping[str, object], body)
        longest = max((len(v) for v in record.values() if isinstance(v, list)), default=0)
        if longest > self._max_lines:
            raise Undecodable(Fault.TOO_MANY_LINES, f"{longest} lines, at most {self._max_lines}")
        return Decoded(schema, record)
