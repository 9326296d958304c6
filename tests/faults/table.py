"""`python -m tests.faults.table` writes docs/faults.md from the newest run of each fault.

Not here: the runs (`pytest -m faults`), and words about what a fault is beyond its row.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.ops.broker import POMS
from tests.faults.report import Latency, Row, newest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
PARTS = {"workers": "Workers", "broker": "Broker and network", "load": "Too much at once"}

HEAD = """# Faults: what was broken, what came of it, how long it took

Written by `python -m tests.faults.table` from a run of `pytest -m faults`, which is a part of
`make test-all`. The machine: {machine}, and with other work that went on
at the same time. Read the times as an order of magnitude.

Each row is a test on a real broker. The demonstration's day (a nation of 40 plans and 2,000
participants, 8 senders) is published in pieces while two workers decide it, each under a
supervisor of its own (`gateway worker --supervise`). A third of the day stands when the fault
comes, a third goes on coming while it lasts, the rest comes at once when it is over. A row says
*same instructions, all laws hold* only if every settlement instruction is the same, byte for
byte, as in an undisturbed run in one process, and the proof finds no law broken (L1–L8, every
inbox decided again and compared with its journal).

- **Decides again**: seconds from the end of the fault (a kill ends as it happens; a broker's
  outage ends when the broker answers) until any partition's journal has a new decision.
- **Caught up**: seconds from the same moment until everything that waited in any inbox is
  decided, the last third of the day included.
- **Restarts**: workers that ended, or were ended, and had a successor.

What sets the pace: a worker that dies without a word is missed after its session
(`session_seconds`, here 6, the least), and until then nobody is given its partitions; a worker
needs some two seconds to start; a supervisor waits one second before a first restart, and twice
as long before each further one.
"""

NOTES = """
## How honest the faults are

- *Out of memory* is a limit on the address space of a worker at work: the next allocation that
  needs more fails, in a desk or in a client of Kafka, and the worker ends itself. A kernel that
  kills instead is the row of SIGKILL.
- *No room for snapshots* is a limit on the size of every file a worker writes; the error is EFBIG
  where a full disk says ENOSPC, and the code that meets them is the same. Snapshots below the
  limit are kept.
- *A disk that hangs* and *a slow disk* are a broker process that is stopped for all or most of
  the time: no request is answered, as when the disk under the log answers none. Other processes
  on a machine with such a disk are not slowed.
- *Connections* are the workers' alone: they come by a proxy, which the broker names to them as
  its address, while the test publishes and looks by another door. Broker and workers run on one
  machine; its clock and its disk are shared.
- *A cluster of three* runs on one machine too: three brokers that are controllers as well, three
  copies of every topic, two in step (`min.insync.replicas`), settings the gateway gives its
  topics by itself where there are three brokers.
"""


def page(rows: Sequence[Row], latencies: Sequence[Latency]) -> str:
    """The page as it stands in docs."""
    parts = [HEAD.format(machine=_machine())]
    for part, title in PARTS.items():
        mine = [row for row in rows if row.part == part]
        if mine and part != "load":
            parts.append(f"\n## {title}\n\n" + _table(
                ("Fault", "How it is made", "Outcome", "Decides again", "Caught up", "Restarts"),
                ((row.fault, row.made, row.outcome, _seconds(row.decided_seconds),
                  _seconds(row.caught_up_seconds), str(row.restarts)) for row in mine),
            ))  # fmt: skip
        elif mine:
            parts.append(f"\n## {title}\n\n" + _table(
                ("Load", "How it is made", "Outcome"),
                ((row.fault, row.made, row.outcome) for row in mine),
            ))  # fmt: skip
    if latencies:
        parts.append(LATENCY + _table(
            ("Load", "Senders", "Messages", "Half within", "99 % within", "Longest", "Peak memory"),
            ((one.load, one.senders, str(one.messages), _ms(one.median_ms), _ms(one.p99_ms),
              _ms(one.worst_ms), f"{one.peak_mb} MB") for one in latencies),
        ))  # fmt: skip
    parts.append(NOTES)
    return "".join(parts)


LATENCY = """
How long senders wait for the answer to a message, from the broker's stamp of the message to its
stamp of the answer on the sender's own topic; one worker decides a day of 1,000 plans and 100,000
participants. Peak memory is the most that this worker held in the whole run, state included.

"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms"


def _machine() -> str:
    pom = next(pom for pom in POMS if pom.exists()).read_text(encoding="utf-8")
    kafka = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([^<]+)<", pom)
    assert kafka is not None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Kafka {kafka[1]}; broker and workers share them"
    )


if __name__ == "__main__":
    PAGE.write_text(page(*newest()), encoding="utf-8")
