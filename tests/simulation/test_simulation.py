"""The simulator: fixed seeds hold, a seed is one story, and a failing story gets short."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from gateway.core.laws import Violation
from gateway.ops.simulate import command
from gateway.ops.simulate.crew import Cast
from gateway.ops.simulate.scheduler import play
from gateway.ops.simulate.shrink import fewest, shrink, told
from gateway.ops.simulate.story import CALM, Kind, Story, steps, tell
from gateway.ops.simulate.verdict import judge, outcome, undisturbed
from tests.simulation.bent_desks import BENT_DESKS
from tests.simulation.bent_seats import BENT_SEATS

FIRST = 401
GROUPS = [range(FIRST + at, FIRST + at + 10) for at in range(0, 50, 10)]


@pytest.mark.parametrize("seeds", GROUPS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_law_holds_and_the_day_comes_to_what_it_comes_to_undisturbed(seeds: range) -> None:
    failing: dict[int, tuple[Violation, ...]] = {}
    for seed in seeds:
        verdict = judge(tell(seed))
        if verdict.violations:
            failing[seed] = verdict.violations
    assert failing == {}


def test_a_seed_is_one_story_and_one_course_of_events() -> None:
    for seed in (1, 2, 3):
        assert tell(seed) == tell(seed)
        assert play(tell(seed)).digest == play(tell(seed)).digest
    assert len({play(tell(seed)).digest for seed in range(1, 6)}) == 5


def test_disturbances_happen_and_the_days_are_busy() -> None:
    traces = [play(tell(seed)).trace for seed in range(FIRST, FIRST + 12)]
    text = "\n".join(line for trace in traces for line in trace)
    said = {
        Kind.REDELIVER, Kind.STUTTER, Kind.PASS_OVER, Kind.LOSE_ACK, Kind.DIE_BEFORE_APPEND,
        Kind.DIE_AFTER_APPEND, Kind.NO_APPEND, Kind.NO_ANSWER,
        "crashes,", "anew", "does not notice", "opens it and takes", "is fenced",
        "leaves a snapshot", "snapshot of", "messages later", "the laws are asked",
    }  # fmt: skip
    assert {what for what in said if what not in text} == set()
    calm = [play(undisturbed(tell(seed))) for seed in range(FIRST, FIRST + 12)]
    assert sum(len(outcome(p.log, p.gateway).instructions) for p in calm) > 20


def test_any_step_can_be_left_out_and_a_story_remains() -> None:
    story = tell(7)
    for left_out in range(0, len(story.steps), 17):
        shorter = story.steps[:left_out] + story.steps[left_out + 9 :]
        assert play(replace(story, steps=shorter)).broken is None


def shortest(bug: Cast, first: int) -> tuple[Story, Story, list[str]]:
    """The first failing story from a seed on, what became of it, and how it is told."""
    for seed in range(first, first + 40):
        story = tell(seed)
        verdict = judge(story, bug)
        if verdict.violations:
            short, last = shrink(story, verdict, bug, plays=60)
            return story, short, told(short, last)
    raise AssertionError("no seed fails")


def test_a_story_that_fails_by_a_crash_shrinks_to_the_crash() -> None:
    story, short, lines = shortest(BENT_SEATS["a failed append leaves the state ahead"], 5000)
    assert len(short.steps) <= 12 < len(story.steps)
    assert any(Kind.NO_APPEND in line or Kind.NO_ANSWER in line for line in lines)
    assert lines[-1].startswith("broken: law L")


def test_a_story_that_fails_undisturbed_shrinks_to_its_day() -> None:
    story, short, lines = shortest(BENT_DESKS["a trimmed line is rounded up"], 5000)
    assert short.steps == ()
    assert len(short.day.lines) <= 2 < len(story.day.lines)
    assert lines[-2] == "Then everything ran to its end undisturbed."
    assert "L2" in lines[-1]


def test_shrinking_keeps_what_is_needed_and_nothing_else() -> None:
    for needed in ({3}, {0, 19}, {5, 6, 13}, set()):
        kept = fewest(range(20), lambda part, needed=needed: needed <= set(part))  # type: ignore[misc]  # a loop variable
        assert set(kept) == needed


def test_a_run_answers_how_many_seeds_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    code = command.run(seeds=2, first_seed=FIRST, minutes=None, processes=1, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (answer["first_seed"], answer["seeds"], answer["failures"]) == (FIRST, 2, [])


def test_a_run_shares_its_seeds_among_processes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(seeds=6, first_seed=1, minutes=None, processes=2, as_json=False) == 0
    assert "6 seeds (1 to 6)" in capsys.readouterr().out


def test_a_run_begins_no_seed_once_its_minutes_are_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.run(seeds=9, first_seed=1, minutes=0, processes=1, as_json=False) == 0
    assert "No seed was played" in capsys.readouterr().out


def test_a_failing_seed_is_told_with_the_command_that_plays_it_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failure = command.examined(5000, BENT_SEATS["a record is skipped"])
    assert command.say(command.Ran(5000, 1, 10, (failure,)), as_json=False) == 1
    out = capsys.readouterr().out
    assert "seed 5000 fails: law L3" in out
    assert "again: gateway simulate --first-seed 5000 --seeds 1" in out


def test_stories_differ_in_how_much_goes_wrong() -> None:
    shares = [
        sum(step.kind not in CALM for step in taken) * 100 // len(taken)
        for taken in (steps(Random(seed)) for seed in range(60))
    ]
    assert min(shares) == 0
    assert max(shares) > 50
