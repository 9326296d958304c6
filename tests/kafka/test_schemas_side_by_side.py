"""Two versions with different schemas side by side, on a real broker.

What the version before can say is written as it would write it, until the book says something
new. A worker of it that meets that then stops its partitions, or ends, and says why.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.shell.evidence import violations
from gateway.wire import registry
from tests.day.market_day import PERSON, gateway, session_to_come, settled_day
from tests.kafka import two_versions
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS, Crew
from tests.kafka.test_upgrade import issued, two_sessions, undisturbed, until

pytestmark = pytest.mark.kafka

HOME = gateway()
NEWER = "written by a newer version of the gateway; upgrade this one"


class TwoVersions(Crew):
    """Workers of either version."""

    def start(self, version: str = "now") -> subprocess.Popen[bytes]:
        """One more worker, of a version."""
        said = self._files.enter_context(self.log_of(len(self.processes)).open("wb"))
        key = self.home.keyring.key.hex()
        process = subprocess.Popen(
            [sys.executable, "-m", two_versions.__name__, version, str(self.config)],
            stdout=said, stderr=said,
            env={**os.environ, "GATEWAY_TOKEN_KEY": key, "KAFKA_BOOTSTRAP": self.bootstrap},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def log_of(self, worker: int) -> Path:
        """The file with all that a worker writes."""
        return self.folder / f"worker{worker}.log"

    async def says(self, worker: int, words: str) -> None:
        """Wait until a worker has written these words."""
        last = time.monotonic() + PATIENCE_SECONDS
        while words not in self.log_of(worker).read_text(errors="replace"):
            assert self.processes[worker].poll() is None, self.said()[-6000:]
            assert time.monotonic() < last, self.said()[-6000:]
            await asyncio.sleep(LOOK_SECONDS)

    async def replace(self, worker: int) -> None:
        """End a worker as an orchestrator does, and start one of this version."""
        self.processes[worker].terminate()
        await asyncio.to_thread(self.processes[worker].wait, PATIENCE_SECONDS)
        self.start("now")


@pytest.fixture
def crew(kafka: str, tmp_path: Path) -> Iterator[TwoVersions]:
    """Workers to be, and this process with the schemas of the version of now."""
    two_versions.lay(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "schema_root", lambda: two_versions.root(tmp_path, "now"))
        registry.standard.cache_clear()
        with TwoVersions(HOME, kafka, f"schemas-{random.randrange(10**9)}", tmp_path) as crew:
            yield crew
    registry.standard.cache_clear()


def two_days() -> tuple[list[Append], list[Append]]:
    """What is published before the book says something new, and from then on."""
    first = session_to_come(time.time_ns() // 1000)
    monday, tuesday = two_sessions(first)
    place = len(settled_day(first).appends)
    return [*monday[:place], *monday[place + 1 :]], [monday[place], *tuesday]


async def as_if_undisturbed(crew: Crew, log: KafkaLog, day: list[Append]) -> None:
    """The instructions of the day, the laws, every inbox decided again, and no quarantine."""
    expected = await undisturbed(HOME, day)
    await until(log, HOME, len(expected), crew)
    assert await issued(log, HOME) == expected
    assert await violations(log, HOME, identifiers=[PERSON], complete=False) == []
    assert await log.end("gw.quarantine", 0) == 0


def test_a_rolling_restart_to_a_version_with_more_to_say_changes_nothing(crew: TwoVersions) -> None:
    monday, tuesday = two_days()
    half = len(monday) // 2

    async def play() -> None:
        await crew.create()
        log = crew.log()
        crew.start("before")
        crew.start("before")
        await crew.publish(monday[:half])
        await crew.replace(0)
        await crew.publish(monday[half:])
        await as_if_undisturbed(crew, log, monday)
        await crew.replace(1)
        await crew.publish(tuesday)
        await as_if_undisturbed(crew, log, [*monday, *tuesday])
        await log.close()

    asyncio.run(play())
    assert crew.stop() == [0, 0], crew.said()
    assert NEWER not in crew.said()


def test_the_version_before_stands_still_before_what_it_does_not_know_and_is_replaced(
    crew: TwoVersions,
) -> None:
    monday, tuesday = two_days()

    async def play() -> int:
        await crew.create()
        log = crew.log()
        crew.start("before")
        crew.start("now")
        await crew.publish(monday)
        await crew.publish(tuesday)
        await crew.says(0, NEWER)
        await crew.replace(0)
        await as_if_undisturbed(crew, log, [*monday, *tuesday])
        await log.close()
        # Journals have it now: nothing can be made of them, and the others take over again.
        late = crew.start("before")
        await crew.says(3, NEWER)
        return await asyncio.to_thread(late.wait, PATIENCE_SECONDS)

    assert asyncio.run(play()) == 2
    assert crew.stop() == [0, 0], crew.said()
