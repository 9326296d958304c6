"""Records as people write them in JSON, as the published schemas have them on the wire.

Dates are ISO dates, instants ISO date-times with their zone, amounts whole minor units, bytes
hexadecimal. Every fault names the record and the field; what a sender wrote is told back only
where it cannot be somebody's identifier.

Not here: sending (`publish`).
Law: L8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from gateway.core.money import fits_int64
from gateway.errors import ConfigError
from gateway.wire.registry import Registry, schema_root

EPOCH_DAY = date(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROOM = "inbound/"
INT32 = 2**31
WHOLE = {"int": INT32, "long": 2**63}


class _Unfit(Exception):
    """A value that the schema does not take; `path` says where, as in lines[3].amount_minor."""

    def __init__(self, path: str, wanted: str) -> None:
        super().__init__(f"{path or 'the record'}: {wanted}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Form:
    """A published record: its name and its schema as the file has it, with logical types."""

    name: str
    schema: Mapping[str, object]

    @property
    def fields(self) -> dict[str, Mapping[str, object]]:
        """The record's fields by name."""
        return _fields(self.schema)


def form_of(registry: Registry, name: str, root: Path | None = None) -> Form:
    """The newest version of a record that senders may write.

    Args:
        registry: The schemas.
        name: As in inbound/ContributionBatch.
        root: Where the schema files are; those of the gateway by default.

    Raises:
        ConfigError: There is no such record, or it is none that senders write.
    """
    place = root or schema_root()
    known = sorted(f"{ROOM}{folder.name}" for folder in (place / "inbound").iterdir())
    if name == "between/BookChange":
        raise ConfigError("a book change is published by gateway book apply FILE.yaml")
    if name not in known:
        near = get_close_matches(name, known, 3, 0.3)
        raise ConfigError(
            f"no schema {name} for senders: {'did you mean ' if near else 'there are '}"
            f"{', '.join(near or known)}?"
        )
    schema = registry.latest(name)
    path = place / name / f"v{schema.version}.avsc"
    return Form(name, json.loads(path.read_text(encoding="utf-8")))


def read_records(path: Path) -> list[object]:
    """The records of a file: one object, an array of objects, or an object a line.

    Raises:
        ConfigError: The file cannot be read, or is not JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path} cannot be read: {wrong}") from wrong
    try:
        said = json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise ConfigError(f"{path}: not JSON: {whole}") from whole
        return [_line(path, number, line) for number, line in enumerate(lines, 1)]
    records = said if isinstance(said, list) else [said]
    if not records:
        raise ConfigError(f"{path}: an empty array: write at least one record")
    return records


def _line(path: Path, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as wrong:
        raise ConfigError(f"{path}: line {number} is not JSON: {wrong}") from wrong


def body_of(form: Form, said: object, where: str, sender: str = "") -> dict[str, object]:
    """A record's values as they travel: days, microseconds, whole numbers.

    Args:
        form: The record.
        said: What the file says.
        where: File and record, for errors.
        sender: Filled in where the record has a sender and the file says none.

    Raises:
        ConfigError: A field is missing, unknown or of another kind.
    """
    record = said
    if isinstance(said, dict) and "sender" in form.fields and sender:
        record = {"sender": sender, **said}
    try:
        return _record(form.schema, record, "")
    except _Unfit as wrong:
        raise ConfigError(f"{where}: {form.name}: {wrong}") from wrong


def _fields(schema: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    listed = schema["fields"]
    assert isinstance(listed, list), schema["name"]
    return {str(field["name"]): field for field in listed}


def _record(schema: Mapping[str, object], said: object, path: str) -> dict[str, object]:
    if not isinstance(said, dict):
        raise _Unfit(path, f"wanted an object with {', '.join(_fields(schema))}, got {_kind(said)}")
    fields = _fields(schema)
    prefix = f"{path}." if path else ""
    for name in said:
        if name not in fields:
            near = get_close_matches(name, fields, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields)}"
            raise _Unfit(f"{prefix}{name}", f"{schema['name']} has no such field: {hint}")
    made: dict[str, object] = {}
    for name, field in fields.items():
        if name not in said:
            if "default" in field:
                continue
            raise _Unfit(f"{prefix}{name}", f"is missing ({field.get('doc', field['type'])})")
        made[name] = _value(field["type"], said[name], f"{prefix}{name}")
    return made


def _value(kind: object, said: object, path: str) -> object:
    match kind:
        case list():
            return _union(kind, said, path)
        case {"type": "record"}:
            return _record(cast(Mapping[str, object], kind), said, path)
        case {"type": "array", "items": items}:
            if not isinstance(said, list):
                raise _Unfit(path, f"wanted an array, got {_kind(said)}")
            return [_value(items, each, f"{path}[{at}]") for at, each in enumerate(said)]
        case {"type": "enum", "symbols": symbols}:
            if said not in symbols:
                raise _Unfit(path, f"wanted one of {', '.join(symbols)}, got {_kind(said)}")
            return said
        case {"logicalType": "date"}:
            return _date(said, path)
        case {"logicalType": "timestamp-micros"}:
            return _instant(said, path)
        case {"type": inner}:
            return _value(inner, said, path)
    return _plain(str(kind), said, path)


def _union(kinds: Sequence[object], said: object, path: str) -> object:
    if said is None and "null" in kinds:
        return None
    return _value(next(kind for kind in kinds if kind != "null"), said, path)


def _plain(kind: str, said: object, path: str) -> object:
    if kind in WHOLE:
        whole = isinstance(said, int) and not isinstance(said, bool)
        if not whole:
            unit = " of minor units, 1250.00 USD is 125000" if path.endswith("_minor") else ""
            raise _Unfit(path, f"wanted a whole number{unit}, got {_kind(said)}")
        assert isinstance(said, int)
        if not -WHOLE[kind] <= said < WHOLE[kind] or not fits_int64(said):
            raise _Unfit(path, f"{said} does not fit {kind}")
        return said
    if kind == "string" and isinstance(said, str):
        return said
    if kind == "boolean" and isinstance(said, bool):
        return said
    if kind == "bytes" and isinstance(said, str):
        try:
            return bytes.fromhex(said)
        except ValueError:
            raise _Unfit(path, "wanted bytes as hexadecimal digits") from None
    words = {"string": "a text", "boolean": "true or false", "bytes": "hexadecimal digits"}
    raise _Unfit(path, f"wanted {words.get(kind, kind)}, got {_kind(said)}")


def _date(said: object, path: str) -> int:
    if isinstance(said, str):
        try:
            return (date.fromisoformat(said) - EPOCH_DAY).days
        except ValueError:
            pass
    raise _Unfit(path, f"wanted a date as 2026-11-24, got {_kind(said)}")


def _instant(said: object, path: str) -> int:
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return (moment - EPOCH) // timedelta(microseconds=1)
    raise _Unfit(
        path, f"wanted an instant with its zone as 2026-11-24T15:30:00-05:00, got {_kind(said)}"
    )


def _kind(said: object) -> str:
    """What kind of value was said; never a text itself, which may identify somebody."""
    match said:
        case None:
            return "null"
        case bool():
            return "true" if said else "false"
        case int():
            return f"the number {said}"
        case float():
            return f"the fraction {said}"
        case str():
            return f"a text of {len(said)} characters"
        case list():
            return f"an array of {len(said)}"
    return "an object"
