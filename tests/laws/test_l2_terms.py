"""Law L2: a line that trades against the terms of its plan or fund is found in the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from gateway.core.breaches_of_terms import terms_kept
from gateway.core.events import OrdersDecided
from gateway.ops.scenario.parser import parse
from tests.laws.stories import journals, staged

STORY = """
given
  session       Tue 2026-11-24
  partitions    plan=1
  fund          OLD
  fund          NEW      minimum_purchase=500.00
  fund          PRIVATE  alternative=yes  qualification=ACCREDITED
  fund_closed   OLD      SALES  first=2026-11-25
  mapping       OLD  NEW  first=2026-11-24
  blackout      first=2026-11-24  last=2026-11-24  funds=PRIVATE
  holding       p-1  PRIVATE  value=10,000.00
  holding       p-1  LIQUID   value=10,000.00

when
  contribution  p-1  100.00  into=OLD      batch=MAPPED
  contribution  p-1  100.00  into=PRIVATE  batch=UNQUALIFIED
  distribution  p-1  100.00  from=PRIVATE  batch=BLACKOUT
  exchange      p-1  100.00  from=LIQUID  into=NEW  batch=SMALL
  close

then
"""

Change = Callable[[OrdersDecided], OrdersDecided]


@cache
def journal() -> tuple[object, ...]:
    """The plan desk's journal of the story."""

    (scenario,) = parse(STORY, "x.day")
    (events,) = journals(staged(scenario), "plan")
    return tuple(events)


def told(batch: str, change: Change) -> list[str]:
    events = [
        change(e) if isinstance(e, OrdersDecided) and e.batch_id == batch else e for e in journal()
    ]
    found = list(terms_kept("plan/0", events))
    assert {violation.law for violation in found} <= {"L2"}
    return [violation.detail for violation in found]


def traded(event: OrdersDecided) -> OrdersDecided:
    """The lines as if nothing had stood against them."""
    return replace(
        event, code=np.zeros_like(event.code), reasons=np.zeros_like(event.reasons),
        accepted_minor=event.amount_minor,
    )  # fmt: skip


def test_the_story_keeps_the_law() -> None:
    assert list(terms_kept("plan/0", journal())) == []


@pytest.mark.parametrize(
    ("batch", "detail"),
    [
        ("UNQUALIFIED", "it trades against NOT_ELIGIBLE"),
        ("BLACKOUT", "it trades against BLACKOUT"),
        ("SMALL", "it buys 10000 minor units of NEW, below the fund's minimum"),
    ],
)
def test_a_line_that_traded_after_all_is_found(batch: str, detail: str) -> None:
    assert told(batch, traded) == [detail]


def test_a_contribution_that_stayed_in_the_old_fund_is_found() -> None:
    def stayed(event: OrdersDecided) -> OrdersDecided:
        return replace(
            event, buy_fund=event.asked_fund, asked_fund=np.full_like(event.buy_fund, -1)
        )

    assert told("MAPPED", stayed) == ["a contribution into OLD buys OLD, and not NEW"]


def test_a_contribution_that_was_said_to_be_sent_elsewhere_is_found() -> None:
    def elsewhere(event: OrdersDecided) -> OrdersDecided:
        return replace(event, asked_fund=np.full_like(event.asked_fund, event.funds.index("NEW")),
                       funds=(*event.funds, "LIQUID"), buy_fund=np.full_like(
                           event.buy_fund, len(event.funds)))  # fmt: skip

    assert told("MAPPED", elsewhere) == ["a contribution into NEW buys LIQUID, and not NEW"]


@pytest.mark.parametrize("reasons", [0, 1 << 3, -1])
def test_reasons_that_do_not_begin_with_the_code_are_found(reasons: int) -> None:
    def other(event: OrdersDecided) -> OrdersDecided:
        return replace(event, reasons=np.full_like(event.reasons, reasons))

    (detail,) = told("UNQUALIFIED", other)
    assert detail.startswith("its code is NOT_ELIGIBLE, its reasons begin with")
