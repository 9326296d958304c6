"""A gateway one desk of which has a bug, and owners of its partitions that know of it.

Not here: what people do about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.core.settlement import SettlementInstruction
from gateway.desks.desk import Decision, Desk
from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.gateway import Gateway
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from tests.day.market_day import BEFORE_CLOSE

Fails = Callable[[object], None]
"""Raises for the messages on which the desk fails."""


@dataclass(frozen=True)
class Failing(Gateway):
    """The same gateway with a bug in one desk, which shows when half of a decision is made."""

    desk: str = "dispatch"
    fails: Fails = lambda _: None

    def desks(self) -> dict[str, Desk[Any]]:
        """The desks, one of them with the bug."""
        right = super().desks()
        return {**right, self.desk: bent(right[self.desk], self.fails)}


def bent(right: Desk[Any], fails: Fails) -> Desk[Any]:
    """A desk that changes its state and then fails."""

    def decide(state: Any, message: object) -> Decision:
        decision = right.decide(state, message)
        try:
            fails(message)
        except Exception:
            for event in decision.events:
                right.evolve(state, event)
            raise
        return decision

    return replace(right, decide=decide)


def failing(right: Gateway, desk: str, fails: Fails) -> Failing:
    return Failing(
        right.topology, right.receivers, right.dialects, right.keyring, desk, fails
    )  # fmt: skip


def no_dialect(message: object) -> None:
    """The dispatch desk cannot write what RK_A is to be told."""
    if isinstance(message, SettlementInstruction) and message.receiver == "RK_A":
        raise ValueError(f"no form for {message.instruction_id}")


def laid(day: Sequence[Append], home: Gateway) -> MemoryLog:
    """A log with a day's messages, not decided yet."""
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(home.topics()))
    log.append_now(day)
    return log


def settle(
    log: MemoryLog, home: Gateway, store: Snapshots | None = None, batch: int = 100
) -> list[DecisionFailed]:
    """New owners decide all they can; what stops single ones of them, in order."""
    return asyncio.run(_settle(log, home, store, batch))


async def _settle(
    log: MemoryLog, home: Gateway, store: Snapshots | None, batch: int
) -> list[DecisionFailed]:
    seats = home.seats(log, "gateway", store)
    for seat in seats:
        await seat.open()
    stopped: dict[Seat[Any], DecisionFailed] = {}
    moved = True
    while moved:
        moved = False
        for seat in [seat for seat in seats if seat not in stopped]:
            waiting = log.records(seat.topic, seat.topic_partition, seat.last + 1)
            moved |= bool(waiting)
            try:
                for at in range(0, len(waiting), batch):
                    await seat.take(waiting[at : at + batch])
            except DecisionFailed as failed:
                stopped[seat] = failed
    return list(stopped.values())
