"""The reference pages, written from the code they describe.

    python -m gateway.ops.reference           write the pages
    python -m gateway.ops.reference --check   name the pages that differ, exit 1 if any does

`docs/topics.md`, `docs/errors.md` and `docs/rules.md` are written whole; in `schemas/README.md`
only what stands between the two marks. Whoever adds a record, a fault or a reason says here, or in
`core.vocabulary`, what it is for; a missing sentence stops the writing.

Not here: the schemas themselves (`python -m gateway.wire.catalogue`), prose.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from gateway.core.nav import HoldReason
from gateway.core.vocabulary import REASONS, REJECT_CODES
from gateway.desks.desk import Topology
from gateway.errors import ConfigError
from gateway.ops.rules import page as rules_page
from gateway.wire.framing import Fault
from gateway.wire.registry import LOCK, read_lock
from gateway.wire.topics import topics

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- catalogue: begin -->", "<!-- catalogue: end -->"
WRITTEN = "Written by `python -m gateway.ops.reference` from the code; do not edit.\n"
ROOMS = {
    "inbound": "Inbound: what senders publish to `in.<sender>`",
    "outbound": "Outbound: what is read from `out.<receiver>`",
    "between": "Between the desks",
    "journal": "Journals and quarantine",
}

T = TypeVar("T")

TOPICS = """\
Declared in `gateway/wire/topics.py`; `gateway topics --create` creates those that are missing.
Counts are the ones a settings file has unless it says otherwise. They are chosen at birth: a topic
that exists with another count is an error.

On Kafka every topic is created with log-append time, without deletion by age or size, and for
messages up to 4,000,000 bytes; with three copies, two of them in step, where there are three
brokers. A settings file may put a `prefix` before every name. Messages between desks have no key:
the sending desk names the partition. They carry the header `gw-origin`,
`<desk>/<partition>/<offset>` of the inbox message that caused them.

A plan, fund or counterparty has its home in partition CRC-32 of its id, modulo the count
(`Topology.home` in `gateway/desks/desk.py`). Partitions of `intake` are the senders, in the order
of the settings file. `<receiver>` is any sender, and whoever else the settings name.
"""

ANSWERED = """\
Intake answers messages with an `outbound/BatchStatus` in `out.<sender>`. The clock's ticks and
the same `DayEnd` sent again get none. Lines are answered by the plan desk with
`outbound/OrderStatus`, which lists only lines that were refused or diverted, and contributions that
buy another fund than the one asked for (`asked_fund`, `bought_fund`). A mark that no fund
can use is answered a second time, at the strike, by the fund desk. A step that the state of an
instruction does not allow is answered a second time by the cash desk, under the name
`<instruction>/<state>`.
"""

VERDICTS = {
    "ACCEPTED": "Taken whole and passed on. Single lines can still be refused by the plan desk.",
    "DUPLICATE": "The same bytes came before; ignored, with the first answer's `result_id`.",
    "REJECTED": "Refused whole, nothing passed on. Send it corrected, under a new batch id or the "
    "same one.",
    "QUARANTINED": "Set aside in `gw.quarantine` with its bytes, headers and place; nothing "
    "passed on.",
    "CLOSED": "The `DayEnd` agrees with what was taken; the session is closed for this sender.",
    "BREAK": "The `DayEnd` differs from what was taken; nothing closed. Send what is missing, "
    "then a new `DayEnd`. To operations: cash that a bank advised, or did not, and instructions "
    "do not agree; the detail has category and age.",
    "OVERDUE": "A recordkeeper's day was not complete at its deadline; it and operations are told. "
    "The session stays open until the `DayEnd` comes or two people close it without it.",
    "LEFT_OUT": "Two people closed the session without the rest of a recordkeeper's day. What it "
    "sends of it from then on is late.",
    "CANCEL_REQUESTED": "Two people take an instruction back that its receiver has acknowledged: "
    "the receiver is asked, and it stands until the receiver agrees.",
    "CANCELLED": "An instruction is off, and what was not paid of it is owed again.",
    "CANCEL_REFUSED": "The receiver does not take an instruction back, or has paid it meanwhile.",
    "CORRECTED": "The right amount, or the difference to what was paid, went out at once; the "
    "rest is owed with a later wire of the same party. Of a NAV: another was right.",
    "REOPENED": "A receiver rejected an instruction: what was not paid of it is owed again, with "
    "the wire named.",
    "RESOLVED": "A break between cash advised and instructions is resolved.",
    "PAID_ANYWAY": "A receiver has paid an instruction before it learnt that it was off: the same "
    "amount is owed the other way.",
    "UNPAID": "A receiver says that a payment failed; it is owed still.",
    "WARNED": "A fund is above the soft cap of a limit since this session, or its offer is worth "
    "more than its liquid sleeve (NOT_LIQUID); nothing is stopped.",
    "GATED": "A manager caps or suspends redemptions of a vehicle; operations is told. While it is "
    "suspended nothing new is asked of it.",
    "CALL_ALARM": "A call is due within three business days and the liquid sleeve will not have "
    "it: operations is told once. Without money the strike that must pay it is held.",
    "REPORT_DUE": "A report of a passive breach of a fund's limit has fallen due; operations is "
    "told by which day, and enters it with `REPORT_FILED` once it was made.",
    "REPORT_OVERDUE": "The last day of such a report has passed and nobody entered it.",
    "CURE_OVERDUE": "The day to cure a passive breach by has passed and the limit is passed still.",
    "REDATED": "The exchange closed early: purchases and sales received from then on get the NAV "
    "of the next session.",
}

REFUSED = """\
`RejectCode` in `gateway/core/vocabulary.py`. A message is answered with every reason that
applies at its step, in this order. A line carries the first in `code` and all of them in `reasons`,
whose bit n is the reason at position n: what the line itself, its plan and its funds give against
it. Units and limits are asked only of a line that has no such reason, and give one. What a plan
states of itself is told to its own recordkeeper alone. Columns of codes hold the position.
"""

UNDECODABLE = """\
These stand at the head of `detail` of a quarantined message, whose reason is `SCHEMA`.
"""

FAULTS: Mapping[str, str] = {
    Fault.EMPTY: "The message has no bytes.",
    Fault.UNKNOWN_FRAMING: "It begins neither as Confluent's framing nor as Avro's single-object "
    "encoding.",
    Fault.UNKNOWN_SCHEMA: "No committed schema has this id or fingerprint.",
    Fault.TOO_LARGE: "It is larger than 4,000,000 bytes.",
    Fault.TOO_MANY_LINES: "One of its arrays has more than 500,000 entries.",
    Fault.TRAILING_BYTES: "Bytes are left over after the record.",
    Fault.MALFORMED: "The bytes are not what the schema says.",
}

HELD = """\
In `holds` of `between/NavStruck`. The funds of one session are held one by one.
"""

HOLDS = {
    HoldReason.TOLERANCE: "Held: the NAV moved from the day before by more than its indices "
    "explain and its tolerance allows, or is no price that can be filled at.",
    HoldReason.STALE_MARK: "An estimate, filled all the same: a mark is older than the sleeve's "
    "terms allow. The fund buys no alternatives.",
    HoldReason.NOT_INDEPENDENT: "An estimate, filled all the same: the newest independent value of "
    "a holding is older than its terms allow, or there is none. The fund buys no alternatives.",
    HoldReason.PROXY_MISSING: "Held: an index has no level recorded by the valuation cut-off.",
    HoldReason.LIQUIDITY: "Held: redemptions are larger than the liquid sleeve.",
    HoldReason.UNITS_SHORT: "Held: at this NAV a sale by amount takes more units than its account "
    "holds. Only another NAV can take its place.",
    HoldReason.UNITS_ROLL: "Held for good: the units priced are not those of the strike before, "
    "more what was issued and less what was cancelled since. `gateway replay` says "
    "where a journal parts from what the desks decide.",
}

EXIT_CODES = {
    "0": "done",
    "1": "a difference was found",
    "2": "wrong use or settings: `ConfigError`; or a newer version wrote what is to be read, or "
    "decides so: `TooNew`",
    "3": "a law did not hold: `LawBroken`; a worker writes which, where and with which values; "
    "or a decision of ours failed outside a worker: `DecisionFailed`",
    "4": "a broker or partner does not answer: `PartnerUnavailable`",
    "70": "a worker met an error and ended; started again it goes on where its journals end",
    "71": "a worker did not stop in time and ended itself",
    "75": "a worker made no progress and its watchdog ended it; started again it goes on",
    "130": "interrupted",
}

_RECEIVER, _TAKER = "whoever receives instructions", "intake"
_FLOWS: Sequence[tuple[str, str, str, str]] = (
    ("inbound", "a recordkeeper", _TAKER,
     "ContributionBatch ContributionColumns ExchangeBatch DistributionBatch CorrectionBatch "
     "HoldingsStatement DayEnd"),
    ("inbound", "a manager", _TAKER, "ManagerNav CapitalNotice LiquidityNotice"),
    ("inbound", "a manager, dialect `blackstone`", _TAKER, "BlackstoneVehicleStatement"),
    ("inbound", "a manager, dialect `kkr`", _TAKER, "KkrEvergreenNav"),
    ("inbound", "market data", _TAKER, "ProxyLevel"),
    ("inbound", _RECEIVER, _TAKER, "InstructionAck"),
    ("inbound", "a bank", _TAKER, "CashAdvice"),
    ("inbound", f"{_RECEIVER}, dialect `blackstone`", _TAKER, "BlackstoneTradeAck"),
    ("inbound", f"{_RECEIVER}, dialect `kkr`", _TAKER, "KkrStatusUpdate"),
    ("inbound", "the clock, in every sender's topic", _TAKER, "Tick"),
    ("outbound", "intake", "the sender", "BatchStatus"),
    ("outbound", "plan", "the recordkeeper", "OrderStatus Confirmation RequestStatus"),
    ("outbound", "fund", "the manager's receiver", "RedemptionRequest"),
    ("outbound", "dispatch", f"{_RECEIVER}, dialect `native`",
     "NativeInstruction NativeCancellation"),
    ("outbound", "dispatch", f"{_RECEIVER}, dialect `blackstone`", "BlackstoneWireNotice"),
    ("outbound", "dispatch", f"{_RECEIVER}, dialect `kkr`",
     "KkrPaymentAdvice KkrAdviceWithdrawal"),
    ("between", "operations, then intake", "intake, then plan, fund, cash", "BookChange"),
    ("between", "intake", "plan", "OrderBatch HoldingsBatch SenderClosed"),
    ("between", "intake", "fund", "ManagerMark IndexLevel CapitalNotice LiquidityNotice"),
    ("between", "intake", "plan, fund; cash, if from operations", "SourceTick"),
    ("between", "intake, dispatch", "cash", "InstructionStatus"),
    ("between", "intake", "cash", "CashAdvice"),
    ("between", "operations", "intake", "OperationsDecision"),
    ("between", "intake", "plan, fund, cash", "Approved"),
    ("between", "fund", "cash", "SupplementClosed"),
    ("between", "plan", "fund", "FlowBatch RedemptionRequests HolderUnits CorrectionTotals"),
    ("between", "fund", "plan, and the recordkeepers", "NavStruck"),
    ("between", "fund", "plan", "FillBatch RequestFills CapitalShares NavCorrection"),
    ("between", "fund", "cash", "Obligation"),
    ("between", "plan, fund", "fund; plan, cash", "DeskClosed"),
    ("between", "cash", "dispatch", "SettlementInstruction InstructionCancellation"),
    ("journal", "every desk", "its next owner, replay", "JournalRecord"),
    ("journal", "intake; two people, for a desk", "`gw.quarantine`", "Quarantined"),
    ("journal", "two people, through `gateway quarantine`", "`gw.quarantine.decisions`",
     "DisposalDecided"),
    ("journal", "two people, through `gateway quarantine`", "in a desk's journal",
     "MessageSetAside"),
    ("journal", "intake", "in its journal",
     "BatchTaken BatchRepeated BatchRefused BookNoted SenderDayClosed ControlBreak "
     "TickPassed DecisionNoted"),
    ("journal", "plan, fund, cash", "in their journals",
     "SessionAnnounced PartitionClosed SessionAdvanced"),
    ("journal", "plan", "in its journal",
     "Waiting WaitingTaken PositionsRefused OrdersDecided OrdersParked ParkedTaken OrdersCounted "
     "SenderClosedHere FlowsSent RequestsSent RequestsFilled RequestsWithdrawn "
     "SenderLeftOut DeadlineMissed "
     "CorrectionFill CapitalReturnPlanned CapitalShared"),
    ("journal", "fund", "in its journal",
     "MarkRefused TrueUpBooked SleevesBalanced SleeveValued SleeveRolled NavReleased "
     "HeldFlowsFilled "
     "FeeAccrued ExpensesCapped PerformanceAccrued GatePassed "
     "NoticeTaken NoticeRefused CapitalMoved RedemptionRequested RedemptionAnswered "
     "RedemptionPaid GateNoted LiquidityNoticeRefused CallAlarmed NavErrorBooked "
     "CapitalReturned BreachReviewed CurePassed ReportDue ReportOverdue ReportFiled"),
    ("journal", "plan, fund, cash", "in their journals", "DecisionRefused"),
    ("journal", "plan, fund", "in their journals", "SessionShortened"),
    ("journal", "cash, dispatch", "in their journals", "InstructionAdvanced"),
    ("journal", "cash", "in its journal",
     "StatusRefused InstructionRecalled LegReopened AdviceMatched CashBreak BreakClosed"),
    ("journal", "dispatch", "in its journal", "CancellationSent"),
)  # fmt: skip
CARRIED = {
    f"{room}/{record}": (writer, reader)
    for room, writer, reader, records in _FLOWS
    for record in records.split()
}
"""Who writes each record and who reads it."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def said(about: Mapping[str, T], name: str) -> T:
    """What is said about a name.

    Raises:
        ConfigError: Nothing is.
    """
    if name not in about:
        raise ConfigError(f"gateway/ops/reference.py says nothing about {name}")
    return about[name]


def topics_page() -> str:
    """Every topic of a gateway with the usual partition counts."""
    rows = [
        (f"`{topic.name}`", topic.partitions, topic.key or "none", topic.content)
        for topic in topics(Topology(("<sender>",)), ("<receiver>",))
    ]
    return f"# Topics\n\n{WRITTEN}\n{TOPICS}\n" + table(
        ("topic", "partitions", "key", "content"), rows
    )


def errors_page() -> str:
    """Every reason, verdict, fault and exit code."""
    reasons = [(at, f"`{code}`", REASONS[code]) for at, code in enumerate(REJECT_CODES)]
    verdicts = [(f"`{name}`", meaning) for name, meaning in VERDICTS.items()]
    faults = [(f"`{fault}`", said(FAULTS, fault)) for fault in Fault]
    holds = [(f"`{r}`", HOLDS[r]) for r in HoldReason]
    sections = (
        f"# Reasons, faults and exit codes\n\n{WRITTEN}",
        f"## What became of a message\n\n{ANSWERED}\n" + table(("verdict", "meaning"), verdicts),
        f"## Reasons\n\n{REFUSED}\n" + table(("position", "reason", "meaning"), reasons),
        f"## Bytes that cannot be understood\n\n{UNDECODABLE}\n"
        + table(("fault", "meaning"), faults),
        f"## Why a NAV is held or an estimate\n\n{HELD}\n" + table(("reason", "meaning"), holds),
        "## Exit codes\n\n" + table(("code", "meaning"), EXIT_CODES.items()),
    )
    return "\n".join(sections)


def catalogue(root: Path) -> str:
    """Every schema under a folder: its id, who writes it, who reads it, what it is."""
    rooms: dict[str, list[tuple[object, ...]]] = {}
    for (name, version), (number, _) in sorted(read_lock(root).items()):
        room, record = name.split("/")
        text = json.loads((root / name / f"v{version}.avsc").read_text(encoding="utf-8"))
        writer, reader = said(CARRIED, name)
        rooms.setdefault(room, []).append(
            (number, f"`{record}` v{version}", writer, reader, text["doc"])
        )
    columns = ("id", "record", "written by", "read by", "what it is")
    return "\n".join(
        f"### {title}\n\n{table(columns, rooms[room])}" for room, title in ROOMS.items()
    )


def pages(root: Path) -> dict[Path, str]:
    """Every page by its file, as it should be.

    Raises:
        ConfigError: The marks in `schemas/README.md` are gone, or there are no schemas.
    """
    schemas = root / "schemas"
    readme = schemas / "README.md"
    if not (schemas / LOCK).exists() or not readme.exists():
        raise ConfigError(f"{schemas} has no {LOCK} and README.md: run this in a checkout")
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError(f"{readme}: the marks {BEGIN} and {END} are not there")
    return {
        root / "docs" / "topics.md": topics_page(),
        root / "docs" / "errors.md": errors_page(),
        root / "docs" / "rules.md": rules_page.page(root, WRITTEN),
        readme: f"{before}{BEGIN}\n\n{catalogue(schemas)}\n{END}{after}",
    }


def stale(root: Path) -> list[Path]:
    """The pages that are not as they should be."""
    return [
        path
        for path, text in pages(root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Write or check; the exit code: 0, 1 if a page differs, 2 if there is nothing to write to."""
    try:
        wanted, found = pages(ROOT), stale(ROOT)
    except ConfigError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    if "--check" in arguments:
        for path in found:
            print(f"{path.relative_to(ROOT)}: differs: run python -m gateway.ops.reference")
        return 1 if found else 0
    for path in found:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
