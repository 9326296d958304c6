"""What is reserved of a position is what waits to be sold of it, and nothing else.

Whatever a story does, refusals, holds, releases and closures among it, no reservation outlives
the line it is of.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gateway.desks.plan_state import Flows, PlanState, joined
from gateway.ops.scenario.parser import Scenario, parse
from gateway.ops.scenario.stage import Stage
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_in import WHEN_WORDS

HERE = Path(__file__).resolve().parent
STORIES = sorted([*HERE.glob("*.day"), *(HERE.parents[1] / "docs" / "funds").glob("*.day")])


async def plan_states(scenario: Scenario) -> list[PlanState]:
    """The plan partitions at the end of a story, checked after every step of it."""
    stage = Stage(scenario)
    await stage.open()
    for step in scenario.steps:
        await stage.play(step.when)
        for state in states_of(stage):
            check(state)
    return states_of(stage)


def states_of(stage: Stage) -> list[PlanState]:
    return [seat.state for seat in stage.seats if seat.desk.name == "plan"]


def check(state: PlanState) -> None:
    waits = joined([part for parts in state.flows.values() for part in parts])
    requests = state.requests
    none = np.zeros(requests.size, np.int64)
    at_gates = Flows(
        requests.plan, requests.account, requests.fund, none, requests.left_minor, none
    )  # fmt: skip
    assert reserved(state) == sold(state, joined([waits, at_gates]))


def reserved(state: PlanState) -> Counter[int]:
    positions, minor = state.accounts.reserved.rows
    return Counter({int(p): int(m) for p, m in zip(positions, minor, strict=True) if m})


def sold(state: PlanState, waits: Flows) -> Counter[int]:
    """Minor units that wait to be sold, by position."""
    found: Counter[int] = Counter()
    rows = np.flatnonzero(waits.sell_minor)
    accounts = state.accounts
    keys = accounts.position_keys(waits.account[rows], waits.fund[rows])
    places = accounts.positions.find(keys).tolist()
    for place, money in zip(places, waits.sell_minor[rows].tolist(), strict=True):
        found[place] += money
    return found


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_what_is_reserved_is_what_waits(path: Path) -> None:
    for scenario in parse(path.read_text("utf-8"), str(path)):
        asyncio.run(plan_states(scenario))


def test_once_everything_is_filled_nothing_is_reserved() -> None:
    for scenario in parse((HERE / "reservations.day").read_text("utf-8"), "reservations.day"):
        scenario.steps[-1].when.append(Row(WHEN_WORDS["close"], scenario.line, []))
        for state in asyncio.run(plan_states(scenario)):
            assert not reserved(state)
            assert state.flows == {}
