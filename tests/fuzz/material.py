"""What fuzzers throw: records made from every published schema, and bytes bent out of shape.

Records hold what a sender might mean beside what nobody means: ends of the integer range,
empty and foreign names, days of no era. Bent bytes start from such a record.

Not here: what is asked of whoever catches them.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import fastavro
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gateway.log.port import Append
from gateway.wire.framing import frame
from gateway.wire.registry import schema_root, standard
from tests.day.market_day import BEFORE_CLOSE, SENDERS, SESSION, days, settled_day, traded

REGISTRY = standard()
MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))  # noqa: TID251 -- how long, not what
SINGLE_OBJECT = b"\xc3\x01"

NAMES = (
    *SENDERS, "clock", "PLN-1", "PLN-2", "TDF_2045", "MA_ALT", "LIQ", "BX_PE", "KKR_EVG", "USD",
    "EUR", "JPY", "PROXY", "LIQUID", "ACCP", "paid", "20261101", "1,250.00", "-0.01", "9" * 5000,
    "SI-20261125-RK_A-USD-1", "-", "", "\0", "٣", "²", "\u202e", "p-1", "B1", "native",
    "America/New_York",
)  # fmt: skip
WHOLE = (
    0, 1, -1, 2, 7, 100, 300_00, 2**31 - 1, -(2**31), 2**31, 2**40, 2**53, 2**62, 2**63 - 1,
    -(2**63), days(SESSION), days(SESSION) - 1, BEFORE_CLOSE, 10**13, -10**13, 719_162, -719_163,
)  # fmt: skip
COUNTS = (0, 1, -1, -2, 2, 3, 63, 64, 2**20, 2**31, 2**60, -(2**60), 2**62, 2**63 - 1, -(2**63))

COLUMNS = ("plan_index", "participant_ids", "money_sources", "fund_index", "amounts_minor",
           "received_at_micros")  # fmt: skip

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Branch:
    """A value of a union, with the branch that it takes."""

    at: int
    value: Any


def told(value: object) -> object:
    """A value as a decoder tells it, without the branch of a union."""
    return value.value if isinstance(value, Branch) else value


def forms(rooms: tuple[str, ...]) -> dict[str, Schema]:
    """The newest published schema of every record in some rooms, by name."""
    found: dict[str, Schema] = {}
    for room in rooms:
        for path in sorted((schema_root() / room).glob("*/v*.avsc")):
            name = f"{room}/{path.parent.name}"
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


EVERYTHING = forms(("inbound", "between", "outbound", "journal"))
INBOUND = tuple(name for name in EVERYTHING if name.startswith("inbound/"))
SPOKEN = (*INBOUND, "between/BookChange", *4 * ("inbound/ContributionColumns",), *INBOUND,
          "journal/JournalRecord")  # fmt: skip
"""What senders write, columns more often than the rest, for their lengths and indices must agree;
and two records that only some of them or none of them may write."""


def values(schema: object, named: dict[str, Schema]) -> st.SearchStrategy[Any]:
    """Values of a type, plausible and not."""
    match schema:
        case list():
            return st.one_of([_branch(at, each, named) for at, each in enumerate(schema)])
        case {"type": "record"}:
            record = cast(Schema, schema)
            return st.fixed_dictionaries(
                {field["name"]: values(field["type"], named) for field in record["fields"]}
            )
        case {"type": "enum", "symbols": symbols}:
            return st.sampled_from(symbols)
        case {"type": "array", "items": items}:
            return st.lists(values(items, named), max_size=3)
        case {"type": dict() | list() as inner}:
            return values(inner, named)
        case {"type": str(plain)}:
            return _plain(plain, named)
    return _plain(str(schema), named)


def _branch(at: int, schema: object, named: dict[str, Schema]) -> st.SearchStrategy[Branch]:
    return values(schema, named).map(lambda value: Branch(at, value))


def _plain(name: str, named: dict[str, Schema]) -> st.SearchStrategy[Any]:
    match name:
        case "string":
            return st.sampled_from(NAMES) | st.text(st.characters(codec="utf-8"), max_size=8)
        case "long":
            return st.sampled_from(WHOLE) | st.integers(-(2**63), 2**63 - 1)
        case "int":
            # Longer than an int on purpose: bytes can hold it.
            return st.sampled_from(WHOLE) | st.integers(0, 2) | st.integers(-(2**40), 2**40)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "bytes":
            return st.binary(max_size=24)
    return values(named[name.rpartition(".")[2]], named)


@cache
def _named(name: str) -> dict[str, Schema]:
    """The named types in a schema."""
    found: dict[str, Schema] = {}
    pending: list[Any] = [EVERYTHING[name]]
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending.extend(each)
        elif isinstance(each, dict):
            if "name" in each and "type" in each and ("fields" in each or "symbols" in each):
                found[each["name"]] = each
            pending.extend(field["type"] for field in each.get("fields", ()))
            pending.extend((each.get("items"), each["type"]))
    return found


@cache
def _bodies(name: str) -> st.SearchStrategy[dict[str, Any]]:
    made = values(EVERYTHING[name], _named(name))
    senders = st.sampled_from((*SENDERS, "clock", None))
    return st.tuples(made, senders, st.sampled_from((True, True, False))).map(
        lambda drawn: _from(*drawn)
    )


def records(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A schema's name with a record of it; most name a sender that exists."""
    return st.sampled_from(names).flatmap(lambda name: _bodies(name).map(lambda body: (name, body)))


def _from(body: dict[str, Any], sender: str | None, even: bool) -> dict[str, Any]:
    if sender is not None and "sender" in body:
        body["sender"] = sender
    if even and "plan_index" in body:
        lines = max(len(body[name]) for name in COLUMNS)
        for name in COLUMNS:
            column = body[name] or ["p" if name == "participant_ids" else 0]
            body[name] = [column[at % len(column)] for at in range(lines)]
    return body


def packed(name: str, body: Mapping[str, object]) -> bytes:
    """A record as framed bytes."""
    return frame(REGISTRY.latest(name).id, _encoded(EVERYTHING[name], body, _named(name)))


def _encoded(schema: Any, value: Any, named: dict[str, Schema]) -> bytes:
    """A value as Avro writes it, whether or not its type has room for it."""
    match schema:
        case list():
            return varint(value.at) + _encoded(schema[value.at], value.value, named)
        case {"type": "record", "fields": fields}:
            return b"".join(_encoded(f["type"], value[f["name"]], named) for f in fields)
        case {"type": "enum", "symbols": symbols}:
            return varint(int(symbols.index(value)))
        case {"type": "array", "items": items}:
            rows = b"".join(_encoded(items, each, named) for each in value)
            return (varint(len(value)) + rows if value else b"") + b"\0"
        case {"type": inner}:
            return _encoded(inner, value, named)
        case "string":
            text = str(value).encode()
            return varint(len(text)) + text
        case "bytes":
            return varint(len(value)) + bytes(value)
        case "long" | "int":
            return varint(value)
        case "boolean":
            return bytes([value])
        case "null":
            return b""
    return _encoded(named[schema.rpartition(".")[2]], value, named)


def varint(value: int) -> bytes:
    """A whole number as Avro writes it."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, "long", value)
    return buffer.getvalue()


def day_of_messages() -> list[Append]:
    """Every message of the settled day."""
    return traded(settled_day()).appends


VALID = tuple(dict.fromkeys(append.value for append in day_of_messages()))
"""Messages that are right, each once."""


@dataclass(frozen=True)
class Bend:
    """One change to some bytes; places are taken modulo their length."""

    kind: str
    at: int
    by: int
    more: bytes

    def of(self, value: bytes) -> bytes:
        """The bytes, bent."""
        at = self.at % (len(value) + 1)
        match self.kind:
            case "flip" if at < len(value):
                return value[:at] + bytes([value[at] ^ 1 << self.by % 8]) + value[at + 1 :]
            case "cut":
                return value[:at]
            case "drop":
                return value[:at] + value[at + 1 + self.by % 8 :]
            case "insert":
                return value[:at] + self.more + value[at:]
            case "count":
                return value[:at] + varint(COUNTS[self.by % len(COUNTS)]) + value[at + 1 :]
            case "splice":
                other = VALID[self.by % len(VALID)]
                return value[:at] + other[at:]
            case "again":
                return value + value[at:]
            case "reframe":
                schemas = sorted(EVERYTHING)
                schema = REGISTRY.latest(schemas[self.by % len(schemas)])
                head = frame(schema.id, b"") if self.at % 2 else SINGLE_OBJECT + schema.fingerprint
                return head + value[5:]
        return value


BENDS = st.builds(
    Bend,
    st.sampled_from(("flip", "cut", "drop", "insert", "count", "splice", "again", "reframe")),
    st.integers(0, 600), st.integers(0, 255), st.binary(min_size=1, max_size=12),
)  # fmt: skip


def _bent(value: bytes, bends: list[Bend]) -> bytes:
    for bend in bends:
        value = bend.of(value)
    return value


BENT = st.builds(
    _bent,
    st.sampled_from(VALID) | records(SPOKEN).map(lambda drawn: packed(*drawn)),
    st.lists(BENDS, min_size=1, max_size=4),
)
"""Messages bent out of shape."""

RUBBISH = st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"\0\0\0\0" + tail)

LONG = MINUTES > 0


def thrown(examples: int) -> Callable[[Any], Any]:
    """Hypothesis' settings: the same every time in the suite, others each time in a long run."""
    return settings(
        max_examples=max(examples, 2000) if LONG else examples, derandomize=not LONG,
        deadline=None, database=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def for_so_long(check: Callable[[], None]) -> None:
    """Check once, and again and again while `FUZZ_MINUTES` last."""
    until = time.monotonic() + MINUTES * 60
    check()
    while time.monotonic() < until:
        check()
