"""On a broker that asks who is there, everybody does their own work and nobody another's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from confluent_kafka import Consumer, KafkaException

from gateway.core.quarantine import Disposal, Quarantined
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import RejectCode
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.ops.acl import arguments, rules
from gateway.ops.java_broker import SCRAM
from gateway.ops.quarantine.decide import Ask, decide
from gateway.shell.settings import Settings, settings_from
from gateway.wire.topics import QUARANTINE
from tests.conftest import had
from tests.day.market_day import SENDERS, gateway, session_to_come, settled_day, traded
from tests.day.test_settled_day import MESSAGES, instructions, run
from tests.kafka.crew import Crew
from tests.kafka.guarded import Guarded, guarded_broker
from tests.kafka.test_day_on_kafka import issued

pytestmark = pytest.mark.kafka

HOME = gateway()
NAME = "guarded"
PREFIX = f"{NAME}."
PATIENCE_SECONDS = 20


class GuardedCrew(Crew):
    """Workers that must say who they are; the test itself stands above the rules."""

    def __init__(self, broker: Guarded, folder: Path) -> None:
        """Write settings with security in them."""
        super().__init__(HOME, broker.door, NAME, folder)
        said = yaml.safe_load(self.config.read_text())
        said["security"] = broker.security("worker").model_dump(mode="json")
        self.config.write_text(yaml.safe_dump(said))
        self._plain = broker.bootstrap

    def log(self) -> KafkaLog:
        """The log, by the plain door."""
        return KafkaLog(self._plain, prefix=self.prefix)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A guarded broker with the gateway's topics and rules."""
    names = (*SENDERS, "worker", "clock", "redrive")
    with ExitStack() as stack:
        broker = had(stack, guarded_broker(names))
        assert isinstance(broker, Guarded)
        crew = GuardedCrew(broker, tmp_path_factory.mktemp("settings"))
        asyncio.run(crew.create())
        listed = rules(settings_of(crew))
        # One by Kafka's own tool, in the words that are printed; the rest at once.
        broker.tool("org.apache.kafka.tools.AclCommand", *arguments(listed[0]))
        broker.allow(listed[1:])
        yield broker


def settings_of(crew: Crew) -> Settings:
    return settings_from(crew.config)


async def write(broker: Guarded, name: str, topic: str, value: bytes) -> int:
    """Write as somebody; the offset."""
    producer = AIOKafkaProducer(**broker.client(name), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        return int((await producer.send_and_wait(PREFIX + topic, value, partition=0)).offset)
    finally:
        await producer.stop()


def read(broker: Guarded, name: str, topic: str) -> bytes:
    """The first message of a topic, read as somebody in the group that is theirs.

    Raises:
        KafkaException: The broker does not allow it.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": broker.door,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": SCRAM,
            "sasl.username": name,
            "sasl.password": broker.security(name).password(),
            "ssl.ca.location": str(broker.security(name).ca_file),
            "group.id": f"{PREFIX}out.{name}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.subscribe([PREFIX + topic])
        message = consumer.poll(PATIENCE_SECONDS)
        assert message is not None, "nobody answers"
        wrong = message.error()
        if wrong is not None:
            raise KafkaException(wrong)
        value = message.value()
        assert isinstance(value, bytes)
        consumer.commit(message=message, asynchronous=False)
        return value
    finally:
        consumer.close()


async def allowed(what: Callable[[], Awaitable[object]]) -> object:
    """Do it as soon as the broker has taken the rule in."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await what()
        except TopicAuthorizationFailedError:
            assert time.monotonic() < until, "the rule is not taken in"


def test_a_sender_writes_its_own_topic_and_no_other(guarded: Guarded) -> None:
    async def play() -> None:
        rubbish = b"\x07 to be set aside"
        await allowed(lambda: write(guarded, "operations", "in.operations", rubbish))
        await allowed(lambda: write(guarded, "RK_A", "in.RK_A", rubbish))
        for topic in ("in.RK_B", "in.operations", "out.RK_A", "gw.plan.inbox", "gw.quarantine"):
            with pytest.raises(TopicAuthorizationFailedError):
                await write(guarded, "RK_A", topic, rubbish)
        # The clock ticks in every sender's topic and nowhere else.
        await allowed(lambda: write(guarded, "clock", "in.RK_B", rubbish))
        with pytest.raises(TopicAuthorizationFailedError):
            await write(guarded, "clock", "out.RK_B", rubbish)

    asyncio.run(play())


def test_a_partner_reads_its_own_instructions_and_no_others(guarded: Guarded) -> None:
    async def play() -> None:
        log = KafkaLog(guarded.bootstrap, prefix=PREFIX)
        writer = log.writer("the-test")
        await writer.open()
        await writer.append(
            [Append(f"out.{name}", 0, None, name.encode()) for name in ("KKR", "BLACKSTONE")]
        )
        await writer.close()
        await log.close()

    asyncio.run(play())
    assert read(guarded, "KKR", "out.KKR") == b"KKR"
    for topic in ("out.BLACKSTONE", "in.KKR", "gw.cash.journal"):
        with pytest.raises(KafkaException, match="TOPIC_AUTHORIZATION_FAILED"):
            read(guarded, "KKR", topic)


def test_nobody_comes_in_with_another_password(guarded: Guarded) -> None:
    async def play() -> None:
        producer = AIOKafkaProducer(**guarded.client("RK_A", "the password of RK_B"))
        try:
            with pytest.raises(KafkaError):
                await producer.start()
        finally:
            await producer.stop()

    asyncio.run(play())


def test_workers_that_say_who_they_are_settle_the_day(guarded: Guarded, tmp_path: Path) -> None:
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends

    async def play(crew: GuardedCrew) -> tuple[dict[str, SettlementInstruction], list[int]]:
        log = crew.log()
        before = {topic: await log.end(topic, 0) for topic in {a.topic for a in day}}
        await crew.publish(day)
        crew.start()
        await crew.quiet(4)
        found = await issued(log)
        stamps = await stamps_behind(log, day, before)
        await log.close()
        return found, stamps

    crew = GuardedCrew(guarded, tmp_path)
    with crew:
        found, stamps = asyncio.run(play(crew))
        assert crew.stop() == [0], crew.said()
        assert "the password of" not in crew.said()
    assert found == instructions(run(day, HOME, stamps=stamps))


async def stamps_behind(log: KafkaLog, day: list[Append], before: dict[str, int]) -> list[int]:
    """The broker's stamps of a day's messages, behind what stood there before."""
    by_topic = {
        topic: iter([r.recorded_at async for records in log.read(topic, 0, start) for r in records])
        for topic, start in before.items()
    }
    return [next(by_topic[append.topic]) for append in day]


def test_who_asks_for_a_redrive_needs_another_who_may_do_it(guarded: Guarded) -> None:
    rubbish = b"\x07 to be redriven"

    async def kept() -> str:
        """Rubbish in a sender's topic, set aside as intake does it."""
        at = int(str(await allowed(lambda: write(guarded, "RK_B", "in.RK_B", rubbish))))
        mine = Quarantined(
            "RK_B", "in.RK_B", 0, at, 0, (RejectCode.SCHEMA,), "first byte is 0x07", (), rubbish
        )
        log = KafkaLog(guarded.bootstrap, prefix=PREFIX)
        writer = log.writer("the-test")
        await writer.open()
        await writer.append([Append(QUARANTINE, 0, None, MESSAGES.pack(mine))])
        await writer.close()
        await log.close()
        return f"in.RK_B-0@{at}"

    async def as_user(name: str, what: Ask) -> list[str]:
        log = KafkaLog(guarded.door, prefix=PREFIX, **guarded.security(name).client())
        try:
            return [o.done for o in await decide(log, HOME, NAME, what)]
        finally:
            await log.close()

    ask = Ask(Disposal.REDRIVE, (asyncio.run(kept()),), requested_by="Anna")
    approve = replace(ask, requested_by="", approved_by="Bert")
    assert asyncio.run(as_user("operations", ask)) == ["REQUESTED"]
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(as_user("operations", approve))
    assert asyncio.run(as_user("redrive", approve)) == ["REDRIVEN"]
    assert asyncio.run(as_user("redrive", approve)) == ["ALREADY"]


def test_settings_with_security_are_those_of_a_file(guarded: Guarded, tmp_path: Path) -> None:
    crew = GuardedCrew(guarded, tmp_path)
    security = settings_from(crew.config).security
    assert security.password() == "the password of worker"
    assert "the password of" not in repr(security)
