"""A state comes back from its bytes as it was, and no bytes but its own pass for it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.accounts import Accounts, KeyIndex
from gateway.core.sessions import Calendar
from gateway.core.vocabulary import I8, I32, I64
from gateway.shell.state_codec import Unreadable, decode, encode, shape_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    day: date
    either: int | str | None
    raw: bytes


@dataclass(slots=True)
class State:
    number: int = 0
    text: str = ""
    flag: bool = False
    colour: Colour = Colour.RED
    names: dict[str, int] = field(default_factory=dict)
    by_day: dict[tuple[date, int], list[Inner]] = field(default_factory=dict)
    sets: set[str] = field(default_factory=set)
    frozen: frozenset[date] = frozenset()
    pair: tuple[int, str] = (0, "")
    many: tuple[Inner, ...] = ()


DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
TEXTS = st.text(st.characters(), max_size=8)
INNERS = st.builds(Inner, DAYS, st.one_of(st.integers(), TEXTS, st.none()), st.binary(max_size=8))
STATES = st.builds(
    State, st.integers(), TEXTS, st.booleans(), st.sampled_from(Colour),
    st.dictionaries(TEXTS, st.integers(-(2**80), 2**80), max_size=4),
    st.dictionaries(st.tuples(DAYS, st.integers()), st.lists(INNERS, max_size=3), max_size=3),
    st.sets(TEXTS, max_size=5), st.frozensets(DAYS, max_size=4),
    st.tuples(st.integers(), TEXTS), st.lists(INNERS, max_size=3).map(tuple),
)  # fmt: skip


@given(STATES)
def test_a_state_comes_back_as_it_was_with_the_order_of_its_dictionaries(state: State) -> None:
    again = decode(State, encode(state))
    assert again == state
    assert list(again.names) == list(state.names)
    assert encode(again) == encode(state)


@given(st.integers() | st.sampled_from((2**63 - 1, -(2**63), 2**64, 127, 128, -128, -129, 0)))
def test_whole_numbers_of_any_size_come_back(number: int) -> None:
    assert decode(State, encode(State(number))).number == number


@given(st.lists(TEXTS, unique=True, max_size=8), st.randoms(use_true_random=False))
def test_a_set_has_the_same_bytes_in_whatever_order_it_was_filled(
    names: list[str], chance: Any
) -> None:
    shuffled = list(names)
    chance.shuffle(shuffled)
    assert encode(State(sets=set(names))) == encode(State(sets=set(shuffled)))


@given(STATES, st.data())
def test_bytes_cut_short_or_changed_are_another_state_or_unreadable_and_nothing_else(
    state: State, data: st.DataObject
) -> None:
    whole = encode(state)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(Unreadable):
        decode(State, whole[:cut])
    changed = bytearray(whole)
    changed[cut] ^= data.draw(st.integers(1, 255))
    with suppress(Unreadable):
        decode(State, bytes(changed))


def test_bytes_after_a_state_are_refused() -> None:
    with pytest.raises(Unreadable, match="1 bytes after a State"):
        decode(State, encode(State()) + b"\0")


@dataclass(slots=True)
class Columns:
    wide: I64
    narrow: I32
    small: I8
    flags: npt.NDArray[np.bool_]


def columns(size: int) -> Columns:
    wide = np.arange(size, dtype=np.int64) * -(2**50)
    return Columns(wide, wide.astype(np.int32), wide.astype(np.int8), wide < 0)


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_columns_come_back_with_their_types_and_can_be_changed(size: int) -> None:
    before = columns(size)
    again = decode(Columns, encode(before))
    for name in ("wide", "narrow", "small", "flags"):
        one, other = getattr(before, name), getattr(again, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
        other[:] = 0


def test_a_column_that_is_a_view_or_of_the_other_byte_order_has_the_same_bytes() -> None:
    wide = np.arange(20, dtype=np.int64)
    plain = columns(0)
    plain.wide = wide[::2].copy()
    viewed = Columns(wide.astype(">i8")[::2], plain.narrow, plain.small, plain.flags)
    assert encode(viewed) == encode(plain)


def test_a_column_of_fractions_is_refused() -> None:
    odd: Any = columns(2)
    odd.wide = np.array([0.5])
    with pytest.raises(TypeError, match="a state cannot hold a column of float64"):
        encode(odd)


def test_a_fraction_where_a_whole_number_was_declared_is_refused() -> None:
    odd: Any = State()
    odd.number = 1.5
    with pytest.raises(TypeError):
        encode(odd)


@dataclass(slots=True)
class WithFloat:
    amount: float


@dataclass(slots=True)
class WithAnything:
    anything: Any


@dataclass(slots=True)
class WithHiddenState:
    count: int
    hidden: int = field(init=False, default=0)


@pytest.mark.parametrize("cls", [WithFloat, WithAnything, WithHiddenState])
def test_a_type_that_could_lose_something_is_refused_before_anything_is_written(cls: type) -> None:
    with pytest.raises(TypeError):
        shape_of(cls)


def test_the_shape_tells_types_fields_and_members_apart() -> None:
    def made(fields: dict[str, Any]) -> type:
        return dataclass(type("Shape", (), {"__annotations__": fields}))

    kinds: list[dict[str, Any]] = [
        {"a": int}, {"b": int}, {"a": str}, {"a": int | None}, {"a": int, "b": int},
        {"a": list[int]}, {"a": dict[str, int]}, {"a": Colour}, {"a": tuple[int, ...]},
        {"a": None | int}, {"a": set[int]}, {"a": Accounts},
    ]  # fmt: skip
    shapes = {shape_of(made(fields)) for fields in kinds}
    assert len(shapes) == len(kinds)
    assert shape_of(made({"a": int})) == shape_of(made({"a": int}))


@dataclass(slots=True)
class Held:
    accounts: Accounts = field(default_factory=Accounts)
    index: KeyIndex = field(default_factory=KeyIndex)
    calendar: Calendar | None = None


def test_accounts_come_back_with_their_slots_and_go_on_alike() -> None:
    tokens = np.random.default_rng(1).integers(-(2**62), 2**62, 5000)
    held, size = Held(), len(tokens)
    for at in range(0, size, 700):
        part = tokens[at : at + 700]
        slots = held.accounts.open(part, np.full(len(part), at))
        held.accounts.total[slots] = part // 3
        positions = held.accounts.hold(slots, slots % 7)
        held.accounts.units[positions] = slots * 11
    held.index.ensure(tokens[::-1].copy())
    again = decode(Held, encode(held))
    for state in (held, again):
        more = state.accounts.open(np.concatenate((tokens[:3], tokens[:3] + 1)), np.zeros(6, int))
        assert more.tolist() == [0, 1, 2, size, size + 1, size + 2]
        state.accounts.hold(np.array([4, size]), np.array([4, 9]))
        assert state.index.find(tokens[-2:]).tolist() == [1, 0]
    assert again.accounts.units[:size].tolist() == held.accounts.units[:size].tolist()
    assert encode(again) == encode(held)


def test_a_calendar_comes_back_and_knows_its_early_closes() -> None:
    day = date(2026, 11, 27)
    year = timedelta(days=365)
    before = Calendar("v", day - year, day + year, frozenset({date(2026, 11, 26)}),
                      ((day, 13 * 60),), frozenset())  # fmt: skip
    after = decode(Held, encode(Held(calendar=before))).calendar
    assert after == before
    assert after.cutoff_at(day) == before.cutoff_at(day)
