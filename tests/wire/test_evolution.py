"""A record goes on from one version of its schema to the next, and every byte stays readable."""

from __future__ import annotations

import json
from dataclasses import dataclass, make_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest

from gateway.connector.protocol import Rendered
from gateway.errors import ConfigError, TooNew
from gateway.wire import catalogue
from gateway.wire.codec import encode_body, schema_of
from gateway.wire.decoder import Decoder
from gateway.wire.evolution import incompatible
from gateway.wire.framing import frame
from gateway.wire.messages import Messages
from gateway.wire.registry import LOCK, Registry


class Way(StrEnum):
    """Which way."""

    IN = "IN"
    OUT = "OUT"


@dataclass(frozen=True)
class Part:
    """A part."""

    minor: Annotated[int, "minor units"]


def version(*more: tuple[str, object, object]) -> type:
    """The record `Note` with fields more than its first version has."""
    first = [("name", Annotated[str, "name"]), ("way", Annotated[Way, "way"]),
             ("parts", Annotated[tuple[Part, ...], "parts"])]  # fmt: skip
    return make_dataclass("Note", [*first, *more], frozen=True)


FIRST = version()
SECOND = version(("reason", Annotated[str, "why"], ""), ("level", Annotated[int, "level"], 1))


def registry(folder: Path, *versions: type) -> Registry:
    """The schemas of a record's versions, as a checkout has them."""
    home = folder / "journal" / "Note"
    home.mkdir(parents=True, exist_ok=True)
    for number, cls in enumerate(versions, 1):
        text = json.dumps(schema_of(cls), indent=2)
        (home / f"v{number}.avsc").write_text(text, encoding="utf-8")
    (folder / LOCK).write_text("", encoding="utf-8")
    (folder / LOCK).write_text(catalogue.locked(folder), encoding="utf-8")
    return Registry.load(folder)


def messages(folder: Path, *versions: type) -> Messages:
    """The newest of some versions, beside the schemas of all."""
    return Messages(registry(folder, *versions), {"journal": (versions[-1],)})


PARTS = (Part(1), Part(2))


def test_what_the_first_version_wrote_is_read_by_the_second_with_defaults(tmp_path: Path) -> None:
    old = messages(tmp_path / "old", FIRST)
    new = messages(tmp_path / "new", FIRST, SECOND)
    read = new.unpack(old.pack(FIRST("a", Way.OUT, PARTS)))
    assert read == SECOND("a", Way.OUT, PARTS, "", 1)


def test_what_says_nothing_new_is_written_as_before_byte_for_byte(tmp_path: Path) -> None:
    old = messages(tmp_path / "old", FIRST)
    new = messages(tmp_path / "new", FIRST, SECOND)
    written = new.pack(SECOND("a", Way.IN, PARTS))
    assert written == old.pack(FIRST("a", Way.IN, PARTS))
    assert old.unpack(written) == FIRST("a", Way.IN, PARTS)


def test_what_says_something_new_is_refused_by_the_version_before(tmp_path: Path) -> None:
    old = messages(tmp_path / "old", FIRST)
    new = messages(tmp_path / "new", FIRST, SECOND)
    said = SECOND("a", Way.IN, PARTS, "storm", 2)
    written = new.pack(said)
    assert new.unpack(written) == said
    with pytest.raises(TooNew, match="newer version of the gateway; upgrade this one"):
        old.unpack(written)


def test_a_sender_may_write_an_older_version_or_the_newest(tmp_path: Path) -> None:
    both = registry(tmp_path, FIRST, SECOND)
    writer = Messages(both, {})
    older, newest = both.versions("journal/Note")
    body = {"name": "a", "way": "IN", "parts": [{"minor": 1}]}
    decoder = Decoder(both)
    said = {**body, "reason": "storm", "level": 2}
    assert decoder.decode(writer.pack(Rendered("journal/Note", said))).body == said
    came = decoder.decode(frame(older.id, encode_body(older, body)))
    assert came.body == {**body, "reason": "", "level": 1}
    assert newest.version == 2


class More(StrEnum):
    """Which way."""

    IN = "IN"
    OUT = "OUT"
    ROUND = "ROUND"


More.__name__ = "Way"


@dataclass(frozen=True)
class Wider:
    """A record whose words grew."""

    way: Annotated[More, "way"]


def test_a_new_word_is_added_at_the_end_and_only_it_needs_the_new_version(tmp_path: Path) -> None:
    narrow = make_dataclass("Wider", [("way", Annotated[Way, "way"])], frozen=True)
    home = tmp_path / "journal" / "Wider"
    home.mkdir(parents=True)
    for number, cls in enumerate((narrow, Wider), 1):
        (home / f"v{number}.avsc").write_text(json.dumps(schema_of(cls)), encoding="utf-8")
    (tmp_path / LOCK).write_text("", encoding="utf-8")
    (tmp_path / LOCK).write_text(catalogue.locked(tmp_path), encoding="utf-8")
    both = Registry.load(tmp_path)
    packed = Messages(both, {"journal": (Wider,)})
    older, newest = both.versions("journal/Wider")
    assert packed.pack(Wider(More.OUT))[1:5] == older.id.to_bytes(4, "big")
    assert packed.pack(Wider(More.ROUND))[1:5] == newest.id.to_bytes(4, "big")
    assert packed.unpack(packed.pack(Wider(More.OUT))) == Wider(More.OUT)


def schema(called: str = "Note", **fields: object) -> dict[str, object]:
    said = [{"name": name, **(kind if isinstance(kind, dict) else {"type": kind})}
            for name, kind in fields.items()]  # fmt: skip
    return {"type": "record", "name": called, "fields": said}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (schema(a="long"), schema(), "Note.a: is gone"),
        (schema(), schema(a="long"), "Note.a: is new and has no default"),
        (schema(a="long"), schema(a="string"), "Note.a: was long and is string"),
        (schema(a={"type": ["null", "long"]}), schema(a="long"), "Note.a: a branch is gone"),
        (
            schema(a={"type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}}),
            schema(a={"type": {"type": "enum", "name": "E", "symbols": ["Y", "X"]}}),
            "symbols of E are kept, in order",
        ),
        (
            schema(a={"type": {"type": "bytes", "column": "int32"}}),
            schema(a={"type": {"type": "bytes", "column": "int64"}}),
            "column was int32 and is int64",
        ),
        (
            schema(a={"type": {"type": "array", "items": schema("Part", b="long")}}),
            schema(a={"type": {"type": "array", "items": schema("Part", b="string")}}),
            "was long and is string",
        ),
    ],
)
def test_a_version_that_could_not_be_read_is_refused_by_field_and_rule(
    old: object, new: object, words: str
) -> None:
    assert any(words in fault for fault in incompatible(old, new)), incompatible(old, new)


def test_a_wider_number_and_a_field_with_a_default_go_on() -> None:
    assert incompatible(schema(a="int"), schema(a="long", b={"type": "long", "default": 0})) == []


def test_the_next_version_is_written_beside_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "v1.avsc"
    path.write_text(json.dumps(schema_of(FIRST)), encoding="utf-8")
    text = json.dumps(schema_of(SECOND))
    assert catalogue.following(path, text) == tmp_path / "v2.avsc"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"Note\.level: is gone"):
        catalogue.following(path, json.dumps(schema_of(FIRST)))
