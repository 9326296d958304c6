"""Requests to redeem, back to the order lines they are: by number, as a plan partition counts them.

Not here: what became of them (journal event `RequestsFilled`), how it is told (`explain`).
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

import numpy as np

from gateway.core.corrections import MOVES_NOTHING
from gateway.core.events import OrdersDecided
from gateway.core.laws import Reference
from gateway.ops.reading.orders import Bools, Lines


def gated_lines(event: OrdersDecided, reference: Reference) -> Bools:
    """Which lines of a batch are requests: they trade, and sell a fund with a gate."""
    if event.takes_back or event.reason in MOVES_NOTHING:
        return np.zeros(len(event.line), np.bool_)
    terms = [reference.book.funds.get(name) for name in event.funds]
    has = np.array([each is not None and each.gate is not None for each in terms] + [False])
    gated: Bools = has[event.sell_fund] & (event.code == 0)
    return gated


@dataclass(slots=True)
class Origins:
    """Which lines the requests of one plan partition were, by number."""

    first: list[int] = field(default_factory=list)
    lines: list[Lines] = field(default_factory=list)
    counted: int = 0

    def follow(self, lines: Lines, reference: Reference) -> None:
        """Take decided lines in; one that a limit split is two requests."""
        event = lines.orders
        assert isinstance(event, OrdersDecided), type(event).__name__
        gated = gated_lines(event, reference)
        parts = (event.accepted_minor > 0).astype(int) + (event.diverted_minor > 0)
        count = int(parts[gated].sum())
        if count:
            self.first.append(self.counted)
            self.lines.append(lines)
            self.counted += count

    def of(self, request: int) -> Lines:
        """The lines among which a request came."""
        return self.lines[bisect.bisect_right(self.first, request) - 1]
