"""Accounts and positions are found by their keys, and sales fit what is held, as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.accounts import SPREAD, KeyIndex, within_available
from gateway.core.vocabulary import I64

KEYS = st.integers(-(2**63), 2**63 - 1)
# Keys whose hashes begin alike stand in each other's places.
ALIKE = st.integers(0, 40).map(lambda n: int(np.int64(n * pow(int(SPREAD), -1, 2**64) % 2**63)))


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
