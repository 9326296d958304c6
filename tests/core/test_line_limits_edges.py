"""Order lines at the edges of their limits: exact fits, sums beyond 64 bits, empty batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from gateway.core.line_limits import (
    PARTICIPANT_SCOPE,
    Base,
    Caps,
    Lines,
    Tested,
    hold_lines,
    hold_lines_reference,
)
from gateway.core.vocabulary import I64

Path = Callable[[Lines, Caps, Base], Tested]
BOTH_PATHS = pytest.mark.parametrize("hold", [hold_lines, hold_lines_reference])


def column(values: Sequence[int]) -> I64:
    return np.array(values, np.int64)


def purchases(*amounts: int) -> Lines:
    """Purchases of one participant, paid from what is held in cash."""
    none = column([0] * len(amounts))
    return Lines(none, none, column(amounts), none, none)


def caps(num: int, den: int) -> Caps:
    """The participant's cap; the plan has none."""
    trim = np.zeros(1, np.bool_)
    return Caps(column([num]), column([den]), column([1]), column([1]), trim, trim)


def account(alternative: int, total: int) -> Base:
    """One participant whose plan holds ten times as much, and again as much in cash."""
    return Base(
        column([alternative]), column([total]), column([10 * alternative]), column([20 * total])
    )


@BOTH_PATHS
def test_a_line_that_fits_to_the_cent_is_untouched_and_the_next_cent_is_not(hold: Path) -> None:
    tested = hold(purchases(200_00, 1), caps(15, 100), account(11_800_00, 80_000_00))
    assert tested.accepted.tolist() == [200_00, 0]
    assert tested.scope.tolist() == [0, PARTICIPANT_SCOPE]
    assert tested.headroom.tolist() == [0, 0]


@BOTH_PATHS
@pytest.mark.parametrize("amounts", [(), (0,), (500_00,), (500_00, 1)])
def test_what_is_allowed_of_each_line_has_the_columns_that_travel(
    hold: Path, amounts: tuple[int, ...]
) -> None:
    tested = hold(purchases(*amounts), caps(15, 100), account(11_800_00, 80_000_00))
    columns = (tested.accepted, tested.scope, tested.headroom, tested.void)
    assert [each.dtype for each in columns] == [np.int64, np.int8, np.int64, np.bool_]
    assert {len(each) for each in columns} == {len(amounts)}


@BOTH_PATHS
@pytest.mark.parametrize("alternative", [10**15, 10**17])
def test_alternatives_beyond_64_bits_times_the_cap_leave_no_room_under_a_cap_of_zero(
    hold: Path, alternative: int
) -> None:
    tested = hold(purchases(1), caps(0, 10_000), account(alternative, alternative))
    assert tested.accepted.tolist() == [0]
    assert tested.scope.tolist() == [PARTICIPANT_SCOPE]


@BOTH_PATHS
def test_a_total_beyond_64_bits_times_the_cap_leaves_the_room_there_is(hold: Path) -> None:
    tested = hold(purchases(10**15), caps(9_999, 10_000), account(0, 10**15))
    assert tested.accepted.tolist() == [10**15 - 10**11]


@BOTH_PATHS
@pytest.mark.parametrize(
    ("plan_alternative", "told", "room"), [(0, 1, 200_00), (239_900_00, 2, 100_00)]
)
def test_the_limit_that_bound_travels_as_1_for_the_participants_and_2_for_the_plans(
    hold: Path, plan_alternative: int, told: int, room: int
) -> None:
    both = replace(caps(15, 100), plan_num=column([15]), plan_den=column([100]))
    held = replace(account(11_800_00, 80_000_00), plan_alt=column([plan_alternative]))
    # The plan holds 1,600,000.00, of which 240,000.00 may be alternatives.
    tested = hold(purchases(500_00), both, held)
    assert (tested.scope.tolist(), tested.accepted.tolist()) == ([told], [room])
