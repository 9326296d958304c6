"""Workers killed, frozen, starved and shuffled on a real broker; the day is settled the same.

Not here: brokers that fail (`test_brokers`), too much at once (`test_overload`).
Laws: L1–L8.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import time
from pathlib import Path

import pytest

from gateway.log.port import Append
from tests.faults.posts import Posts, signal_to
from tests.faults.report import Row
from tests.faults.story import Expected, played
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS

pytestmark = pytest.mark.faults

FROZEN_SECONDS = 9
RUBBISH = 4
RUBBISH_BYTES = 3_000_000
SNAPSHOT_BYTES = 4_096
STORM_SECONDS = 30
STORM_EVERY_SECONDS = 2.5


def test_nothing_is_done_for_comparison(kafka: str, tmp_path: Path, expected: Expected) -> None:
    async def nothing(_: Posts) -> None:
        """So that the figures of the faults have something to stand beside."""

    with Posts(expected.home, kafka, "nothing", tmp_path) as crew:
        played(crew, expected, nothing, Row("workers", "none, for comparison", "nothing is done"))
        assert crew.restarts() == 0


def test_one_of_two_workers_is_killed(kafka: str, tmp_path: Path, expected: Expected) -> None:
    async def kill(crew: Posts) -> None:
        signal_to(crew.workers()[0], signal.SIGKILL)

    row = Row("workers", "one of two killed", "SIGKILL; its supervisor starts the next")
    with Posts(expected.home, kafka, "kill", tmp_path) as crew:
        played(crew, expected, kill, row)
        assert crew.restarts() == 1


def test_every_worker_is_killed_at_once(kafka: str, tmp_path: Path, expected: Expected) -> None:
    async def kill(crew: Posts) -> None:
        for pid in crew.workers():
            signal_to(pid, signal.SIGKILL)

    row = Row("workers", "all killed at once", "SIGKILL; their supervisors start the next")
    with Posts(expected.home, kafka, "kill-all", tmp_path) as crew:
        played(crew, expected, kill, row)
        assert crew.restarts() == 2


def test_a_worker_is_frozen_past_its_session_and_wakes_up_as_a_zombie(
    kafka: str, tmp_path: Path, expected: Expected
) -> None:
    async def freeze(crew: Posts) -> None:
        pid = crew.workers()[0]
        signal_to(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
        signal_to(pid, signal.SIGCONT)

    row = Row(
        "workers", "one of two frozen past its session",
        f"SIGSTOP, SIGCONT after {FROZEN_SECONDS} s; the session is 6 s",
    )  # fmt: skip
    with Posts(expected.home, kafka, "freeze", tmp_path) as crew:
        played(crew, expected, freeze, row)


def test_workers_are_told_to_end_in_the_middle_of_a_take(
    kafka: str, tmp_path: Path, expected: Expected
) -> None:
    async def end(crew: Posts) -> None:
        for post in list(crew.processes):
            signal_to(crew.workers()[0], signal.SIGTERM)
            crew.replace()
            assert await asyncio.to_thread(post.wait, PATIENCE_SECONDS) == 0, crew.said()

    row = Row(
        "workers", "both told to end, one after the other, while they decide",
        "SIGTERM to the worker; a new post is filled at the same moment",
    )  # fmt: skip
    with Posts(expected.home, kafka, "term", tmp_path) as crew:
        played(crew, expected, end, row)


def test_workers_run_out_of_memory(kafka: str, tmp_path: Path, expected: Expected) -> None:
    async def starve(crew: Posts) -> None:
        victims = crew.workers()
        for pid in victims:
            held = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(pid, resource.RLIMIT_AS, (held, held))
        await crew.aside(
            [
                Append(f"in.{sender}", 0, None, bytes(RUBBISH_BYTES))
                for sender in crew.home.topology.senders
                for _ in range(RUBBISH)
            ]
        )
        until = time.monotonic() + PATIENCE_SECONDS
        while set(victims) & set(crew.workers()):
            assert time.monotonic() < until, f"they live on so little\n{crew.said()[-4000:]}"
            await asyncio.sleep(LOOK_SECONDS)

    row = Row(
        "workers", "both out of memory",
        "their address space is limited to what they have, and every sender sends "
        f"{RUBBISH * RUBBISH_BYTES // 1_000_000} MB of rubbish; over when both have ended",
    )  # fmt: skip
    with Posts(
        expected.home, kafka, "memory", tmp_path, more={"watchdog": {"progress_seconds": 10}}
    ) as crew:
        played(crew, expected, starve, row)
        said = crew.said()
        assert said.count('"out_of_memory"') + said.count("MemoryError") >= 2
        assert crew.restarts() >= 2


def test_there_is_no_room_for_snapshots(kafka: str, tmp_path: Path, expected: Expected) -> None:
    async def kill(crew: Posts) -> None:
        for pid in crew.workers():
            signal_to(pid, signal.SIGKILL)

    row = Row(
        "workers", "no room for snapshots, then all killed",
        "a limit of 4 KB on every file a worker writes (EFBIG), then SIGKILL",
    )  # fmt: skip
    store = tmp_path / "snapshots"
    with Posts(
        expected.home, kafka, "full-disk", tmp_path,
        more={"snapshots": str(store)}, file_bytes=SNAPSHOT_BYTES,
    ) as crew:  # fmt: skip
        played(crew, expected, kill, row)
        said = crew.said()
    assert "snapshot_not_saved" in said
    assert "File too large" in said
    assert all(file.stat().st_size <= SNAPSHOT_BYTES for file in store.rglob("*.snapshot"))


def test_workers_join_and_leave_every_few_seconds(
    kafka: str, tmp_path: Path, expected: Expected
) -> None:
    async def storm(crew: Posts) -> None:
        until = time.monotonic() + STORM_SECONDS
        guest = None
        while time.monotonic() < until:
            if guest is None:
                guest = crew.start()
            else:
                guest.send_signal(signal.SIGTERM)
                guest = None
            await asyncio.sleep(STORM_EVERY_SECONDS)
        if guest is not None:
            guest.send_signal(signal.SIGTERM)

    row = Row(
        "workers", "rebalance storm",
        f"for {STORM_SECONDS} s a third worker joins or leaves every {STORM_EVERY_SECONDS} s",
    )  # fmt: skip
    with Posts(expected.home, kafka, "storm", tmp_path) as crew:
        played(crew, expected, storm, row)
