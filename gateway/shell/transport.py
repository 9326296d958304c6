"""Faust's Kafka transport, made to follow the journals instead of its own commits.

Four things differ from Faust's own: input is read committed; reading starts, and
commits state, where the journal of a partition ends; each fetched record knows the
offset fetched before it, so that a record passed over is told from a transaction marker;
and no directories are made, for there are no tables to be kept in them.

Not here: what is done with the records (`worker`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import faust
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from gateway.shell import out_of_memory

BEAT_SECONDS = 1.0

Positions = Callable[[], Mapping[TP, int]]


class FetchChain:
    """For each fetched record, the offset fetched just before it in its partition.

    Written by the consumer's thread and read by the event loop; each step is one operation
    on a dictionary.
    """

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._last: dict[TP, int] = {}
        self._before: dict[tuple[TP, int], int] = {}

    def start(self, tp: TP, position: int) -> None:
        """Reading of a partition goes on after this offset."""
        self._before = {key: at for key, at in self._before.items() if key[0] != tp}
        self._last[tp] = position

    def fetched(self, tp: TP, offsets: list[int]) -> None:
        """These records were fetched, in this order."""
        last = self._last.get(tp)
        for offset in offsets:
            if last is not None:
                self._before[tp, offset] = last
            last = offset
        if last is not None:
            self._last[tp] = last

    def before(self, tp: TP, offset: int) -> int | None:
        """The offset fetched before this one, asked once; None if nobody knows."""
        return self._before.pop((tp, offset), None)


class _Thread(driver.AIOKafkaConsumerThread):
    @Service.task
    async def _beat(self) -> None:
        out_of_memory.end_if_told()
        while not self.should_stop:
            _journals(self.app).heartbeat()
            await self.sleep(BEAT_SECONDS)

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(self, *args: Any, **options: Any) -> Any:
        records = await super()._fetch_records(*args, **options)
        for tp, batch in records.items():
            _journals(self.app).chain.fetched(TP(tp.topic, tp.partition), [r.offset for r in batch])
        return records


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: TP) -> int | None:
        """What is committed to the group: a hint for lag tools, taken from the journal."""
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        self._gap.pop(tp, None)
        last = _journals(self.app).positions().get(tp, -1)
        return last + 1 if last >= 0 else None

    async def perform_seek(self) -> None:
        """Read on where the journals end, whatever was committed."""
        await super().perform_seek()
        here = self.assignment()
        wanted = {
            tp: last + 1 for tp, last in _journals(self.app).positions().items() if tp in here
        }
        for tp, position in wanted.items():
            _journals(self.app).chain.start(tp, position - 1)
        if wanted:
            await self.seek_wait(wanted)
            self._committed_offset.update(wanted)


class _Transport(driver.Transport):
    Consumer = _Consumer


class _Tables(TableManager):
    async def on_start(self) -> None:
        """Start at once: the wait of a second is for tables, and there are none."""
        await self._update_channels()
        await self.recovery.start()


class JournalApp(faust.App):
    """A Faust application whose input positions come from `positions`.

    Args:
        name: Prefix of the consumer group.
        positions: Last decided offset of every partition owned now; -1 if none was.
        heartbeat: Called every second in the consumer's thread.
        **conf: Faust's settings.
    """

    def __init__(
        self, name: str, positions: Positions, heartbeat: Callable[[], None], **conf: Any
    ) -> None:
        """Make the application; nothing connects yet."""
        super().__init__(name, TableManager=_Tables, **conf)
        self.positions = positions
        self.heartbeat = heartbeat
        self.chain = FetchChain()

    def _create_directories(self) -> None:
        """None: they are for tables, and a worker needs no place to write to."""

    def _new_transport(self) -> _Transport:
        return _Transport(self.conf.broker_consumer, self)


def _journals(app: object) -> JournalApp:
    assert isinstance(app, JournalApp), type(app).__name__
    return app
