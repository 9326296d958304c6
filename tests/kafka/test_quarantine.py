"""On a real broker a redrive that is killed half-way goes on, and nothing is redriven twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.core.quarantine import Disposal
from gateway.errors import Fenced
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append, Record
from gateway.ops.quarantine.decide import STEP_MESSAGES, Ask, decide
from gateway.ops.quarantine.store import Wanted
from gateway.shell.gateway import Gateway, pump
from tests.day.market_day import settled_day
from tests.ops.test_quarantine import DEAF, HOME, Crash

pytestmark = pytest.mark.kafka

APP = "redriven"
COUNT = STEP_MESSAGES + 10
REQUEST = Ask(Disposal.REDRIVE, (), Wanted(sender="BLACKSTONE"), requested_by="Anna")
APPROVE = replace(REQUEST, requested_by="", approved_by="Bert")


async def settle(log: KafkaLog, home: Gateway) -> None:
    """Every desk decides what its inbox holds."""
    seats = home.seats(log, APP)
    for seat in seats:
        await seat.open()
    await pump(seats, log)
    for seat in seats:
        await seat.close()


async def set_aside_many(log: KafkaLog) -> None:
    """Statements set aside, for nobody had said which dialect their sender speaks."""
    day = settled_day()
    for number in range(COUNT):
        day.say("BLACKSTONE", "BlackstoneVehicleStatement", StatementRef=f"Q{number}",
                FundCode="BX_PE", InvestorRef="TDF_2045", AsOfDate="20260930", Ccy="USD",
                CapitalBalance="905000.00")  # fmt: skip
    await log.create(HOME.topics())
    writer = log.writer(f"{APP}.publisher")
    await writer.open()
    await writer.append(day.appends)
    await writer.close()
    await settle(log, DEAF)


def _again(record: Record) -> Append:
    return Append(record.topic, 0, record.key, record.value, record.headers)


async def statements(log: KafkaLog) -> list[Record]:
    return [r async for records in log.read("in.BLACKSTONE", 0) for r in records][1:]


def test_a_redrive_killed_and_overtaken_appends_every_message_once(kafka: str) -> None:
    async def play() -> list[Record]:
        log = KafkaLog(kafka, prefix=f"{APP}.")
        await set_aside_many(log)
        await decide(log, HOME, APP, REQUEST)

        def killed(_: int, __: int) -> None:
            raise Crash

        with pytest.raises(Crash):
            await decide(log, HOME, APP, APPROVE, killed)
        older = log.writer(f"{APP}.quarantine")
        await older.open()
        outcomes = await decide(log, HOME, APP, APPROVE)
        assert [o.done for o in outcomes].count("ALREADY") == STEP_MESSAGES
        assert [o.done for o in outcomes].count("REDRIVEN") == COUNT - STEP_MESSAGES
        with pytest.raises(Fenced):
            await older.append([_again((await statements(log))[0])])
        await older.close()
        assert {o.done for o in await decide(log, HOME, APP, APPROVE)} == {"ALREADY"}
        found = await statements(log)
        await settle(log, HOME)
        await log.close()
        return found

    found = asyncio.run(play())
    first, again = found[:COUNT], found[COUNT:]
    assert [r.value for r in again] == [r.value for r in first]
    assert [r.headers for r in again] == [r.headers for r in first]
