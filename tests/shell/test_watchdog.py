"""The watchdog's rules on plain values, its thread on a log in memory, the end of a process.

Not here: a real worker that stalls (`tests/kafka/test_stall.py`).
"""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from gateway.errors import PartnerUnavailable
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.shell.vitals import PlaceSigns, Signs, Vitals
from gateway.shell.watchdog import (
    Asker,
    Healthy,
    Limits,
    Stalled,
    Unready,
    Watchdog,
    verdict,
)

PLACE = ("gw.plan.inbox", 3)
LIMITS = Limits()
NOW = 10_000.0
WELL = Signs(
    awake_since=0.0, loop_at=NOW, consumer_at=NOW, starting_since=None,
    places={PLACE: PlaceSigns(7, NOW)},
)  # fmt: skip
PATIENCE_SECONDS = 20


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def place(waiting_since: float | None, progress_at: float = 0.0) -> Signs:
    return replace(WELL, places={PLACE: PlaceSigns(7, progress_at, 12, waiting_since)})


def test_a_worker_with_nothing_to_do_is_healthy_however_long() -> None:
    assert verdict(place(None, progress_at=-1e6), NOW, LIMITS) == Healthy()


Ago = Callable[[float], Signs]


@pytest.mark.parametrize(
    ("signs", "limit", "named"),
    [
        (lambda ago: replace(WELL, loop_at=NOW - ago), 30, "the event loop does not turn"),
        (lambda ago: replace(WELL, consumer_at=NOW - ago), 30, "the consumer's thread does not"),
        (lambda ago: replace(WELL, starting_since=NOW - ago), 120, "starting"),
        (lambda ago: replace(WELL, rebalancing_since=NOW - ago), 120, "rebalancing"),
        (lambda ago: replace(WELL, opening_since=NOW - ago), 600, "opening seats"),
        (lambda ago: replace(WELL, fenced_since=NOW - ago), 30, "fenced"),
        (lambda ago: replace(WELL, stopping_since=NOW - ago), 25, "stopping"),
        (lambda ago: replace(WELL, transactions={PLACE: NOW - ago}), 60, "a take of gw.plan.inbox"),
        (lambda ago: place(NOW - ago), 60, "gw.plan.inbox-3 stands at 7 with records waiting"),
    ],
)
def test_a_worker_is_stalled_just_past_the_limit_and_unready_at_it(
    signs: Ago, limit: float, named: str
) -> None:
    at_limit = verdict(signs(limit), NOW, LIMITS)
    assert isinstance(at_limit, Unready)
    past = verdict(signs(limit + 0.5), NOW, LIMITS)
    assert isinstance(past, Stalled)
    assert past.reasons[0].startswith(named)


@pytest.mark.parametrize(
    ("signs", "unready_at"),
    [
        (lambda ago: place(NOW - ago), 15),
        (lambda ago: replace(WELL, loop_at=NOW - ago), 7.5),
        (lambda ago: replace(WELL, transactions={PLACE: NOW - ago}), 15),
        (lambda ago: replace(WELL, unanswered_since=NOW - ago), 10),
    ],
)
def test_a_worker_is_healthy_just_before_a_quarter_of_the_limit_and_unready_at_it(
    signs: Ago, unready_at: float
) -> None:
    assert verdict(signs(unready_at - 0.5), NOW, LIMITS) == Healthy()
    assert isinstance(verdict(signs(unready_at), NOW, LIMITS), Unready)


@pytest.mark.parametrize(
    "signs",
    [
        replace(WELL, unassigned_since=0.0, places={}),
        replace(WELL, unanswered_since=0.0),
    ],
)
def test_no_partition_and_no_kafka_are_never_a_reason_to_end(signs: Signs) -> None:
    assert isinstance(verdict(signs, NOW, LIMITS), Unready)


def test_a_worker_that_stops_is_asked_only_whether_it_ends() -> None:
    signs = replace(place(NOW - 1_000), loop_at=NOW - 24, stopping_since=NOW - 24)
    assert verdict(signs, NOW, LIMITS) == Unready(("stopping for 24.0 s",))


def test_time_in_which_the_whole_process_slept_does_not_count() -> None:
    signs = replace(WELL, loop_at=NOW - 500, awake_since=NOW - 1)
    assert verdict(signs, NOW, LIMITS) == Healthy()


def test_limits_come_from_the_settings() -> None:
    assert isinstance(verdict(place(NOW - 5), NOW, Limits(progress_seconds=4)), Stalled)


# --- what the worker says -------------------------------------------------------------------


def test_a_worker_starts_rebalances_opens_and_works() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.beat(rebalancing=True)
    assert vitals.signs().starting_since == 0.0
    assert vitals.signs().rebalancing_since is None
    clock.at = 2.0
    vitals.opening()
    vitals.beat(rebalancing=True)
    assert vitals.signs().starting_since is None
    assert vitals.signs().opening_since == 2.0
    vitals.opened(PLACE, 7)
    vitals.settled()
    vitals.beat(rebalancing=False)
    assert verdict(vitals.signs(), clock(), LIMITS) == Healthy()
    clock.at = 3.0
    vitals.beat(rebalancing=True)
    clock.at = 4.0
    vitals.beat(rebalancing=True)
    assert vitals.signs().rebalancing_since == 3.0
    vitals.released([PLACE])
    assert vitals.signs().unassigned_since == 4.0


def test_a_fenced_worker_waits_for_its_next_assignment() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.opening()
    vitals.opened(PLACE, 7)
    vitals.settled()
    clock.at = 1.0
    with vitals.taking(PLACE):
        assert vitals.signs().transactions == {PLACE: 1.0}
    vitals.fenced(PLACE)
    clock.at = 2.0
    vitals.fenced(("gw.plan.inbox", 4))
    assert vitals.signs().fenced_since == 1.0
    assert vitals.signs().transactions == {}
    assert vitals.signs().places == {}
    vitals.opening()
    vitals.settled()
    assert vitals.signs().fenced_since is None


def test_progress_is_the_end_of_waiting() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.opened(PLACE, 7)
    vitals.heard(PLACE, 12, decided=7, waiting=True)
    clock.at = 5.0
    vitals.heard(PLACE, 13, decided=7, waiting=True)
    assert vitals.signs().places[PLACE] == PlaceSigns(7, 0.0, 13, 0.0)
    vitals.decided(PLACE, 9, messages=2, lines=40)
    assert vitals.signs().places[PLACE] == PlaceSigns(9, 5.0, 13, None)
    assert vitals.signs().places[PLACE].lag == 3
    # The answer to a question that was put before the progress.
    vitals.heard(PLACE, 13, decided=7, waiting=True)
    assert vitals.signs().places[PLACE].waiting_since is None


def test_without_an_answer_nothing_is_said_to_wait() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    vitals.opened(PLACE, 7)
    vitals.heard(PLACE, 12, decided=7, waiting=True)
    clock.at = 9.0
    vitals.answered(well=False)
    assert vitals.signs().unanswered_since == 9.0
    assert vitals.signs().places[PLACE].waiting_since is None
    vitals.answered(well=True)
    assert vitals.signs().unanswered_since is None


# --- asking ---------------------------------------------------------------------------------


class Marked(MemoryLog):
    """A log whose partitions end with transaction markers, and which counts the readings."""

    def __init__(self, markers: int) -> None:
        super().__init__(lambda: 0)
        self.markers = markers
        self.readings = 0

    async def end(self, topic: str, partition: int) -> int:
        return await super().end(topic, partition) + self.markers

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        self.readings += 1
        async for records in super().read(topic, partition, start, stop):
            yield records


def asked(log: MemoryLog, decided: int, times: int) -> Signs:
    """The signs of a worker that has decided so far, after so many questions."""

    async def ask() -> Signs:
        await log.create({PLACE[0]: 4})
        log.append_now([Append(*PLACE, None, b"x")] * 3)
        vitals = Vitals(Clock())
        vitals.opened(PLACE, decided)
        asker = Asker(log)
        for _ in range(times):
            await asker.ask(vitals)
        await asker.close()
        return vitals.signs()

    return asyncio.run(ask())


def test_a_record_after_the_last_decided_one_waits_once_nothing_was_decided() -> None:
    log = Marked(0)
    assert asked(log, 1, times=1).places[PLACE].waiting_since is None
    assert asked(Marked(0), 1, times=2).places[PLACE].waiting_since == 0.0


def test_markers_at_the_end_are_nothing_that_waits_and_are_read_once() -> None:
    log = Marked(5)
    seen = asked(log, 2, times=6).places[PLACE]
    assert (seen.end, seen.waiting_since) == (8, None)
    assert log.readings == 1


def test_the_log_is_not_read_where_all_is_decided() -> None:
    log = Marked(0)
    assert asked(log, 2, times=3).places[PLACE].lag == 0
    assert log.readings == 0


# --- the thread -----------------------------------------------------------------------------


def test_a_look_ends_what_is_stalled_and_only_that() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    ended: list[tuple[str, ...]] = []
    watchdog = Watchdog(vitals, LIMITS, lambda: MemoryLog(lambda: 0), ended.append)
    for second in range(31):
        clock.at = float(second)
        assert watchdog.look()
    clock.at = 31.0
    assert not watchdog.look()
    assert ended == [("the event loop does not turn for 31.0 s",)]


def test_a_process_that_was_frozen_is_given_the_time_anew() -> None:
    clock = Clock()
    vitals = Vitals(clock)
    ended: list[tuple[str, ...]] = []
    watchdog = Watchdog(vitals, LIMITS, lambda: MemoryLog(lambda: 0), ended.append)
    assert watchdog.look()
    clock.at = 900.0
    assert watchdog.look()
    assert ended == []
    assert vitals.signs().awake_since == 900.0


def test_the_thread_notices_a_loop_that_is_blocked() -> None:
    ended: queue.Queue[tuple[str, ...]] = queue.Queue()
    limits = Limits(heartbeat_seconds=0.1, look_seconds=0.02)
    with Watchdog(Vitals(), limits, lambda: MemoryLog(lambda: 0), ended.put):
        reasons = ended.get(timeout=PATIENCE_SECONDS)
    assert reasons[0].startswith("the event loop does not turn")


def test_the_thread_notices_a_partition_that_stands() -> None:
    ended: queue.Queue[tuple[str, ...]] = queue.Queue()
    log = MemoryLog(lambda: 0)
    asyncio.run(log.create({PLACE[0]: 4}))
    log.append_now([Append(*PLACE, None, b"x")])
    vitals = Vitals()
    vitals.opening()
    vitals.opened(PLACE, -1)
    vitals.settled()
    limits = Limits(progress_seconds=0.2, look_seconds=0.02, ask_seconds=0.02)
    with Watchdog(vitals, limits, lambda: log, ended.put):
        reasons = ended.get(timeout=PATIENCE_SECONDS)
    assert reasons[0].startswith("gw.plan.inbox-3 stands at -1 with records waiting")


def test_a_log_that_does_not_answer_is_asked_again_and_ends_nobody() -> None:
    class Away(MemoryLog):
        async def end(self, topic: str, partition: int) -> int:
            raise PartnerUnavailable("away")

    made: queue.Queue[MemoryLog] = queue.Queue()
    ended: list[tuple[str, ...]] = []

    def log() -> MemoryLog:
        away = Away(lambda: 0)
        made.put(away)
        return away

    vitals = Vitals()
    vitals.opened(PLACE, 7)
    with Watchdog(vitals, Limits(ask_seconds=0.01), log, ended.append):
        for _ in range(3):
            made.get(timeout=PATIENCE_SECONDS)
    assert ended == []
    assert vitals.signs().unanswered_since is not None


def test_a_watchdog_that_fails_itself_ends_the_process_too() -> None:
    class Broken(MemoryLog):
        async def end(self, topic: str, partition: int) -> int:
            raise ZeroDivisionError("a mistake")

    ended: queue.Queue[tuple[str, ...]] = queue.Queue()
    vitals = Vitals()
    vitals.opened(PLACE, 7)
    limits = Limits(look_seconds=0.02)
    with Watchdog(vitals, limits, lambda: Broken(lambda: 0), ended.put):
        assert "a mistake" in ended.get(timeout=PATIENCE_SECONDS)[0]


SLEEPER = """
import threading
from gateway.shell.observe import configure
from gateway.shell.watchdog import end_process
configure(as_json=True)
def asleep_for_good():
    threading.Event().wait()
threading.Thread(target=asleep_for_good, daemon=True).start()
end_process(("stuck for 61.0 s",))
"""


def test_a_stalled_process_says_why_shows_its_stacks_and_ends_with_75() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SLEEPER], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 75
    said = done.stderr.decode()
    assert "worker_stalled" in said
    assert "stuck for 61.0 s" in said
    assert "in asleep_for_good" in said


DEAF = """
import os
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"." * 4096)
except BlockingIOError:
    os.set_blocking(2, True)
import structlog
from gateway.log.memory import MemoryLog
from gateway.shell.observe import configure
from gateway.shell.vitals import Vitals
from gateway.shell.watchdog import Limits, Watchdog
configure(as_json=True)
limits = Limits(heartbeat_seconds=0.5, look_seconds=0.02)
with Watchdog(Vitals(), limits, lambda: MemoryLog(lambda: 0)):
    structlog.get_logger("gateway.worker").info("batch_decided")
"""


def test_a_worker_whose_logs_nobody_reads_is_stalled_and_ends_with_75() -> None:
    process = subprocess.Popen([sys.executable, "-c", DEAF], stderr=subprocess.PIPE)
    assert process.wait(60) == 75
    assert process.stderr is not None
    process.stderr.close()
