"""Law L7 of corrections, and law L1 of the money they take back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gateway.core.breaches import l2
from gateway.core.conservation import Day, l1
from gateway.core.correction_life import l7_corrections
from gateway.core.events import OrdersDecided
from gateway.core.laws import Violation
from gateway.core.vocabulary import REJECT_INDEX, EventKind, RejectCode
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of

STORY = """A contribution is reversed

given
  session       2026-11-24
  partitions    plan=1
  plan          PLAN  recordkeeper=RK_A
  fund          FUND  assets=1,000,000.00

when
  contribution  p-1  1,000.00  batch=PAYROLL
  contribution  p-2  500.00  batch=PAYROLL
  correction    p-1  1,000.00  REVERSAL  of=PAYROLL  batch=FIX
  close
"""


async def _plan_events() -> list[object]:
    (scenario,) = parse(STORY + "\nthen\n  only  quarantined\n", "reversed")
    stage = Stage(scenario)
    await stage.open()
    for step in scenario.steps:
        await stage.play(step.when)
    assert await stage.broken_laws() == []
    records = stage.log.records(*journal_of("plan", 0))
    return [event for record in records for event in stage.messages.decided(record.value)[1]]


@pytest.fixture(scope="module")
def events() -> list[object]:
    """What the plan desk wrote, without a fault."""
    return asyncio.run(_plan_events())


def bent(
    events: list[object], change: Callable[[OrdersDecided], OrdersDecided], batch: str = "FIX"
) -> list[object]:
    return [
        change(e) if isinstance(e, OrdersDecided) and e.batch_id == batch else e for e in events
    ]


def details(found: list[Violation]) -> list[str]:
    return [each.detail for each in found]


def test_l7_holds_where_a_contribution_is_reversed_once(events: list[object]) -> None:
    assert l7_corrections("plan/0", events) == []


def test_l7_finds_an_original_that_is_undone_twice(events: list[object]) -> None:
    fix = next(e for e in events if isinstance(e, OrdersDecided) and e.batch_id == "FIX")
    found = l7_corrections("plan/0", [*events, replace(fix, batch_id="AGAIN")])
    assert details(found) == [
        "line 0 of batch PAYROLL of 2026-11-24 is corrected a second time in FUND"
    ]


def test_l7_finds_an_original_that_was_refused(events: list[object]) -> None:
    code = np.full(2, REJECT_INDEX[RejectCode.LIMIT_HARD], np.int8)
    found = l7_corrections("plan/0", bent(events, lambda e: replace(e, code=code), "PAYROLL"))
    assert details(found) == ["line 0 of batch PAYROLL of 2026-11-24 is corrected and was refused"]


def test_l7_finds_an_original_that_never_came(events: list[object]) -> None:
    found = l7_corrections(
        "plan/0", bent(events, lambda e: replace(e, batch_id="OTHER"), "PAYROLL")
    )
    assert details(found) == ["line 0 of batch PAYROLL of 2026-11-24 is undone and never came"]


def test_l7_finds_a_correction_that_goes_back_to_nothing(events: list[object]) -> None:
    found = l7_corrections("plan/0", bent(events, lambda e: replace(e, links=None)))
    assert details(found) == ["REVERSAL and what it goes back to differ"]
    found = l7_corrections("plan/0", bent(events, lambda e: replace(e, reason=EventKind.LOAN)))
    assert details(found) == ["LOAN and what it goes back to differ"]


def test_l1_finds_more_taken_back_than_was_bought(events: list[object]) -> None:
    more = np.array([2_000_00], np.int64)
    changed = bent(events, lambda e: replace(e, amount_minor=more, accepted_minor=more))
    found = details(l1(Day([changed], [], [], [], []), complete=False))
    assert "more was taken back than traded: (-50000, 0) are left" in found


def test_l1_finds_money_that_was_not_taken_back(events: list[object]) -> None:
    def in_all(journal: list[object]) -> list[str]:
        found = l1(Day([journal], [], [], [], []), complete=False)
        return [each.where for each in found if "in all" in each.detail]

    assert in_all(events) == []
    assert in_all(bent(events, lambda e: replace(e, takes_back=False))) == ["plan/0 2026-11-24"]


def test_l2_looks_at_what_is_left(events: list[object]) -> None:
    assert l2([events], []) == []
