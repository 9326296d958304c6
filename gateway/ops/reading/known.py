"""What the gateway knew at a moment: every journal up to the log's own stamps of then.

A fact has two times. It is effective on a day: the trade date of an order, the session of a
NAV, the day of a notice. And it is recorded at a moment: the stamp the log gave the journal
record that holds the decision (not the stamp of the message that led to it, which the gateway
had not decided yet). A partition's journal is cut at its first later stamp, so what is left is
a beginning of it, whatever a broker's clock did: the answer to a past question never changes.

Not here: what the decisions mean (`reading.room`, `reading.units`, `reading.unfunded`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field

from gateway.log.port import Log
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided, decisions
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import journal_of

Told = Callable[[int, int], None]
"""Told how many journal records more were read, and how many more there are to read."""

STEP = 100
"""Decisions between two reports."""


@dataclass(frozen=True, slots=True)
class Known:
    """Journals as they stood at a moment.

    Attributes:
        log: Where the gateway wrote.
        gateway: Its topology.
        until: UTC microseconds of the moment; None for all there is.
        plan: The only plan that is wanted, None for all.
        fund: The only fund that is wanted, None for all.
        told: Who is told how far the reading is.
    """

    log: Log
    gateway: Gateway
    until: int | None = None
    told: Told | None = None
    plan: str | None = None
    fund: str | None = None
    messages: Messages = field(default_factory=lambda: Messages(standard()))

    def covers(self, recorded_at: int) -> bool:
        """Whether something stamped so was recorded by the moment."""
        return self.until is None or recorded_at <= self.until

    async def announce(self, desks: Collection[str]) -> None:
        """Tell how much there is to read of some desks."""
        if self.told is None:
            return
        for desk in desks:
            for partition in self.partitions(desk):
                self.told(0, await self.log.end(*journal_of(desk, partition)))

    def partitions(self, desk: str) -> Sequence[int]:
        """The partitions of a desk that can say anything of the plan and fund wanted."""
        wanted = {"plan": self.plan, "fund": self.fund}.get(desk)
        topology = self.gateway.topology
        if wanted is None:
            return range(topology.partitions(desk))
        return (topology.home(desk, wanted).partition,)

    async def decisions(self, desk: str, partition: int) -> AsyncIterator[Decided]:
        """The decisions of one inbox partition that were recorded by the moment, in order."""
        seen = 0
        async for decided in decisions(self.log, self.messages, desk, partition):
            if not self.covers(decided.recorded_at):
                break
            seen += 1
            if self.told is not None and seen % STEP == 0:
                self.told(STEP, 0)
            yield decided
        if self.told is not None:
            # Parts of a decision and marks of transactions are records too.
            end = await self.log.end(*journal_of(desk, partition))
            self.told(max(0, end - seen // STEP * STEP), 0)
