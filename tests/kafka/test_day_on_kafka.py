"""The settled day on a real broker gives the instructions of the in-process log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from gateway.core.settlement import SettlementInstruction
from gateway.errors import Fenced
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.shell.gateway import pump
from tests.day.market_day import gateway, session_to_come, settled_day, traded
from tests.day.test_settled_day import MESSAGES, instructions, run

pytestmark = pytest.mark.kafka


def test_the_day_on_kafka_equals_the_day_in_process_after_a_change_of_owner(kafka: str) -> None:
    home = gateway()
    day = traded(settled_day(session_to_come(time.time_ns() // 1000))).appends
    half = len(day) // 2

    async def play() -> tuple[dict[str, SettlementInstruction], list[int]]:
        log = KafkaLog(kafka, prefix="owners.")
        await log.create(home.topics())
        for part in (day[:half], day[half:]):
            publisher = log.writer("owners.publisher")
            await publisher.open()
            await publisher.append(part)
            await publisher.close()
            seats = home.seats(log, "owners")
            for seat in seats:
                await seat.open()
            await pump(seats, log)
            for seat in seats:
                await seat.close()
        found = await issued(log)
        stamps = await stamps_of(log, day)
        await log.close()
        return found, stamps

    found, stamps = asyncio.run(play())
    assert found
    assert found == instructions(run(day, home, stamps=stamps))


async def issued(log: KafkaLog) -> dict[str, SettlementInstruction]:
    found: dict[str, SettlementInstruction] = {}
    for partition in range(2):
        async for records in log.read("gw.dispatch.inbox", partition):
            for record in records:
                message = MESSAGES.unpack(record.value)
                assert isinstance(message, SettlementInstruction)
                assert message.counterparty not in found
                found[message.counterparty] = message
    return found


async def stamps_of(log: KafkaLog, day: Sequence[Append]) -> list[int]:
    """The broker's stamp of each message of the day."""
    by_topic = {
        topic: iter([r.recorded_at async for records in log.read(topic, 0) for r in records])
        for topic in {append.topic for append in day}
    }
    return [next(by_topic[append.topic]) for append in day]


def test_a_newer_writer_fences_the_older_one_and_its_records_never_show(kafka: str) -> None:
    async def play() -> list[bytes]:
        log = KafkaLog(kafka)
        await log.create({"fencing": 2})
        older, newer = log.writer("owner"), log.writer("owner")
        await older.open()
        await older.append([Append("fencing", 0, None, b"before")])
        await newer.open()
        with pytest.raises(Fenced):
            await older.append([Append("fencing", 0, None, b"zombie")])
        await newer.append([Append("fencing", 0, None, b"after")])
        await newer.close()
        await older.close()
        values = [r.value async for records in log.read("fencing", 0) for r in records]
        await log.close()
        return values

    assert asyncio.run(play()) == [b"before", b"after"]
