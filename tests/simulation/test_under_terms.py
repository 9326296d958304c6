"""Simulated days under dated terms: the laws hold, and disturbances change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from gateway.core.events import OrdersDecided
from gateway.core.laws import Violation
from gateway.core.refusals import codes_in
from gateway.ops.simulate.scheduler import Played, play
from gateway.ops.simulate.story import Story, tell
from gateway.ops.simulate.verdict import judge, undisturbed
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import journal_of
from tests.simulation.under_terms import under_terms

FIRST = 801
SEEDS = range(FIRST, FIRST + 30)


@cache
def told_under_terms(seed: int) -> Story:
    story = tell(seed)
    return replace(story, day=under_terms(story.day, Random(seed)))


@pytest.mark.parametrize("first", range(FIRST, FIRST + 30, 10))
def test_every_law_holds_under_dated_terms(first: int) -> None:
    failing: dict[int, tuple[Violation, ...]] = {}
    for seed in range(first, first + 10):
        verdict = judge(told_under_terms(seed))
        if verdict.violations:
            failing[seed] = verdict.violations
    assert failing == {}


def decided(played: Played) -> Iterator[OrdersDecided]:
    messages = Messages(standard())
    for partition in range(played.gateway.topology.partitions("plan")):
        for record in played.log.records(*journal_of("plan", partition)):
            events = messages.decided(record.value)[1]
            yield from (event for event in events if isinstance(event, OrdersDecided))


def test_the_terms_act_on_these_days() -> None:
    reasons: Counter[str] = Counter()
    elsewhere = several = 0
    for seed in SEEDS:
        for event in decided(play(undisturbed(told_under_terms(seed)))):
            elsewhere += int((event.asked_fund >= 0).sum())
            for codes in map(codes_in, event.reasons.tolist()):
                reasons.update(codes)
                several += len(codes) > 1
    wanted = {
        "NO_AGREEMENT",
        "NOT_ELIGIBLE",
        "MIN_AMOUNT",
        "CLOSED_TO_PURCHASES",
        "SUSPENDED",
        "BLACKOUT",
    }
    assert wanted - set(reasons) == set()
    assert min(elsewhere, several) > 10
