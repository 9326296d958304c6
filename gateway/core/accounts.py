"""Participant accounts and positions of one plan partition, as columns.

An account is a keyed token; a position is an account's units of one fund. Keys are found
by hashing whole batches at once, in a table of slots beside the column of keys, so that a
million accounts cost tens of bytes each. Slots are given in order of first appearance and
never change.

Not here: prices, limits; who may change a column is `evolve` alone.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I32, I64

Width = TypeVar("Width", np.int32, np.int64)

FUND_BITS = 16
"""Funds a partition can know: 65,536."""

SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)
"""2^64 over the golden ratio: its multiples spread neighbouring keys over the table."""

HALF = np.uint64(32)
EMPTY = -1
FEWEST_PLACES = 64
LONGEST_STEP = 32
FULLEST_NUM, FULLEST_DEN = 4, 5
"""A table fuller than this is made anew, with room for a fifth more keys."""

FEW_ROWS = 10_000
"""Columns grow by half up to so many rows, then by a 32nd: to copy one costs little."""


class KeyIndex:
    """Keys in the order of their slots, and the table that finds a key's slot.

    A key's place is its hash; where another key stands there, other places are tried, each a
    step farther on, and after the last one the first. Steps grow, so that keys do not crowd,
    and are of one from some try on, so that every place is tried. From two thirds to four
    fifths of a large table are full.
    """

    __slots__ = ("_count", "_keys", "_table")

    def __init__(self) -> None:
        """Start empty."""
        self._keys = np.zeros(0, np.int64)
        self._count = 0
        self._build()

    @classmethod
    def of(cls, keys: I64) -> KeyIndex:
        """The index whose slots are the places of the keys given, no two of them alike."""
        index = cls()
        index._keys, index._count = keys, len(keys)
        index._build()
        return index

    def __len__(self) -> int:
        """How many keys are known."""
        return self._count

    @property
    def keys(self) -> I64:
        """The keys by slot."""
        return self._keys[: self._count]

    @property
    def nbytes(self) -> int:
        """Bytes of the keys and the table, with the room they keep free."""
        return self._keys.nbytes + self._table.nbytes

    def find(self, keys: I64) -> I64:
        """The slot of each key, -1 where the key is not known."""
        if not self._count:
            return np.full(len(keys), EMPTY, np.int64)
        places = self._places(keys)
        slots = self._table.take(places)
        missed = np.flatnonzero((slots != EMPTY) & (self._keys.take(slots, mode="wrap") != keys))
        places, wanted = places[missed], keys[missed]
        tries = 0
        while len(missed):
            tries += 1
            places = self._after(places, tries)
            tried = self._table.take(places)
            slots[missed] = tried
            other = (tried != EMPTY) & (self._keys.take(tried, mode="wrap") != wanted)
            missed, places, wanted = missed[other], places[other], wanted[other]
        return slots.astype(np.int64)

    def ensure(self, keys: I64) -> I64:
        """The slot of each key; unknown keys get new slots in order of first appearance."""
        slots = self.find(keys)
        missing = np.flatnonzero(slots == EMPTY)
        if len(missing):
            fresh, first, which = np.unique(keys[missing], return_index=True, return_inverse=True)
            given = np.empty(len(fresh), np.int64)
            given[np.argsort(first, kind="stable")] = np.arange(len(fresh)) + self._count
            self._keys = grown(self._keys, self._count + len(fresh))
            self._keys[given] = fresh
            self._count += len(fresh)
            if self._count * FULLEST_DEN > len(self._table) * FULLEST_NUM:
                self._build()
            else:
                self._place(given, self._places(fresh))
            slots[missing] = given[which]
        return slots

    def _places(self, keys: I64) -> I64:
        """Where the search for each key begins."""
        mixed = keys.view(np.uint64) * SPREAD
        mixed ^= mixed >> HALF
        mixed *= SPREAD
        mixed >>= HALF
        mixed *= np.uint64(len(self._table))
        mixed >>= HALF
        return mixed.view(np.int64)

    def _after(self, places: I64, tries: int) -> I64:
        """The places that are tried after these, where so many were tried."""
        following = places + (tries if tries < LONGEST_STEP else 1)
        following[following >= len(self._table)] -= len(self._table)
        return following

    def _build(self) -> None:
        """A table two thirds full, made at once."""
        self._table: I32 = np.full(max(self._count * 3 // 2, FEWEST_PLACES), EMPTY, np.int32)
        # Sorted by their places, keys are entered from one end of the table to the other.
        order = (self._places(self.keys) << 32) | np.arange(self._count)
        order.sort()
        self._place(order & 0xFFFF_FFFF, order >> 32)

    def _place(self, slots: I64, places: I64) -> None:
        """Enter keys that are not in the table yet; their search begins at the places given."""
        tries = 0
        while len(slots):
            tries += 1
            free = self._table.take(places) == EMPTY
            self._table[places[free]] = slots[free]
            # Of several that wanted a place one has got it.
            left = self._table.take(places) != slots
            slots, places = slots[left], self._after(places[left], tries)


def grown(column: npt.NDArray[Width], size: int) -> npt.NDArray[Width]:
    """The column, extended with zeros if it is shorter than `size`, and with some room."""
    if size <= len(column):
        return column
    room = len(column) // (2 if len(column) < FEW_ROWS else 32)
    longer = np.zeros(max(size, len(column) + room), column.dtype)
    longer[: len(column)] = column
    return longer


class Reserved:
    """Sales in flight by position, minor units; only positions that have any take up room."""

    __slots__ = ("_minor", "_positions")

    def __init__(self) -> None:
        """Nothing is reserved."""
        self._positions = KeyIndex()
        self._minor = np.zeros(0, np.int64)

    @classmethod
    def of(cls, positions: I64, minor: I64) -> Reserved:
        """What is reserved of some positions, no two of them alike."""
        reserved = cls()
        reserved._positions, reserved._minor = KeyIndex.of(positions), minor
        return reserved

    @property
    def rows(self) -> tuple[I64, I64]:
        """The slots of positions and what is reserved of each."""
        return self._positions.keys, self._minor[: len(self._positions)]

    @property
    def nbytes(self) -> int:
        """Bytes of its columns."""
        return self._positions.nbytes + self._minor.nbytes

    def at(self, positions: I64) -> I64:
        """What is reserved of each position, minor units."""
        slots = self._positions.find(positions)
        if not len(self._positions):
            return np.zeros(len(positions), np.int64)
        return np.where(slots == EMPTY, 0, self._minor[slots])

    def add(self, positions: I64, minor: I64) -> None:
        """Reserve more of positions, or less where the amount is below zero."""
        rows = np.flatnonzero(minor)
        slots = self._positions.ensure(positions[rows])
        self._minor = grown(self._minor, len(self._positions))
        np.add.at(self._minor, slots, minor[rows])
        if (minor < 0).any():
            self._let_go()

    def _let_go(self) -> None:
        """Forget positions with nothing in flight once they are more than half."""
        positions, minor = self.rows
        held = np.flatnonzero(minor)
        if 2 * len(held) < len(minor):
            self._positions, self._minor = KeyIndex.of(positions[held]), minor[held]


class Accounts:
    """Accounts (token, plan, alternatives, total) and positions (units, reserved sales)."""

    __slots__ = ("alternative", "index", "plan", "positions", "reserved", "total", "units")

    def __init__(self) -> None:
        """Start empty."""
        self.index = KeyIndex()
        self.plan = np.zeros(0, np.int32)
        self.alternative = np.zeros(0, np.int64)
        self.total = np.zeros(0, np.int64)
        self.positions = KeyIndex()
        self.units = np.zeros(0, np.int64)
        self.reserved = Reserved()

    @property
    def token(self) -> I64:
        """By account slot, the participant's token."""
        return self.index.keys

    @property
    def unit_key(self) -> I64:
        """By position slot, its account and fund (see `position_keys`)."""
        return self.positions.keys

    @property
    def nbytes(self) -> int:
        """Bytes of all columns and tables, with the room they keep free."""
        columns = (self.plan, self.alternative, self.total, self.units)
        tables = (self.index, self.positions, self.reserved)
        return sum(column.nbytes for column in columns) + sum(table.nbytes for table in tables)

    def plans_of(self, accounts: I64) -> I64:
        """The plan slot of each account."""
        return self.plan[accounts].astype(np.int64)

    def open(self, tokens: I64, plans: I64) -> I64:
        """Slots of the accounts, opening those that are new under the plan given."""
        before = len(self.index)
        slots = self.index.ensure(tokens)
        size = len(self.index)
        if size > before:
            self.plan = grown(self.plan, size)
            self.alternative = grown(self.alternative, size)
            self.total = grown(self.total, size)
            fresh = slots >= before
            self.plan[slots[fresh]] = plans[fresh]
        return slots

    def position_keys(self, accounts: I64, funds: I64) -> I64:
        """The key of each (account, fund)."""
        return (accounts << FUND_BITS) | funds

    def hold(self, accounts: I64, funds: I64) -> I64:
        """Slots of the positions, opening those that are new with no units."""
        slots = self.positions.ensure(self.position_keys(accounts, funds))
        self.units = grown(self.units, len(self.positions))
        return slots


def within_available(
    keys: I64, amounts: I64, available: I64, spared: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which sales fit what is left, in order; one that does not fit uses nothing up.

    Args:
        keys: Shape (n,), what each line sells from.
        amounts: Shape (n,), minor units, >= 0.
        available: Shape (n,), minor units available under the line's key before the batch.
        spared: Shape (n,), lines that are tested and use nothing up even if they fit.

    Source: domain.md §1.5 (INSUFFICIENT_UNITS). Law: L1.
    """
    n = len(keys)
    if not n:
        return np.ones(0, np.bool_)
    order = np.argsort(keys, kind="stable")
    key, amount = keys[order], amounts[order]
    used = np.where(spared[order], 0, amount)
    starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    running = np.cumsum(used) - used
    before = running - np.repeat(running[starts], np.diff(np.append(starts, n)))
    fits = np.empty(n, np.bool_)
    fits[order] = before + amount <= available[order]
    for bad in np.unique(keys[~fits]).tolist():
        rows = np.flatnonzero(keys == bad)
        left = int(available[rows[0]])
        for row in rows.tolist():
            fits[row] = int(amounts[row]) <= left
            left -= int(amounts[row]) if fits[row] and not spared[row] else 0
    return fits
