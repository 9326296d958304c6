"""Two people decide through the command: one asks, another approves, and the list tells."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from gateway.core.decisions import DecisionKind, DecisionStep
from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.decide.command import Said, Wish, approve, ask, standing
from gateway.shell.gateway import pump
from tests.day.market_day import BEFORE_CLOSE, SESSION, book
from tests.day.test_settled_day import MESSAGES
from tests.ops.stage import HOME, into

LATE = Wish(DecisionKind.CLOSE_WITHOUT, "RK_B", SESSION, "", "ana", "its line is down")


@pytest.fixture
def log() -> MemoryLog:
    """A gateway whose book is published and taken."""
    found = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(found.create(HOME.topics()))
    found.append_now([Append("in.operations", 0, None, MESSAGES.pack(book()))])
    decided(found)
    return found


def decided(log: MemoryLog) -> None:
    async def play() -> None:
        seats = HOME.seats(log)
        for seat in seats:
            await seat.open()
        await pump(seats, log)

    asyncio.run(play())


def asked(log: MemoryLog, wish: Wish, *, dry_run: bool = False) -> Said:
    said = asyncio.run(ask(log, HOME, wish, into(log), dry_run=dry_run))
    decided(log)
    return said


def approved(log: MemoryLog, name: str, by: str) -> Said:
    said = asyncio.run(approve(log, HOME, name, by, "seen", into(log)))
    decided(log)
    return said


def test_a_request_waits_and_an_approval_by_somebody_else_takes_effect(log: MemoryLog) -> None:
    name = asked(log, LATE).step.batch_id
    assert name == f"CLOSE_WITHOUT-RK_B-{SESSION}"
    (waits,) = asyncio.run(standing(log, HOME))
    assert (waits.asked.by, waits.approved_by, waits.answers) == ("ana", "", ())
    said = approved(log, name, "ben")
    assert (said.step.step, said.step.by, len(said.published)) == (DecisionStep.APPROVED, "ben", 1)
    (stands,) = asyncio.run(standing(log, HOME))
    assert stands.approved_by == "ben"


def test_nobody_approves_what_they_asked_for_or_what_nobody_asked_for(log: MemoryLog) -> None:
    name = asked(log, LATE).step.batch_id
    with pytest.raises(ConfigError, match=r"ana asked for .*: somebody else approves"):
        approved(log, name, "ana")
    with pytest.raises(ConfigError, match=f"nobody has asked for D9; open are: {name}"):
        approved(log, "D9", "ben")
    approved(log, name, "ben")
    with pytest.raises(ConfigError, match="was approved by ben"):
        approved(log, name, "eve")


def test_a_request_is_made_once(log: MemoryLog) -> None:
    asked(log, LATE)
    with pytest.raises(ConfigError, match=r"ana asked for .*: approve that"):
        asked(log, LATE)


def test_a_dry_run_publishes_nothing(log: MemoryLog) -> None:
    assert asked(log, LATE, dry_run=True).published == ()
    assert asyncio.run(standing(log, HOME)) == []


@pytest.mark.parametrize(
    ("kind", "subject", "value", "stored"),
    [
        (DecisionKind.OVERRIDE_NAV, "MA_ALT", "10.0512", 10_0512),
        (DecisionKind.CORRECT_NAV, "MA_ALT", "10.0512", 10_0512),
        (DecisionKind.CORRECT_INSTRUCTION, "SI-20261125-RK_A-USD-1", "1,026.00", 1026_00),
        (DecisionKind.CLOSE_EARLY, "EXCHANGE", "14:00", 14 * 60),
        (DecisionKind.RELEASE_NAV, "MA_ALT", "", 0),
        (DecisionKind.CLOSE_BREAK, "RK_A/BANK/2026-11-25/A1", "", 0),
    ],
)
def test_a_value_is_read_as_its_kind_has_it(
    log: MemoryLog, kind: DecisionKind, subject: str, value: str, stored: int
) -> None:
    wish = Wish(kind, subject, SESSION, value, "ana", "checked")
    assert asked(log, wish).step.value == stored


@pytest.mark.parametrize(
    ("kind", "subject", "value", "words"),
    [
        (DecisionKind.OVERRIDE_NAV, "MA_ALT", "10.05123", "a NAV above zero with 4 decimals"),
        (DecisionKind.OVERRIDE_NAV, "MA_ALT", "ten", "a NAV above zero"),
        (DecisionKind.OVERRIDE_NAV, "NOBODY", "10", "no fund NOBODY in the book"),
        (DecisionKind.CORRECT_INSTRUCTION, "SI-1", "1,02", "--value of CORRECT_INSTRUCTION"),
        (DecisionKind.CLOSE_EARLY, "EXCHANGE", "2pm", "the local time of the close"),
        (DecisionKind.CLOSE_WITHOUT, "RK_B", "7", "has none"),
    ],
)
def test_a_value_that_is_none_is_named_and_nothing_is_published(
    log: MemoryLog, kind: DecisionKind, subject: str, value: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        asked(log, Wish(kind, subject, date(2026, 11, 25), value, "ana", "checked"))
    assert asyncio.run(standing(log, HOME)) == []
