"""Laws L2 and L7 of marks: a fund that passes over an overdue value, or a lineage made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from gateway.core.breaches_of_marks import independence_kept, lineage_kept
from gateway.core.events import SleevesBalanced, SleeveValued
from gateway.core.laws import Violation
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy
from gateway.core.marks import ManagerMark, NavStruck
from gateway.core.nav import NavStatus
from gateway.ops.scenario.parser import parse
from tests.laws.stories import journals, staged

STORY = """
given
  session       Tue 2026-11-24
  partitions    fund=1
  fund          TDF  assets=10,000,000.00  target=20%
  sleeve        TDF  PE_I  mark=1,000,000.00  measured=2026-06-30  stale_after=180  independent_within=92

when
  contribution  p-1  1,000,000.00
  close

when
  mark          PE_I  1,000,000.00  measured=2026-09-30  statement=APPR  method=APPRAISAL  valued_by=INDEPENDENT  valuer=Fair Value LLC
  mark          PE_I  1,000,000.00  measured=2026-10-31  statement=EST
  contribution  p-1  1,000,000.00
  close

then
"""  # noqa: E501 -- rows of a story

FIRST, SECOND = date(2026, 11, 24), date(2026, 11, 25)
Law = Callable[[str, tuple[object, ...]], Iterator[Violation]]
Change = Callable[[object], object]


@cache
def journal() -> tuple[object, ...]:
    """The fund desk's journal of the story."""

    (scenario,) = parse(STORY, "x.day")
    (events,) = journals(staged(scenario), "fund")
    return tuple(events)


def told(law: Law, change: Change) -> list[tuple[str, str]]:
    found = law("fund/0", tuple(change(event) for event in journal()))
    return [(violation.law, violation.detail) for violation in found]


def of(kind: type, session: date, fund: str = "TDF") -> Callable[[object], bool]:
    return lambda e: isinstance(e, kind) and (e.session, e.fund_id) == (session, fund)  # type: ignore[attr-defined]


def changed(kind: type, session: date, **fields: object) -> Change:
    mine = of(kind, session)
    return lambda event: replace(event, **fields) if mine(event) else event  # type: ignore[type-var]


def same(event: object) -> object:
    return event


@pytest.mark.parametrize("law", [independence_kept, lineage_kept])
def test_the_story_keeps_the_laws(law: Law) -> None:
    assert told(law, same) == []


def test_a_nav_that_does_not_say_that_a_value_is_overdue_is_found() -> None:
    silent = changed(NavStruck, FIRST, holds=(), status=NavStatus.OFFICIAL)
    assert told(independence_kept, silent) == [
        ("L2", "the NAV is OFFICIAL with no reason; overdue for an independent value: PE_I")
    ]
    proud = changed(NavStruck, FIRST, status=NavStatus.OFFICIAL)
    assert told(independence_kept, proud) == [
        ("L2", "the NAV is OFFICIAL with NOT_INDEPENDENT; overdue for an independent value: PE_I")
    ]


def test_a_purchase_while_a_value_is_overdue_is_found() -> None:
    bought = changed(SleevesBalanced, FIRST, granted_minor=5_00)
    assert told(independence_kept, bought) == [
        ("L2", "500 minor units bought while PE_I was overdue for an independent value")
    ]
    thawed = changed(SleevesBalanced, FIRST, frozen=False)
    assert len(told(independence_kept, thawed)) == 1


def test_a_value_that_was_never_independent_is_found() -> None:
    def own(event: object) -> object:
        return replace(event, lineage=Lineage()) if isinstance(event, ManagerMark) else event

    assert told(independence_kept, own)[0] == (
        "L2", "the NAV is OFFICIAL with no reason; overdue for an independent value: PE_I"
    )  # fmt: skip


def test_a_value_recorded_after_the_cut_off_does_not_count_yet() -> None:
    late = 2 * 86_400_000_000

    def later(event: object) -> object:
        if isinstance(event, ManagerMark):
            return replace(event, recorded_at=event.recorded_at + late)
        return event

    assert {law for law, _ in told(independence_kept, later)} == {"L2"}


@pytest.mark.parametrize("session", [FIRST, SECOND])
def test_a_lineage_that_nobody_stated_is_found(session: date) -> None:
    audited = Lineage(MarkMethod.AUDITED, ValuedBy.INDEPENDENT, "Nobody LLP", "nobody")

    def polished(event: object) -> object:
        if isinstance(event, SleeveValued) and event.session == session:
            return replace(event, behind=replace(event.behind, lineage=audited))
        return event

    ((law, detail),) = told(lineage_kept, polished)
    assert law == "L7"
    assert detail.endswith("a mark that nobody stated so")


def test_a_mark_of_another_value_or_day_is_found() -> None:
    for other in ({"mark_minor": 1}, {"measurement_date": FIRST}):
        assert len(told(lineage_kept, changed(SleeveValued, SECOND, **other))) == 1
