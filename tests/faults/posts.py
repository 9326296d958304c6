"""Workers under supervisors of their own, as an operator runs them, and a publisher that waits.

Each post is one `gateway worker --supervise` with one worker below it. The publisher comes by
a door of its own, and a piece of the day whose fate it does not know is looked up, not sent
twice.

Not here: what is done to them (`test_workers`, `test_brokers`).
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import yaml
from aiokafka.errors import KafkaError

from gateway.errors import GatewayError
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.ops.workers import command
from gateway.shell.gateway import Gateway
from tests.kafka.crew import LOOK_SECONDS, PATIENCE_SECONDS, Crew

T = TypeVar("T")
ATTEMPT_SECONDS = 30
FAILURES = (KafkaError, GatewayError, OSError, TimeoutError)
"""What a broker that fails does to who asks it."""


class Posts(Crew):
    """A crew whose workers come again by themselves."""

    def __init__(
        self, home: Gateway, bootstrap: str, name: str, folder: Path, *,
        door: str | None = None, more: Mapping[str, object] | None = None,
        file_bytes: int | None = None,
    ) -> None:  # fmt: skip
        """Write the settings file; start nothing.

        Args:
            home: The gateway.
            bootstrap: Where the publisher and whoever looks finds the broker.
            name: Of the gateway on the broker.
            folder: For settings and logs.
            door: Where the workers find the broker, if elsewhere.
            more: Further settings.
            file_bytes: No worker can write a file beyond so many bytes.
        """
        super().__init__(home, bootstrap, f"{name}-{time.time_ns() // 1_000_000}", folder)
        self.door = door or bootstrap
        self.replaced = 0
        self._file_bytes = file_bytes
        self._asking: KafkaLog | None = None
        self._pens: list[subprocess.Popen[bytes]] = []
        self._appended: dict[str, int] = {}
        if more:
            said = yaml.safe_load(self.config.read_text())
            self.config.write_text(yaml.safe_dump({**said, **more}, sort_keys=False))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A supervisor that is killed leaves its worker; one that lives would start another.
        workers = self.workers()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for pid in workers:
            signal_to(pid, 9)
        super().__exit__(kind, error, trace)
        for pen in self._pens:
            pen.wait()

    def start(self, version: str = "") -> subprocess.Popen[bytes]:
        """One more post."""
        said = self.folder / f"worker{len(self.processes)}.log"
        key = self.home.keyring.key.hex()
        environment = {
            **os.environ, "GATEWAY_TOKEN_KEY": key, "KAFKA_BOOTSTRAP": self.door,
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        with ExitStack() as stack:
            # By a pipe: a limit on files is for snapshots, not for what is said.
            pen = subprocess.Popen(
                ["cat"], stdin=subprocess.PIPE, stdout=stack.enter_context(said.open("wb"))
            )
            assert pen.stdin is not None
            stack.enter_context(pen.stdin)
            process = subprocess.Popen(
                [*command(self.config, level="INFO"), "--supervise"],
                env=environment, stdout=pen.stdin, stderr=pen.stdin,
                preexec_fn=_limit(self._file_bytes),
            )  # fmt: skip
        self._pens.append(pen)
        self.processes.append(process)
        return process

    def workers(self) -> list[int]:
        """Processes at work, in the order of their posts."""
        return [pid for post in self.processes if post.poll() is None for pid in below(post.pid)]

    def seated(self) -> bool:
        """Whether every post's worker has been given partitions."""
        logs = self.folder.glob("worker*.log")
        return all('"partitions_opened"' in log.read_text(errors="replace") for log in logs)

    def replace(self) -> None:
        """A new post for one that was left."""
        self.start()
        self.replaced += 1

    def restarts(self) -> int:
        """Workers that came after another's end."""
        return self.replaced + self.said().count('"worker_died"')

    async def surely(self, piece: Sequence[Append]) -> None:
        """Publish a piece of the day once, however often that fails."""
        if not piece:
            return
        until = time.monotonic() + PATIENCE_SECONDS
        wanted = dict(self._appended)
        for append in piece:
            wanted[append.topic] = wanted.get(append.topic, 0) + 1
        topic = piece[0].topic
        doubtful = False
        while True:
            try:
                if not doubtful or await within(self._count(topic)) < wanted[topic]:
                    await within(self.publish(piece))
            except FAILURES:
                assert time.monotonic() < until, "nothing can be published"
                doubtful = True
                await asyncio.sleep(LOOK_SECONDS)
            else:
                self._appended = wanted
                return

    async def aside(self, appends: Sequence[Append]) -> None:
        """Publish what is not of the day, beside whoever publishes the day."""
        log = self.log()
        writer = log.writer(f"{self.prefix}aside")
        await writer.open()
        await writer.append(appends)
        await writer.close()
        await log.close()

    async def _count(self, topic: str) -> int:
        """Records of a topic; opening the publisher's writer settles an append in doubt."""
        log = self.log()
        try:
            writer = log.writer(f"{self.prefix}publisher")
            await writer.open()
            await writer.close()
            return sum([len(records) async for records in log.read(topic, 0)])
        finally:
            await log.close()

    async def asked(self, question: Callable[[KafkaLog], Coroutine[Any, Any, T]]) -> T:
        """What a broker that may be failing answers in the end."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            asking = self._asking or self.log()
            self._asking = None
            try:
                found = await within(question(asking))
            except FAILURES:
                await asking.close()
                assert time.monotonic() < until, f"nobody answers\n{self.said()[-4000:]}"
                await asyncio.sleep(LOOK_SECONDS)
            else:
                # Kept, for connections cost more than most questions.
                self._asking = asking
                return found

    async def done_asking(self) -> None:
        """Give the connections up in the loop that made them."""
        if self._asking is not None:
            await self._asking.close()
            self._asking = None


async def within(question: Coroutine[Any, Any, T]) -> T:
    """Its answer; no attempt takes for ever."""
    return await asyncio.wait_for(question, ATTEMPT_SECONDS)


def below(pid: int) -> list[int]:
    """Children of a process."""
    try:
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in said.split()]


def signal_to(pid: int, number: int) -> None:
    """Send a signal, if anybody is there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _limit(file_bytes: int | None) -> Callable[[], None] | None:
    if file_bytes is None:
        return None
    limit = file_bytes

    def set_limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit
