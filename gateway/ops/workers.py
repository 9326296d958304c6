"""`gateway worker`: one worker in this process, or several in processes of their own.

Several are started alike and end together: when one stops by itself the others are told to,
and the first exit code that is not zero is the answer.

Not here: the worker itself (`shell.worker`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from gateway.errors import ConfigError
from gateway.shell.observe import configure
from gateway.shell.settings import settings_from
from gateway.wire.topics import DESKS

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_SECONDS = 30
LOOK_SECONDS = 0.1


def run(config: Path | None, *, processes: int, desks: Sequence[str], level: str) -> int:
    """Work until told to stop; the exit code.

    Raises:
        ConfigError: A desk that does not exist, or fewer than one process.
    """
    unknown = [desk for desk in desks if desk not in DESKS]
    if unknown:
        raise ConfigError(f"no desk is called {unknown[0]}: there are {', '.join(DESKS)}")
    if processes < 1:
        raise ConfigError(f"{processes} processes: at least one is needed")
    settings = settings_from(config)
    if processes > 1:
        return _several(config, processes, desks, level)
    # Faust is slow to import, and no other command needs it.
    from gateway.shell import worker

    configure(level)
    return worker.run(settings, tuple(desks) or DESKS)


def command(config: Path | None, desks: Sequence[str] = (), level: str = "INFO") -> list[str]:
    """The command line of one worker."""
    made = [sys.executable, "-m", "gateway", "worker", "--log-level", level]
    made += ["--config", str(config)] if config else []
    made += [f"--desks={desk}" for desk in desks]
    return made


def _several(config: Path | None, processes: int, desks: Sequence[str], level: str) -> int:
    started = [subprocess.Popen(command(config, desks, level)) for _ in range(processes)]
    with _passed_on(started):
        while all(process.poll() is None for process in started):
            time.sleep(LOOK_SECONDS)
        for process in started:
            if process.poll() is None:
                process.terminate()
        codes = [_code(process) for process in started]
    return next((code for code in codes if code), 0)


def _code(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextmanager
def _passed_on(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Signals to stop go to the workers; they end, and so does the waiting."""

    def pass_on(number: int, _: FrameType | None) -> None:
        for process in processes:
            if process.poll() is None:
                os.kill(process.pid, number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, pass_on) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
