"""What runs of the faults came to, one JSON object a line of a report, newest last.

Not here: the table made of it (`table`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

REPORT = Path(__file__).resolve().parents[2] / ".cache" / "reports" / "faults.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault of one run.

    Attributes:
        part: What it is done to: "workers", "broker" or "load".
        fault: What is done, in a few words; the table has one row of it.
        made: How it is made, honestly.
        outcome: What came of it.
        decided_seconds: From the fault's end to the next decision.
        caught_up_seconds: From the fault's end until all that waited was decided.
        restarts: Workers that ended and came again.
    """

    part: str
    fault: str
    made: str
    outcome: str = ""
    decided_seconds: float | None = None
    caught_up_seconds: float | None = None
    restarts: int = 0

    def with_outcome(
        self, outcome: str, *, decided_seconds: float | None = None,
        caught_up_seconds: float | None = None, restarts: int = 0,
    ) -> Row:  # fmt: skip
        """The row with what came of the fault."""
        return replace(
            self, outcome=outcome, decided_seconds=decided_seconds,
            caught_up_seconds=caught_up_seconds, restarts=restarts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Latency:
    """How long senders waited for the answer to a message, milliseconds, in one run.

    Attributes:
        load: What else went on.
        senders: Whose messages.
        messages: How many of them.
        median_ms: Half had their answer within this.
        p99_ms: All but one in a hundred had.
        worst_ms: The longest.
        peak_mb: The most memory the worker held in the run, MB; 0 if not asked.
    """

    load: str
    senders: str
    messages: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    peak_mb: int = 0


def write_down(row: Row | Latency) -> None:
    """Append to the report, and show it."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"kind": type(row).__name__, **asdict(row)})
    with REPORT.open("a", encoding="utf-8") as report:
        report.write(line + "\n")
    print(line)


def newest() -> tuple[list[Row], list[Latency]]:
    """The newest row of each fault and of each load, in the order in which they first came."""
    rows: dict[str, Row] = {}
    latencies: dict[tuple[str, str], Latency] = {}
    if REPORT.exists():
        for line in REPORT.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            if said.pop("kind") == "Row":
                row = Row(**said)
                rows[row.fault] = row
            else:
                latency = Latency(**said)
                latencies[latency.load, latency.senders] = latency
    return list(rows.values()), list(latencies.values())
