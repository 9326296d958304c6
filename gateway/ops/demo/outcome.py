"""What a day came to, read from its log: answers, limits, instructions, the laws.

Not here: printing (`report`), the journals as rows (`ops.history`), the laws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.laws import Violation
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import REJECT_CODES
from gateway.log.archive import ArchiveLog
from gateway.ops.demo.day import Day, Fault, Totals
from gateway.ops.history import CutRow, History, history
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

CUTS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to.

    Attributes:
        expected: By recordkeeper, what it published and meant.
        received: By recordkeeper, what its closed session holds.
        faults: What was wrong on purpose, and whether it was answered by name.
        history: What was decided.
        broken: Laws that did not hold.
        seconds: From the first message to the last instruction.
    """

    expected: Mapping[str, Totals]
    received: Mapping[str, Totals]
    faults: Sequence[tuple[Fault, bool]]
    history: History
    broken: Sequence[Violation]
    seconds: float

    @property
    def settled(self) -> bool:
        """Whether all that was published was taken, and no law was broken."""
        agree = all(self.received.get(rk) == totals for rk, totals in self.expected.items())
        return agree and not self.broken and all(answered for _, answered in self.faults)

    @property
    def instructions(self) -> list[SettlementInstruction]:
        """Every instruction, by counterparty."""
        issued = (row.instruction for row in self.history.instructions.values())
        return sorted(issued, key=lambda i: (i.settlement_date, i.counterparty))

    @property
    def cuts(self) -> Sequence[CutRow]:
        """The largest cuts."""
        return self.history.cuts

    def lines(self, state: str) -> int:
        """Order lines in a state, DECIDED or PARKED."""
        return sum(row.lines for row in self.history.orders if row.state == state)

    @property
    def money_in_minor(self) -> int:
        """Minor units that counterparties pay in."""
        return sum(max(i.amount_minor, 0) for i in self.instructions)

    @property
    def money_out_minor(self) -> int:
        """Minor units that counterparties are paid."""
        return sum(max(-i.amount_minor, 0) for i in self.instructions)

    def summary(self, total_seconds: float) -> dict[str, object]:
        """The outcome for programs."""
        limits = {
            scope: {"lines": lines, "diverted_minor": minor}
            for (_, scope), (lines, minor) in self.history.cut_totals.items()
        }
        return {
            "settled": self.settled,
            "expected": self.expected,
            "received": self.received,
            "faults": [{"fault": fault, "answered": answered} for fault, answered in self.faults],
            "navs": self.history.navs,
            "limits": limits,
            "fund_purchases": self.history.balanced,
            "instructions": self.instructions,
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
    found = await history(log, gateway, cuts=CUTS_KEPT)
    received = {
        sender: Totals(closed.batches, closed.lines, closed.amount_minor)
        for sender, closed in found.closed
        if closed.session == day.session
    }
    told = await _told(log, gateway)
    faults = [(fault, _answered(fault, told)) for fault in day.faults]
    broken = await violations(log, gateway)
    return Outcome(day.totals, received, faults, found, broken, seconds)


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
