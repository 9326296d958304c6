"""Several reasons on one line: a set of reject codes as the bits of one integer.

A line is refused for every reason that applies; its first reason is the one that stands first
in `RejectCode`. Bit n stands for the code at position n, so that a column of sets is a column
of 64-bit integers.

Not here: what the codes mean (`vocabulary`), which apply (`line_eligibility`, the desks).
"""

from __future__ import annotations

import numpy as np

from gateway.core.vocabulary import I8, I64, REJECT_CODES, REJECT_INDEX, RejectCode

BITS = 63
assert len(REJECT_CODES) < BITS, "a set of reject codes no longer fits 64 bits"

_POWERS = np.left_shift(np.int64(1), np.arange(BITS, dtype=np.int64))


def bit(code: RejectCode) -> int:
    """The bit of a code; NONE is the empty set."""
    return 0 if code is RejectCode.NONE else 1 << REJECT_INDEX[code]


def bits(*codes: RejectCode) -> int:
    """Codes as a set."""
    found = 0
    for code in codes:
        found |= bit(code)
    return found


def codes_in(reasons: int) -> tuple[RejectCode, ...]:
    """The codes of a set, in the order of RejectCode."""
    return tuple(code for at, code in enumerate(REJECT_CODES) if at and reasons >> at & 1)


def first_of(reasons: I64) -> I8:
    """The position of the first code of each set, 0 where it is empty."""
    first = np.zeros(len(reasons), np.int8)
    some = np.flatnonzero(reasons)
    if len(some):
        lowest = reasons[some] & -reasons[some]
        first[some] = np.searchsorted(_POWERS, lowest)
    return first


def with_later(reasons: I64, code: I8) -> I64:
    """The sets, and the code alone where a line that had no reason was refused after all."""
    late = np.flatnonzero((reasons == 0) & (code != 0))
    if not len(late):
        return reasons
    joined = reasons.copy()
    joined[late] = _POWERS[code[late]]
    return joined
