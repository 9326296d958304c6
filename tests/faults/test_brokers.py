"""Brokers that die, hang and cannot be reached; the day is settled the same.

Every test has a broker of its own. Not here: workers that fail (`test_workers`).
Laws: L1–L8.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from gateway.ops.broker import Broker
from gateway.ops.java_broker import JavaServer
from tests.conftest import had
from tests.faults.brokers import Doors, behind_proxy, cluster, flushing
from tests.faults.posts import Posts
from tests.faults.report import Row
from tests.faults.story import Expected, Progress, played

pytestmark = pytest.mark.faults

DOWN_SECONDS = 3
FROZEN_SECONDS = 10
SLOW_SECONDS = 15
STOPPED_SECONDS, RUNNING_SECONDS = 0.4, 0.1
CUT_SECONDS = 10
FLAPS = 5
FLAP_SECONDS = 2
POISONED_SECONDS = 15
THROTTLE_KB = 20
DELAY_MS, JITTER_MS = 400, 200


@pytest.fixture
def doors() -> Iterator[Doors]:
    with ExitStack() as stack:
        yield had(stack, behind_proxy())


@pytest.fixture
def flushing_broker() -> Iterator[JavaServer]:
    with ExitStack() as stack:
        yield had(stack, flushing())


@pytest.fixture
def three() -> Iterator[list[JavaServer]]:
    with ExitStack() as stack:
        yield had(stack, cluster())


def own(broker: Broker) -> JavaServer:
    assert broker.server is not None
    return broker.server


async def come_back(server: JavaServer) -> None:
    """Start a killed broker again, and wait until it answers."""
    # Started by this thread, for a broker ends with the thread that started it.
    server.launch()
    await asyncio.to_thread(server.wait)


def test_the_broker_is_killed_and_comes_back(
    mortal_kafka: Broker, tmp_path: Path, expected: Expected
) -> None:
    async def kill(_: Posts) -> None:
        mortal_kafka.kill()
        await asyncio.sleep(DOWN_SECONDS)
        await come_back(own(mortal_kafka))

    row = Row(
        "broker", "the only broker killed, and started again",
        f"SIGKILL; started on the same data after {DOWN_SECONDS} s, over when it answers",
    )  # fmt: skip
    with Posts(expected.home, mortal_kafka.bootstrap, "broker-kill", tmp_path) as crew:
        played(crew, expected, kill, row)


def test_the_broker_hangs(mortal_kafka: Broker, tmp_path: Path, expected: Expected) -> None:
    async def hang(_: Posts) -> None:
        mortal_kafka.freeze()
        await asyncio.sleep(FROZEN_SECONDS)
        mortal_kafka.thaw()

    row = Row(
        "broker", "the only broker hangs, as on a disk that does not answer",
        f"SIGSTOP, SIGCONT after {FROZEN_SECONDS} s",
    )  # fmt: skip
    with Posts(expected.home, mortal_kafka.bootstrap, "broker-hang", tmp_path) as crew:
        played(crew, expected, hang, row)


def test_the_broker_is_slow(
    flushing_broker: JavaServer, tmp_path: Path, expected: Expected
) -> None:
    async def slow(_: Posts) -> None:
        until = time.monotonic() + SLOW_SECONDS
        while time.monotonic() < until:
            flushing_broker.freeze()
            await asyncio.sleep(STOPPED_SECONDS)
            flushing_broker.thaw()
            await asyncio.sleep(RUNNING_SECONDS)

    row = Row(
        "broker", "the only broker is slow, as on a slow disk",
        f"for {SLOW_SECONDS} s stopped {STOPPED_SECONDS} s of every "
        f"{STOPPED_SECONDS + RUNNING_SECONDS} s; it flushes every record (fsync)",
    )  # fmt: skip
    with Posts(expected.home, flushing_broker.bootstrap, "broker-slow", tmp_path) as crew:
        played(crew, expected, slow, row)


def test_connections_are_cut(doors: Doors, tmp_path: Path, expected: Expected) -> None:
    async def cut(crew: Posts) -> None:
        progress = Progress(crew.home)
        doors.proxy.cut()
        await asyncio.sleep(CUT_SECONDS / 2)
        await crew.asked(progress.look)
        before = dict(progress.decided)
        await asyncio.sleep(CUT_SECONDS / 2)
        await crew.asked(progress.look)
        assert progress.decided == before, "there is another way than the proxy"
        doors.proxy.mend()

    row = Row(
        "broker", "all connections of workers cut, past their session",
        f"toxiproxy disabled for {CUT_SECONDS} s; the session is 6 s",
    )  # fmt: skip
    with Posts(expected.home, doors.server.bootstrap, "cut", tmp_path, door=doors.door) as crew:
        played(crew, expected, cut, row)


def test_connections_are_cut_again_and_again(
    doors: Doors, tmp_path: Path, expected: Expected
) -> None:
    async def flap(_: Posts) -> None:
        for _turn in range(FLAPS):
            doors.proxy.cut()
            doors.proxy.mend()
            await asyncio.sleep(FLAP_SECONDS)

    row = Row(
        "broker", "all connections of workers cut again and again",
        f"toxiproxy disabled and enabled {FLAPS} times, every {FLAP_SECONDS} s",
    )  # fmt: skip
    with Posts(expected.home, doors.server.bootstrap, "flap", tmp_path, door=doors.door) as crew:
        played(crew, expected, flap, row)


def test_connections_are_throttled(doors: Doors, tmp_path: Path, expected: Expected) -> None:
    async def throttle(_: Posts) -> None:
        doors.proxy.poison("bandwidth", rate=THROTTLE_KB)
        await asyncio.sleep(POISONED_SECONDS)
        doors.proxy.cure()

    row = Row(
        "broker", "connections of workers throttled",
        f"toxiproxy: {THROTTLE_KB} kB/s a connection each way for {POISONED_SECONDS} s",
    )  # fmt: skip
    with Posts(expected.home, doors.server.bootstrap, "slow-line", tmp_path, door=doors.door) as c:
        played(c, expected, throttle, row)


def test_connections_are_delayed(doors: Doors, tmp_path: Path, expected: Expected) -> None:
    async def delay(_: Posts) -> None:
        doors.proxy.poison("latency", latency=DELAY_MS, jitter=JITTER_MS)
        await asyncio.sleep(POISONED_SECONDS)
        doors.proxy.cure()

    row = Row(
        "broker", "connections of workers delayed",
        f"toxiproxy: {DELAY_MS} ± {JITTER_MS} ms each way for {POISONED_SECONDS} s",
    )  # fmt: skip
    with Posts(expected.home, doors.server.bootstrap, "far", tmp_path, door=doors.door) as crew:
        played(crew, expected, delay, row)


def test_a_cluster_of_three_loses_one(
    three: list[JavaServer], tmp_path: Path, expected: Expected
) -> None:
    bootstrap = ",".join(server.bootstrap for server in three)

    async def lose(crew: Posts) -> None:
        assert await copies(bootstrap, crew.prefix) == {3}
        three[0].kill()

    row = Row(
        "broker", "a cluster of three loses one broker for good",
        "SIGKILL of the first (broker and controller); three copies, two in step",
    )  # fmt: skip
    with Posts(expected.home, bootstrap, "cluster", tmp_path) as crew:
        played(crew, expected, lose, row)


async def copies(bootstrap: str, prefix: str) -> set[int]:
    """How many copies the topics' partitions have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return {
        len(partition["replicas"])
        for topic in described
        if topic["topic"].startswith(prefix)
        for partition in topic["partitions"]
    }
