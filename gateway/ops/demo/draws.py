"""Draws of integers from a seed: the same everywhere, whatever releases are installed.

Only the raw 64-bit stream of PCG64 is used, which numpy promises never to change; what is
made of it is integer arithmetic, so no amount depends on how a machine rounds.

Not here: what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I64

Quantiles = Sequence[tuple[int, int]]
"""Rows of (per mille of the population, value), both rising, from 0 to 1000."""


class Draws:
    """A stream of integers for one purpose."""

    def __init__(self, seed: int, purpose: int) -> None:
        """Begin the stream of a seed and purpose; another purpose has another stream."""
        self._stream = np.random.PCG64([seed, purpose])

    def below(self, bound: int, n: int) -> I64:
        """Shape (n,): integers from 0 to bound − 1, all as likely."""
        assert 0 < bound < 2**40, bound
        raw = np.asarray(self._stream.random_raw(n), np.uint64)
        return ((raw >> np.uint64(2)) % np.uint64(bound)).astype(np.int64)

    def between(self, low: int, high: int, n: int) -> I64:
        """Shape (n,): integers from low to high, both possible."""
        return low + self.below(high - low + 1, n)

    def chosen(self, percent: int, n: int) -> npt.NDArray[np.bool_]:
        """Shape (n,): true for about so many in a hundred."""
        return self.below(100, n) < percent

    def spread(self, quantiles: Quantiles, n: int) -> I64:
        """Shape (n,): values spread as the quantiles say, straight lines between them."""
        shares = np.array([share * 1000 for share, _ in quantiles], np.int64)
        values = np.array([value for _, value in quantiles], np.int64)
        at = self.below(1_000_000, n)
        right = np.searchsorted(shares, at, side="right")
        width, height = np.diff(shares)[right - 1], np.diff(values)[right - 1]
        risen: I64 = values[right - 1] + (at - shares[right - 1]) * height // width
        return risen
