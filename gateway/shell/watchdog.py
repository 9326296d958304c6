"""The watchdog: a worker that lives and no longer works is noticed, and ends itself.

`verdict` is the rule, on plain values. A thread of the operating system applies it, for a
task would stall with the loop it watches. A second thread, with an event loop and a log of its
own, asks what stands undecided: a record behind transaction markers counts, a marker does not,
and neither Faust's lag nor its commits are asked. While Kafka does not answer, nothing is said
to wait. The thread that looks waits for nobody, not even for whoever reads the logs. Times are
`time.monotonic`, in seconds.

Not here: who starts the process again (`ops.workers`, an orchestrator); a thread that never
lets go of the interpreter, which only a probe from outside can notice (`health`).
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Annotated

import structlog
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ConfigDict, Field

from gateway.errors import GatewayError
from gateway.log.port import Log
from gateway.shell.vitals import Place, Signs, Vitals

STALLED = 75
UNREADY_SHARE = 0.25
LATE_LOOKS = 5
LATE_SECONDS = 5.0
ANSWER_SECONDS = 20.0
LAST_WORDS_SECONDS = 3.0
STOP_SECONDS = 5.0
STANDARD_ERROR = 2

Seconds = Annotated[float, Field(gt=0, le=86_400)]
End = Callable[[tuple[str, ...]], None]

log = structlog.get_logger("gateway.watchdog")


class Limits(BaseModel):
    """After how many seconds a worker is stalled; it is unready at a quarter of most.

    Attributes:
        progress_seconds: A committed record waits in an owned partition and none is decided.
        heartbeat_seconds: The event loop, or the consumer's thread, does not turn.
        start_seconds: The worker has not had its first assignment.
        rebalance_seconds: A rebalance does not end, its folding not counted.
        open_seconds: No seat was folded, while there are seats to be opened.
        transaction_seconds: A take is neither committed nor refused.
        fenced_seconds: A partition was lost to another worker and no rebalance followed.
        stop_seconds: The worker was told to stop and has not.
        look_seconds: How often the vital signs are read.
        ask_seconds: How often the log is asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    progress_seconds: Seconds = 60
    heartbeat_seconds: Seconds = 30
    start_seconds: Seconds = 120
    rebalance_seconds: Seconds = 120
    open_seconds: Seconds = 600
    transaction_seconds: Seconds = 60
    fenced_seconds: Seconds = 30
    stop_seconds: Seconds = 25
    look_seconds: Seconds = 1
    ask_seconds: Seconds = 5


@dataclass(frozen=True, slots=True)
class Healthy:
    """The worker works, or would if there were something to do."""


@dataclass(frozen=True, slots=True)
class Unready:
    """The worker does not work now; it may again."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stalled:
    """The worker will not work again by itself."""

    reasons: tuple[str, ...]


Verdict = Healthy | Unready | Stalled


@dataclass(frozen=True, slots=True)
class _Age:
    what: str
    since: float
    unready: float
    stalled: float


def verdict(signs: Signs, now: float, limits: Limits) -> Verdict:
    """What is to be thought of a worker with these signs.

    The time in which the whole process slept does not count.
    """
    ages = [
        (age, now - max(age.since, signs.awake_since)) for age in _ages(signs, limits)
    ]  # fmt: skip
    stalled = [f"{age.what} for {old:.1f} s" for age, old in ages if old > age.stalled]
    if stalled:
        return Stalled(tuple(stalled))
    unready = [f"{age.what} for {old:.1f} s" for age, old in ages if old >= age.unready]
    return Unready(tuple(unready)) if unready else Healthy()


def _ages(signs: Signs, limits: Limits) -> Iterator[_Age]:
    def at_once(what: str, since: float | None, stalled: float) -> Iterator[_Age]:
        if since is not None:
            yield _Age(what, since, 0, stalled)

    def after_a_while(what: str, since: float | None, stalled: float) -> Iterator[_Age]:
        if since is not None:
            yield _Age(what, since, stalled * UNREADY_SHARE, stalled)

    if signs.stopping_since is not None:
        yield from at_once("stopping", signs.stopping_since, limits.stop_seconds)
        return
    yield from after_a_while(
        "the event loop does not turn", signs.loop_at, limits.heartbeat_seconds
    )
    yield from after_a_while(
        "the consumer's thread does not turn", signs.consumer_at, limits.heartbeat_seconds
    )
    yield from at_once("starting", signs.starting_since, limits.start_seconds)
    yield from at_once("rebalancing", signs.rebalancing_since, limits.rebalance_seconds)
    yield from at_once("opening seats", signs.opening_since, limits.open_seconds)
    yield from at_once("fenced", signs.fenced_since, limits.fenced_seconds)
    yield from at_once("without a partition", signs.unassigned_since, inf)
    if signs.unanswered_since is not None:
        patience = 2 * limits.ask_seconds
        yield _Age("Kafka does not answer", signs.unanswered_since, patience, inf)
    for (topic, partition), since in signs.transactions.items():
        yield from after_a_while(
            f"a take of {topic}-{partition} is in flight", since, limits.transaction_seconds
        )
    for (topic, partition), place in signs.places.items():
        yield from after_a_while(
            f"{topic}-{partition} stands at {place.decided} with records waiting",
            place.waiting_since,
            limits.progress_seconds,
        )


class Watchdog:
    """Looks and asks while its context lasts.

    Args:
        vitals: What the worker says of itself.
        limits: When that is too long.
        log_of: Makes the log that is asked, in an event loop of its own; made again after it
            failed.
        end: What is done with a stalled worker; by default the process ends.
    """

    def __init__(
        self, vitals: Vitals, limits: Limits, log_of: Callable[[], Log], end: End | None = None
    ) -> None:
        """Prepare; entering the context starts the threads."""
        self._vitals = vitals
        self._limits = limits
        self._log_of = log_of
        self._end = end_process if end is None else end
        self._looked_at = vitals.now()
        self._well = False
        self._failure: Exception | None = None
        self._told = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_ask_no_more = asyncio.Event()
        self._threads = [
            threading.Thread(target=run, name=f"watchdog{run.__name__}", daemon=True)
            for run in (self._looks, self._asks)
        ]

    def __enter__(self) -> Watchdog:
        self._loop = asyncio.new_event_loop()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        self._told.set()
        # The loop is closed where asking has ended by itself.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._told_to_ask_no_more.set)
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def look(self) -> bool:
        """Look once, and end what is stalled; whether to look again."""
        now = self._vitals.now()
        late = max(LATE_SECONDS, LATE_LOOKS * self._limits.look_seconds)
        if now - self._looked_at > late:
            _say(log.warning, "process_slept", seconds=round(now - self._looked_at, 1))
            self._vitals.slept()
        self._looked_at = now
        if self._failure is not None:
            self._end((f"the watchdog failed: {self._failure!r}",))
            return False
        found = verdict(self._vitals.signs(), now, self._limits)
        if isinstance(found, Stalled):
            self._end(found.reasons)
            return False
        if isinstance(found, Unready) == self._well:
            self._well = not self._well
            if isinstance(found, Unready):
                _say(log.warning, "worker_unready", reasons=found.reasons)
            else:
                _say(log.info, "worker_ready")
        return True

    def _looks(self) -> None:
        while self.look() and not self._told.wait(self._limits.look_seconds):
            pass

    def _asks(self) -> None:
        assert self._loop is not None
        try:
            with closing(self._loop) as loop:
                loop.run_until_complete(self._ask_until_told())
                loop.run_until_complete(loop.shutdown_asyncgens())
        except Exception as wrong:
            # Without answers a partition that stands would not be noticed.
            self._failure = wrong

    async def _ask_until_told(self) -> None:
        asking = asyncio.ensure_future(self._ask_on())
        told = asyncio.ensure_future(self._told_to_ask_no_more.wait())
        await asyncio.wait({asking, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if asking.done():
            asking.result()
        asking.cancel()
        await asyncio.wait([asking], timeout=STOP_SECONDS)

    async def _ask_on(self) -> None:
        while True:
            asker = Asker(self._log_of())
            try:
                while True:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await asker.ask(self._vitals)
                    self._vitals.answered(well=True)
                    await asyncio.sleep(self._limits.ask_seconds)
            except (GatewayError, KafkaError, OSError, TimeoutError) as failed:
                self._vitals.answered(well=False)
                log.warning("end_unknown", reason=repr(failed))
            finally:
                await asker.close()
            await asyncio.sleep(self._limits.ask_seconds)


def _say(speak: Callable[..., object], event: str, **values: object) -> None:
    """Speak in a thread of its own: logs that nobody reads must not hold the watch up."""
    threading.Thread(target=speak, args=(event,), kwargs=values, daemon=True).start()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer was about; `end` is None where it was not read up to there."""

    decided: int
    end: int | None
    waiting: bool


class Asker:
    """Asks a log what stands undecided; reads only where nothing was decided meanwhile."""

    def __init__(self, log_: Log) -> None:
        """Start knowing nothing."""
        self._log = log_
        self._asked: dict[Place, _Asked] = {}

    async def ask(self, vitals: Vitals) -> None:
        """Ask once for every owned partition."""
        for place, seen in vitals.signs().places.items():
            end = await self._log.end(*place)
            asked = await self._answer(place, seen.decided, end)
            self._asked[place] = asked
            vitals.heard(place, end, decided=seen.decided, waiting=asked.waiting)

    async def _answer(self, place: Place, decided: int, end: int) -> _Asked:
        before = self._asked.get(place)
        if end <= decided + 1:
            return _Asked(decided, end, waiting=False)
        if before is None or before.decided != decided:
            return _Asked(decided, None, waiting=False)
        if before.waiting or before.end == end:
            return before
        return _Asked(decided, end, await self._record_after(place, decided))

    async def _record_after(self, place: Place, decided: int) -> bool:
        found = self._log.read(*place, decided + 1)
        try:
            return await anext(found, None) is not None
        finally:
            if isinstance(found, AsyncGenerator):
                await found.aclose()

    async def close(self) -> None:
        """Let go of the log."""
        await self._log.close()


def end_process(reasons: tuple[str, ...]) -> None:
    """Say why, write every thread's stack to standard error, and end with code 75.

    A standard error that nobody reads does not hold the end up.
    """
    last = threading.Timer(LAST_WORDS_SECONDS, os._exit, (STALLED,))
    last.daemon = True
    last.start()
    log.critical("worker_stalled", reasons=reasons)
    logging.shutdown()
    faulthandler.dump_traceback(STANDARD_ERROR, all_threads=True)
    os._exit(STALLED)
