"""A Kafka log: transactional writers and read-committed readers on aiokafka.

An append is one transaction over all its partitions; a writer's name is its transactional id,
so it is the broker that fences. Offsets have holes where markers and aborted records stand.
A reader is kept for the next reading, for a connection costs more than most readings.
A log belongs to one event loop and must be closed in it.

Not here: consumer groups (which partitions are ours is the worker's business), retries of an
append whose outcome is not known: whoever opens the next writer reads what became of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidProducerEpoch,
    NoError,
    ProducerFenced,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import ConsumerRecord

from gateway.errors import ConfigError, Fenced, PartnerUnavailable
from gateway.log.port import Append, Record

MESSAGE_BYTES = 4_000_000
OWN_MESSAGE_BYTES = 8_000_000
"""The gateway's own topics hold a sender's largest message with room for what is said of it."""

BATCH_BYTES = 900_000
FETCH_BYTES = 8_000_000
TRANSACTION_MS = 60_000
READ_MS = 200
FETCH_WAIT_MS = 5
STOP_SECONDS = 5
SEEN_SECONDS = 20
SEEN_EVERY_SECONDS = 0.05
COPIES = 3
COPIES_IN_SYNC = 2


class KafkaLog:
    """Topics on a broker."""

    def __init__(self, bootstrap: str, *, prefix: str = "", **security: object) -> None:
        """Remember the address; connections are made when they are used.

        Args:
            bootstrap: host:port, or several with commas between.
            prefix: Put before every topic's name on the broker, so that several gateways can
                share one; nobody above the log sees it.
            **security: What aiokafka's clients take: `security_protocol`, `ssl_context`,
                `sasl_mechanism` and so on.
        """
        self._connection: dict[str, object] = {"bootstrap_servers": bootstrap, **security}
        self._prefix = prefix
        self._idle: list[AIOKafkaConsumer] = []
        self._partitions: dict[str, int] = {}
        self._closed = False

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist: stamped by the broker, kept for ever.

        Three copies, two of them in step, where there are three brokers; otherwise one.
        """
        admin = await self._admin()
        try:
            brokers = len((await admin.describe_cluster())["brokers"])
            copies = COPIES if brokers >= COPIES else 1
            config = {
                "message.timestamp.type": "LogAppendTime",
                "retention.ms": "-1",
                "retention.bytes": "-1",
                "min.insync.replicas": str(COPIES_IN_SYNC if brokers >= COPIES else 1),
            }
            have = {
                name.removeprefix(self._prefix)
                for name in await admin.list_topics()
                if name.startswith(self._prefix)
            }
            wanted = [
                NewTopic(
                    self._prefix + name,
                    count,
                    copies,
                    topic_configs={**config, "max.message.bytes": str(largest_message(name))},
                )
                for name, count in topics.items()
                if name not in have
            ]
            if wanted:
                _created((await admin.create_topics(wanted)).topic_errors)
            await self._seen(admin, set(topics))
        finally:
            await admin.close()
        for topic, wanted_partitions in topics.items():
            partitions = await self.partitions(topic)
            if partitions != wanted_partitions:
                raise ConfigError(
                    f"topic {topic} has {partitions} partitions, wanted {wanted_partitions}: "
                    "partition counts are chosen at birth; replay into a new topic"
                )

    async def _seen(self, admin: AIOKafkaAdminClient, wanted: set[str]) -> None:
        """Wait until the broker shows the topics with a leader for every partition.

        Raises:
            PartnerUnavailable: It does not within `SEEN_SECONDS`.
        """
        until = time.monotonic() + SEEN_SECONDS
        while True:
            described = await admin.describe_topics()
            ready = {
                t["topic"].removeprefix(self._prefix)
                for t in described
                if t["topic"].startswith(self._prefix)
                and all(p["leader"] >= 0 for p in t["partitions"])
            }
            if wanted <= ready:
                return
            if time.monotonic() > until:
                raise PartnerUnavailable(
                    f"Kafka created topics but does not show them after {SEEN_SECONDS} s: "
                    + ", ".join(sorted(wanted - ready)[:5])
                )
            await asyncio.sleep(SEEN_EVERY_SECONDS)

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has; asked once, for it never changes."""
        if topic not in self._partitions:
            admin = await self._admin()
            try:
                described = await admin.describe_topics()
            finally:
                await admin.close()
            self._partitions.update(
                (t["topic"].removeprefix(self._prefix), len(t["partitions"]))
                for t in described
                if t["topic"].startswith(self._prefix)
            )
        if topic not in self._partitions:
            raise ConfigError(f"no topic {topic}: create it")
        return self._partitions[topic]

    async def check(self, topic: str, partition: int) -> None:
        """Raise `ConfigError` unless the partition exists."""
        if not 0 <= partition < await self.partitions(topic):
            raise ConfigError(f"no such place: {topic}-{partition}; create it")

    async def end(self, topic: str, partition: int) -> int:
        """The last stable offset: it stands before the first transaction still open."""
        await self.check(topic, partition)
        consumer = await self._reader()
        try:
            return await _end(consumer, TopicPartition(self._prefix + topic, partition))
        finally:
            await self._release(consumer)

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Committed records from `start` to the last stable offset, or to `stop`."""
        await self.check(topic, partition)
        consumer = await self._reader()
        try:
            place = TopicPartition(self._prefix + topic, partition)
            end = await _end(consumer, place)
            until = end if stop is None else min(stop, end)
            if start >= until:
                return
            consumer.assign([place])
            consumer.seek(place, start)
            while await consumer.position(place) < until:
                batches = await consumer.getmany(place, timeout_ms=READ_MS)
                records = [_record(r, topic) for r in batches.get(place, ()) if r.offset < until]
                if records:
                    yield records
        finally:
            await self._release(consumer)

    def writer(self, name: str) -> KafkaWriter:
        """A transactional writer of that name."""
        return KafkaWriter(
            lambda: AIOKafkaProducer(
                **self._connection,
                transactional_id=name,
                acks="all",
                enable_idempotence=True,
                transaction_timeout_ms=TRANSACTION_MS,
                max_request_size=OWN_MESSAGE_BYTES,
                max_batch_size=BATCH_BYTES,
                linger_ms=0,
            ),
            self.check,
            self._prefix,
        )

    async def close(self) -> None:
        """Stop the idle readers; one still reading stops when it ends."""
        self._closed = True
        while self._idle:
            await _stop(self._idle.pop())

    async def _admin(self) -> AIOKafkaAdminClient:
        admin = AIOKafkaAdminClient(**self._connection)
        await admin.start()
        return admin

    async def _reader(self) -> AIOKafkaConsumer:
        if self._idle:
            return self._idle.pop()
        consumer = AIOKafkaConsumer(
            **self._connection,
            isolation_level="read_committed",
            enable_auto_commit=False,
            # A place that was deleted must be an error, never a jump to the end.
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            # What is not there yet is not waited for.
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        await consumer.start()
        return consumer

    async def _release(self, consumer: AIOKafkaConsumer) -> None:
        # Paused, not unsubscribed: a consumer stopped while it gives an assignment up can
        # miss the cancellation and wait for ever for its next one.
        consumer.pause(*consumer.assignment())
        if self._closed:
            await _stop(consumer)
        else:
            self._idle.append(consumer)


class KafkaWriter:
    """A transactional producer; its name is its transactional id, which is what fences."""

    def __init__(
        self,
        producer_of: Callable[[], AIOKafkaProducer],
        check: Callable[[str, int], Awaitable[None]],
        prefix: str,
    ) -> None:
        """Prepare; `open` connects and fences."""
        self._producer_of = producer_of
        self._check = check
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Start the producer: aborts what an earlier owner left open and fences it."""
        await self.close()
        producer = self._producer_of()
        try:
            await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        self._producer = producer

    async def append(self, appends: Sequence[Append]) -> None:
        """One transaction over all partitions, each partition's records in whole batches."""
        assert self._producer is not None, "append to a writer that is not open"
        if not appends:
            return
        for topic, partition in {(append.topic, append.partition) for append in appends}:
            await self._check(topic, partition)
        batches = _batches(self._producer, appends)
        try:
            async with self._producer.transaction():
                sent = [
                    await self._producer.send_batch(
                        batch, self._prefix + topic, partition=partition
                    )
                    for topic, partition, batch in batches
                ]
                await asyncio.gather(*sent)
        except (ProducerFenced, InvalidProducerEpoch) as fenced:
            raise Fenced(str(fenced)) from fenced

    async def close(self) -> None:
        """Stop the producer."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _stop(producer)


def largest_message(topic: str) -> int:
    """Bytes of the largest message a topic takes; senders write topics named in.<sender>."""
    return MESSAGE_BYTES if topic.startswith("in.") else OWN_MESSAGE_BYTES


def _batches(
    producer: AIOKafkaProducer, appends: Sequence[Append]
) -> list[tuple[str, int, BatchBuilder]]:
    """The appends as batches, in the order of their partitions' turns.

    A partition takes one batch at a time, so every partition's first batch goes before any
    partition's second.
    """
    kept: dict[tuple[str, int], list[BatchBuilder]] = {}
    for append in appends:
        of_place = kept.setdefault((append.topic, append.partition), [])
        headers = list(append.headers)
        if not of_place or not _put(of_place[-1], append, headers):
            of_place.append(producer.create_batch())
            _put(of_place[-1], append, headers)
    turns = max(map(len, kept.values()))
    return [
        (*place, of_place[turn])
        for turn in range(turns)
        for place, of_place in kept.items()
        if turn < len(of_place)
    ]


def _put(batch: BatchBuilder, append: Append, headers: list[tuple[str, bytes]]) -> bool:
    put = batch.append(timestamp=None, key=append.key, value=append.value, headers=headers)
    return put is not None


async def _stop(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop, within a bound: a fenced producer has nobody left to flush to."""
    with suppress(TimeoutError):
        await asyncio.wait_for(client.stop(), STOP_SECONDS)


async def _end(consumer: AIOKafkaConsumer, place: TopicPartition) -> int:
    return int((await consumer.end_offsets([place]))[place])


def _created(answers: Iterable[tuple[str, int, str]]) -> None:
    """Raise what the broker refused; a topic somebody else has just created is no refusal."""
    for topic, code, _ in answers:
        error = for_code(code)
        if error not in (NoError, TopicAlreadyExistsError):
            raise ConfigError(f"topic {topic} cannot be created: {error.__name__}")


def _record(raw: ConsumerRecord[bytes, bytes], topic: str) -> Record:
    return Record(
        topic,
        raw.partition,
        raw.offset,
        raw.key,
        raw.value or b"",
        tuple(raw.headers),
        raw.timestamp * 1000,
    )
