"""A Kafka log: transactional writers and read-committed readers on aiokafka.

Not here: consumer groups; which partitions are ours is the worker's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidProducerEpoch, ProducerFenced, TopicAlreadyExistsError

from gateway.errors import Fenced
from gateway.log.port import Append, Record

MESSAGE_BYTES = 4_000_000
TRANSACTION_MS = 60_000
READ_MS = 200


class KafkaLog:
    """Topics on a broker."""

    def __init__(self, bootstrap: str) -> None:
        """Remember the address; connections are made when used."""
        self._bootstrap = bootstrap

    async def create(self, topics: Mapping[str, int]) -> None:
        """Create the topics that do not exist: stamped by the broker, kept for ever."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        config = {
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": "-1",
            "max.message.bytes": str(MESSAGE_BYTES),
        }
        try:
            have = set(await admin.list_topics())
            wanted = [
                NewTopic(name, count, 1, topic_configs=config)
                for name, count in topics.items()
                if name not in have
            ]
            if wanted:
                await admin.create_topics(wanted)
        except TopicAlreadyExistsError:
            return
        finally:
            await admin.close()

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """Committed records from `start` to the end as it stands, or to `stop`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=MESSAGE_BYTES,
        )
        await consumer.start()
        try:
            place = TopicPartition(topic, partition)
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            until = end if stop is None else min(stop, end)
            consumer.seek(place, start)
            while await consumer.position(place) < until:
                batches = await consumer.getmany(place, timeout_ms=READ_MS)
                records = [_record(r) for r in batches.get(place, []) if r.offset < until]
                if records:
                    yield records
        finally:
            await consumer.stop()

    def writer(self, name: str) -> KafkaWriter:
        """A transactional writer of that name."""
        return KafkaWriter(self._bootstrap, name)

    async def close(self) -> None:
        """Nothing is kept open."""


def _record(raw: object) -> Record:
    return Record(
        raw.topic, raw.partition, raw.offset, raw.key, raw.value or b"",  # type: ignore[attr-defined]
        tuple(raw.headers), raw.timestamp * 1000,  # type: ignore[attr-defined]
    )  # fmt: skip


class KafkaWriter:
    """A transactional producer; its name is its transactional id, which is what fences."""

    def __init__(self, bootstrap: str, name: str) -> None:
        """Prepare; `open` connects and fences."""
        self._producer_of = lambda: AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            transactional_id=name,
            acks="all",
            transaction_timeout_ms=TRANSACTION_MS,
            max_request_size=MESSAGE_BYTES,
            max_batch_size=500_000,
        )
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Start the producer: aborts what an earlier owner left open and fences it."""
        self._producer = self._producer_of()
        await self._producer.start()

    async def append(self, appends: Sequence[Append]) -> None:
        """One transaction over all partitions."""
        assert self._producer is not None, "append before open"
        try:
            async with self._producer.transaction():
                sent = [
                    await self._producer.send(
                        a.topic, a.value, key=a.key, partition=a.partition, headers=list(a.headers)
                    )
                    for a in appends
                ]
                await asyncio.gather(*sent)
        except (ProducerFenced, InvalidProducerEpoch) as fenced:
            raise Fenced(str(fenced)) from fenced

    async def close(self) -> None:
        """Stop the producer."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
