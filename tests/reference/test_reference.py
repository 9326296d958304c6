"""Random days on the gateway and in the reference come to the same, to the cent and the unit.

The reference works one line after the other, in plain integers and fractions; the gateway
works in columns. A seed is a day; a failing test says the seed.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reference.answer import BalanceAnswer
from tests.reference.bent_path import BENT, Bent
from tests.reference.day import reference
from tests.reference.days import token
from tests.reference.search import draw, told

CALM = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
SEEDS = st.integers(0, 2**32)
SEARCHED = range(400)


@settings(CALM, max_examples=150)
@given(seed=SEEDS)
def test_a_random_day_comes_to_what_the_reference_says(seed: int) -> None:
    found = draw(seed)
    unlike = found.unlike()
    assert not unlike, told(seed, found)


@pytest.mark.parametrize("fault", BENT)
def test_a_fault_in_the_vectorised_path_is_found(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(BENT[fault], monkeypatch)
    seed = next((seed for seed in SEARCHED if draw(seed).unlike()), None)
    assert seed is not None, f"{fault}: {len(SEARCHED)} days come to the same"


def test_a_difference_is_told_line_by_line_with_the_reference_s_reasons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bend(BENT["each sale is held against the whole position"], monkeypatch)
    seed = next(seed for seed in SEARCHED if draw(seed).unlike())
    text = told(seed, draw(seed))
    assert f"seed {seed}" in text
    assert "INSUFFICIENT_UNITS" in text
    assert "95 % of that less" in text


def test_the_days_have_all_in_them_that_is_compared() -> None:
    seen: Counter[object] = Counter()
    for seed in SEARCHED:
        days = draw(seed).days
        answer = reference(days.market, days.sessions, token)
        seen.update(line.code for line in answer.lines.values())
        seen.update(line.scope for line in answer.lines.values() if line.diverted)
        seen.update(why for nav in answer.navs.values() for why in nav.holds)
        seen.update("bought" for each in answer.balances.values() if each.bought)
        seen.update("shared" for each in answer.balances.values() if scarce(each))
        seen.update("frozen" for each in answer.balances.values() if each.frozen)
        seen.update("several" for wire in answer.wires.values() if len(wire.trade_dates) > 1)
    wanted = {
        "NONE", "NEGATIVE_AMOUNT", "UNKNOWN_PLAN", "NOT_THE_RECORDKEEPER", "UNKNOWN_FUND",
        "NO_AGREEMENT", "UNKNOWN_PARTICIPANT", "AS_OF_REQUIRED", "INSUFFICIENT_UNITS",
        "LIMIT_HARD", "PARTICIPANT", "PLAN", "TOLERANCE", "STALE_MARK", "NOT_INDEPENDENT",
        "PROXY_MISSING", "LIQUIDITY", "UNITS_SHORT", "bought", "shared", "frozen", "several",
    }  # fmt: skip
    assert wanted <= set(seen), wanted - set(seen)


def scarce(balance: BalanceAnswer) -> bool:
    """Whether several plans competed for less than they asked for."""
    return len(balance.by_plan) > 1 and 0 < balance.bought < balance.asked


def bend(bent: Bent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bent.where, bent.name, bent.wrong)
