"""Accounts and positions are found by their keys, and sales fit what is held, as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.accounts import SPREAD, Accounts, KeyIndex, Reserved, within_available
from gateway.core.vocabulary import I64

KEYS = st.integers(-(2**63), 2**63 - 1)
BACK = pow(int(SPREAD), -1, 2**64)


def hashed_to(mixed: int) -> int:
    """The key that has such a hash: the way a key takes, backwards."""
    once = mixed * BACK % 2**64
    key = (once ^ once >> 32) * BACK % 2**64
    return key - (key >> 63 << 64)


# Keys whose search begins at the first place or at the last one stand in each other's way.
ALIKE = st.one_of(
    st.integers(0, 40).map(hashed_to),
    st.integers(2**64 - 40, 2**64 - 1).map(hashed_to),
)


def column(values: list[int]) -> I64:
    return np.array(values, np.int64)


@given(batches=st.lists(st.lists(st.one_of(KEYS, ALIKE), max_size=40), max_size=8))
def test_keys_get_slots_in_order_of_first_appearance_and_keep_them(
    batches: list[list[int]],
) -> None:
    index, simple = KeyIndex(), dict[int, int]()
    for keys in batches:
        assert index.find(column(keys)).tolist() == [simple.get(key, -1) for key in keys]
        expected = [simple.setdefault(key, len(simple)) for key in keys]
        assert index.ensure(column(keys)).tolist() == expected
        assert index.keys.tolist() == list(simple)
    assert len(index) == len(simple)
    again = KeyIndex.of(index.keys.copy())
    for keys in batches:
        assert again.find(column(keys)).tolist() == [simple[key] for key in keys]
        assert again.find(column(keys) ^ 1).tolist() == [simple.get(key ^ 1, -1) for key in keys]
        expected = [simple.setdefault(key ^ 2, len(simple)) for key in keys]
        assert again.ensure(column(keys) ^ 2).tolist() == expected


SALES = st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=9)


@given(st.lists(SALES, max_size=9))
def test_what_is_reserved_is_the_sum_of_what_was_added(
    batches: list[list[tuple[int, int]]],
) -> None:
    reserved, simple = Reserved(), dict[int, int]()
    for batch in batches:
        for position, minor in batch:
            simple[position] = simple.get(position, 0) + minor
        reserved.add(column([at for at, _ in batch]), column([minor for _, minor in batch]))
        expected = [simple.get(position, 0) for position in range(12)]
        assert reserved.at(np.arange(12)).tolist() == expected
        assert Reserved.of(*reserved.rows).at(np.arange(12)).tolist() == expected


def test_what_is_no_longer_reserved_takes_up_no_room() -> None:
    reserved, positions = Reserved(), np.arange(100_000)
    for _ in range(30):
        reserved.add(positions, positions + 1)
        reserved.add(positions, -positions - 1)
        assert len(reserved.rows[0]) == 0
    assert reserved.nbytes < 1000


@pytest.mark.parametrize("participants", [50_000, 130_000, 200_000, 300_000])
def test_a_position_takes_at_most_forty_bytes_with_its_share_of_the_account(
    participants: int,
) -> None:
    tokens = np.random.default_rng(3).integers(-(2**62), 2**62, participants)
    accounts = Accounts()
    for at in range(0, participants, 10_000):
        slots = accounts.open(tokens[at : at + 10_000], np.zeros(10_000, np.int64))
        for fund in (0, 1):
            accounts.hold(slots, np.full(len(slots), fund))
    assert accounts.nbytes <= 40 * 2 * participants


def test_a_million_keys_are_found_again_whatever_the_batches() -> None:
    keys = np.random.default_rng(7).integers(-(2**63), 2**63 - 1, 1_000_000)
    index = KeyIndex()
    for at in range(0, len(keys), 70_000):
        index.ensure(keys[at : at + 70_000])
    assert np.array_equal(index.find(keys[::-1]), np.arange(len(keys))[::-1])
    assert index.find(keys[:1000] ^ 1).max() == -1


@given(
    sales=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.booleans()), max_size=30),
    held=st.lists(st.integers(0, 120), min_size=4, max_size=4),
)
def test_sales_fit_what_is_left_as_if_tested_one_by_one(
    sales: list[tuple[int, int, bool]], held: list[int]
) -> None:
    left, expected = list(held), []
    for key, amount, spared in sales:
        expected.append(amount <= left[key])
        left[key] -= amount if expected[-1] and not spared else 0
    keys = column([key for key, _, _ in sales])
    fits = within_available(
        keys, column([amount for _, amount, _ in sales]), column(held)[keys],
        np.array([spared for _, _, spared in sales], np.bool_),
    )  # fmt: skip
    assert fits.tolist() == expected


@pytest.mark.parametrize("keys", [[], [5], [5, 5, 5], [0, -1, 2**63 - 1, -(2**63)]])
def test_edges(keys: list[int]) -> None:
    index = KeyIndex()
    slots = index.ensure(column(keys))
    assert index.find(column(keys)).tolist() == slots.tolist()
