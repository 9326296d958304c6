"""Planted bugs: each duty broken on purpose is found within a bounded number of seeds."""

from __future__ import annotations

import pytest

from gateway.ops.simulate.crew import Cast
from gateway.ops.simulate.story import tell
from gateway.ops.simulate.verdict import judge
from tests.simulation.bent_desks import BENT_DESKS
from tests.simulation.bent_seats import BENT_SEATS

SEEDS = range(5000, 5240)
PLANTED = {**BENT_DESKS, **BENT_SEATS}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    assert found(PLANTED[bug]) is not None


def found(cast: Cast) -> int | None:
    """The first seed whose story breaks a law."""
    return next((seed for seed in SEEDS if judge(tell(seed), cast).violations), None)
