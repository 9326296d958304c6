"""A bare copy: what comes on one partition goes to another topic; nothing is decided.

Not here: timing.
"""

from __future__ import annotations

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition


async def copy(bootstrap: str, prefix: str, partition: int, count: int) -> None:
    """Copy so many messages of a partition, in batches, acknowledged by all replicas."""
    place = TopicPartition(f"{prefix}from", partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=8_000_000,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True,
        max_batch_size=900_000, max_request_size=4_000_000,
    )  # fmt: skip
    await consumer.start()
    await producer.start()
    try:
        consumer.assign([place])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        copied = 0
        while copied < count:
            batches = await consumer.getmany(place, timeout_ms=200)
            records = batches.get(place, [])
            sent = [
                await producer.send(f"{prefix}to", record.value, partition=partition)
                for record in records
            ]
            await asyncio.gather(*sent)
            copied += len(records)
    finally:
        await producer.stop()
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(copy(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
