"""Requests to redeem, as columns: a row for each line of a sale that is not all met.

Rows stand in the order in which their lines were decided and keep their numbers; rows with
nothing left go when a session is over.

Not here: which of them are due, and what is met (`plan_requests`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gateway.core.vocabulary import I64

PAID_OUT = -1
"""What a request buys that is paid out."""

COLUMNS = (
    "number", "plan", "account", "fund", "buy", "batch", "line", "asked_on", "received_at",
    "asked_minor", "left_minor", "dealing", "sent", "ask_minor", "nav", "odd_lot", "nav_of",
    "booked", "back_minor",
)  # fmt: skip
"""The columns of requests, in the order of `cells`."""


def _column(name: str, doc: str) -> property:
    place = COLUMNS.index(name)

    def column(requests: Requests) -> I64:
        view: I64 = requests.cells[place, : requests.size]
        return view

    return property(column, doc=doc)


@dataclass(slots=True)
class Requests:
    """A partition's requests; slots are the state's own, days are counted since 1970.

    Columns are views: what is written into them is kept.

    Attributes:
        cells: Shape (columns, places), the columns one below the other; the rest is room.
        size: How many rows there are.
        batches: Batches that lines came in.
        counted: How many rows there ever were.
    """

    cells: I64 = field(default_factory=lambda: np.zeros((len(COLUMNS), 0), np.int64))
    size: int = 0
    batches: list[str] = field(default_factory=list)
    counted: int = 0

    number = _column("number", "Counted from 0, never given twice.")
    plan = _column("plan", "Plan slot.")
    account = _column("account", "Account slot.")
    fund = _column("fund", "Slot of the fund that is sold.")
    buy = _column("buy", "Fund slot that an exchange buys, PAID_OUT for a distribution.")
    batch = _column("batch", "Place in `batches`.")
    line = _column("line", "Line number in the sender's batch.")
    asked_on = _column("asked_on", "Trade date of the line.")
    received_at = _column("received_at", "UTC microseconds.")
    asked_minor = _column("asked_minor", "What the line asked in all.")
    left_minor = _column("left_minor", "What of it waits.")
    dealing = _column("dealing", "Dealing day it first came up on; 0 before.")
    sent = _column("sent", "Dealing day it is in flight for; 0 if it is not.")
    ask_minor = _column("ask_minor", "What is asked on that day.")
    nav = _column("nav", "NAV that later parts are paid at, scaled; 0: that of their day.")
    odd_lot = _column("odd_lot", "1: asked as an odd lot, which goes first.")
    nav_of = _column("nav_of", "Dealing day whose NAV that is; 0: none is kept.")
    booked = _column("booked", "Session the line's batch was booked under.")
    back_minor = _column("back_minor", "What is withdrawn of it once the fund has answered.")

    def add(self, batch_id: str, rows: dict[str, I64]) -> I64:
        """Append lines of a batch; the places they got.

        Args:
            batch_id: The batch.
            rows: Columns by their names; those that are not given begin at 0.
        """
        count, first = len(rows["plan"]), self.size
        if first + count > self.cells.shape[1]:
            more = np.zeros((len(COLUMNS), max(count, first // 2)), np.int64)
            self.cells = np.concatenate((self.cells[:, :first], more), 1)
        if count and (not self.batches or self.batches[-1] != batch_id):
            self.batches.append(batch_id)
        self.size += count
        self.cells[:, first : self.size] = 0
        self.number[first:] = np.arange(self.counted, self.counted + count)
        self.batch[first:] = len(self.batches) - 1
        for name, column in rows.items():
            self.cells[COLUMNS.index(name), first : self.size] = column
        self.counted += count
        return np.arange(first, self.size)

    def places(self, numbers: I64) -> I64:
        """Where rows with these numbers stand."""
        return np.searchsorted(self.number, numbers)

    def answered(self, rows: I64, gone: I64) -> None:
        """Rows are no longer in flight, and so much less of each waits."""
        self.left_minor[rows] -= gone
        self.sent[rows] = 0
        self.ask_minor[rows] = 0

    def keep_nav(self, rows: I64, nav: I64, day: int) -> None:
        """Later parts of rows are paid at this NAV, that of a day, unless they keep an earlier."""
        first = self.nav[rows] == 0
        self.nav[rows] = np.where(first, nav, self.nav[rows])
        self.nav_of[rows] = np.where(first, day, self.nav_of[rows])

    def forget(self) -> None:
        """Let go of rows with nothing left, and of batches without rows."""
        keep = np.flatnonzero(self.left_minor > 0)
        if len(keep) == self.size:
            return
        self.cells = self.cells[:, keep]
        self.size = len(keep)
        used, place = np.unique(self.batch, return_inverse=True)
        self.batches = [self.batches[at] for at in used.tolist()]
        self.batch[:] = place
