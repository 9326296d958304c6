"""A desk's state as bytes and back, by the types its dataclasses declare.

The same state always gives the same bytes: dictionaries keep their order, which is part of
the state (slots follow it), and sets are sorted by their bytes. The bytes do not name their
types, so they are read only by code whose types have the same shape (`shape_of`). A field
that a dataclass works out for itself (`init=False`) is not kept but worked out again.

Not here: files, versions and digests of bytes (`snapshots`). Floats, `Any` and types without
a form are refused, when the form is made and not when a state is written.
"""

from __future__ import annotations

import dataclasses
import io
import operator
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np

from gateway.core.accounts import Accounts, KeyIndex, Reserved

T = TypeVar("T")
Buffer = bytes | memoryview
SIZE = 4
COLUMNS = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
"""The numpy columns a state may hold, by the place that stands in the bytes."""


class Unreadable(ValueError):
    """Bytes that are no state of the type asked for."""


class _Source:
    """Bytes and how far they are read."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, content: Buffer) -> None:
        self._bytes = memoryview(content)
        self._at = 0

    def take(self, size: int) -> memoryview:
        at = self._at
        self._at = end = at + size
        if end > len(self._bytes):
            raise Unreadable(f"{len(self._bytes)} bytes end within a value at {at}")
        return self._bytes[at:end]

    def size(self) -> int:
        return int.from_bytes(self.take(SIZE), "little")

    def left(self) -> int:
        return len(self._bytes) - self._at


Write = Callable[[io.BytesIO, Any], object]
Read = Callable[[_Source], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a type is written and read, and a text that differs wherever the bytes may."""

    shape: str
    write: Write
    read: Read


def encode(state: object) -> bytes:
    """A state, or any dataclass made of what a state may hold, as bytes."""
    out = io.BytesIO()
    _form(type(state)).write(out, state)
    return out.getvalue()


def decode(cls: type[T], content: Buffer) -> T:
    """A state from its bytes.

    Raises:
        Unreadable: They are no state of this type.
    """
    source = _Source(content)
    try:
        state: T = _form(cls).read(source)
    except Unreadable:
        raise
    except (ValueError, TypeError, IndexError, OverflowError) as wrong:
        raise Unreadable(f"no {cls.__name__}: {wrong}") from wrong
    if source.left():
        raise Unreadable(f"{source.left()} bytes after a {cls.__name__}")
    return state


def shape_of(cls: type) -> str:
    """A digest, hexadecimal, of every type, field and member that a state is made of."""
    return blake2b(_form(cls).shape.encode(), digest_size=16).hexdigest()


def _form(hint: Any) -> _Form:
    """The form of a type, made once for a class.

    Unions are made each time: those with other orders are equal, and written differently.
    """
    found = _FORMS.get(hint) if isinstance(hint, type) else None
    if found is None:
        found = _made(hint)
        if isinstance(hint, type):
            _FORMS[hint] = found
    return found


def _made(hint: Any) -> _Form:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        return _COLUMN
    if origin is tuple:
        return _many(tuple, args[0]) if args[-1] is Ellipsis else _fixed(args)
    if origin is list:
        return _many(list, args[0])
    if origin in (set, frozenset):
        return _set(origin, args[0])
    if origin is dict:
        return _dict(*args)
    if origin in (types.UnionType, typing.Union):
        return _union(args)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"a state cannot hold {hint}: there is no form for it")


# --- plain values -----------------------------------------------------------------------


def _write_int(out: io.BytesIO, value: Any) -> None:
    whole = operator.index(value)
    size = (whole.bit_length() + 8) >> 3
    out.write(size.to_bytes(1, "little"))
    out.write(whole.to_bytes(size, "little", signed=True))


def _read_int(source: _Source) -> int:
    return int.from_bytes(source.take(source.take(1)[0]), "little", signed=True)


def _write_size(out: io.BytesIO, size: int) -> None:
    out.write(size.to_bytes(SIZE, "little"))


def _write_bytes(out: io.BytesIO, value: Any) -> None:
    _write_size(out, len(value))
    out.write(value)


def _read_bytes(source: _Source) -> bytes:
    return bytes(source.take(source.size()))


def _write_bool(out: io.BytesIO, value: Any) -> None:
    out.write(b"\1" if value else b"\0")


def _write_str(out: io.BytesIO, value: Any) -> None:
    _write_bytes(out, value.encode("utf-8", "surrogatepass"))


def _read_str(source: _Source) -> str:
    return str(source.take(source.size()), "utf-8", "surrogatepass")


def _write_date(out: io.BytesIO, value: Any) -> None:
    _write_size(out, value.toordinal())


def _read_date(source: _Source) -> date:
    return date.fromordinal(source.size())


def _write_column(out: io.BytesIO, value: Any) -> None:
    column = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
    if column.dtype.str not in COLUMNS:
        raise TypeError(f"a state cannot hold a column of {column.dtype}")
    out.write(bytes((COLUMNS.index(column.dtype.str), value.ndim)))
    for length in value.shape:
        out.write(length.to_bytes(8, "little"))
    out.write(column.data)


def _read_column(source: _Source) -> Any:
    kind, dimensions = source.take(2)
    dtype = np.dtype(COLUMNS[kind])
    shape = [int.from_bytes(source.take(8), "little") for _ in range(dimensions)]
    count = 1
    for length in shape:
        count *= length
    packed = source.take(count * dtype.itemsize)
    # A copy: columns are changed in place, and a view would keep all the bytes alive.
    return np.frombuffer(packed, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


# --- accounts, whose tables are made anew from their columns -----------------------------


def _write_accounts(out: io.BytesIO, value: Any) -> None:
    accounts: Accounts = value
    size, held = len(accounts.token), len(accounts.unit_key)
    columns = (
        accounts.token, accounts.plan[:size], accounts.alternative[:size], accounts.total[:size],
        accounts.unit_key, accounts.units[:held], *accounts.reserved.rows,
    )  # fmt: skip
    for column in columns:
        _write_column(out, column)


def _read_accounts(source: _Source) -> Accounts:
    accounts = Accounts()
    accounts.index = KeyIndex.of(_read_column(source))
    accounts.plan, accounts.alternative = _read_column(source), _read_column(source)
    accounts.total = _read_column(source)
    accounts.positions = KeyIndex.of(_read_column(source))
    accounts.units = _read_column(source)
    accounts.reserved = Reserved.of(_read_column(source), _read_column(source))
    by_account = (accounts.plan, accounts.alternative, accounts.total)
    whole = all(len(column) == len(accounts.index) for column in by_account)
    if not whole or len(accounts.units) != len(accounts.positions):
        raise Unreadable("accounts whose columns differ in length")
    return accounts


def _write_index(out: io.BytesIO, value: Any) -> None:
    _write_column(out, value.keys)


def _read_index(source: _Source) -> KeyIndex:
    return KeyIndex.of(_read_column(source))


# --- what is made of other values ---------------------------------------------------------


def _many(make: type, hint: Any) -> _Form:
    inner = _form(hint)
    write_one, read_one = inner.write, inner.read

    def write(out: io.BytesIO, value: Any) -> None:
        _write_size(out, len(value))
        for one in value:
            write_one(out, one)

    def read(source: _Source) -> Any:
        return make([read_one(source) for _ in range(source.size())])

    return _Form(f"{make.__name__}[{inner.shape}]", write, read)


def _set(make: type, hint: Any) -> _Form:
    inner = _form(hint)

    def packed(one: Any) -> bytes:
        alone = io.BytesIO()
        inner.write(alone, one)
        return alone.getvalue()

    def write(out: io.BytesIO, value: Any) -> None:
        _write_size(out, len(value))
        for one in sorted(map(packed, value)):
            out.write(one)

    def read(source: _Source) -> Any:
        return make([inner.read(source) for _ in range(source.size())])

    return _Form(f"{make.__name__}[{inner.shape}]", write, read)


def _dict(key_hint: Any, hint: Any) -> _Form:
    key, inner = _form(key_hint), _form(hint)

    def write(out: io.BytesIO, value: Any) -> None:
        _write_size(out, len(value))
        for name, one in value.items():
            key.write(out, name)
            inner.write(out, one)

    def read(source: _Source) -> Any:
        read_key, read_one = key.read, inner.read
        return {read_key(source): read_one(source) for _ in range(source.size())}

    return _Form(f"dict[{key.shape},{inner.shape}]", write, read)


def _fixed(hints: tuple[Any, ...]) -> _Form:
    forms = [_form(hint) for hint in hints]

    def write(out: io.BytesIO, value: Any) -> None:
        for form, one in zip(forms, value, strict=True):
            form.write(out, one)

    def read(source: _Source) -> Any:
        return tuple([form.read(source) for form in forms])

    return _Form(f"({','.join(form.shape for form in forms)})", write, read)


def _union(hints: tuple[Any, ...]) -> _Form:
    forms = [_form(hint) for hint in hints]
    kinds = [typing.get_origin(hint) or hint for hint in hints]

    def write(out: io.BytesIO, value: Any) -> None:
        for place, kind in enumerate(kinds):
            if isinstance(value, kind):
                out.write(place.to_bytes(1, "little"))
                forms[place].write(out, value)
                return
        raise TypeError(f"a {type(value).__name__} where one of {kinds} was declared")

    def read(source: _Source) -> Any:
        return forms[source.take(1)[0]].read(source)

    return _Form("|".join(form.shape for form in forms), write, read)


def _enum(cls: type[Enum]) -> _Form:
    members = list(cls)
    places = {member: place.to_bytes(2, "little") for place, member in enumerate(members)}

    def write(out: io.BytesIO, value: Any) -> None:
        out.write(places[value])

    def read(source: _Source) -> Any:
        return members[int.from_bytes(source.take(2), "little")]

    return _Form(f"{cls.__name__}<{','.join(m.name for m in members)}>", write, read)


def _record(cls: Any) -> _Form:
    hints = typing.get_type_hints(cls)
    fields: list[tuple[str, _Form]] = []
    for field in dataclasses.fields(cls):
        if field.init:
            fields.append((field.name, _form(hints[field.name])))
        elif not cls.__dataclass_params__.frozen:
            raise TypeError(f"{cls.__name__}.{field.name} would be lost: it is not in __init__")

    def write(out: io.BytesIO, value: Any) -> None:
        for name, form in fields:
            form.write(out, getattr(value, name))

    def read(source: _Source) -> Any:
        return cls(**{name: form.read(source) for name, form in fields})

    shape = ",".join(f"{name}:{form.shape}" for name, form in fields)
    return _Form(f"{cls.__name__}({shape})", write, read)


_COLUMN = _Form("column", _write_column, _read_column)
_FORMS: dict[type, _Form] = {
    type(None): _Form("none", lambda out, value: None, lambda source: None),
    bool: _Form("bool", _write_bool, lambda source: source.take(1)[0] == 1),
    int: _Form("int", _write_int, _read_int),
    str: _Form("str", _write_str, _read_str),
    bytes: _Form("bytes", _write_bytes, _read_bytes),
    date: _Form("date", _write_date, _read_date),
    Accounts: _Form("accounts with reserved rows", _write_accounts, _read_accounts),
    KeyIndex: _Form("keys", _write_index, _read_index),
}
