"""All desks of a topology, ready to be seated at a log.

Not here: which log, and who delivers records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from gateway.connector.protocol import Connector
from gateway.desks.cash import cash_desk
from gateway.desks.desk import Desk, Topology
from gateway.desks.dispatch import dispatch_desk
from gateway.desks.fund import fund_desk
from gateway.desks.intake import Context, intake_desk
from gateway.desks.intake_lines import Keyring
from gateway.desks.plan import plan_desk
from gateway.log.port import Log
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import topics


def connectors() -> dict[str, Connector]:
    """Every connector installed, by its entry point's name."""
    found = entry_points(group="gateway.connectors")
    return {entry.name: entry.load() for entry in found}


@dataclass(frozen=True)
class Gateway:
    """A topology with its desks and message forms; `dialects` names senders with their own."""

    topology: Topology
    receivers: tuple[str, ...]
    dialects: Mapping[str, str]
    keyring: Keyring

    def desks(self) -> dict[str, Desk[Any]]:
        """The five desks by name."""
        known = connectors()
        spoken = {sender: known[name] for sender, name in self.dialects.items()}
        context = Context(self.topology, {**spoken, "native": known["native"]}, self.keyring, known)
        return {
            "intake": intake_desk(context),
            "plan": plan_desk(self.topology),
            "fund": fund_desk(self.topology),
            "cash": cash_desk(self.topology),
            "dispatch": dispatch_desk(self.topology, known),
        }

    def seats(
        self, log: Log, app: str = "gateway", store: Snapshots | None = None
    ) -> list[Seat[Any]]:
        """A seat for every inbox partition of every desk, not open yet.

        Args:
            log: Where they read and write.
            app: Prefix of their writers' names.
            store: Where they keep snapshots; without it, the journal is folded whole.
        """
        messages = Messages(standard())
        return [
            Seat(desk, partition, log, messages, self.topology, app, store)
            for name, desk in self.desks().items()
            for partition in range(self.topology.partitions(name))
        ]

    def topics(self) -> dict[str, int]:
        """Every topic and its partitions."""
        return {topic.name: topic.partitions for topic in topics(self.topology, self.receivers)}


async def pump(seats: list[Seat[Any]], log: Log, batch: int = 100) -> int:
    """Let every seat decide what its inbox holds until all are quiet; records decided."""
    decided = 0
    quiet = False
    while not quiet:
        quiet = True
        for seat in seats:
            async for records in log.read(seat.topic, seat.topic_partition, seat.last + 1):
                for at in range(0, len(records), batch):
                    fresh = await seat.take(records[at : at + batch])
                    decided += fresh
                    quiet = quiet and not fresh
    return decided
