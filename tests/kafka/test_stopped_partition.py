"""A message on which our own decision fails stops its partition of a worker, and no other.

The doctor names it, two people set it aside, the worker goes on by itself, and a corrected
version takes it up again.

Not here: the rules of setting aside (`tests/ops/test_set_aside.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.core.laws import Violation
from gateway.core.settlement import SettlementInstruction
from gateway.log.kafka import KafkaLog
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from tests.day.market_day import PERSON, gateway, session_to_come, settled_day, traded
from tests.day.test_settled_day import MESSAGES, run
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS, Crew
from tests.kafka.test_day_on_kafka import stamps_of
from tests.kafka.test_stall import LIMITS, status

pytestmark = pytest.mark.kafka

BUG = "tests.kafka.failing_worker"
REASON = "nobody else is to wait for the form of RK_A"


class FailingCrew(Crew):
    """Workers that answer probes, under a watchdog that is soon out of patience.

    `BUG` has a bug, `gateway` has none.
    """

    def __init__(self, home: Gateway, bootstrap: str, name: str, folder: Path) -> None:
        """Write the settings file; start nothing."""
        super().__init__(home, bootstrap, name, folder)
        settings = yaml.safe_load(self.config.read_text())
        probed = {**settings, "watchdog": LIMITS, "health": "127.0.0.1:0"}
        self.config.write_text(yaml.safe_dump(probed, sort_keys=False))
        key = self.home.keyring.key.hex()
        self._environment = {**os.environ, "GATEWAY_TOKEN_KEY": key, "KAFKA_BOOTSTRAP": bootstrap}

    def start_failing(self) -> None:
        """Start one more worker, with the bug."""
        number = len(self.processes)
        said = self._files.enter_context((self.folder / f"worker{number}.log").open("wb"))
        command = [sys.executable, "-m", BUG, "worker", "--config", str(self.config)]
        self.processes.append(
            subprocess.Popen(command, env=self._environment, stdout=said, stderr=said)
        )

    async def run(self, version: str, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a command of an installation; its exit code and its answer."""
        command = [sys.executable, "-m", version, *words, "--json", "--config", str(self.config)]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self._environment, capture_output=True, text=True,
            timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    async def stopped(self) -> list[dict[str, Any]]:
        """The partitions that the doctor says stand still."""
        _, said = await self.run(BUG, "doctor")
        return [check for check in said["checks"] if check["name"] == "stopped"]

    async def says(self, words: str, times: int = 1) -> None:
        """Wait until workers have written these words so many times."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.said().count(words) < times:
            alive = any(process.poll() is None for process in self.processes)
            assert alive, f"no worker is left\n{self.said()[-6000:]}"
            assert time.monotonic() < until, f"never said {words}\n{self.said()[-6000:]}"
            await asyncio.sleep(LOOK_SECONDS)

    def told(self, path: str) -> tuple[int, str]:
        """What the worker answers to a probe."""
        return status(re.findall(r'"address": "(127\.0\.0\.1:\d+)"', self.said())[-1], path)


def three_ways() -> Gateway:
    """A gateway that tells the custodian by another partition than the recordkeepers."""
    home = gateway(3, 2, 1)
    return replace(home, topology=replace(home.topology, dispatch=3))


async def sent(log: KafkaLog, home: Gateway) -> list[SettlementInstruction]:
    """The instructions that came to the dispatch desk, one that came twice twice."""
    return [
        message
        for at in range(home.topology.dispatch)
        async for records in log.read("gw.dispatch.inbox", at)
        for record in records
        if isinstance(message := MESSAGES.unpack(record.value), SettlementInstruction)
    ]


async def by_two(crew: FailingCrew, version: str, what: str, name: str) -> list[str]:
    """Two people decide of a message; what became of it after each."""
    asking = ("--requested-by", "Anna", "--reason", REASON)
    said = [await crew.run(version, "quarantine", what, name, *words)
            for words in ((), asking, ("--approved-by", "Bert"))]  # fmt: skip
    assert [code for code, _ in said] == [0, 0, 0], said
    return [(each["outcomes"][0] if "outcomes" in each else each)["done"] for _, each in said]


async def story(crew: FailingCrew) -> None:
    """A bug stops a partition, is set aside, corrected, and the message taken up again."""
    crew.start_failing()
    await crew.says("partition_stopped")
    # The custodian is told by another partition; what RK_B is to be told waits behind RK_A's.
    await crew.quiet(2)
    while (found := await crew.stopped())[0]["facts"]["behind"] < 1:
        await asyncio.sleep(LOOK_SECONDS)
    # Longer than the watchdog bears a message that waits.
    await asyncio.sleep(2 * LIMITS["progress_seconds"])
    ready, said = crew.told("/ready")
    (name,) = json.loads(said)["stopped"]
    assert (ready, json.loads(said)["status"]) == (200, "healthy")
    assert "gateway_partitions_stopped 1\n" in crew.told("/metrics")[1]
    assert found[0]["state"] == "fail"
    assert name in found[0]["text"]
    assert "ValueError at tests.shell.failing:" in found[0]["text"]
    assert found[0]["what_to_do"].endswith(f"gateway quarantine set-aside {name}")
    assert await by_two(crew, BUG, "set-aside", name) == ["TRIED", "REQUESTED", "SET_ASIDE"]
    await crew.says("partition_resumed")
    await crew.quiet(4)
    assert "stopped" not in crew.told("/ready")[1]
    assert await crew.stopped() == []
    assert crew.stop() == [0], crew.said()
    crew.start()
    assert await by_two(crew, "gateway", "redrive", name) == ["TRIED", "REQUESTED", "REDRIVEN"]
    await crew.quiet(5)
    assert crew.stop() == [0], crew.said()


def test_a_bug_stops_one_partition_and_the_corrected_version_takes_the_message_up_again(
    kafka: str, tmp_path: Path
) -> None:
    home = three_ways()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends

    async def play(
        crew: FailingCrew,
    ) -> tuple[list[int], list[SettlementInstruction], list[Violation]]:
        await crew.create()
        await crew.publish(day)
        log = crew.log()
        await story(crew)
        found = (
            await stamps_of(log, day),
            await sent(log, home),
            await violations(log, home, identifiers=[PERSON]),
        )
        await log.close()
        return found

    with FailingCrew(home, kafka, "standing", tmp_path) as crew:
        stamps, found, broken = asyncio.run(play(crew))
        said = crew.said()
    assert broken == []
    assert "worker_stalled" not in said
    assert PERSON not in said
    usual = run(day, home, stamps=stamps)
    told = [
        message
        for at in range(home.topology.dispatch)
        for record in usual.records("gw.dispatch.inbox", at)
        if isinstance(message := MESSAGES.unpack(record.value), SettlementInstruction)
    ]
    # What was redriven stands in the inbox twice, and was sent once.
    again = [each for each in told if each.receiver == "RK_A"]
    assert len(again) == 1
    assert sorted(found, key=by_id) == sorted([*told, *again], key=by_id)


def test_a_stopped_partition_stands_still_with_its_next_owner_too_and_goes_on_there(
    kafka: str, tmp_path: Path
) -> None:
    home = three_ways()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends

    async def play(crew: FailingCrew) -> list[Violation]:
        await crew.create()
        await crew.publish(day)
        crew.start_failing()
        await crew.says("partition_stopped")
        crew.start_failing()
        crew.processes[0].kill()
        await crew.says("partition_stopped", times=2)
        (check,) = await crew.stopped()
        name = check["what_to_do"].rpartition(" ")[2]
        await by_two(crew, BUG, "set-aside", name)
        await crew.says("partition_resumed")
        await crew.quiet(4)
        assert crew.stop() == [0], crew.said()
        log = crew.log()
        found = await violations(log, home, identifiers=[PERSON], complete=False)
        await log.close()
        return found

    with FailingCrew(home, kafka, "inherited", tmp_path) as crew:
        assert asyncio.run(play(crew)) == []


def by_id(instruction: SettlementInstruction) -> str:
    return instruction.instruction_id
