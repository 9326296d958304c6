"""What a day came to, read from its log: answers, limits, instructions, the laws.

Not here: printing (`report`), the journals as rows (`reading.room`), the laws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.events import SenderDayClosed
from gateway.core.laws import Violation
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.vocabulary import REJECT_CODES
from gateway.log.archive import ArchiveLog
from gateway.ops.demo.day import Day, Fault, Totals
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.room import read_room
from gateway.ops.reading.rows import Room
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

CUTS_KEPT = 5
DESKS = ("intake", "plan", "fund", "cash")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to.

    Attributes:
        expected: By recordkeeper, what it published and meant.
        received: By recordkeeper, what its closed session holds.
        faults: What was wrong on purpose, and whether it was answered by name.
        room: What was decided.
        broken: Laws that did not hold.
        seconds: From the first message to the last instruction.
    """

    expected: Mapping[str, Totals]
    received: Mapping[str, Totals]
    faults: Sequence[tuple[Fault, bool]]
    room: Room
    broken: Sequence[Violation]
    seconds: float

    @property
    def settled(self) -> bool:
        """Whether all that was published was taken, and no law was broken."""
        agree = all(self.received.get(rk) == totals for rk, totals in self.expected.items())
        return agree and not self.broken and all(answered for _, answered in self.faults)

    def lines(self, state: str) -> int:
        """Order lines in a state, DECIDED or PARKED."""
        return sum(row.lines for row in self.room.batches if row.state == state)

    @property
    def money_in_minor(self) -> int:
        """Minor units that counterparties pay in."""
        return sum(i.amount_minor for i in self.room.instructions if i.direction == "PAY")

    @property
    def money_out_minor(self) -> int:
        """Minor units that counterparties are paid."""
        return sum(i.amount_minor for i in self.room.instructions if i.direction == "RECEIVE")

    def summary(self, total_seconds: float) -> dict[str, object]:
        """The outcome for programs."""
        return {
            "settled": self.settled,
            "expected": self.expected,
            "received": self.received,
            "faults": [{"fault": fault, "answered": answered} for fault, answered in self.faults],
            "navs": self.room.navs,
            "limits": self.room.scopes,
            "fund_purchases": self.room.fund_cuts,
            "instructions": self.room.instructions,
            "money_in_minor": self.money_in_minor,
            "money_out_minor": self.money_out_minor,
            "laws_broken": self.broken,
            "lines_decided": self.lines("DECIDED"),
            "lines_parked": self.lines("PARKED"),
            "day_seconds": round(self.seconds, 2),
            "total_seconds": round(total_seconds, 2),
        }


async def outcome(archive: Path, gateway: Gateway, day: Day, seconds: float) -> Outcome:
    """Read what a day came to from its archive, and check the laws on it."""
    log = ArchiveLog(archive)
    room = await read_room(log, gateway, Asked(), desks=DESKS, keep=CUTS_KEPT)
    received = await _received(log, gateway, day)
    told = await _told(log, gateway)
    faults = [(fault, _answered(fault, told)) for fault in day.faults]
    broken = await violations(log, gateway)
    return Outcome(day.totals, received, faults, room, broken, seconds)


async def _received(log: ArchiveLog, gateway: Gateway, day: Day) -> dict[str, Totals]:
    """What each recordkeeper's closed session holds."""
    messages = Messages(standard())
    received: dict[str, Totals] = {}
    for partition, sender in enumerate(gateway.topology.senders):
        async for decided in decisions(log, messages, "intake", partition):
            for event in decided.events:
                if isinstance(event, SenderDayClosed) and event.session == day.session:
                    received[sender] = Totals(event.batches, event.lines, event.amount_minor)
    return received


async def _told(log: ArchiveLog, gateway: Gateway) -> list[BatchStatus | OrderStatus]:
    """All answers that senders got."""
    messages = Messages(standard())
    told: list[BatchStatus | OrderStatus] = []
    for sender in gateway.topology.senders:
        async for records in log.read(f"out.{sender}", 0):
            answers = (messages.unpack(record.value) for record in records)
            told.extend(a for a in answers if isinstance(a, BatchStatus | OrderStatus))
    return told


def _answered(fault: Fault, told: Sequence[BatchStatus | OrderStatus]) -> bool:
    """Whether something that was wrong on purpose was answered by its name."""
    for answer in told:
        if answer.sender != fault.sender or answer.batch_id != fault.batch_id:
            continue
        if isinstance(answer, BatchStatus):
            codes = {str(code) for code in answer.codes}
            verdict = answer.verdict
        else:
            codes = {REJECT_CODES[code].value for code in answer.code.tolist()}
            verdict = answer.state
        if verdict == fault.answer and (not fault.code or fault.code in codes):
            return True
    return False
