"""Every topic in one place: its name, key, schema and partitions.

Not here: creating them (`gateway topics`), and what flows where (the desks).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.desks.desk import Address, Topology

DESKS = ("intake", "plan", "fund", "cash", "dispatch")
QUARANTINE = "gw.quarantine"
QUARANTINE_DECISIONS = "gw.quarantine.decisions"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is created and documented."""

    name: str
    partitions: int
    key: str
    content: str


def place_of(topology: Topology, address: Address) -> tuple[str, int]:
    """The topic and partition of an address."""
    match address.desk:
        case "intake":
            return f"in.{topology.senders[address.partition]}", 0
        case "out":
            return f"out.{address.name}", 0
        case "quarantine":
            return QUARANTINE, 0
    return f"gw.{address.desk}.inbox", address.partition


def journal_of(desk: str, partition: int) -> tuple[str, int]:
    """The journal topic and partition of an inbox partition."""
    return f"gw.{desk}.journal", partition


def topics(topology: Topology, receivers: tuple[str, ...]) -> tuple[Topic, ...]:
    """All topics of a gateway, for senders and receivers named."""
    rows = [Topic(f"in.{s}", 1, "batch id", "the sender's dialect") for s in topology.senders]
    for desk in DESKS:
        if desk != "intake":
            rows.append(Topic(f"gw.{desk}.inbox", topology.partitions(desk), "", "schemas/between"))
        rows.append(
            Topic(f"gw.{desk}.journal", topology.partitions(desk), "", "journal/JournalRecord")
        )
    rows.append(Topic(QUARANTINE, 1, "", "journal/Quarantined"))
    rows.append(Topic(QUARANTINE_DECISIONS, 1, "", "journal/DisposalDecided"))
    rows.extend(
        Topic(f"out.{r}", 1, "", "the receiver's dialect")
        for r in sorted({*topology.senders, *receivers})
    )
    return tuple(rows)
