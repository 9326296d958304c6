"""What a day came to, read from its log: answers, NAVs, limits, instructions, the laws.

Not here: printing (`report`), the laws (`shell.evidence`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gateway.core.events import OrdersDecided, SenderDayClosed, SleevesBalanced, TrueUpBooked
from gateway.core.laws import Violation
from gateway.core.marks import NavStruck
from gateway.core.orders import BatchStatus
from gateway.core.settlement import SettlementInstruction
from gateway.log.archive import ArchiveLog
from gateway.ops.demo.day import Day, Fault, Totals
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

SCOPES = {1: "participant", 2: "plan"}
TRIMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Trim:
    """One order line that a limit cut."""

    plan_id: str
    participant: str
    scope: str
    asked_minor: int
    accepted_minor: int
    diverted_minor: int
    headroom_minor: int


@dataclass(slots=True)
class Outcome:
    """What a day came to.

    Attributes:
        expected: By recordkeeper, what it published and meant.
        received: By recordkeeper, what its closed session holds.
        trims: By limit scope: lines cut, minor units that went to the liquid option.
        largest: The largest cuts.
        rejected: Minor units of lines refused, by recordkeeper.
        seconds: From the first message to the last instruction.
    """

    expected: Mapping[str, Totals]
    received: dict[str, Totals] = field(default_factory=dict)
    faults: list[tuple[Fault, bool]] = field(default_factory=list)
    navs: list[NavStruck] = field(default_factory=list)
    true_ups: list[TrueUpBooked] = field(default_factory=list)
    balanced: list[SleevesBalanced] = field(default_factory=list)
    trims: dict[str, tuple[int, int]] = field(default_factory=dict)
    largest: list[Trim] = field(default_factory=list)
    lines: int = 0
    instructions: list[SettlementInstruction] = field(default_factory=list)
    broken: list[Violation] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def settled(self) -> bool:
        """Whether all that was published was taken, and no law was broken."""
        agree = all(self.received.get(rk) == totals for rk, totals in self.expected.items())
        return agree and not self.broken and all(answered for _, answered in self.faults)

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
        return {
            "settled": self.settled,
            "expected": dict(self.expected),
            "received": self.received,
            "faults": [{"fault": fault, "answered": ok} for fault, ok in self.faults],
            "navs": self.navs,
            "limits": {s: {"lines": n, "diverted_minor": m} for s, (n, m) in self.trims.items()},
            "fund_purchases": self.balanced,
            "instructions": self.instructions,
            "money_in_minor": self.money_in_minor,
            "money_out_minor": self.money_out_minor,
            "laws_broken": self.broken,
            "order_lines": self.lines,
            "day_seconds": round(self.seconds, 2),
            "total_seconds": round(total_seconds, 2),
        }


async def outcome(archive: Path, gateway: Gateway, day: Day, seconds: float) -> Outcome:
    """Read what a day came to from its archive, and check the laws on it."""
    log, messages = ArchiveLog(archive), Messages(standard())
    found = Outcome(expected=day.totals, seconds=seconds)
    senders = gateway.topology.senders
    for desk in ("intake", "plan", "fund", "cash"):
        for partition in range(gateway.topology.partitions(desk)):
            async for decided in decisions(log, messages, desk, partition):
                name = senders[partition] if desk == "intake" else ""
                _take(found, decided.events, name, day)
    answers: list[BatchStatus] = []
    for sender in senders:
        async for records in log.read(f"out.{sender}", 0):
            told = (messages.unpack(record.value) for record in records)
            answers.extend(answer for answer in told if isinstance(answer, BatchStatus))
    found.faults = [(fault, _answered(fault, answers)) for fault in day.faults]
    found.navs.sort(key=lambda nav: nav.fund_id)
    found.balanced.sort(key=lambda event: event.fund_id)
    found.instructions.sort(key=lambda i: (i.settlement_date, i.counterparty))
    found.broken = await violations(log, gateway)
    return found


def _take(found: Outcome, events: Iterable[object], sender: str, day: Day) -> None:
    for event in events:
        match event:
            case SenderDayClosed() if sender in day.totals and event.session == day.session:
                found.received[sender] = Totals(event.batches, event.lines, event.amount_minor)
            case OrdersDecided():
                found.lines += len(event.line)
                _cuts(found, event)
            case NavStruck() if event.session == day.session:
                if event not in found.navs:
                    found.navs.append(event)
            case TrueUpBooked():
                found.true_ups.append(event)
            case SleevesBalanced():
                found.balanced.append(event)
            case SettlementInstruction():
                found.instructions.append(event)


def _cuts(found: Outcome, event: OrdersDecided) -> None:
    """The lines of a decision that a limit cut."""
    by_scope: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0), found.trims)
    for code, scope in SCOPES.items():
        rows = np.flatnonzero((event.scope == code) & (event.diverted_minor > 0))
        if not len(rows):
            continue
        lines, minor = by_scope[scope]
        by_scope[scope] = (lines + len(rows), minor + int(event.diverted_minor[rows].sum()))
        found.largest.extend(
            Trim(
                event.plans[event.plan[row]],
                f"{int(event.participant[row]) & (2**64 - 1):016x}",
                scope,
                int(event.amount_minor[row]),
                int(event.accepted_minor[row]),
                int(event.diverted_minor[row]),
                int(event.headroom_minor[row]),
            )
            for row in rows[np.argsort(-event.diverted_minor[rows])][:TRIMS_SHOWN].tolist()
        )
    found.trims = dict(by_scope)
    found.largest.sort(key=lambda trim: (-trim.diverted_minor, trim.participant))
    del found.largest[TRIMS_SHOWN:]


def _answered(fault: Fault, answers: list[BatchStatus]) -> bool:
    """Whether a message that is wrong on purpose was answered by its name."""
    if fault.answer == "DECIDED":
        return True
    return any(
        answer.sender == fault.sender
        and answer.batch_id == fault.batch_id
        and answer.verdict == fault.answer
        and (not fault.code or fault.code in {str(code) for code in answer.codes})
        for answer in answers
    )
