"""The Kafka worker: Faust delivers, seats decide, and nothing is acknowledged before it is safe.

A seat belongs to one partition of one desk's inbox. Seats are opened (fenced and folded)
while Faust holds all events back, and given up as soon as their partitions are revoked.
A message on which our own decision fails stops its partition alone, until its journal shows that
somebody has decided in the desk's place. Any other error that is not the loss of a partition ends
the process: a restart opens the seats again and so settles what became of the last append. What
the worker does it also writes into its vital signs, so that a stall does not stay unseen.

Not here: deciding (`seat`), Faust's positions (`transport`), who watches over the worker
(`watchdog`, `health`), how many processes (`ops`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Sequence
from typing import Any

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import TP
from faust.types.events import EventT

from gateway.errors import (
    DecisionFailed,
    Fenced,
    GatewayError,
    LawBroken,
    PartnerUnavailable,
    TooNew,
)
from gateway.log.port import Record
from gateway.shell import out_of_memory
from gateway.shell.chairs import Chair, chairs_of, record_of
from gateway.shell.health import served
from gateway.shell.seat import Seat
from gateway.shell.settings import Settings, kafka_log
from gateway.shell.stopped import Stopped
from gateway.shell.transport import BEAT_SECONDS, JournalApp
from gateway.shell.vitals import Vitals
from gateway.shell.watchdog import Watchdog
from gateway.wire.topics import DESKS

TOO_OLD, LAW_BROKEN, CRASHED, STOP_HUNG = 2, 3, 70, 71
OPEN_AT_ONCE = 8
TAKE = {"intake": 20}
TAKE_OTHERS = 200
TAKE_SECONDS = 0.02
STOP_SECONDS = 20
REBALANCE_SECONDS = 20.0
LOOK_SECONDS = 2.0
"""How often the journals of partitions that stand still are looked into."""

log = structlog.get_logger("gateway.worker")


class Worker:
    """One process's part of the gateway."""

    def __init__(self, settings: Settings, desks: Sequence[str] = DESKS) -> None:
        """Prepare the application; `run` connects.

        Args:
            settings: Who is connected, and where Kafka is.
            desks: The desks this worker takes part in.
        """
        self._settings = settings
        self._gateway = settings.gateway()
        self._log = kafka_log(settings)
        self._chairs = chairs_of(settings, self._gateway, self._log, desks)
        self._owned: dict[TP, Chair] = {}
        self._stopped = Stopped(self._log)
        self._revocations = 0
        self.vitals = Vitals()
        self.app = JournalApp(
            settings.app, self._positions, self.vitals.beat_consumer, **_conf(settings)
        )
        for desk in desks:
            self._add_agent(desk)
        self.app.on_partitions_revoked.connect(self._revoked)
        self.app.on_rebalance_complete.connect(self._assigned)

    async def run(self) -> int:
        """Work until told to stop; the exit code."""
        out_of_memory.end_if_told()
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self.app.finalize()
        self.app.in_worker = True
        beating = asyncio.ensure_future(self._beat())
        await self.app.start()
        looking = asyncio.ensure_future(self._or_die(self._look_at_stopped()))
        watch = [
            beating,
            looking,
            *(asyncio.ensure_future(event.wait()) for event in (self.app._crashed, stop)),
        ]
        await asyncio.wait(watch, return_when=asyncio.FIRST_COMPLETED)
        self.vitals.stopping()
        for task in watch:
            task.cancel()
        log.info("worker_stopping", crashed=bool(self.app.crash_reason))
        try:
            await asyncio.wait_for(self._close(), STOP_SECONDS)
        except TimeoutError:
            _die(STOP_HUNG)
        return CRASHED if self.app.crash_reason else 0

    async def _close(self) -> None:
        await self.app.stop()
        await self._give_up(list(self._owned.values()))
        await self._log.close()

    def _positions(self) -> dict[TP, int]:
        return {tp: chair.seat.last for tp, chair in self._owned.items()}

    # --- partitions come and go ---------------------------------------------------------

    async def _revoked(self, _: Any, /, *sent: Any, **__: Any) -> None:
        revoked: set[TP] = sent[0]
        self._revocations += 1
        leaving = [self._owned.pop(tp) for tp in list(self._owned) if tp in revoked]
        for chair in leaving:
            self._stopped.drop(chair.place)
        self.vitals.released(chair.place for chair in leaving)
        await self._give_up(leaving)

    async def _give_up(self, chairs: list[Chair]) -> None:
        async def give_up(chair: Chair) -> None:
            async with chair.lock:
                await chair.seat.close()

        await asyncio.gather(*(give_up(chair) for chair in chairs))

    async def _assigned(self, _: Any, /, *__: Any, **___: Any) -> None:
        began = time.monotonic()
        self.vitals.opening()
        wanted = [tp for tp in self.app.consumer.assignment() if tp not in self._owned]
        room = asyncio.Semaphore(OPEN_AT_ONCE)
        revocations = self._revocations

        async def sit(tp: TP) -> None:
            chair = self._chairs[tp]
            async with room, chair.lock:
                await chair.seat.open()
                if self._revocations != revocations:
                    # All partitions were given back meanwhile; another assignment follows.
                    await chair.seat.close()
                    return
            self._owned[tp] = chair
            self.vitals.opened(chair.place, chair.seat.last)

        try:
            await asyncio.gather(*(sit(tp) for tp in wanted))
        except (LawBroken, TooNew) as wrong:
            newer = isinstance(wrong, TooNew)
            log.exception("version_too_old" if newer else "law_broken", reason=str(wrong))
            _die(TOO_OLD if newer else LAW_BROKEN)
        self.vitals.settled()
        log.info(
            "partitions_opened",
            opened=len(wanted),
            owned=len(self._owned),
            elapsed_ms=round((time.monotonic() - began) * 1000),
        )

    async def _beat(self) -> None:
        """Show that the event loop turns."""
        while True:
            self.vitals.beat(rebalancing=self.app.rebalancing)
            await asyncio.sleep(BEAT_SECONDS)

    # --- events -------------------------------------------------------------------------

    def _add_agent(self, desk: str) -> None:
        names = {self._settings.prefix + chair.seat.topic for chair in self._chairs.values()
                 if chair.seat.desk.name == desk}  # fmt: skip
        topic = self.app.topic(
            *sorted(names), key_type=bytes, value_type=bytes,
            key_serializer="raw", value_serializer="raw",
        )  # fmt: skip
        size = TAKE.get(desk, TAKE_OTHERS)

        async def take(stream: Any) -> None:
            async for events in stream.noack_take(size, within=TAKE_SECONDS):
                await self._take(events)

        take.__name__ = desk
        self.app.agent(topic, name=f"{self._settings.app}.{desk}")(take)

    async def _take(self, events: Sequence[EventT[Any]]) -> None:
        by_place: dict[TP, list[EventT[Any]]] = {}
        for event in events:
            by_place.setdefault(event.message.tp, []).append(event)
        await self._or_die(
            asyncio.gather(*(self._take_place(tp, mine) for tp, mine in by_place.items()))
        )

    async def _or_die(self, work: Awaitable[object]) -> None:
        """Wait for work on seats; an error in it ends the process."""
        try:
            await work
        except LawBroken as broken:
            log.exception("law_broken", reason=str(broken))
            _die(LAW_BROKEN)
        except Exception:
            log.exception("worker_failed")
            _die(CRASHED)

    async def _take_place(self, tp: TP, events: list[EventT[Any]]) -> None:
        chair = self._owned.get(tp)
        if chair is None:
            return
        async with chair.lock:
            # Revoked while it waited: events taken before belong to the next owner.
            current = self.app.consumer_generation_id
            fresh = [event for event in events if event.message.generation_id == current]
            if self._owned.get(tp) is not chair or not fresh:
                return
            if chair.place in self._stopped:
                # They stand in the topic; whoever goes on reads them there.
                for event in fresh:
                    self.app.chain.before(tp, event.message.offset)
                    event.ack()
                return
            records = await self._without_holes(tp, chair.seat, fresh)
            if not await self._decide(tp, chair, records):
                return
        for event in fresh:
            event.ack()

    async def _decide(self, tp: TP, chair: Chair, records: Sequence[Record]) -> bool:
        """Let a seat decide; False if its partition is lost. It may stand still afterwards."""
        began = time.monotonic()
        seat, failed = chair.seat, None
        last, lines = seat.last, seat.lines
        try:
            with self.vitals.taking(chair.place):
                await seat.take(records)
        except Fenced as fenced:
            log.warning("partition_fenced", place=str(tp), reason=str(fenced))
            self._owned.pop(tp, None)
            self.vitals.fenced(chair.place)
            await seat.close()
            return False
        except DecisionFailed as wrong:
            failed = wrong
        taken = sum(last < record.offset <= seat.last for record in records)
        if taken:
            self.vitals.decided(chair.place, seat.last, messages=taken, lines=seat.lines - lines)
            log.info(
                "batch_decided", desk=seat.desk.name, partition=seat.partition, offset=seat.last,
                messages=taken, lines=seat.lines - lines,
                elapsed_ms=round((time.monotonic() - began) * 1000),
            )  # fmt: skip
        if failed is not None:
            await self._stop(tp, chair, failed)
        return True

    # --- partitions that stand still ----------------------------------------------------

    async def _stop(self, tp: TP, chair: Chair, failed: DecisionFailed) -> None:
        if self._owned.get(tp) is chair:
            # Revoked meanwhile, it is its next owner that stands still.
            self._stopped.add(chair.seat, failed)
            self.vitals.stopped(chair.place, failed.offset)
        # Without the trace: an error's text may name a participant.
        log.error(
            "partition_stopped", place=failed.name, digest=failed.digest.hex(),
            reason=failed.error, see=f"gateway quarantine set-aside {failed.name}",
        )  # fmt: skip
        await chair.seat.close()

    async def _look_at_stopped(self) -> None:
        """Go on where somebody has decided in the desk's place."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for tp, chair in list(self._owned.items()):
                if chair.place not in self._stopped or self.app.rebalancing:
                    continue
                try:
                    decided = await self._stopped.decided(chair.seat)
                except (GatewayError, KafkaError, OSError) as wrong:
                    log.warning("stopped_unknown", place=str(tp), reason=repr(wrong))
                    continue
                if decided:
                    await self._go_on(tp, chair)

    async def _go_on(self, tp: TP, chair: Chair) -> None:
        seat = chair.seat
        async with chair.lock:
            if self._owned.get(tp) is chair:
                await seat.open()
            if self._owned.get(tp) is not chair:
                return
            self._stopped.drop(chair.place)
            self.vitals.resumed(chair.place, seat.last)
            log.info("partition_resumed", place=str(tp), offset=seat.last)
            size = TAKE.get(seat.desk.name, TAKE_OTHERS)
            async for records in self._log.read(*chair.place, seat.last + 1):
                for at in range(0, len(records), size):
                    if self._owned.get(tp) is not chair or chair.place in self._stopped:
                        return
                    await self._decide(tp, chair, records[at : at + size])

    async def _without_holes(
        self, tp: TP, seat: Seat[Any], events: list[EventT[Any]]
    ) -> list[Record]:
        """The events as records, with what was passed over read again from the topic."""
        records: list[Record] = []
        last = seat.last
        for event in events:
            record = record_of(event, seat.topic)
            before = self.app.chain.before(tp, record.offset)
            if record.offset <= last:
                continue
            if record.offset > last + 1 and (before is None or before > last):
                found = 0
                missing = self._log.read(seat.topic, seat.topic_partition, last + 1, record.offset)
                async for batch in missing:
                    records.extend(batch)
                    found += len(batch)
                log.warning("range_read_again", place=str(tp), first=last + 1,
                            stop=record.offset, found=found)  # fmt: skip
            records.append(record)
            last = record.offset
        return records


def _conf(settings: Settings) -> dict[str, object]:
    """Faust's settings; what each is for stands in docs/decisions."""
    session = float(settings.session_seconds)
    return {
        "broker": [f"kafka://{address.strip()}" for address in settings.address().split(",")],
        "broker_credentials": _credentials(settings),
        "broker_session_timeout": session,
        "broker_heartbeat_interval": session / 4,
        "broker_request_timeout": max(40.0, session + 10),
        "broker_rebalance_timeout": REBALANCE_SECONDS,
        "broker_max_poll_records": 500,
        "broker_commit_interval": 1.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": 4_194_304,
        "stream_buffer_maxsize": 1024,
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "table_standby_replicas": 0,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "agent_supervisor": "mode.CrashingSupervisor",
    }


def _credentials(settings: Settings) -> faust.auth.Credentials | None:
    security = settings.security
    match security.protocol:
        case "SSL":
            return faust.SSLCredentials(security.context())
        case "SASL_PLAINTEXT" | "SASL_SSL":
            return faust.SASLCredentials(
                mechanism=security.mechanism, username=security.username,
                password=security.password(), ssl_context=security.context(),
            )  # fmt: skip
    return None


def _die(code: int) -> None:
    """End now: nothing may acknowledge or commit after an error."""
    logging.shutdown()
    os._exit(code)


def run(settings: Settings, desks: Sequence[str] = DESKS) -> int:
    """Run one worker in this process until it is told to stop."""

    async def serve() -> int:
        worker = Worker(settings, desks)
        limits = settings.watchdog
        with (
            Watchdog(worker.vitals, limits, lambda: kafka_log(settings)),
            served(settings.health, worker.vitals, limits),
        ):
            return await worker.run()

    try:
        return asyncio.run(serve())
    except OSError as wrong:
        raise PartnerUnavailable(
            f"Kafka at {settings.address()} does not answer: {wrong}"
        ) from wrong
