"""Stories played step by step, with the moment each step ended, to ask what was known then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.ops.answers import plain
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.source import instant
from gateway.ops.scenario.parser import Scenario, parse
from gateway.ops.scenario.stage import Stage
from gateway.ops.show import Part, view

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
STORIES = sorted(FOLDER.glob("*.day"))

NOTHING_SAID = "\nthen\n  replay  journal\n"
"""An expectation that every story meets."""

Row = tuple[object, ...]


@dataclass
class Story:
    """A story on its way.

    Attributes:
        stage: Where it is played.
        moments: Text of the moment at which each step so far had ended; the opening is the first.
    """

    stage: Stage
    moments: list[str] = field(default_factory=list)

    def step_ended(self) -> None:
        """Note the moment; nothing that follows has the same stamp."""
        now = self.stage.press.now
        self.moments.append(instant(now))
        self.stage.press.at(now + 1)

    async def parts(self, what: str, asked: Asked, limit: int = 50) -> dict[str, Part]:
        """A view's tables by name."""
        told = await view(self.stage.log, self.stage.gateway, what, asked, limit=limit)
        return {part.name: part for part in told}

    def rows(self, what: str, part: str, asked: Asked, *fields: str) -> list[Row]:
        """Some fields of a table's rows, as JSON has them; a dot goes into a record."""
        found = asyncio.run(self.parts(what, asked))[part]
        return [tuple(_field(row, name) for name in fields) for row in found.rows]

    def known(self, asked: Asked, step: int) -> Asked:
        """The question, as of what was known when a step had ended."""
        return replace(asked, known_at=self.moments[step])


def _field(row: object, name: str) -> object:
    value = row
    for each in name.split("."):
        value = getattr(value, each)
    return plain(value)


async def play(
    scenario: Scenario, after: Callable[[Story], Awaitable[None]] | None = None
) -> Story:
    """Play a story to its end; `after` is called at the end of each step."""
    stage = Stage(scenario)
    story = Story(stage)
    await stage.open()
    for step in ((), *(step.when for step in scenario.steps)):
        await stage.play(step)
        story.step_ended()
        if after is not None:
            await after(story)
    return story


def told(text: str) -> Story:
    """A story played to its end; what comes of its last step is for the test to say."""
    (scenario,) = parse(f"{text}{NOTHING_SAID}", "a story")
    return asyncio.run(play(scenario))


def story(name: str) -> Story:
    """The first story of a file, played to its end."""
    first, *_ = parse((FOLDER / f"{name}.day").read_text("utf-8"), name)
    return asyncio.run(play(first))
