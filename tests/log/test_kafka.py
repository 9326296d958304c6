"""The Kafka home keeps the contract of a log on a real broker.

Not here: the contract (`contract`), the desks on Kafka.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from gateway.log.kafka import KafkaLog
from gateway.log.port import Append, Log, Record
from tests.log.contract import DurableContract, Opener, append, everything, play, values

pytestmark = pytest.mark.kafka


class TestKafkaLog(DurableContract):
    @pytest.fixture
    def opener(self, kafka: str) -> Opener:
        return lambda: KafkaLog(kafka)


@asynccontextmanager
async def foreign(kafka: str, owner: str | None = None) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that is not one of our writers."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=owner)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def test_an_open_transaction_hides_what_follows_and_holds_no_reader_up(kafka: str) -> None:
    topic = "open_transaction"

    async def story(log: Log) -> None:
        await log.create({topic: 1})
        await append(log, Append(topic, 0, None, b"before"))
        async with foreign(kafka, "slow") as slow:
            await slow.begin_transaction()
            await slow.send_and_wait(topic, b"unfinished", partition=0)
            await append(log, Append(topic, 0, None, b"behind it"), name="quick")
            end = await log.end(topic, 0)
            assert await values(log, topic) == [b"before"]
            await slow.commit_transaction()
        async with foreign(kafka, "slow"):
            pass  # opening the name waits until the commit shows
        assert await values(log, topic) == [b"before", b"unfinished", b"behind it"]
        assert (await everything(log, topic))[1].offset == end

    play(lambda: KafkaLog(kafka), story)


def test_a_new_owner_undoes_what_the_old_one_left_open(kafka: str) -> None:
    topic = "left_open"

    async def story(log: Log) -> list[bytes]:
        await log.create({topic: 1})
        async with foreign(kafka, "successor") as predecessor:
            await predecessor.begin_transaction()
            await predecessor.send_and_wait(topic, b"half done", partition=0)
            await append(log, Append(topic, 0, None, b"done"), name="successor")
            return await values(log, topic)

    assert play(lambda: KafkaLog(kafka), story) == [b"done"]


def test_a_reader_gets_past_aborted_records_also_when_nothing_follows(kafka: str) -> None:
    topic = "aborted"

    async def story(log: Log) -> list[bytes]:
        await log.create({topic: 1})
        async with foreign(kafka, "undecided") as undecided:
            for turn in range(3):
                await append(log, Append(topic, 0, None, b"%d" % turn))
                await undecided.begin_transaction()
                await undecided.send_and_wait(topic, b"aborted", partition=0)
                await undecided.abort_transaction()
            return await values(log, topic)

    assert play(lambda: KafkaLog(kafka), story) == [b"0", b"1", b"2"]


def test_the_stamp_is_the_brokers_whatever_the_sender_says(kafka: str) -> None:
    topic = "stamped"

    async def story(log: Log) -> Record:
        await log.create({topic: 1})
        async with foreign(kafka) as sender:
            await sender.send_and_wait(topic, b"dated", partition=0, timestamp_ms=1)
        [record] = await everything(log, topic)
        return record

    assert play(lambda: KafkaLog(kafka), story).recorded_at > 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("topic", "largest"), [("gw.kept_for_ever", "8000000"), ("in.KEPT_FOR_EVER", "4000000")]
)
def test_a_topic_is_kept_for_ever_and_stamped_when_appended(
    kafka: str, topic: str, largest: str
) -> None:

    async def asked() -> dict[str, str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            [answer] = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic)]
            )
        finally:
            await admin.close()
        return {name: value for name, value, *_ in answer.resources[0][4]}

    play(lambda: KafkaLog(kafka), lambda log: log.create({topic: 1}))
    configured = asyncio.run(asked())
    assert configured["message.timestamp.type"] == "LogAppendTime"
    assert configured["retention.ms"] == "-1"
    assert configured["retention.bytes"] == "-1"
    assert configured["max.message.bytes"] == largest


def test_two_who_create_the_same_topics_at_once_both_succeed(kafka: str) -> None:
    wanted = {f"at_once.{number}": 2 for number in range(5)}

    async def story(log: Log) -> list[int]:
        await asyncio.gather(*(log.create(wanted) for _ in range(4)))
        return [await log.partitions(topic) for topic in wanted]

    assert play(lambda: KafkaLog(kafka), story) == [2] * 5


def test_several_readings_of_one_log_go_on_at_the_same_time(kafka: str) -> None:
    topic = "read_together"

    async def story(log: Log) -> list[list[bytes]]:
        await log.create({topic: 4})
        await append(log, *(Append(topic, n % 4, None, b"%d" % n) for n in range(400)))
        return await asyncio.gather(*(values(log, topic, partition) for partition in range(4)))

    assert play(lambda: KafkaLog(kafka), story) == [
        [b"%d" % n for n in range(partition, 400, 4)] for partition in range(4)
    ]
