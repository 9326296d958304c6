"""Following a day from outside: what has been answered and settled so far.

It reads what recordkeepers get and what the last two desks decided, each record once.

Not here: starting anything (`run`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from rich.progress import Progress

from gateway.core.events import InstructionAdvanced, SessionAdvanced
from gateway.core.marks import NavStruck
from gateway.core.orders import OrderStatus
from gateway.core.settlement import SettlementInstruction
from gateway.log.port import Log, Record
from gateway.ops.demo.day import Day
from gateway.ops.demo.nation import RECORDKEEPERS
from gateway.shell.gateway import Gateway
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import journal_of


class Follower:
    """Bars for the lines answered, the NAVs struck and the instructions sent."""

    def __init__(self, log: Log, gateway: Gateway, day: Day, bar: Progress) -> None:
        """Prepare the bars; nothing is read yet."""
        self._log = log
        self._gateway = gateway
        self._messages = Messages(standard())
        self._session = day.session
        self._bar = bar
        self._next: dict[tuple[str, int], int] = {}
        lines = sum(totals.lines for totals in day.totals.values())
        self._lines = bar.add_task("order lines answered", total=lines)
        self._navs = bar.add_task("NAVs struck", total=sum(len(b.funds) for b in day.book))
        self._sent = bar.add_task("instructions sent", total=None)
        self._funds: set[str] = set()
        self._issued: set[str] = set()
        self._out: set[str] = set()
        self._closed: set[int] = set()

    async def look(self) -> bool:
        """Read what is new; whether every instruction of the session has been sent."""
        for recordkeeper in RECORDKEEPERS:
            async for record in self._fresh(f"out.{recordkeeper}", 0):
                match self._messages.unpack(record.value):
                    case OrderStatus() as status:
                        self._bar.advance(self._lines, status.lines)
                    case NavStruck() as struck:
                        self._funds.add(struck.fund_id)
        self._bar.update(self._navs, completed=len(self._funds))
        for partition in range(self._gateway.topology.cash):
            async for event in self._events("cash", partition):
                if isinstance(event, SettlementInstruction):
                    self._issued.add(event.instruction_id)
                elif isinstance(event, SessionAdvanced) and event.closed >= self._session:
                    self._closed.add(partition)
        for partition in range(self._gateway.topology.dispatch):
            async for event in self._events("dispatch", partition):
                if isinstance(event, InstructionAdvanced):
                    self._out.add(event.instruction_id)
        done = len(self._closed) == self._gateway.topology.cash
        self._bar.update(
            self._sent, completed=len(self._out), total=len(self._issued) if done else None
        )
        return done and self._out >= self._issued

    async def _events(self, desk: str, partition: int) -> AsyncIterator[object]:
        async for record in self._fresh(*journal_of(desk, partition)):
            _, events = self._messages.decided(record.value)
            for event in events:
                yield event

    async def _fresh(self, topic: str, partition: int) -> AsyncIterator[Record]:
        place = (topic, partition)
        async for records in self._log.read(topic, partition, self._next.get(place, 0)):
            for record in records:
                self._next[place] = record.offset + 1
                yield record
