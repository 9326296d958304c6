"""What intake would answer now to messages that were set aside, without writing anything.

A sender's intake is folded from its journal and decides the message as if it came next. Several
messages of one sender are decided one after the other, as they would be redriven.

Not here: redriving them (`decide`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.core.orders import BatchStatus
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Desk, step
from gateway.log.port import Log, Record
from gateway.ops.quarantine.store import SetAside
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

PASSED = "PASSED_ON"
"""What has no answer: a tick of the clock, or a declaration that stands already."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a message.

    Attributes:
        name: The message.
        verdict: The verdict of intake's answer; PASSED_ON where it gives none.
        detail: What is still wrong with it.
    """

    name: str
    verdict: str
    codes: tuple[RejectCode, ...]
    detail: str
    lines: int
    amount_minor: int


class Foresight:
    """Intake as it stands in the journals, for each sender that is asked about."""

    def __init__(self, log: Log, gateway: Gateway) -> None:
        """Prepare; a sender is folded when it is first asked about."""
        self._log = log
        self._gateway = gateway
        self._messages = Messages(standard())
        self._desk: Desk[Any] = gateway.desks()["intake"]
        self._state: dict[str, tuple[Any, int, int]] = {}

    async def of(self, found: Iterable[SetAside]) -> list[Foreseen]:
        """What would become of messages redriven in this order."""
        return [await self._one(each) for each in found]

    async def _one(self, found: SetAside) -> Foreseen:
        kept = found.kept
        state, last, stamp = await self._at(kept.sender)
        headers = tuple((header.key, header.value) for header in kept.headers)
        record = Record(kept.topic, kept.partition, last + 1, None, kept.raw, headers, stamp)
        message = self._messages.received(record, kept.sender)
        _, sends = step(self._desk, state, message)
        self._state[kept.sender] = (state, last + 1, stamp)
        for send in sends:
            answer = send.message
            if send.to.desk == "out" and isinstance(answer, BatchStatus):
                return Foreseen(
                    found.name, answer.verdict, answer.codes, answer.detail, answer.lines,
                    answer.amount_minor,
                )  # fmt: skip
        return Foreseen(found.name, PASSED, (), "", 0, 0)

    async def _at(self, sender: str) -> tuple[Any, int, int]:
        """A sender's state, its last decided offset, and the stamp of its last message."""
        if sender in self._state:
            return self._state[sender]
        partition = self._gateway.topology.senders.index(sender)
        state, last, stamp = self._desk.initial(partition), -1, 0
        async for decided in decisions(self._log, self._messages, "intake", partition):
            for event in decided.events:
                self._desk.evolve(state, event)
            last, stamp = decided.offset, decided.recorded_at
        self._state[sender] = (state, last, stamp)
        return self._state[sender]
