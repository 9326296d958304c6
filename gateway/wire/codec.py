"""The gateway's own records to Avro and back, by their dataclasses.

A schema is made from a dataclass: field names ending `_at` are instants in microseconds,
numpy columns travel as packed little-endian bytes, which cost nothing per line.

Not here: framing, partners' records.
"""

from __future__ import annotations

import dataclasses
import io
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import TypeVar, cast

import fastavro
import numpy as np

from gateway.wire.registry import Schema, mark_of, physical

T = TypeVar("T")
EPOCH = date(1970, 1, 1)
Turn = Callable[[typing.Any], typing.Any]
Parsed = str | list[typing.Any] | dict[typing.Any, typing.Any]


@dataclass(frozen=True)
class _Kind:
    """How a type travels: its schema, and the turns to and from what fastavro sees."""

    schema: object
    write: Turn | None
    read: Turn | None


def _same(value: object) -> object:
    return value


def _kind(hint: object, name: str, seen: set[str]) -> _Kind:
    plain: dict[object, object] = {int: "long", str: "string", bool: "boolean", bytes: "bytes"}
    if hint is int and name.endswith("_at"):
        return _Kind({"type": "long", "logicalType": "timestamp-micros"}, None, None)
    if hint in plain:
        return _Kind(plain[hint], None, None)
    if hint is date:
        return _Kind(
            {"type": "int", "logicalType": "date"},
            lambda day: (day - EPOCH).days,
            lambda days: EPOCH + timedelta(days=days),
        )
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        return _column(args)
    if origin is tuple:
        return _array(_kind(args[0], "", seen))
    if origin in (types.UnionType, typing.Union):
        inner = _kind(next(a for a in args if a is not type(None)), name, seen)
        return _optional(inner)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        schema: object = hint.__name__
        if hint.__name__ not in seen:
            seen.add(hint.__name__)
            doc = (hint.__doc__ or "").split("\n")[0]
            schema = {"type": "enum", "name": hint.__name__, "doc": doc,
                      "symbols": [member.value for member in hint]}  # fmt: skip
        return _Kind(schema, None, hint)
    assert dataclasses.is_dataclass(hint), f"{name}: no Avro form for {hint}"
    return _record(cast(type, hint), seen)


def _column(args: tuple[object, ...]) -> _Kind:
    dtype = np.dtype(typing.get_args(args[1])[0]).newbyteorder("<")
    return _Kind(
        {"type": "bytes", "column": dtype.name},
        lambda column: np.ascontiguousarray(column, dtype).tobytes(),
        lambda packed: np.frombuffer(packed, dtype),
    )


def _array(inner: _Kind) -> _Kind:
    write, read = inner.write, inner.read
    return _Kind(
        {"type": "array", "items": inner.schema},
        list if write is None else lambda items: [write(item) for item in items],
        tuple if read is None else lambda items: tuple(read(item) for item in items),
    )


def _optional(inner: _Kind) -> _Kind:
    write, read = inner.write or _same, inner.read or _same
    return _Kind(
        ["null", inner.schema],
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _record(cls: type, seen: set[str]) -> _Kind:
    hints = typing.get_type_hints(cls, include_extras=True)
    first = cls.__name__ not in seen
    seen.add(cls.__name__)
    kinds: list[tuple[str, _Kind]] = []
    fields: list[dict[str, object]] = []
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        doc = ""
        if typing.get_origin(hint) is typing.Annotated:
            hint, doc = typing.get_args(hint)[0], typing.get_args(hint)[1]
        kind = _kind(hint, field.name, seen)
        kinds.append((field.name, kind))
        said: dict[str, object] = {"name": field.name, "type": kind.schema, "doc": doc}
        if field.default is not dataclasses.MISSING:
            said["default"] = _default(field.default, kind)
        fields.append(said)
    doc = (cls.__doc__ or "").split("\n")[0]
    schema = {"type": "record", "name": cls.__name__, "doc": doc, "fields": fields}
    writers = [(name, kind.write) for name, kind in kinds]
    readers = [(name, kind.read) for name, kind in kinds]

    def write(value: object) -> dict[str, object]:
        return {n: getattr(value, n) if w is None else w(getattr(value, n)) for n, w in writers}

    def read(body: Mapping[str, object]) -> object:
        return cls(**{n: body[n] if r is None else r(body[n]) for n, r in readers})

    return _Kind(schema if first else cls.__name__, write, read)


def _default(value: object, kind: _Kind) -> object:
    """What readers of a newer version find in what was written before its field was there."""
    written = value if kind.write is None else kind.write(value)
    plain = isinstance(written, int | str) or written is None or written == []
    assert plain, f"no default in Avro for {value!r}: a number, a text, None or nothing at all"
    return written


@cache
def schema_of(cls: type) -> dict[str, object]:
    """The Avro schema of a record, with its docs and logical types."""
    return {**cast(dict[str, object], _record(cls, set()).schema), "namespace": "gateway"}


@cache
def fingerprint_of(cls: type) -> bytes:
    """The fingerprint of a record's schema, as `Schema.fingerprint` has it."""
    return mark_of(schema_of(cls))


@cache
def _plan(cls: type) -> tuple[Parsed, Turn, Turn]:
    kind = _record(cls, set())
    parsed = fastavro.parse_schema(cast(Parsed, physical(schema_of(cls))))
    return parsed, cast(Turn, kind.write), cast(Turn, kind.read)


def encode(message: object) -> bytes:
    """A record as an Avro body; the same record always gives the same bytes."""
    parsed, write, _ = _plan(cast(Hashable, type(message)))
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, parsed, write(message))
    return buffer.getvalue()


def decode(cls: type[T], body: bytes, written_with: Schema | None = None) -> T:
    """A record from its Avro body.

    Args:
        cls: The record.
        body: Its body.
        written_with: An older version it was written with; what is new since is its default.
    """
    parsed, _, read = _plan(cast(Hashable, cls))
    if written_with is None:
        return cast(T, read(fastavro.schemaless_reader(io.BytesIO(body), parsed, None)))
    writer = cast(Parsed, written_with.parsed)
    return cast(T, read(fastavro.schemaless_reader(io.BytesIO(body), writer, parsed)))


def plain(message: object) -> dict[str, object]:
    """A record as Avro has it: mappings, lists, numbers, text, bytes."""
    return cast(dict[str, object], _plan(cast(Hashable, type(message)))[1](message))


def encode_body(schema: Schema, body: Mapping[str, object]) -> bytes:
    """A partner's record, given as plain values, as an Avro body."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, schema.parsed, body)
    return buffer.getvalue()
