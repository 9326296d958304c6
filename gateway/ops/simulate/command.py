"""`gateway simulate`: plays seeds in several processes; a failing one is shown as short as it gets.

Not here: what a seed is (`story`), what must hold (`verdict`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.ops.answers import console, say_json
from gateway.ops.simulate.crew import PRODUCTION, Cast
from gateway.ops.simulate.shrink import shrink, told
from gateway.ops.simulate.story import tell
from gateway.ops.simulate.verdict import judge

SEEDS_AT_ONCE = 5
MOST_FAILURES = 3
"""Failing seeds after which a run ends: one bug fails many."""
HIGHEST_FIRST = 2**31


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed that breaks a law.

    Attributes:
        seed: The seed.
        violations: What its story breaks.
        story: The shortest story found that breaks one of the same laws, a line each.
        command: What plays the seed again.
    """

    seed: int
    violations: tuple[str, ...]
    story: tuple[str, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to: how many seeds were played, in real time, and those that failed."""

    first_seed: int
    seeds: int
    milliseconds: int
    failures: tuple[Failure, ...]


def run(
    *, seeds: int, first_seed: int | None, minutes: float | None, processes: int, as_json: bool
) -> int:
    """Play seeds until they, or the minutes, are over; 0 if none failed, else 1.

    Args:
        seeds: How many, one after the other.
        first_seed: The first; drawn by chance, and told, if None.
        minutes: No seed is begun after so many; without it, all are played.
        processes: How many play at the same time.
        as_json: Answer in JSON, without a progress bar.
    """
    first = secrets.randbelow(HIGHEST_FIRST) if first_seed is None else first_seed
    until = None if minutes is None else time.monotonic() + 60 * minutes
    return say(simulate(first, seeds, until, processes, quiet=as_json), as_json=as_json)


def simulate(
    first: int, seeds: int, until: float | None, processes: int, *, quiet: bool = True
) -> Ran:
    """Play seeds; a run ends early at its third failing seed.

    Args:
        first: The first seed.
        seeds: How many.
        until: No seed is begun after this moment of the monotonic clock.
        processes: How many play at the same time.
        quiet: Show no progress.
    """
    began = time.monotonic_ns()
    failing: list[int] = []
    played = 0
    columns = (
        TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=console(), disable=quiet, transient=True) as bar:
        task = bar.add_task("", total=seeds)
        for count, failed in _played(range(first, first + seeds), until, processes):
            played += count
            failing.extend(failed)
            rate = played * 1_000_000_000 // max(1, time.monotonic_ns() - began)
            bar.update(task, completed=played, description=f"{rate} seeds/s")
            if len(failing) >= MOST_FAILURES:
                break
        spent = (time.monotonic_ns() - began) // 1_000_000
        if failing:
            bar.update(task, description="making the failing stories shorter")
        failures = tuple(examined(seed) for seed in sorted(failing)[:MOST_FAILURES])
    return Ran(first, played, spent, failures)


def _played(
    seeds: range, until: float | None, processes: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """How many seeds were played and which of them failed, as it becomes known."""
    portions = [seeds[at : at + SEEDS_AT_ONCE] for at in range(0, len(seeds), SEEDS_AT_ONCE)]
    if processes <= 1 or len(portions) <= 1:
        for portion in portions:
            if until is None or time.monotonic() < until:
                yield len(portion), failing_of(portion)
        return
    portions.reverse()
    # A process of its own making shares nothing with the one that shows the progress.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        running: dict[Future[tuple[int, ...]], int] = {}
        while portions or running:
            late = until is not None and time.monotonic() >= until
            portions = [] if late else portions
            while portions and len(running) < 2 * processes:
                portion = portions.pop()
                running[pool.submit(failing_of, portion)] = len(portion)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield running.pop(each), each.result()
    finally:
        pool.shutdown(cancel_futures=True)


def failing_of(seeds: range) -> tuple[int, ...]:
    """Which seeds' stories break a law."""
    return tuple(seed for seed in seeds if judge(tell(seed)).violations)


def examined(seed: int, cast: Cast = PRODUCTION) -> Failure:
    """A failing seed with the shortest story found for it."""
    story = tell(seed)
    verdict = judge(story, cast)
    shortest, last = shrink(story, verdict, cast)
    return Failure(
        seed, tuple(str(violation) for violation in verdict.violations),
        tuple(told(shortest, last)), f"gateway simulate --first-seed {seed} --seeds 1",
    )  # fmt: skip


def say(ran: Ran, *, as_json: bool) -> int:
    """Print what a run came to; 1 if a seed failed, else 0."""
    if as_json:
        say_json(ran)
    else:
        _say(ran)
    return 1 if ran.failures else 0


def _say(ran: Ran) -> None:
    out = console()
    rate = ran.seeds * 10_000 // max(1, ran.milliseconds)
    seconds = ran.milliseconds // 1000
    last = ran.first_seed + ran.seeds - 1
    for failure in ran.failures:
        out.print(f"seed {failure.seed} fails: {failure.violations[0]}", markup=False)
        for line in failure.story:
            out.print(f"    {line}", markup=False)
        out.print(f"again: {failure.command}", markup=False)
    if not ran.seeds:
        out.print("No seed was played: there was no time, or none was asked for.")
    elif not ran.failures:
        out.print(
            f"{ran.seeds:,} seeds ({ran.first_seed} to {last}) in {seconds} s, "
            f"{rate // 10}.{rate % 10} seeds/s: every law holds, and every day came to what it "
            "comes to undisturbed."
        )
    else:
        out.print(f"{len(ran.failures)} of {ran.seeds:,} seeds fail, {seconds} s.")
