"""A day that a bug of the dispatch desk stops, and two people who act on it.

Not here: what must hold of it.
"""

from __future__ import annotations

import asyncio

from gateway.core.quarantine import Disposal
from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.ops.doctor.desks import Check
from gateway.ops.doctor.stopped import stopped_checks
from gateway.ops.quarantine.aside import Aside, AskAside, put_aside
from gateway.ops.quarantine.decide import Ask, Outcome, decide
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided, decisions
from tests.day.market_day import gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES
from tests.shell.failing import failing, laid, no_dialect, settle

HOME = gateway(2, 1, 1)
DUMB = failing(HOME, "dispatch", no_dialect)
DAY = traded(settled_day()).appends
REASON = "nobody else is to wait for the form of RK_A"


def stopped_day() -> tuple[MemoryLog, DecisionFailed]:
    log = laid(DAY, DUMB)
    (failed,) = settle(log, DUMB)
    return log, failed


def aside(log: MemoryLog, ask: AskAside, home: Gateway = DUMB) -> Aside:
    return asyncio.run(put_aside(log, home, "gateway", ask))


def by_two(log: MemoryLog, name: str, home: Gateway = DUMB) -> Aside:
    assert aside(log, AskAside(name, requested_by="Anna", reason=REASON), home).done == "REQUESTED"
    return aside(log, AskAside(name, approved_by="Bert"), home)


def redriven(log: MemoryLog, *names: str, home: Gateway = HOME) -> list[str]:
    done: list[str] = []
    for ask in (
        Ask(Disposal.REDRIVE, names, requested_by="Anna"),
        Ask(Disposal.REDRIVE, names, approved_by="Bert"),
    ):
        done += [outcome.done for outcome in redrive(log, ask, home)]
    return done


def redrive(log: MemoryLog, ask: Ask, home: Gateway) -> list[Outcome]:
    return asyncio.run(decide(log, home, "gateway", ask))


def decided(log: MemoryLog, desk: str, partition: int) -> list[Decided]:
    async def read() -> list[Decided]:
        return [each async for each in decisions(log, MESSAGES, desk, partition)]

    return asyncio.run(read())


def stopped(log: MemoryLog, home: Gateway) -> list[Check]:
    return asyncio.run(stopped_checks(log, home, "gateway"))


def size(log: MemoryLog) -> dict[str, int]:
    return {
        topic: sum(len(log.records(topic, at)) for at in range(partitions))
        for topic, partitions in HOME.topics().items()
    }
