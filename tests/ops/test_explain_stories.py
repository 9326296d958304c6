"""Whatever a story brings about can be explained: every instruction and every NAV, to the cent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.marks import NavStruck
from gateway.ops.explain.command import explained
from gateway.ops.explain.node import Node, whole
from gateway.ops.scenario.parser import Scenario, parse
from gateway.ops.scenario.parties import instructions
from gateway.ops.scenario.stage import Stage

STORIES = sorted((Path(__file__).resolve().parents[1] / "scenarios").glob("*.day"))


async def played(scenario: Scenario) -> Stage:
    """A stage on which everything of a story has happened."""
    stage = Stage(scenario)
    await stage.open()
    for step in scenario.steps:
        await stage.play(step.when)
    return stage


def wanted(stage: Stage) -> Iterator[tuple[str, ...]]:
    """Everything there is to explain."""
    for instruction in instructions(stage):
        yield (instruction.instruction_id,)
    told = {
        (nav.fund_id, nav.session)
        for sender in stage.world.recordkeepers
        for record in stage.log.records(f"out.{sender}", 0)
        if isinstance(nav := stage.messages.unpack(record.value), NavStruck)
    }
    for fund, session in sorted(told):
        yield ("NAV", f"{fund}/{session}")


def every(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from every(child)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_figure_of_a_story_is_explained_and_adds_up(path: Path) -> None:
    async def explain_all() -> list[str]:
        silent: list[str] = []
        for scenario in parse(path.read_text("utf-8"), str(path)):
            stage = await played(scenario)
            for words in wanted(stage):
                for node in every(await explained(stage.log, stage.gateway, words, limit=50)):
                    # A sum that does not come out raises here.
                    silent += [] if whole(node).text else [node.kind]
        return silent

    assert asyncio.run(explain_all()) == []
