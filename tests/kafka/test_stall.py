"""A worker that lives and no longer fetches ends itself, and its successor settles the day.

Supervised workers answer probes while they work.

Not here: the watchdog's rules (`tests/shell/test_watchdog.py`).
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from gateway.core.settlement import SettlementInstruction
from tests.day.market_day import gateway, session_to_come, settled_day, traded
from tests.day.test_settled_day import instructions, run
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS, Crew
from tests.kafka.test_day_on_kafka import issued, stamps_of

pytestmark = pytest.mark.kafka

LIMITS = {"progress_seconds": 4, "heartbeat_seconds": 4, "look_seconds": 0.2, "ask_seconds": 0.5}


def watched_closely(crew: Crew) -> None:
    """The crew's settings with a watchdog that is soon out of patience."""
    said = yaml.safe_load(crew.config.read_text())
    crew.config.write_text(yaml.safe_dump({**said, "watchdog": LIMITS}, sort_keys=False))


@contextmanager
def supervised(crew: Crew, *words: str) -> Iterator[None]:
    """A supervisor that ends when told, and with it its workers."""
    key = crew.home.keyring.key.hex()
    environment = {**os.environ, "GATEWAY_TOKEN_KEY": key, "KAFKA_BOOTSTRAP": crew.bootstrap}
    with (crew.folder / "worker0.log").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=environment, stdout=said, stderr=said
        )
    crew.processes.append(process)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE_SECONDS)
    assert code == 0, crew.said()


@pytest.mark.parametrize(
    ("how", "reason"),
    [("fetch", "with records waiting"), ("thread", "the consumer's thread does not turn")],
)
def test_a_worker_that_stops_fetching_recovers_by_itself_and_settles_the_day(
    how: str, reason: str, kafka: str, tmp_path: Path
) -> None:
    home = gateway()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends
    mark = tmp_path / "frozen"

    async def play(crew: Crew) -> tuple[dict[str, SettlementInstruction], list[int]]:
        await crew.create()
        await crew.publish(day)
        freezing = ("supervise", str(crew.config), str(mark), how)
        with supervised(crew, "tests.kafka.frozen_worker", *freezing):
            await crew.quiet(4)
        log = crew.log()
        found = await issued(log), await stamps_of(log, day)
        await log.close()
        return found

    with Crew(home, kafka, f"stalled-{how}", tmp_path) as crew:
        watched_closely(crew)
        found, stamps = asyncio.run(play(crew))
        said = crew.said()
    assert mark.exists()
    assert "worker_stalled" in said
    assert reason in said
    assert "most recent call first" in said
    assert '"code": 75' in said
    assert found == instructions(run(day, home, stamps=stamps))


def status(address: str, path: str) -> tuple[int, str]:
    connection = HTTPConnection(address, timeout=PATIENCE_SECONDS)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def test_supervised_workers_share_the_partitions_and_answer_probes(
    kafka: str, tmp_path: Path
) -> None:
    home = gateway()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends
    words = ("gateway", "worker", "--supervise", "--processes=2", "--health=127.0.0.1:0")

    def ready(crew: Crew) -> list[str]:
        """Where workers say that they are ready."""
        known = re.findall(r'"address": "(127\.0\.0\.1:\d+)"', crew.said())
        return [address for address in known if status(address, "/ready")[0] == 200]

    async def play(crew: Crew) -> str:
        await crew.create()
        with supervised(crew, *words, "--config", str(crew.config)):
            until = time.monotonic() + PATIENCE_SECONDS
            while len(answering := ready(crew)) < 2:
                assert time.monotonic() < until, crew.said()
                await asyncio.sleep(LOOK_SECONDS)
            await crew.publish(day)
            await crew.quiet(4)
            assert all(status(address, "/live")[0] == 200 for address in answering)
            return "".join(status(address, "/metrics")[1] for address in answering)

    with Crew(home, kafka, "supervised", tmp_path) as crew:
        figures = asyncio.run(play(crew))
    owned = re.findall(r'gateway_decided_offset\{topic="([^"]+)",partition="(\d+)"\}', figures)
    assert (
        len(owned)
        == len(set(owned))
        == sum(
            home.topology.partitions(desk)
            for desk in ("intake", "plan", "fund", "cash", "dispatch")
        )
    )
    assert sum(map(int, re.findall(r"^gateway_lines_total (\d+)", figures, re.MULTILINE))) > 0
