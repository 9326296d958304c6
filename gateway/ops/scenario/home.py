"""The gateway of a scenario: the desks its market needs, with a key of its own.

Not here: playing the scenario (`stage`).
"""

from __future__ import annotations

from gateway.desks.desk import Topology
from gateway.desks.intake_lines import Keyring
from gateway.ops.scenario.world import World
from gateway.shell.gateway import Gateway

KEY = b"the key of every scenario"
PARTITIONS = 2


def gateway_of(world: World, partitions: dict[str, int]) -> Gateway:
    """The desks a market needs."""
    topology = Topology(
        world.senders, partitions.get("plan", PARTITIONS), partitions.get("fund", PARTITIONS),
        partitions.get("cash", PARTITIONS), PARTITIONS,
    )  # fmt: skip
    return Gateway(topology, world.senders, {}, Keyring(KEY))
