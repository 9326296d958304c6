"""What a correction is: an order that goes back to another, and adds to history.

A correction is an order like any other: it sells what its original bought, or buys what its
original sold, and names the original. Before its original's session has closed it takes the
money back out of the session instead. Later it is an order as of the original's trade date:
the units of that day come off, the amount of that day goes back, and whoever sends the
correction pays what the fund loses by it. A withdrawal takes back what waits of a request at a
fund's gate, and moves nothing.

Not here: how a correction is decided (`desks.plan_corrections`).
Source: domain.md §0.9, §1.4, §6.2. Law: L7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from gateway.core.vocabulary import I32, I64, EventKind, OrderKind

REVERSALS = frozenset({EventKind.REVERSAL, EventKind.BOUNCED, EventKind.INELIGIBLE})
"""Corrections that undo their original, each at most once a fund."""

CORRECTIONS = REVERSALS | {EventKind.LATE_DEPOSIT_EARNINGS, EventKind.WITHDRAWAL}
"""Every order that goes back to another. Source: domain.md §6.2."""

MOVES_NOTHING = frozenset({EventKind.IN_PLAN_CONVERSION, EventKind.WITHDRAWAL})
"""Lines that are decided and neither buy nor sell: a change of source, a request taken back."""


@dataclass(frozen=True, slots=True)
class Original:
    """The batch that lines of a correction go back to."""

    session: Annotated[date, "session it was booked under"]
    batch_id: Annotated[str, "the sender's own name of it"]
    trade_date: Annotated[date, "session whose NAV its lines got, or are to get"]


@dataclass(frozen=True, slots=True)
class Links:
    """What the lines of a correction go back to, an entry a line in each column."""

    originals: Annotated[tuple[Original, ...], "batches that the column `original` points into"]
    original: Annotated[I32, "index into originals"]
    line: Annotated[I32, "line number in that batch, from 0"]
    received_at: Annotated[I64, "UTC microseconds: when the original was received"]

    def rows(self, rows: I64) -> Links:
        """The links of some lines."""
        return Links(self.originals, self.original[rows], self.line[rows], self.received_at[rows])


def corrects_with(reason: EventKind, corrected: OrderKind) -> OrderKind | None:
    """The kind of order that corrects a kind of order; None if there is no such correction.

    Money that bounced, an ineligible contribution and a late deposit were contributions. What is
    withdrawn was a request to sell, to be paid out or exchanged; its withdrawal names the fund
    that was to be sold, as a distribution does.
    Source: domain.md §6.2.
    """
    if reason is EventKind.LATE_DEPOSIT_EARNINGS and corrected is OrderKind.CONTRIBUTION:
        return OrderKind.CONTRIBUTION
    if reason in REVERSALS and corrected is OrderKind.CONTRIBUTION:
        return OrderKind.DISTRIBUTION
    if reason is EventKind.WITHDRAWAL and corrected is not OrderKind.CONTRIBUTION:
        return OrderKind.DISTRIBUTION
    if reason is EventKind.REVERSAL and corrected is OrderKind.DISTRIBUTION:
        return OrderKind.CONTRIBUTION
    return None


def takes_back(reason: EventKind, trade_date: date, session: date) -> bool:
    """Whether a correction takes its original's money back out of the session, before it trades.

    Otherwise it trades itself: a reversal as of the original's session, lost earnings at the
    open session's NAV.

    Args:
        reason: What the original is corrected for.
        trade_date: The session whose NAV the original gets.
        session: The session that is open when the correction is decided.

    Source: domain.md §1.4, §6.2.
    """
    return reason in REVERSALS and trade_date == session
