"""`gateway demo`: a business day of a small nation on a real Kafka, settled and proved.

A broker by the first way that works, worker processes, an ordinary producer in a process of
its own; then the day is laid down as an archive, so that the other commands can be tried on
it when the broker is gone.

Not here: who takes part (`nation`), what is printed at the end (`report`).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path

import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.errors import GatewayError
from gateway.log.archive import lay_down
from gateway.ops.answers import console, say_json
from gateway.ops.broker import broker
from gateway.ops.calendars import us_calendar
from gateway.ops.demo.day import Day, make_day
from gateway.ops.demo.folder import write_day
from gateway.ops.demo.follow import Follower
from gateway.ops.demo.nation import Sizes, session_after
from gateway.ops.demo.orders import Form
from gateway.ops.demo.outcome import Outcome, outcome
from gateway.ops.demo.report import show
from gateway.ops.workers import command
from gateway.shell.settings import Settings, kafka_log, settings_from
from gateway.wire.registry import schema_root

PATIENCE_SECONDS = 600
LOOK_SECONDS = 0.25
STOP_SECONDS = 30
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """How the demo is played."""

    directory: Path
    seed: int = 401
    plans: int = 200
    participants: int = 20_000
    workers: int = 2
    form: Form = "natural"


@dataclass(slots=True)
class Stage:
    """What is needed to play: settings, the day as files, where the workers write."""

    plan: Plan
    day: Day
    settings: Settings
    config: Path
    files: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)


def run(plan: Plan, *, as_json: bool) -> int:
    """Play the day; 0 if it settled and every law held, else 1.

    Raises:
        GatewayError: No broker can be had, or a worker or the producer ended.
    """
    began = time.monotonic()
    with _progress(quiet=as_json) as bar:
        step = bar.add_task("looking for a Kafka broker", total=None)
        with broker(progress=lambda text: bar.update(step, description=text)) as kafka:
            bar.update(step, description=f"Kafka at {kafka.bootstrap} ({kafka.kind})",
                       total=1, completed=1)  # fmt: skip
            stage = _stage(plan, kafka.bootstrap)
            found = asyncio.run(_play(stage, bar))
    if as_json:
        say_json(found.summary(time.monotonic() - began))
    else:
        show(console(), found, plan.directory, time.monotonic() - began)
    return 0 if found.settled else 1


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description:<42}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console(), disable=quiet) as bar:
        yield bar


def _stage(plan: Plan, bootstrap: str) -> Stage:
    """A directory with the settings, a new token key and the day as files."""
    shutil.rmtree(plan.directory, ignore_errors=True)
    plan.directory.mkdir(parents=True)
    now = time.time_ns() // 1000
    year = time.gmtime().tm_year
    session = session_after(us_calendar(year, year + 1), now)
    sizes = Sizes(plans=plan.plans, participants=plan.participants)
    day = make_day(
        plan.seed, session, sizes, form="columnar" if plan.form == "columnar" else "natural"
    )
    key = plan.directory / "token.key"
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(KEY_BYTES), encoding="ascii")
    config = plan.directory / "gateway.yaml"
    # Topics of a name of their own: the broker may have seen a demo before.
    name = f"demo{now // 1_000_000}"
    said = {**day.settings, "app": name, "prefix": f"{name}.", "bootstrap": bootstrap,
            "token_key_file": str(key.resolve())}  # fmt: skip
    config.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    files = plan.directory / "messages"
    write_day(day, files)
    return Stage(plan, day, settings_from(config), config, files)


async def _play(stage: Stage, bar: Progress) -> Outcome:
    log = kafka_log(stage.settings)
    gateway = stage.settings.gateway()
    began = time.monotonic()
    try:
        await log.create(gateway.topics())
        with _workers(stage):
            async with _producer(stage) as producer:
                follower = Follower(log, gateway, stage.day, bar)
                await _settled(stage, producer, follower)
            seconds = time.monotonic() - began
        task = bar.add_task("laying the day down in an archive", total=None)
        records = await lay_down(
            log, gateway.topics(), stage.plan.directory / "archive",
            lambda count: bar.advance(task, count),
        )  # fmt: skip
        bar.update(task, total=records)
    finally:
        await log.close()
    check = bar.add_task("checking the laws", total=1)
    found = await outcome(stage.plan.directory / "archive", gateway, stage.day, seconds)
    bar.advance(check)
    return found


@contextmanager
def _workers(stage: Stage) -> Iterator[None]:
    """Worker processes while the block runs."""
    environment = {**os.environ, "KAFKA_BOOTSTRAP": stage.settings.address()}
    opened: list[BufferedWriter] = []
    try:
        for number in range(stage.plan.workers):
            said = (stage.plan.directory / f"worker{number}.log").open("wb")
            opened.append(said)
            stage.processes.append(
                subprocess.Popen(
                    command(stage.config), env=environment, stdin=subprocess.DEVNULL,
                    stdout=said, stderr=said,
                )
            )  # fmt: skip
        yield
    finally:
        for process in stage.processes:
            process.terminate()
        for process in stage.processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for said in opened:
            said.close()


@asynccontextmanager
async def _producer(stage: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    """The producer's process while the block runs."""
    said = (stage.plan.directory / "producer.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.ops.demo.producer", str(stage.files),
        "--bootstrap", stage.settings.address(), "--prefix", stage.settings.prefix,
        "--schemas", str(schema_root()), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        said.close()


async def _settled(stage: Stage, producer: asyncio.subprocess.Process, follower: Follower) -> None:
    """Follow the day until it has settled."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not await follower.look():
        if producer.returncode not in (None, 0):
            raise GatewayError(f"the producer ended: {_last_words(stage, 'producer.log')}")
        for number, process in enumerate(stage.processes):
            if process.poll() is not None:
                raise GatewayError(
                    f"worker {number} ended ({process.returncode}): "
                    f"{_last_words(stage, f'worker{number}.log')}"
                )
        if time.monotonic() > until:
            raise GatewayError(f"the day did not settle within {PATIENCE_SECONDS} s")
        await asyncio.sleep(LOOK_SECONDS)


def _last_words(stage: Stage, name: str) -> str:
    return (stage.plan.directory / name).read_text(encoding="utf-8", errors="replace")[-1500:]
