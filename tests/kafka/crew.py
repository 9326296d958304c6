"""Worker processes for a test: started, killed, frozen and revived by it.

Not here: what they are to decide.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import yaml

from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.ops.workers import command
from gateway.shell.gateway import Gateway

PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.2


class Crew:
    """Worker processes of one gateway on one broker, under topics of their own.

    Use as a context; every process still there at the end is killed.
    """

    def __init__(self, home: Gateway, bootstrap: str, name: str, folder: Path) -> None:
        """Write the settings file; start nothing."""
        self.home = home
        self.bootstrap = bootstrap
        self.prefix = f"{name}."
        self.processes: list[subprocess.Popen[bytes]] = []
        self.folder = folder
        self._files = ExitStack()
        dialects = {sender: home.dialects.get(sender, "native") for sender in home.topology.senders}
        counts = {desk: home.topology.partitions(desk) for desk in ("plan", "fund", "cash")}
        self.config = folder / "gateway.yaml"
        settings = {
            "app": name,
            "prefix": self.prefix,
            "bootstrap": bootstrap,
            "senders": dialects,
            "receivers": list(home.receivers),
            "partitions": {**counts, "dispatch": home.topology.dispatch},
            "session_seconds": 6,
        }
        self.config.write_text(yaml.safe_dump(settings, sort_keys=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._files.close()

    def log(self) -> KafkaLog:
        """The gateway's log; close it in the loop that used it."""
        return KafkaLog(self.bootstrap, prefix=self.prefix)

    def start(self, version: str = "") -> subprocess.Popen[bytes]:
        """One more worker; `version` is a module that stands for another version's command."""
        said: IO[bytes] = self._files.enter_context(
            (self.folder / f"worker{len(self.processes)}.log").open("wb")
        )
        key = self.home.keyring.key.hex()
        environment = {**os.environ, "GATEWAY_TOKEN_KEY": key, "KAFKA_BOOTSTRAP": self.bootstrap}
        words = command(self.config, level="INFO")
        if version:
            words = [sys.executable, "-m", version, "worker", "--config", str(self.config)]
        process = subprocess.Popen(words, env=environment, stdout=said, stderr=said)
        self.processes.append(process)
        return process

    def stop(self) -> list[int]:
        """Tell every worker to end, as an orchestrator does; the exit codes of those alive."""
        alive = [process for process in self.processes if process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        return [process.wait(PATIENCE_SECONDS) for process in alive]

    def said(self) -> str:
        """All that the workers wrote."""
        logs = sorted(self.folder.glob("worker*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    async def create(self) -> None:
        """Create the topics."""
        log = self.log()
        await log.create(self.home.topics())
        await log.close()

    async def publish(self, day: Sequence[Append]) -> None:
        """Append messages of senders, in one piece."""
        log = self.log()
        writer = log.writer(f"{self.prefix}publisher")
        await writer.open()
        await writer.append(day)
        await writer.close()
        await log.close()

    async def quiet(self, instructions: int) -> None:
        """Wait until so many instructions have gone out to their receivers and are SENT."""
        until = time.monotonic() + PATIENCE_SECONDS
        log = self.log()
        try:
            while await self._sent(log) < instructions:
                alive = any(process.poll() is None for process in self.processes)
                assert alive, f"no worker is left\n{self.said()[-6000:]}"
                assert time.monotonic() < until, f"not settled in time\n{self.said()[-6000:]}"
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await log.close()

    async def _sent(self, log: KafkaLog) -> int:
        """Records in the dispatch journals: one for each instruction sent."""
        count = 0
        for partition in range(self.home.topology.dispatch):
            async for records in log.read("gw.dispatch.journal", partition):
                count += len(records)
        return count
