"""A settled day to prove the laws on, and ways to plant what breaks them.

A log is never changed: a planted one is a copy, record by record, in which one partition
was written otherwise.

Not here: the laws.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from gateway.core.laws import Violation
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.day.market_day import (
    BEFORE_CLOSE,
    PERSON,
    SESSION,
    MarketDay,
    days,
    gateway,
    settled_day,
    traded,
)
from tests.day.test_settled_day import run

MESSAGES = Messages(standard())
HOME = gateway(plan=2, fund=1, cash=1)
AFTER_CLOSE = BEFORE_CLOSE + 8 * 3_600_000_000
Values = list[bytes]


def busy_day() -> MarketDay:
    """A day with a late order, a repeat, a conflict, rubbish, acknowledgements and a purchase."""
    day = settled_day()
    day.appends.append(Append("in.RK_A", 0, None, b"\x07 not a message of " + PERSON.encode()))
    value = day.payroll("RK_A", "B3", "PLN-2", BEFORE_CLOSE, [("p-3", "MA_ALT", 5_00)])
    day.appends.append(Append("in.RK_A", 0, None, value))
    traded(day)
    closing = [a for a in day.appends if a.topic == "in.RK_A"][-1]
    day.appends.remove(closing)
    day.payroll("RK_A", "B4", "PLN-1", AFTER_CLOSE, [(PERSON, "LIQ", 70_00)])
    day.payroll("RK_A", "B4", "PLN-1", AFTER_CLOSE, [(PERSON, "LIQ", 71_00)])
    lines, amount = 3 + 2, 300_00 + 9_000_00 + 1_000_01 + 5_00 + 70_00
    day.day_end("RK_A", 4, lines, amount)
    following = SESSION + timedelta(days=1)
    day.tick("SESSION_OPENED", following)
    for party in ("CUSTODIAN", "RK_A"):
        for state in ("ACKNOWLEDGED", "SETTLED"):
            day.say(party, "InstructionAck", instruction_id=f"SI-20261125-{party}-USD-1",
                    state=state, detail="")  # fmt: skip
    for index, level in (("LIQUID", 1001_00), ("PROXY", 4010_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(following), level=level)
    day.tick("VALUATION_CUT_OFF", following)
    return day


@cache
def settled() -> MemoryLog:
    """The busy day, decided. Shared: tests plant in copies only."""
    appends = busy_day().appends
    custodian = [at for at, append in enumerate(appends) if append.topic == "in.CUSTODIAN"]
    # What the custodian says last, it says of instructions that it has seen.
    return run(appends, HOME, cut=custodian[-3])


def broken(log: MemoryLog, home: Gateway = HOME, **how: Any) -> list[Violation]:
    """What the laws say of a log."""
    return asyncio.run(violations(log, home, **how))


def copied(
    log: MemoryLog,
    topic: str,
    partition: int,
    change: Callable[[Values], Values],
    home: Gateway = HOME,
) -> MemoryLog:
    """The log with one partition's values changed."""
    clock = [0]
    copy = MemoryLog(lambda: clock[0])
    asyncio.run(copy.create(home.topics()))
    for name, partitions in home.topics().items():
        for at in range(partitions):
            records = log.records(name, at)
            values = [record.value for record in records]
            if (name, at) == (topic, partition):
                values = change(values)
            for index, value in enumerate(values):
                like = records[min(index, len(records) - 1)]
                clock[0] = like.recorded_at
                copy.append_now([Append(name, at, like.key, value, like.headers)])
    return copy


def events_of(log: MemoryLog, desk: str, home: Gateway = HOME) -> list[list[object]]:
    """A desk's events by partition."""
    return [
        [
            event
            for record in log.records(f"gw.{desk}.journal", partition)
            for event in MESSAGES.decided(record.value)[1]
        ]
        for partition in range(home.topology.partitions(desk))
    ]


def rewritten(values: Sequence[bytes], kind: type, change: Callable[[Any], object]) -> Values:
    """Journal records in which the first event of a kind is another."""
    done = False
    result: Values = []
    for value in values:
        head, events = MESSAGES.decided(value)
        for index, event in enumerate(events):
            if isinstance(event, kind) and not done:
                events[index] = change(event)
                done = True
        packed = tuple(MESSAGES.pack(event) for event in events)
        result.append(MESSAGES.pack(replace(head, events=packed)))
    assert done, f"no {kind.__name__} in the journal"
    return result


def journal_record(value: bytes) -> JournalRecord:
    """A journal record, its events left packed."""
    record = MESSAGES.unpack(value)
    assert isinstance(record, JournalRecord)
    return record


def laws_of(found: Sequence[Violation]) -> set[str]:
    """Which laws are broken."""
    return {violation.law for violation in found}
