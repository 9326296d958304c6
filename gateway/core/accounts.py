"""Participant accounts and positions of one plan partition, as columns.

An account is a keyed token; a position is an account's units of one fund. Keys are
found by binary search in sorted columns, so a million accounts cost tens of bytes
each and a batch of lines is looked up at once. Slots are given in order of first
appearance and never change.

Not here: prices, limits; who may change a column is `evolve` alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I64

FUND_BITS = 16
"""Funds a partition can know: 65,536."""


class KeyIndex:
    """Sorted int64 keys and the slot each was given."""

    __slots__ = ("_keys", "_slots")

    def __init__(self) -> None:
        """Start empty."""
        self._keys = np.empty(0, np.int64)
        self._slots = np.empty(0, np.int64)

    def __len__(self) -> int:
        """How many keys are known."""
        return len(self._keys)

    def find(self, keys: I64) -> I64:
        """The slot of each key, -1 where the key is not known."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int64)
        at = np.searchsorted(self._keys, keys)
        at[at == len(self._keys)] = 0
        return np.where(self._keys[at] == keys, self._slots[at], -1)

    def ensure(self, keys: I64) -> I64:
        """The slot of each key; unknown keys get new slots in order of first appearance."""
        slots = self.find(keys)
        missing = slots < 0
        if missing.any():
            fresh, first = np.unique(keys[missing], return_index=True)
            given = np.empty(len(fresh), np.int64)
            given[np.argsort(first, kind="stable")] = np.arange(len(fresh)) + len(self._keys)
            at = np.searchsorted(self._keys, fresh)
            self._keys = np.insert(self._keys, at, fresh)
            self._slots = np.insert(self._slots, at, given)
            slots = self.find(keys)
        return slots


def grown(column: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """The column, extended with zeros if it is shorter than `size`; grows by half at least."""
    if size <= len(column):
        return column
    longer = np.zeros(max(size, len(column) * 3 // 2), np.int64)
    longer[: len(column)] = column
    return longer


class Accounts:
    """Accounts (token, plan, alternatives, total) and positions (units, reserved sales)."""

    __slots__ = (
        "alternative",
        "index",
        "plan",
        "positions",
        "reserved",
        "token",
        "total",
        "unit_key",
        "units",
    )

    def __init__(self) -> None:
        """Start empty."""
        self.index = KeyIndex()
        self.token = np.zeros(0, np.int64)
        self.plan = np.zeros(0, np.int64)
        self.alternative = np.zeros(0, np.int64)
        self.total = np.zeros(0, np.int64)
        self.positions = KeyIndex()
        self.unit_key = np.zeros(0, np.int64)
        self.units = np.zeros(0, np.int64)
        self.reserved = np.zeros(0, np.int64)

    def open(self, tokens: I64, plans: I64) -> I64:
        """Slots of the accounts, opening those that are new under the plan given."""
        before = len(self.index)
        slots = self.index.ensure(tokens)
        size = len(self.index)
        if size > before:
            for name in ("token", "plan", "alternative", "total"):
                setattr(self, name, grown(getattr(self, name), size))
            fresh = slots >= before
            self.token[slots[fresh]] = tokens[fresh]
            self.plan[slots[fresh]] = plans[fresh]
        return slots

    def position_keys(self, accounts: I64, funds: I64) -> I64:
        """The key of each (account, fund)."""
        return (accounts << FUND_BITS) | funds

    def hold(self, accounts: I64, funds: I64) -> I64:
        """Slots of the positions, opening those that are new with no units."""
        keys = self.position_keys(accounts, funds)
        slots = self.positions.ensure(keys)
        size = len(self.positions)
        for name in ("unit_key", "units", "reserved"):
            setattr(self, name, grown(getattr(self, name), size))
        self.unit_key[slots] = keys
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
