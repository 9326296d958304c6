"""The settled day on a real broker gives the instructions of the in-process log."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.settlement import SettlementInstruction
from gateway.errors import Fenced
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.shell.gateway import pump
from tests.day.market_day import gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, instructions, run

pytestmark = pytest.mark.kafka


def test_the_day_on_kafka_equals_the_day_in_process_after_a_change_of_owner(kafka: str) -> None:
    home = gateway()
    day = traded(settled_day()).appends
    half = len(day) // 2

    async def play() -> dict[str, SettlementInstruction]:
        log = KafkaLog(kafka)
        await log.create(home.topics())
        found: dict[str, SettlementInstruction] = {}
        for part in (day[:half], day[half:]):
            publisher = log.writer("publisher")
            await publisher.open()
            await publisher.append(part)
            await publisher.close()
            seats = home.seats(log)
            for seat in seats:
                await seat.open()
            await pump(seats, log)
            for seat in seats:
                await seat.close()
        for partition in range(2):
            async for records in log.read("gw.dispatch.inbox", partition):
                for record in records:
                    message = MESSAGES.unpack(record.value)
                    assert isinstance(message, SettlementInstruction)
                    assert message.counterparty not in found
                    found[message.counterparty] = message
        return found

    assert asyncio.run(play()) == instructions(run(day, home))


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
        return [r.value async for records in log.read("fencing", 0) for r in records]

    assert asyncio.run(play()) == [b"before", b"after"]
