"""A schema registry on files: `<room>/<Record>/v<N>.avsc` and `ids.lock`.

Ids are committed, so they are the same everywhere and always; a file that is not in the
lock, or differs from what it says, stops the gateway.

Not here: compatibility between versions, HTTP.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from gateway.errors import ConfigError

LOCK = "ids.lock"
MOST_NESTING = 8
"""Records and arrays in each other, in any schema the gateway reads."""


@dataclass(frozen=True)
class Schema:
    """A schema: its id, its name (`room/Record`), and its parsed physical form."""

    id: int
    name: str
    version: int
    parsed: dict[str, object]
    fingerprint: bytes


def schema_root() -> Path:
    """Where the schemas are: beside the package, or in it where it was installed."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "schemas"
    return beside if beside.is_dir() else package / "_schemas"


def physical(schema: object) -> object:
    """A schema without logical types: values stay the integers they travel as."""
    if isinstance(schema, dict):
        return {k: physical(v) for k, v in schema.items() if k != "logicalType"}
    if isinstance(schema, list):
        return [physical(item) for item in schema]
    return schema


def nesting(schema: object, inside: tuple[str, ...] = ()) -> int:
    """How many records and arrays stand in each other at most; raises on a record in itself.

    Bytes can nest no deeper than their schema, and a reader follows a record that holds
    itself until its stack ends, so that the whole process dies of one message.
    """
    if isinstance(schema, list):
        return max((nesting(each, inside) for each in schema), default=0)
    if not isinstance(schema, dict):
        if str(schema).rpartition(".")[2] in inside:
            raise ConfigError(f"record {schema} holds itself: write its parts as an array")
        return 0
    if schema["type"] == "record":
        within = (*inside, str(schema["name"]).rpartition(".")[2])
        return 1 + max((nesting(field["type"], within) for field in schema["fields"]), default=0)
    if schema["type"] == "array":
        return 1 + nesting(schema["items"], inside)
    return nesting(schema["type"], inside)


def digest(schema: object) -> str:
    """What the lock remembers of a schema: SHA-256 of all it says."""
    return sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def mark_of(schema: dict[str, object]) -> bytes:
    """The CRC-64-AVRO fingerprint of a schema: what it is for readers, without docs."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


class Registry:
    """Schemas by id, name and fingerprint."""

    def __init__(self, schemas: list[Schema]) -> None:
        """Index the schemas."""
        self._by_id = {schema.id: schema for schema in schemas}
        self._by_fingerprint = {schema.fingerprint: schema for schema in schemas}
        self._versions: dict[str, tuple[Schema, ...]] = {}
        for schema in sorted(schemas, key=lambda s: s.version):
            self._versions[schema.name] = (*self._versions.get(schema.name, ()), schema)

    @classmethod
    def load(cls, root: Path) -> Registry:
        """Load every schema under a folder and check it against the lock."""
        locked = read_lock(root)
        schemas: list[Schema] = []
        files = sorted(root.glob("*/*/v*.avsc"))
        for path in files:
            name, version = name_of(path)
            text = json.loads(path.read_text(encoding="utf-8"))
            entry = locked.pop((name, version), None)
            if entry is None or entry[1] != digest(text):
                raise ConfigError(
                    f"{path}: not what {root / LOCK} says; a committed schema never changes, "
                    "write a new version and run python -m gateway.wire.catalogue"
                )
            parsed = cast(
                dict[str, object], fastavro.parse_schema(cast(dict[str, object], physical(text)))
            )
            if nesting(text) > MOST_NESTING:
                raise ConfigError(f"{path}: nests deeper than {MOST_NESTING}")
            schemas.append(Schema(entry[0], name, version, parsed, mark_of(text)))
        if locked:
            raise ConfigError(f"{root / LOCK} names schemas that are not there: {sorted(locked)}")
        return cls(schemas)

    @property
    def newest_id(self) -> int:
        """The id given last."""
        return max(self._by_id, default=0)

    def by_id(self, schema_id: int) -> Schema | None:
        """The schema of an id."""
        return self._by_id.get(schema_id)

    def by_fingerprint(self, mark: bytes) -> Schema | None:
        """The schema of an 8-byte CRC-64-AVRO fingerprint, little-endian."""
        return self._by_fingerprint.get(mark)

    def latest(self, name: str) -> Schema:
        """The newest version of a record."""
        return self.versions(name)[-1]

    def versions(self, name: str) -> tuple[Schema, ...]:
        """Every version of a record, oldest first."""
        if name not in self._versions:
            raise ConfigError(f"no schema {name}: run python -m gateway.wire.catalogue")
        return self._versions[name]


def name_of(path: Path) -> tuple[str, int]:
    """Name and version that a schema's path says."""
    return f"{path.parent.parent.name}/{path.parent.name}", int(path.stem[1:])


def read_lock(root: Path) -> dict[tuple[str, int], tuple[int, str]]:
    """Id and digest of each (name, version) in the lock."""
    path = root / LOCK
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [line.split("\t") for line in lines]
    return {(name, int(version)): (int(number), mark) for number, name, version, mark in rows}


@cache
def standard() -> Registry:
    """The registry of the schemas the gateway came with."""
    return Registry.load(schema_root())
