"""The level of decision logic is the book's: it goes up from a named session, and never back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.core import logic
from gateway.core.book import Book, BookChange
from gateway.core.orders import BatchStatus
from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from tests.day.market_day import SESSION, gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, run

HOME = gateway()


def change(name: str, level: int, days: int = 1) -> Append:
    asked = BookChange("operations", name, SESSION + timedelta(days=days), None, (), (), (), level)
    return Append("in.operations", 0, None, MESSAGES.pack(asked))


def answers(log: MemoryLog) -> dict[str, tuple[str, str]]:
    told = [MESSAGES.unpack(record.value) for record in log.records("out.operations", 0)]
    return {s.batch_id: (s.verdict, s.detail) for s in told if isinstance(s, BatchStatus)}


def test_a_level_once_asked_for_is_not_taken_back() -> None:
    day = [*settled_day().appends, change("up", 2), change("down", 1, 2)]
    told = answers(run(day, HOME))
    assert told["up"] == ("ACCEPTED", "")
    assert told["down"] == ("REJECTED", "decision logic 1 is older than 2, which holds")


def test_a_level_that_this_version_does_not_know_stops_it_and_says_what_to_do() -> None:
    unknown = logic.NEWEST + 1
    with pytest.raises(DecisionFailed, match=f"decision logic {unknown} is in force"):
        run([*settled_day().appends, change("far", unknown)], HOME)


def test_a_session_before_the_change_is_decided_as_if_nobody_had_asked() -> None:
    plain = run(traded(settled_day()).appends, HOME)
    asked = run([*traded(settled_day()).appends, change("up", 2)], HOME)
    for partition in range(HOME.topology.dispatch):
        sent = [
            [record.value for record in log.records("gw.dispatch.inbox", partition)]
            for log in (asked, plain)
        ]
        assert sent[0] == sent[1]


def test_a_lower_level_that_was_announced_for_a_later_session_takes_nothing_back() -> None:
    book, first = Book(), SESSION
    book.note(BookChange("operations", "late", first + timedelta(2), None, (), (), (), 2), first)
    book.note(BookChange("operations", "soon", first + timedelta(1), None, (), (), (), 3), first)
    levels = []
    for days in range(3):
        book.due(first + timedelta(days))
        levels.append(book.logic)
    assert levels == [logic.FIRST, 3, 3]
