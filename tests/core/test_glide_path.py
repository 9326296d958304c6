"""The target of a vintage at a session is that of the last step begun."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.book import FundTerms, GlideStep
from gateway.core.glide_path import target_at
from gateway.core.money import Ratio
from tests.day.market_day import book

PLAIN = Ratio(12, 100)
LOWERED, LAST = Ratio(10, 100), Ratio(6, 100)
STEPS = (GlideStep(date(2027, 1, 1), LOWERED), GlideStep(date(2032, 1, 1), LAST))


def vintage(*steps: GlideStep) -> FundTerms:
    return replace(book().funds[0], target=PLAIN, glide_path=steps)


@pytest.mark.parametrize(
    ("session", "target"),
    [
        (date(2026, 12, 31), PLAIN),
        (date(2027, 1, 4), LOWERED),
        (date(2031, 12, 31), LOWERED),
        (date(2032, 1, 1), LAST),
        (date(2032, 1, 2), LAST),
    ],
)
def test_a_step_holds_from_its_day_on(session: date, target: Ratio) -> None:
    assert target_at(vintage(*STEPS), session) == target


def test_without_a_path_the_target_stays() -> None:
    assert target_at(vintage(), date(2050, 1, 3)) == PLAIN


@given(st.permutations(STEPS), st.integers(0, 5000))
def test_the_order_in_which_steps_are_written_does_not_matter(
    steps: list[GlideStep], days: int
) -> None:
    session = date(2024, 1, 2) + timedelta(days=days)
    assert target_at(vintage(*steps), session) == target_at(vintage(*STEPS), session)
