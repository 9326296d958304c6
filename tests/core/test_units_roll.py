"""The register of a fund from strike to strike: what opens it, and what moves it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.units_roll import UnitsRoll, units_roll_difference

UNITS = st.integers(0, 10**15)
MOVES = st.lists(st.tuples(UNITS, UNITS), max_size=6)


def test_a_register_rolls_from_what_it_opened_with() -> None:
    roll = UnitsRoll(1_000_000).moved(747_384, 5_000).moved(0, 1)
    assert roll == UnitsRoll(1_000_000, 747_384, 5_001)
    assert roll.difference(1_742_383) == 0
    assert roll.difference(1_742_384) == 1
    assert roll.difference(1_742_380) == -3
    assert roll.again() == UnitsRoll(1_742_383, 0, 0)


@given(UNITS, MOVES)
def test_what_moves_the_register_moves_what_it_has_to_close_at(
    opening: int, moves: list[tuple[int, int]]
) -> None:
    roll, closing = UnitsRoll(opening), opening
    for subscribed, redeemed in moves:
        roll = roll.moved(subscribed, redeemed)
        closing += subscribed - redeemed
        assert roll.difference(closing) == 0
        assert roll.difference(closing + subscribed) == subscribed
    assert roll.again() == UnitsRoll(closing)
    assert roll.opening == opening


@given(UNITS, UNITS, UNITS, st.integers(-(10**6), 10**6))
def test_the_difference_is_what_no_order_brought(
    opening: int, subscribed: int, redeemed: int, beyond: int
) -> None:
    closing = opening + subscribed - redeemed + beyond
    assert units_roll_difference(opening, subscribed, redeemed, closing) == beyond
