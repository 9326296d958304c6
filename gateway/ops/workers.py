"""`gateway worker`: one worker in this process, or several in processes of their own.

Several are started alike and end together: when one stops by itself the others are told to,
and the first exit code that is not zero is the answer. Under supervision one that stops by
itself is started again after a pause that grows, unless a restart cannot help: settings (2)
and a law (3) are for a person, and so is a worker that keeps dying young.

Not here: the worker itself (`shell.worker`), when it ends itself (`shell.watchdog`). A
supervisor that is killed outright leaves its workers at work.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import structlog

from gateway.errors import ConfigError
from gateway.shell.observe import configure
from gateway.shell.settings import Settings, settings_from
from gateway.wire.topics import DESKS

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_SECONDS = 30
LOOK_SECONDS = 0.1
FINAL = (2, 3)
"""Exit codes that another start would only repeat."""
BY_SIGNAL = 128

log = structlog.get_logger("gateway.supervisor")


def run(
    config: Path | None, *, processes: int, desks: Sequence[str], level: str,
    supervised: bool = False, health: str | None = None,
) -> int:  # fmt: skip
    """Work until told to stop; the exit code.

    Raises:
        ConfigError: A desk that does not exist, fewer than one process, or no such address.
    """
    unknown = [desk for desk in desks if desk not in DESKS]
    if unknown:
        raise ConfigError(f"no desk is called {unknown[0]}: there are {', '.join(DESKS)}")
    if processes < 1:
        raise ConfigError(f"{processes} processes: at least one is needed")
    settings = settings_from(config)
    if health is not None:
        settings = _answering_at(settings, health)
    configure(level)
    if supervised or processes > 1:
        commands = [
            command(config, desks, level, address_of(settings.health, number))
            for number in range(processes)
        ]
        return supervise(commands) if supervised else _several(commands)
    # Faust is slow to import, and no other command needs it.
    from gateway.shell import worker

    return worker.run(settings, tuple(desks) or DESKS)


def command(
    config: Path | None, desks: Sequence[str] = (), level: str = "INFO", health: str | None = None
) -> list[str]:
    """The command line of one worker."""
    made = [sys.executable, "-m", "gateway", "worker", "--log-level", level]
    made += ["--config", str(config)] if config else []
    made += [f"--desks={desk}" for desk in desks]
    made += [f"--health={health}"] if health else []
    return made


def address_of(health: str | None, number: int) -> str | None:
    """Where process `number` answers probes: the ports follow each other; port 0 is any."""
    if health is None:
        return None
    host, _, port = health.rpartition(":")
    return f"{host}:{int(port) + number if int(port) else 0}"


def _answering_at(settings: Settings, health: str) -> Settings:
    try:
        return Settings.model_validate({**settings.model_dump(), "health": health})
    except ValueError:
        raise ConfigError(f"health {health}: an address is host:port") from None


def _several(commands: Sequence[Sequence[str]]) -> int:
    with _told() as told:
        started = [subprocess.Popen(words) for words in commands]
        while not told and all(process.poll() is None for process in started):
            time.sleep(LOOK_SECONDS)
        return _end(started, told[0] if told else signal.SIGTERM)


# --- supervision ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait before a worker is started again.

    Attributes:
        first_seconds: After the first death; each further one doubles it.
        most_seconds: Never longer than this.
        healthy_seconds: A worker that lived so long begins anew.
        deaths: So many in a row are borne, each after a shorter life.
    """

    first_seconds: float = 1.0
    most_seconds: float = 60.0
    healthy_seconds: float = 60.0
    deaths: int = 20

    def after(self, deaths: int) -> float:
        """The pause after so many deaths in a row, seconds."""
        doubled: float = self.first_seconds * 2 ** min(deaths - 1, 30)
        return min(self.most_seconds, doubled)


class _Post:
    """One worker's post: held by a process, waiting for the next one, or left for good."""

    def __init__(self, words: Sequence[str], pauses: Pauses) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.left = False
        self._words = list(words)
        self._pauses = pauses
        self._deaths = 0
        self._born = 0.0
        self._due = 0.0

    def look(self, now: float) -> int | None:
        """Fill the post if it is time; the exit code of a process that has no successor."""
        if self.process is None:
            if not self.left and now >= self._due:
                self.process, self._born = subprocess.Popen(self._words), now
            return None
        ended = self.process.poll()
        if ended is None:
            return None
        self.process, code = None, _exit_code(ended)
        young = now - self._born < self._pauses.healthy_seconds
        self._deaths = self._deaths + 1 if young else 1
        if code == 0:
            self.left = True
            log.info("worker_ended")
            return code
        if code in FINAL or self._deaths > self._pauses.deaths:
            self.left = True
            log.error("worker_given_up", code=code, deaths=self._deaths)
            return code
        pause = self._pauses.after(self._deaths)
        self._due = now + pause
        log.warning("worker_died", code=code, deaths=self._deaths, pause_seconds=pause)
        return None


def supervise(commands: Sequence[Sequence[str]], pauses: Pauses | None = None) -> int:
    """Keep a process running for every command until told to stop; the exit code.

    SIGTERM and SIGINT are passed on. The first worker that is given up ends the others; one
    that ends with 0 was told to, and is not missed.

    Args:
        commands: Command lines, one a process.
        pauses: Before a restart.
    """
    chosen = pauses or Pauses()
    posts = [_Post(words, chosen) for words in commands]
    with _told() as told:
        while not told and not all(post.left for post in posts):
            codes = [post.look(time.monotonic()) for post in posts]
            given_up = next((code for code in codes if code), 0)
            if given_up:
                _end([post.process for post in posts if post.process], signal.SIGTERM)
                return given_up
            time.sleep(LOOK_SECONDS)
        number = told[0] if told else signal.SIGTERM
        return _end([post.process for post in posts if post.process], number)


def _end(processes: Sequence[subprocess.Popen[bytes]], number: int) -> int:
    """Tell those alive to end, and see to it; the first exit code that is not zero."""
    alive = [process for process in processes if process.poll() is None]
    for process in alive:
        process.send_signal(number)
    until = time.monotonic() + STOP_SECONDS
    codes = []
    for process in processes:
        try:
            ended = process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            ended = process.wait()
        # The signal may come before a worker knows what to do on it.
        obeyed = process in alive and _exit_code(ended) == BY_SIGNAL + number
        codes.append(0 if obeyed else _exit_code(ended))
    return next((code for code in codes if code), 0)


def _exit_code(ended: int) -> int:
    """As a shell says it: a signal is above 128."""
    return ended if ended >= 0 else BY_SIGNAL - ended


@contextmanager
def _told() -> Iterator[list[int]]:
    """Signals to stop, in the order they come; nobody is interrupted by them."""
    told: list[int] = []

    def hear(number: int, _: FrameType | None) -> None:
        told.append(number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, hear) for number in numbers]
    try:
        yield told
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
