"""Stories as the laws look at them: played to their end, and read back from the log.

Tests that plant what breaks a law change a copy of what is read here.

Not here: the busy day of market messages (`planted`), the laws.
"""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from gateway.core.conservation import Day
from gateway.core.orders import Confirmation
from gateway.core.settlement import SettlementInstruction
from gateway.ops.scenario.parser import Scenario, parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of
from tests.ops.test_explain_stories import played

STORIES = Path(__file__).resolve().parents[1] / "scenarios"


def scenarios_of(name: str) -> list[Scenario]:
    """The scenarios of a story's file."""
    path = STORIES / f"{name}.day"
    return parse(path.read_text("utf-8"), str(path))


def staged(scenario: Scenario) -> Stage:
    """A scenario after all that happens in it, every law holding."""

    async def lawful() -> Stage:
        stage = await played(scenario)
        assert await stage.broken_laws() == []
        return stage

    return asyncio.run(lawful())


@cache
def story(name: str, number: int = 0) -> Stage:
    """A scenario of a file, played. Shared: tests plant in copies only."""
    return staged(scenarios_of(name)[number])


@cache
def journals(stage: Stage, desk: str) -> list[list[object]]:
    """The events of a desk, partition by partition. Shared: tests plant in copies only."""
    return [
        [
            event
            for record in stage.log.records(*journal_of(desk, partition))
            for event in stage.messages.decided(record.value)[1]
        ]
        for partition in range(stage.gateway.topology.partitions(desk))
    ]


@cache
def day_of(stage: Stage) -> Day:
    """What law L1 looks at: three desks, and what was told and instructed."""
    sent = [
        stage.messages.unpack(record.value)
        for topic, partitions in stage.gateway.topics().items()
        if topic.startswith(("out.", "gw.dispatch.inbox"))
        for partition in range(partitions)
        for record in stage.log.records(topic, partition)
    ]
    return Day(
        journals(stage, "plan"), journals(stage, "fund"), journals(stage, "cash"),
        [each for each in sent if isinstance(each, Confirmation)],
        [each for each in sent if isinstance(each, SettlementInstruction)],
    )  # fmt: skip
