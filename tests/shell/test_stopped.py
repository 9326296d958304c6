"""A partition that stands still is looked after until its journal goes on, and no alarm is rung."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.quarantine.aside import AskAside, put_aside
from gateway.shell.seat import Seat, fault_of
from gateway.shell.snapshots import Snapshots
from gateway.shell.stopped import Stopped, next_undecided, seat_at
from gateway.shell.vitals import Vitals
from gateway.shell.watchdog import Healthy, Limits, Unready, verdict
from tests.day.market_day import gateway, settled_day, traded
from tests.shell.failing import failing, laid, no_dialect, settle
from tests.shell.stage import APP, NotingLog, save, seated, states

HOME = gateway(2, 1, 1)
DUMB = failing(HOME, "dispatch", no_dialect)
DAY = traded(settled_day()).appends


async def stopped_at(log: MemoryLog) -> tuple[Seat[Any], DecisionFailed]:
    """A worker's seat that has found that it cannot decide."""
    for seat in await seated(log, DUMB, None):
        waiting = log.records(seat.topic, seat.topic_partition, seat.last + 1)
        try:
            await seat.take(waiting)
        except DecisionFailed as failed:
            return seat, failed
    raise AssertionError("nothing fails")


async def set_aside(log: MemoryLog, name: str) -> None:
    for ask in (AskAside(name, "Anna", "", "a bug"), AskAside(name, "", "Bert")):
        await put_aside(log, DUMB, APP, ask)


def test_a_seat_learns_from_its_journal_that_somebody_decided_in_its_place() -> None:
    log = laid(DAY, DUMB)
    settle(log, DUMB)

    async def play() -> None:
        seat, failed = await stopped_at(log)
        stopped = Stopped(log)
        stopped.add(seat, failed)
        assert failed.place in stopped
        assert not await stopped.decided(seat)
        await set_aside(log, failed.name)
        assert await stopped.decided(seat)
        await seat.open()
        assert seat.last == failed.offset
        stopped.drop(failed.place)
        assert failed.place not in stopped
        assert not await stopped.decided(seat)

    asyncio.run(play())


def test_what_was_set_aside_between_opening_and_failing_is_seen_too() -> None:
    log = laid(DAY, DUMB)
    (first,) = settle(log, DUMB)

    async def play() -> None:
        seat = seat_at(log, DUMB, first.place)
        assert seat is not None
        await seat.open()
        await set_aside(log, first.name)
        with pytest.raises(DecisionFailed) as failed:
            await seat.take(log.records(*first.place, first.offset))
        stopped = Stopped(log)
        stopped.add(seat, failed.value)
        assert await stopped.decided(seat)

    asyncio.run(play())


def test_a_journal_is_looked_into_only_where_it_was_not_read_before() -> None:
    log = NotingLog()
    asyncio.run(log.create(DUMB.topics()))
    log.append_now(DAY)
    settle(log, DUMB)

    async def play() -> None:
        seat, failed = await stopped_at(log)
        stopped = Stopped(log)
        stopped.add(seat, failed)
        log.reads.clear()
        for _ in range(3):
            assert not await stopped.decided(seat)
        end = await log.end(*seat.journal)
        assert log.reads[seat.journal][1:] == [end, end]

    asyncio.run(play())


def test_looking_at_a_partition_takes_it_from_nobody() -> None:
    log = laid(DAY, DUMB)
    (failed,) = settle(log, DUMB)

    async def play() -> None:
        owner, onlooker = (seat_at(log, HOME, failed.place) for _ in range(2))
        assert owner is not None
        assert onlooker is not None
        await owner.open()
        await onlooker.look()
        standing = await next_undecided(onlooker, log)
        assert standing is not None
        assert (standing.record.offset, standing.failed) == (failed.offset, None)
        assert await owner.take(log.records(*failed.place, failed.offset)) > 0

    asyncio.run(play())


def test_a_snapshot_after_a_message_set_aside_is_the_state_of_the_whole_fold(
    tmp_path: Path,
) -> None:
    log = laid(DAY, DUMB)
    (failed,) = settle(log, DUMB)
    asyncio.run(set_aside(log, failed.name))
    settle(log, DUMB)
    store = Snapshots(str(tmp_path))

    async def keep() -> None:
        for seat in await seated(log, DUMB, store):
            save(store, seat)

    asyncio.run(keep())
    assert states(log, DUMB, store) == states(log, DUMB, None)
    asyncio.run(put_aside(log, DUMB, APP, AskAside(failed.name), store))
    log.append_now([Append(*failed.place, None, log.records(*failed.place)[failed.offset].value)])
    (again,) = settle(log, DUMB, store)
    assert again.digest == failed.digest
    assert again.offset > failed.offset


def test_no_snapshot_is_left_of_a_state_that_an_error_has_spoilt(tmp_path: Path) -> None:
    log = laid(DAY, DUMB)
    store = Snapshots(str(tmp_path))
    (failed,) = settle(log, DUMB, store)
    assert not list((tmp_path / APP / "dispatch" / str(failed.place[1])).glob("*"))
    assert states(log, DUMB, store) == states(log, DUMB, None)


def test_a_partition_that_stands_still_is_not_watched_and_its_worker_is_well() -> None:
    now = [0.0]
    vitals = Vitals(lambda: now[0])
    vitals.opening()
    vitals.opened(("gw.plan.inbox", 1), 16)
    vitals.settled()
    vitals.heard(("gw.plan.inbox", 1), 30, decided=16, waiting=True)
    vitals.stopped(("gw.plan.inbox", 1), 17)
    now[0] = 10_000.0
    vitals.beat(rebalancing=False)
    assert vitals.signs().places == {}
    assert isinstance(verdict(vitals.signs(), now[0], Limits()), Healthy)
    vitals.resumed(("gw.plan.inbox", 1), 17)
    signs = vitals.signs()
    assert signs.stopped == {}
    assert signs.places["gw.plan.inbox", 1].decided == 17
    assert isinstance(verdict(signs, now[0], Limits()), Healthy)


def test_a_partition_given_up_while_it_stands_still_is_named_no_longer() -> None:
    vitals = Vitals(lambda: 0.0)
    vitals.opening()
    vitals.opened(("gw.plan.inbox", 1), 16)
    vitals.settled()
    vitals.stopped(("gw.plan.inbox", 1), 17)
    vitals.released([("gw.plan.inbox", 1)])
    assert vitals.signs().stopped == {}
    assert isinstance(verdict(vitals.signs(), 0.0, Limits()), Unready)


@pytest.mark.parametrize("text", [True, False])
def test_an_error_is_told_with_its_place_and_with_its_text_only_if_that_may_be(text: bool) -> None:
    try:
        raise KeyError("a  name" * 100)
    except KeyError as wrong:
        said = fault_of(wrong, text=text)
    assert said.startswith("KeyError at tests.shell.test_stopped:")
    assert ("a name" in said) is text
    assert len(said) < 300
