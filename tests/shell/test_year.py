"""What a desk holds, and what a new owner reads, does not grow with the sessions behind it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from gateway.core.events import BatchTaken
from gateway.core.marks import NavStruck
from gateway.core.orders import BatchStatus
from gateway.shell.snapshots import Snapshots
from gateway.shell.state_codec import encode
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import journal_of
from tests.day.market_day import SENDERS
from tests.day.test_settled_day import sent
from tests.shell.stage import Place, seated
from tests.shell.year import HOME, CountingLog, played_sessions, sessions

MESSAGES = Messages(standard())
A_YEAR = 250
LONGEST = 40
FEW_BYTES = 30
"""By how much a few whole numbers can need more room than they did before."""


@pytest.fixture
def _no_files_in_memory() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.fixture
def _short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.desks.intake_state.SESSIONS_KEPT", 5)
    monkeypatch.setattr("gateway.desks.intake_state.DAYS_KEPT", timedelta(days=7))


# --- what is held -----------------------------------------------------------------------


@pytest.mark.usefixtures("_short_memory")
def test_no_state_grows_with_the_sessions_behind_it() -> None:
    log, sizes = CountingLog(), dict[int, dict[Place, int]]()

    async def play() -> None:
        async for number, seats in played_sessions(log, None, 40):
            sizes[number] = {(s.desk.name, s.partition): len(encode(s.state)) for s in seats}

    asyncio.run(play())
    navs = [said for said in sent(log, "gw.plan.inbox") if isinstance(said, NavStruck)]
    assert {nav.session for nav in navs if not nav.held} == set(sessions(40))
    # By the twelfth there is something of everything that is to be forgotten. Requests meet
    # corrections and half days in a pattern of weeks: what is compared is the most in three.
    most = {at: max(sizes[number][at] for number in range(12, 27)) for at in sizes[40]}
    later = {at: max(sizes[number][at] for number in range(27, 41)) for at in sizes[40]}
    grown = {at: later[at] - size for at, size in most.items() if later[at] > size + FEW_BYTES}
    assert not grown


# --- what has been forgotten ------------------------------------------------------------


def _taken(log: CountingLog) -> Counter[tuple[int, str, str]]:
    """How often intake took each message, by partition, session and name."""
    found: Counter[tuple[int, str, str]] = Counter()
    for partition in range(len(SENDERS)):
        for record in log.records(*journal_of("intake", partition)):
            _, events = MESSAGES.decided(record.value)
            found.update(
                (partition, str(event.session), event.batch_id)
                for event in events
                if isinstance(event, BatchTaken)
            )
    return found


def _played(count: int, *, repeated: bool) -> CountingLog:
    """Sessions; if wanted, with all that was said so far said again after each."""
    log = CountingLog()

    async def play() -> None:
        async for _ in played_sessions(log, None, count, repeated=repeated):
            pass

    asyncio.run(play())
    return log


@pytest.mark.usefixtures("_short_memory")
def test_l3_what_is_said_again_after_its_session_is_forgotten_is_not_taken_twice() -> None:
    repeated, once = _played(9, repeated=True), _played(9, repeated=False)
    assert _taken(repeated) == _taken(once)
    assert set(_taken(once).values()) == {1}
    assert [r.value for r in repeated.records("gw.dispatch.inbox", 0)] == [
        r.value for r in once.records("gw.dispatch.inbox", 0)
    ]


def _verdicts(log: CountingLog, sender: str, batch_id: str) -> list[str]:
    """What a sender was told of the messages of a name, those of the first session only."""
    first = sessions(1)[0]
    return [
        said.verdict
        for said in sent(log, f"out.{sender}")
        if isinstance(said, BatchStatus) and (said.batch_id, said.session) == (batch_id, first)
    ]


@pytest.mark.usefixtures("_short_memory")
def test_a_repeat_is_known_for_so_many_sessions_and_refused_from_then_on() -> None:
    told = _verdicts(_played(9, repeated=True), "RK_A", "B1")
    assert told == ["ACCEPTED", *5 * ["DUPLICATE"], *4 * ["REJECTED"]]


# --- what is read -----------------------------------------------------------------------


def _read_on_opening(count: int) -> tuple[dict[Place, int], dict[Place, int]]:
    """Records of each journal after so many sessions: those that new owners read, and all."""
    log, store = CountingLog(), Snapshots(f"memory://{count}-sessions")

    async def play() -> list[Place]:
        async for _ in played_sessions(log, store, count):
            pass
        log.read_of.clear()
        return [seat.journal for seat in await seated(log, HOME, store)]

    journals = asyncio.run(play())
    return (
        {journal: log.read_of[journal] for journal in journals},
        {journal: len(log.records(*journal)) for journal in journals},
    )


@pytest.mark.long
@pytest.mark.usefixtures("_no_files_in_memory")
def test_a_new_owner_reads_as_much_after_a_year_as_after_a_month(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.shell.seat.LONGEST_TAIL", LONGEST)
    (month, _), (year, whole) = _read_on_opening(20), _read_on_opening(A_YEAR)
    assert whole["gw.plan.journal", 0] > 10 * A_YEAR
    for journal, size in whole.items():
        a_session = -(-size // A_YEAR)
        assert year[journal] <= a_session + LONGEST, journal
    for journal in (("gw.plan.journal", 0), ("gw.fund.journal", 0)):
        assert year[journal] == month[journal] < whole[journal] // A_YEAR + 1, journal
