"""What was decided, read once from the journals into rows that people ask for.

Columns are summed as they are read, so a day of many lines costs a row a batch; only the
largest cuts are kept line by line.

Not here: how rows are shown (`show`), the way back from a number to its causes (`explain`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.events import (
    BatchRefused,
    BatchRepeated,
    BatchTaken,
    ControlBreak,
    InstructionAdvanced,
    MarkRefused,
    OrdersDecided,
    OrdersParked,
    SenderDayClosed,
    SleevesBalanced,
    SleeveValued,
    StatusRefused,
    TrueUpBooked,
)
from gateway.core.marks import NavStruck
from gateway.core.netting import InstructionState
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import REJECT_CODES
from gateway.log.port import Log
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided, decisions
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

SCOPES = ("", "participant", "plan")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A batch's lines of one trade date in one plan partition."""

    session: date
    sender: str
    batch_id: str
    kind: str
    state: str
    lines: int
    accepted_minor: int
    diverted_minor: int
    rejected_minor: int
    rejections: dict[str, int]
    plans: tuple[str, ...]
    funds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutRow:
    """An order line that a limit cut; the participant is a token."""

    session: date
    sender: str
    batch_id: str
    line: int
    plan_id: str
    fund_id: str
    participant: str
    limit: str
    asked_minor: int
    headroom_minor: int
    accepted_minor: int
    diverted_minor: int


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Something that was not taken: a message, a line, a mark, a step of an instruction."""

    session: date | None
    sender: str
    what: str
    name: str
    codes: tuple[str, ...]
    lines: int
    detail: str


@dataclass(slots=True)
class InstructionRow:
    """An instruction with the steps it has taken."""

    instruction: SettlementInstruction
    state: InstructionState = InstructionState.ISSUED
    steps: list[InstructionAdvanced] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """Everything the journals say, as rows."""

    orders: list[OrderRow] = field(default_factory=list)
    cuts: list[CutRow] = field(default_factory=list)
    cut_totals: dict[tuple[date, str], tuple[int, int]] = field(default_factory=dict)
    refusals: list[RefusalRow] = field(default_factory=list)
    closed: list[tuple[str, SenderDayClosed]] = field(default_factory=list)
    navs: list[NavStruck] = field(default_factory=list)
    valued: list[SleeveValued] = field(default_factory=list)
    true_ups: list[TrueUpBooked] = field(default_factory=list)
    balanced: list[SleevesBalanced] = field(default_factory=list)
    instructions: dict[str, InstructionRow] = field(default_factory=dict)


async def history(log: Log, gateway: Gateway, cuts: int = 1000) -> History:
    """Read all journals.

    Args:
        log: Where they are.
        gateway: Its desks and topology.
        cuts: How many cut lines are kept, the largest first.
    """
    messages = Messages(standard())
    found = History()
    for desk in ("intake", "plan", "fund", "cash"):
        for partition in range(gateway.topology.partitions(desk)):
            async for decided in decisions(log, messages, desk, partition):
                _take(found, decided, gateway)
            _keep_largest(found, cuts)
    found.navs.sort(key=lambda nav: (nav.session, nav.fund_id))
    return found


def _keep_largest(found: History, cuts: int) -> None:
    found.cuts.sort(key=lambda cut: (-cut.diverted_minor, cut.sender, cut.batch_id, cut.line))
    del found.cuts[cuts:]


def _take(found: History, decided: Decided, gateway: Gateway) -> None:
    sender = gateway.topology.senders[decided.partition] if decided.desk == "intake" else ""
    for event in decided.events:
        if decided.desk == "intake":
            _intake(found, event, sender)
        elif decided.desk == "plan":
            _plan(found, event)
        elif decided.desk == "fund":
            _fund(found, event)
        else:
            _cash(found, event)


def _intake(found: History, event: object, sender: str) -> None:
    match event:
        case BatchRefused():
            what = "message kept in quarantine" if event.quarantined else "batch refused"
            codes = tuple(map(str, event.codes))
            found.refusals.append(
                RefusalRow(event.session, sender, what, event.batch_id, codes, 0, event.detail)
            )
        case BatchRepeated():
            found.refusals.append(
                RefusalRow(event.session, sender, "repeat ignored", event.batch_id, (), 0,
                           f"answered as result {event.result_id}")
            )  # fmt: skip
        case ControlBreak():
            detail = (
                f"declared {event.declared_batches} batches, {event.declared_lines} lines, "
                f"{event.declared_minor} minor units; taken {event.taken_batches}, "
                f"{event.taken_lines}, {event.taken_minor}"
            )
            found.refusals.append(
                RefusalRow(event.session, sender, "control break", "DayEnd", ("CONTROL_TOTAL",),
                           0, detail)
            )  # fmt: skip
        case SenderDayClosed():
            found.closed.append((sender, event))
        case BatchTaken():
            pass


def _plan(found: History, event: object) -> None:
    if isinstance(event, OrdersParked):
        found.orders.append(
            OrderRow(event.trade_date, event.sender, event.batch_id, str(event.kind), "PARKED",
                     len(event.line), 0, 0, 0, {}, event.plans, event.funds)
        )  # fmt: skip
    if not isinstance(event, OrdersDecided):
        return
    refused = event.code != 0
    names = Counter(REJECT_CODES[code].value for code in event.code[refused].tolist())
    found.orders.append(
        OrderRow(
            event.trade_date, event.sender, event.batch_id, str(event.kind), "DECIDED",
            len(event.line), int(event.accepted_minor.sum()), int(event.diverted_minor.sum()),
            int(event.amount_minor[refused].sum()), dict(names), event.plans, event.funds,
        )
    )  # fmt: skip
    for name, count in names.items():
        found.refusals.append(
            RefusalRow(event.trade_date, event.sender, "order lines", event.batch_id, (name,),
                       count, "told to the sender line by line")
        )  # fmt: skip
    _cuts(found, event)


def _cuts(found: History, event: OrdersDecided) -> None:
    for scope in (1, 2):
        rows = np.flatnonzero((event.scope == scope) & (event.code == 0))
        if len(rows):
            key = (event.trade_date, SCOPES[scope])
            lines, minor = found.cut_totals.get(key, (0, 0))
            cut = int(event.diverted_minor[rows].sum())
            found.cut_totals[key] = (lines + len(rows), minor + cut)
        found.cuts.extend(_cut(event, row) for row in rows.tolist())


def _cut(event: OrdersDecided, row: int) -> CutRow:
    return CutRow(
        event.trade_date, event.sender, event.batch_id, int(event.line[row]),
        event.plans[event.plan[row]], event.funds[event.buy_fund[row]],
        token(int(event.participant[row])), SCOPES[event.scope[row]],
        int(event.amount_minor[row]), int(event.headroom_minor[row]),
        int(event.accepted_minor[row]), int(event.diverted_minor[row]),
    )  # fmt: skip


def token(participant: int) -> str:
    """A participant's token as people see it: 16 hexadecimal digits."""
    return f"{participant & (2**64 - 1):016x}"


def _fund(found: History, event: object) -> None:
    match event:
        case NavStruck():
            found.navs.append(event)
        case SleeveValued():
            found.valued.append(event)
        case TrueUpBooked():
            found.true_ups.append(event)
        case SleevesBalanced():
            found.balanced.append(event)
        case MarkRefused():
            found.refusals.append(
                RefusalRow(None, event.sender, "mark refused", event.batch_id,
                           (str(event.code),), 0, "no fund could use it")
            )  # fmt: skip


def _cash(found: History, event: object) -> None:
    match event:
        case SettlementInstruction():
            found.instructions[event.instruction_id] = InstructionRow(event)
        case InstructionAdvanced():
            row = found.instructions[event.instruction_id]
            row.state = event.state
            row.steps.append(event)
        case StatusRefused():
            found.refusals.append(
                RefusalRow(None, event.source, "instruction step refused", event.instruction_id,
                           (str(event.code),), 0, "")
            )  # fmt: skip
