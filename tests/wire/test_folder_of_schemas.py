"""The folder of schemas against the code that reads it, and its versions against each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.connector.protocol import Rendered
from gateway.errors import ConfigError, TooNew
from gateway.wire import catalogue
from gateway.wire.messages import Messages
from gateway.wire.registry import schema_root
from tests.wire.test_evolution import FIRST, PARTS, SECOND, Way, messages, registry


def test_every_version_that_is_committed_can_follow_the_one_before() -> None:
    assert catalogue.unlike(schema_root()) == []


def test_the_code_before_with_the_next_folder_hears_what_it_knows_and_refuses_the_rest(
    tmp_path: Path,
) -> None:
    both = registry(tmp_path, FIRST, SECOND)
    old, new = Messages(both, {"journal": (FIRST,)}), Messages(both, {"journal": (SECOND,)})
    assert old.unpack(new.pack(SECOND("a", Way.IN, PARTS))) == FIRST("a", Way.IN, PARTS)
    assert new.unpack(old.pack(FIRST("a", Way.IN, PARTS))) == SECOND("a", Way.IN, PARTS)
    with pytest.raises(TooNew, match=r"journal/Note v2 is unknown to this code.*upgrade this one"):
        old.unpack(new.pack(SECOND("a", Way.IN, PARTS, "storm")))


def test_code_whose_record_no_version_describes_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no version of journal/Note in schemas/ is the Note"):
        Messages(registry(tmp_path, SECOND), {"journal": (FIRST,)})


def test_a_partner_is_told_in_the_oldest_form_that_says_all(tmp_path: Path) -> None:
    old = messages(tmp_path / "old", FIRST)
    new = messages(tmp_path / "new", FIRST, SECOND)
    body = {"name": "a", "way": "IN", "parts": [{"minor": 1}]}
    as_before = old.pack(Rendered("journal/Note", body))
    assert new.pack(Rendered("journal/Note", body)) == as_before
    assert new.pack(Rendered("journal/Note", {**body, "reason": "", "level": 1})) == as_before
    assert new.pack(Rendered("journal/Note", {**body, "level": 2})) != as_before


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ([{"name": "minor", "type": "string"}], "v2.avsc: breaks the bytes of v1: Partner.minor"),
        ([], "v2.avsc: breaks the bytes of v1: Partner.minor: is gone"),
    ],
)
def test_a_partners_next_version_written_by_hand_is_held_to_the_same_rules(
    tmp_path: Path, second: list[object], words: str
) -> None:
    home = tmp_path / "inbound" / "Partner"
    home.mkdir(parents=True)
    for number, fields in enumerate(([{"name": "minor", "type": "long"}], second), 1):
        schema = {"type": "record", "name": "Partner", "fields": fields}
        (home / f"v{number}.avsc").write_text(json.dumps(schema), encoding="utf-8")
    (fault,) = catalogue.unlike(tmp_path)
    assert words in fault


def test_a_version_that_was_left_out_is_named(tmp_path: Path) -> None:
    home = tmp_path / "inbound" / "Partner"
    home.mkdir(parents=True)
    for number in (1, 3):
        schema = {"type": "record", "name": "Partner", "fields": []}
        (home / f"v{number}.avsc").write_text(json.dumps(schema), encoding="utf-8")
    (fault,) = catalogue.unlike(tmp_path)
    assert "counted from v1 without a gap, got [1, 3]" in fault
