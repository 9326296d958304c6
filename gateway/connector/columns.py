"""Columns for the lines of a batch: names as codes into a dictionary, numbers as int64.

Not here: what the columns mean (`protocol`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gateway.core.vocabulary import I32, I64, NOTHING


def coded(names: Sequence[str]) -> tuple[tuple[str, ...], I32]:
    """The distinct names in order of first appearance, and each line's index into them."""
    known = tuple(dict.fromkeys(names))
    codes = dict(zip(known, range(len(known)), strict=True))
    return known, np.fromiter(map(codes.__getitem__, names), np.int32, len(names))


def coded_legs(
    sells: Sequence[str] | None, buys: Sequence[str] | None, lines: int
) -> tuple[tuple[str, ...], I32, I32]:
    """The funds that lines sell and buy, and each line's index into them for either leg.

    Args:
        sells: Fund each line sells, "" for none; None if no line sells.
        buys: Fund each line buys, "" for none; None if no line buys.
        lines: How many lines there are.
    """
    names = (*dict.fromkeys(sells or ()), *dict.fromkeys(buys or ()))
    known = tuple(name for name in dict.fromkeys(names) if name)
    codes = {**dict(zip(known, range(len(known)), strict=True)), "": NOTHING}

    def leg(column: Sequence[str] | None) -> I32:
        if column is None:
            return np.full(lines, NOTHING, np.int32)
        return np.fromiter(map(codes.__getitem__, column), np.int32, lines)

    return known, leg(sells), leg(buys)


def whole(values: Sequence[int]) -> I64:
    """Whole numbers as a column."""
    return np.array(values, np.int64)
