"""Plays scenarios to their end and says what differs from what they expect.

Not here: printing, files (`rehearse`, `rewrite`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.errors import ConfigError, DecisionFailed, LawBroken
from gateway.ops.scenario.again import replayed
from gateway.ops.scenario.ask import answer
from gateway.ops.scenario.checks import (
    SUMMARY,
    Difference,
    Verdict,
    brief,
    check,
    compare,
    is_question,
)
from gateway.ops.scenario.observe import Observer
from gateway.ops.scenario.parser import Scenario, Step
from gateway.ops.scenario.stage import Stage
from gateway.ops.scenario.words import Row, nearest
from gateway.ops.scenario.words_out import THEN_WORDS


@dataclass(slots=True)
class Outcome:
    """What became of a scenario: a verdict for each of its blocks, and of the laws."""

    scenario: Scenario
    verdicts: list[Verdict] = field(default_factory=list)
    laws: list[Difference] = field(default_factory=list)

    @property
    def differences(self) -> list[Difference]:
        """Every expectation that does not hold, and every law that does not."""
        found = [each for verdict in self.verdicts for each in verdict.differences]
        return [*found, *self.laws]


async def play(scenario: Scenario) -> Outcome:
    """Play a scenario on an in-process log.

    Raises:
        ConfigError: A row cannot be played: an unknown sender, a day that is no session.
    """
    outcome = Outcome(scenario)
    for step in scenario.steps:
        _known_words(scenario, step.then)
    stage = Stage(scenario)
    observer = Observer(stage)
    try:
        await stage.open()
        _opened(stage, observer)
        for step in scenario.steps:
            await stage.play(step.when)
            outcome.verdicts.append(await _look(stage, observer, step))
        laws = await stage.broken_laws()
        outcome.laws = [Difference(scenario.line, (), (), (law,)) for law in laws]
    except DecisionFailed as failed:
        outcome.laws = [Difference(stage.line, (), (), (f"a desk stopped: {failed}",))]
    except LawBroken as broken:
        note = f"a desk stopped, for a law does not hold: {broken}"
        outcome.laws = [Difference(stage.line, (), (), (note,))]
    except ValueError as wrong:
        raise ConfigError(f"{scenario.path}:{stage.line}: {wrong}") from wrong
    return outcome


def _opened(stage: Stage, observer: Observer) -> None:
    """Pass over what the opening brought, unless something that is given was refused."""
    for each in observer.look():
        if each.word == "answer" and each.values["verdict"] != "ACCEPTED":
            said = f"{each.values['verdict']}, {each.values['says']}"
            raise ConfigError(f"{stage.world.path}: what is given was refused: {said}")
    observer.results.clear()
    observer.ends.clear()


def _known_words(scenario: Scenario, rows: Sequence[Row]) -> None:
    for row in rows:
        for name in row.names("words") if row.word.name == "only" else ():
            if name not in THEN_WORDS:
                hint = nearest(name, THEN_WORDS)
                raise ConfigError(f"{scenario.path}:{row.line}: no row word {name!r}; {hint}")


async def _look(stage: Stage, observer: Observer, step: Step) -> Verdict:
    """Compare a block with what came out since the one before."""
    verdict, rows = Verdict(), step.then
    observed = observer.look()
    plain: list[Row] = []
    for row in rows:
        if is_question(row):
            where = stage.world.where(row)
            compare(row, answer(row, stage.calendar, where), verdict)
        elif row.word.name == "holding":
            _holding(stage, observer, row, verdict)
        elif row.word.name == "replay":
            result = await replayed(stage, row.text("how"), row.number("count", 1))
            row.values.setdefault("is", "same")
            compare(row, {**row.values, "is": result}, verdict)
        else:
            plain.append(row)
    check(plain, observed, verdict)
    if not rows:
        verdict.more[0] = [brief(each) for each in observed if each.word in SUMMARY]
        note = "nothing is expected here: write what, or let --update fill the block"
        verdict.differences.append(Difference(step.ends, (), (), (note,)))
    verdict.differences.sort(key=lambda each: each.line)
    return verdict


def _holding(stage: Stage, observer: Observer, row: Row, verdict: Verdict) -> None:
    known_at = row.number("as_recorded") if row.has("as_recorded") else None
    if known_at is not None and not 1 <= known_at <= len(observer.ends):
        here = f"{stage.world.where(row)}: as_recorded={known_at}"
        raise ConfigError(f"{here}: blocks so far are 1 to {len(observer.ends)}")
    units = observer.holding(row.text("participant"), row.text("fund"), known_at)
    compare(row, None if units is None else {**row.values, "units": units}, verdict)
