"""Participant accounts and positions of one plan partition, as columns.

An account is a keyed token; a position is an account's units of one fund. Keys are found
by hashing whole batches at once, in a table of slots beside the column of keys, so that a
million accounts cost tens of bytes each. Slots are given in order of first appearance and
never change.

Not here: prices, limits; who may change a column is `evolve` alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I32, I64

FUND_BITS = 16
"""Funds a partition can know: 65,536."""

SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)
"""2^64 over the golden ratio: its multiples spread neighbouring keys over the table."""

EMPTY = -1
FEWEST_PLACES = 64


class KeyIndex:
    """Keys in the order of their slots, and the table that finds a key's slot.

    A key's place is its hash; where another key stands there, the next place is tried. The
    table is at most half full.
    """

    __slots__ = ("_count", "_keys", "_shift", "_table")

    def __init__(self) -> None:
        """Start empty."""
        self._keys = np.zeros(0, np.int64)
        self._count = 0
        self._resize(FEWEST_PLACES)

    def __len__(self) -> int:
        """How many keys are known."""
        return self._count

    @property
    def keys(self) -> I64:
        """The keys by slot."""
        return self._keys[: self._count]

    def find(self, keys: I64) -> I64:
        """The slot of each key, -1 where the key is not known."""
        places = self._places(keys)
        slots = self._table[places]
        missed = np.flatnonzero((slots != EMPTY) & (self._keys[slots] != keys)) if self else ()
        while len(missed):
            places[missed] = (places[missed] + 1) & (len(self._table) - 1)
            tried = self._table[places[missed]]
            slots[missed] = tried
            missed = missed[(tried != EMPTY) & (self._keys[tried] != keys[missed])]
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
            if 2 * self._count > len(self._table):
                self._resize(2 * self._count)
            else:
                self._place(given)
            slots[missing] = given[which]
        return slots

    def _places(self, keys: I64) -> I64:
        """Where the search for each key begins."""
        return ((keys.view(np.uint64) * SPREAD) >> self._shift).astype(np.int64)

    def _resize(self, places: int) -> None:
        """A table of a power of two of places, with every key in it."""
        bits = max(places - 1, 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._table: I32 = np.full(1 << bits, EMPTY, np.int32)
        self._place(np.arange(self._count))

    def _place(self, slots: I64) -> None:
        """Enter keys that are not in the table yet."""
        places = self._places(self._keys[slots])
        while len(slots):
            free = np.flatnonzero(self._table[places] == EMPTY)
            # Of several that want a place the first gets it.
            wanted, winners = np.unique(places[free], return_index=True)
            self._table[wanted] = slots[free[winners]]
            left = np.ones(len(slots), np.bool_)
            left[free[winners]] = False
            slots, places = slots[left], places[left]
            # The place is taken by now, by whoever it was.
            places = (places + 1) & (len(self._table) - 1)


def grown(column: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """The column, extended with zeros if it is shorter than `size`; grows by half at least."""
    if size <= len(column):
        return column
    longer = np.zeros(max(size, len(column) * 3 // 2), np.int64)
    longer[: len(column)] = column
    return longer


class Accounts:
    """Accounts (token, plan, alternatives, total) and positions (units, reserved sales)."""

    __slots__ = ("alternative", "index", "plan", "positions", "reserved", "total", "units")

    def __init__(self) -> None:
        """Start empty."""
        self.index = KeyIndex()
        self.plan = np.zeros(0, np.int64)
        self.alternative = np.zeros(0, np.int64)
        self.total = np.zeros(0, np.int64)
        self.positions = KeyIndex()
        self.units = np.zeros(0, np.int64)
        self.reserved = np.zeros(0, np.int64)

    @property
    def token(self) -> I64:
        """By account slot, the participant's token."""
        return self.index.keys

    @property
    def unit_key(self) -> I64:
        """By position slot, its account and fund (see `position_keys`)."""
        return self.positions.keys

    def open(self, tokens: I64, plans: I64) -> I64:
        """Slots of the accounts, opening those that are new under the plan given."""
        before = len(self.index)
        slots = self.index.ensure(tokens)
        size = len(self.index)
        if size > before:
            for name in ("plan", "alternative", "total"):
                setattr(self, name, grown(getattr(self, name), size))
            fresh = slots >= before
            self.plan[slots[fresh]] = plans[fresh]
        return slots

    def position_keys(self, accounts: I64, funds: I64) -> I64:
        """The key of each (account, fund)."""
        return (accounts << FUND_BITS) | funds

    def hold(self, accounts: I64, funds: I64) -> I64:
        """Slots of the positions, opening those that are new with no units."""
        slots = self.positions.ensure(self.position_keys(accounts, funds))
        for name in ("units", "reserved"):
            setattr(self, name, grown(getattr(self, name), len(self.positions)))
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
