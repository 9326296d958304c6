"""Law L3: each inbox offset has exactly one decision, in order, on the bytes that stand there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.laws import Entry, l3
from tests.laws.planted import (
    MESSAGES,
    Values,
    broken,
    copied,
    journal_record,
    laws_of,
    settled,
)

INBOX = [(3, b"c"), (5, b"e"), (6, b"f")]
"""Offsets with holes, as transaction markers leave them."""


def entries(*offsets: int) -> list[Entry]:
    digests = dict(INBOX)
    return [Entry(offset, digests.get(offset, b"?"), 0, 1) for offset in offsets]


def test_l3_holds_on_the_settled_day() -> None:
    assert broken(settled()) == []


def test_l3_holds_with_holes_in_the_inbox_and_decisions_in_parts() -> None:
    parts = [Entry(3, b"c", 0, 3), Entry(3, b"c", 1, 3), Entry(3, b"c", 2, 3)]
    assert l3("plan/0", INBOX, [*parts, *entries(5, 6)], complete=True) == []


@pytest.mark.parametrize(
    ("offsets", "detail"),
    [
        ((3, 6), "no decision in the journal"),
        ((3, 5, 5, 6), "decided again, or out of order, after offset 5"),
        ((5, 3, 6), "decided again, or out of order, after offset 5"),
        ((3, 4, 5, 6), "a decision without a message in the inbox"),
    ],
)
def test_l3_finds_a_decision_dropped_doubled_swapped_or_made_up(
    offsets: tuple[int, ...], detail: str
) -> None:
    found = l3("plan/0", INBOX, entries(*offsets), complete=False)
    assert [(v.law, v.detail) for v in found] == [("L3", detail)]


def test_l3_finds_bytes_that_are_not_those_decided() -> None:
    found = l3("plan/0", [(3, b"c"), (5, b"x"), (6, b"f")], entries(3, 5, 6), complete=True)
    assert [v.where for v in found] == ["plan/0@5"]


@pytest.mark.parametrize(
    "journal",
    [
        [Entry(3, b"c", 0, 2), Entry(5, b"e", 0, 1)],
        [Entry(3, b"c", 1, 2)],
        [Entry(3, b"c", 0, 2), Entry(3, b"c", 0, 2), Entry(3, b"c", 1, 2)],
        [Entry(3, b"c", 0, 2)],
    ],
)
def test_l3_finds_a_decision_of_which_a_part_is_missing_or_doubled(journal: list[Entry]) -> None:
    assert l3("plan/0", [(3, b"c"), (5, b"e")], journal, complete=False) != []


def test_l3_lets_the_end_of_an_inbox_wait_while_the_day_goes_on() -> None:
    assert l3("plan/0", INBOX, entries(3, 5), complete=False) == []
    assert len(l3("plan/0", INBOX, entries(3, 5), complete=True)) == 1


def test_l3_the_proof_finds_a_dropped_journal_record_in_a_log() -> None:
    def dropped(values: Values) -> Values:
        return values[:4] + values[5:]

    for topic in ("gw.intake.journal", "gw.plan.journal", "gw.fund.journal", "gw.cash.journal"):
        partition = 2 if topic == "gw.intake.journal" else 0
        found = broken(copied(settled(), topic, partition, dropped))
        assert any(v.law == "L3" and v.detail == "no decision in the journal" for v in found), topic


def test_l3_the_proof_finds_a_doubled_journal_record_in_a_log() -> None:
    found = broken(copied(settled(), "gw.plan.journal", 0, lambda v: [*v[:5], v[4], *v[5:]]))
    assert "L3" in laws_of(found)


def test_l3_the_proof_finds_a_changed_digest_in_a_log() -> None:
    def changed(values: Values) -> Values:
        record = journal_record(values[4])
        return [*values[:4], MESSAGES.pack(replace(record, digest=b"\0" * 16)), *values[5:]]

    assert "L3" in laws_of(broken(copied(settled(), "gw.plan.journal", 0, changed)))
