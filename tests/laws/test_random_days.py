"""Random days in random orders: all laws hold, and the outcome is a function of the inputs.

The days and the schedules are those of the simulator; chance comes from hypothesis, so that
a failing day is shrunk to a small one.
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.laws import Violation
from gateway.ops.simulate.market import MOST_LINES, PEOPLE, Market, exchanges_under_reject, market
from gateway.ops.simulate.scheduler import play
from gateway.ops.simulate.story import Step, Story, steps
from gateway.ops.simulate.verdict import Outcome, differences, outcome
from tests.laws.planted import broken

CALM = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CHANCE = st.randoms(use_true_random=False)
MARKETS = CHANCE.map(market)
CUTS = st.sets(st.integers(0, MOST_LINES))
STEPS = st.integers(0, 2**32).map(lambda seed: steps(Random(seed)))
EVERYWHERE = range(MOST_LINES + 1)
Steps = tuple[Step, ...]


def settled(
    day: Market, partitions: tuple[int, int, int], cuts: Collection[int], taken: Steps
) -> Outcome:
    played = play(Story(day, tuple(sorted(cuts)), partitions, taken))
    assert played.broken is None
    assert broken(played.log, played.gateway, redecide=False) == []
    return outcome(played.log, played.gateway)


def unlike(one: Outcome, other: Outcome) -> list[Violation]:
    return list(differences(one, other))


@settings(CALM, max_examples=40)
@given(day=MARKETS, cuts=CUTS, taken=STEPS)
def test_all_laws_hold_after_any_day(day: Market, cuts: set[int], taken: Steps) -> None:
    played = play(Story(day, tuple(sorted(cuts)), (2, 2, 1), taken))
    assert played.broken is None
    assert broken(played.log, played.gateway, identifiers=PEOPLE) == []


@settings(CALM, max_examples=15)
@given(day=MARKETS, cuts=CUTS, taken=st.tuples(STEPS, STEPS, STEPS))
def test_l4_partitions_interleavings_cuts_and_crashes_change_no_outcome(
    day: Market, cuts: set[int], taken: tuple[Steps, Steps, Steps]
) -> None:
    usual = settled(day, (1, 1, 1), (), taken[0])
    assert unlike(usual, settled(day, (3, 2, 2), cuts, taken[1])) == []
    assert unlike(usual, settled(day, (8, 3, 3), EVERYWHERE, taken[2])) == []


@settings(CALM, max_examples=20)
@given(
    day=CHANCE.map(exchanges_under_reject), cuts=CUTS, taken=st.tuples(STEPS, STEPS, STEPS)
)  # fmt: skip
def test_l4_a_batch_of_n_exchanges_is_n_batches_of_one_where_the_plan_rejects(
    day: Market, cuts: set[int], taken: tuple[Steps, Steps, Steps]
) -> None:
    whole = settled(day, (1, 1, 1), (), taken[0])
    assert unlike(whole, settled(day, (1, 1, 1), EVERYWHERE, taken[1])) == []
    assert unlike(whole, settled(day, (1, 1, 1), cuts, taken[2])) == []
