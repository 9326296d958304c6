"""The shortest story that still fails: steps are left out first, then what happens that day.

Delta debugging: chunks are left out, halved as often as nothing more can go, and whatever
still breaks one of the laws that the whole story broke is kept.

Not here: playing and judging (`verdict`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from gateway.core.laws import Violation
from gateway.ops.simulate.crew import PRODUCTION, Cast
from gateway.ops.simulate.market import Market
from gateway.ops.simulate.story import Story
from gateway.ops.simulate.verdict import Verdict, judge

T = TypeVar("T")
MOST_PLAYS = 400


@dataclass(slots=True)
class _Tries:
    """How many plays are left, and the shortest failing story so far."""

    cast: Cast
    laws: frozenset[str]
    left: int
    story: Story
    verdict: Verdict

    def fails(self, story: Story) -> bool:
        """Play a shorter story; if it breaks one of the laws, it is the shortest so far."""
        if self.left <= 0:
            return False
        self.left -= 1
        verdict = judge(story, self.cast)
        broke = self.laws & {violation.law for violation in verdict.violations}
        if broke:
            self.story, self.verdict = story, verdict
        return bool(broke)


def shrink(
    story: Story, verdict: Verdict, cast: Cast = PRODUCTION, plays: int = MOST_PLAYS
) -> tuple[Story, Verdict]:
    """The shortest failing story found in so many plays, and its verdict.

    Args:
        story: One that fails.
        verdict: What it came to.
        cast: What it is played with.
        plays: At most so many stories are tried.
    """
    laws = frozenset(violation.law for violation in verdict.violations)
    tries = _Tries(cast, laws, plays, story, verdict)
    size = None
    while size != _size(tries.story):
        size = _size(tries.story)
        fewest(tries.story.steps, lambda steps: tries.fails(replace(tries.story, steps=steps)))
        _fewest_parts(tries)
        tries.fails(replace(tries.story, partitions=(1, 1, 1)))
        tries.fails(replace(tries.story, cuts=()))
    return tries.story, tries.verdict


def _fewest_parts(tries: _Tries) -> None:
    day = tries.story.day
    fewest(
        tuple(_parts(day)),
        lambda parts: tries.fails(replace(tries.story, day=_day(day, frozenset(parts)))),
    )


def fewest(whole: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """The smallest part of a sequence found for which `fails` holds; it holds for the whole."""
    kept = tuple(whole)
    if kept and fails(()):
        return ()
    size = max(1, len(kept) // 2)
    while kept:
        at, before = 0, len(kept)
        while at < len(kept):
            shorter = kept[:at] + kept[at + size :]
            if fails(shorter):
                kept = shorter
            else:
                at += size
        if size == 1 and len(kept) == before:
            break
        size = max(1, size // 2)
    return kept


Part = tuple[str, int]
"""A column of the market and a row of it."""
_COLUMNS = ("lines", "spoils", "marks", "holdings", "levels", "corrections", "decided")


def _parts(day: Market) -> Iterator[Part]:
    for name in _COLUMNS:
        yield from ((name, at) for at in range(len(getattr(day, name))))
    yield from (("following", at) for at in range(len(day.following.plans)))


def _day(day: Market, parts: frozenset[Part]) -> Market:
    """The day with these parts of it only."""

    def kept(name: str, rows: Sequence[T]) -> tuple[T, ...]:
        return tuple(row for at, row in enumerate(rows) if (name, at) in parts)

    plans = kept("following", day.following.plans)
    columns: dict[str, Any] = {name: kept(name, getattr(day, name)) for name in _COLUMNS}
    return replace(day, following=replace(day.following, plans=plans), **columns)


def _size(story: Story) -> tuple[int, int]:
    return len(story.steps), sum(1 for _ in _parts(story.day))


def told(story: Story, verdict: Verdict) -> list[str]:
    """A story for a person to read: the day, what happened, and what broke."""
    plan, fund, cash = story.partitions
    lines = [f"partitions: plan {plan}, fund {fund}, cash {cash}"]
    for name in _COLUMNS:
        lines.extend(f"{name}: {_row(row)}" for row in getattr(story.day, name))
    if story.day.following.plans:
        lines.append("a book change for the second session: "
                     + ", ".join(plan.plan_id for plan in story.day.following.plans))  # fmt: skip
    lines.extend(f"{number}. {text}" for number, text in enumerate(verdict.played.trace, 1))
    if verdict.played.broken is None:
        lines.append("Then everything ran to its end undisturbed.")
    return [*lines, *(f"broken: {_brief(violation)}" for violation in verdict.violations[:5])]


def _row(row: object) -> str:
    """A row of the day as text; its people are invented."""
    if isinstance(row, tuple):
        return " ".join(str(cell) for cell in row)
    cells = [(each.name, getattr(row, each.name)) for each in fields(row)]  # type: ignore[arg-type]  # rows are dataclasses
    return " ".join(f"{name}={value}" for name, value in cells if value != "")


def _brief(violation: Violation) -> str:
    return str(violation)[:400]
