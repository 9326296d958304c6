"""What a day came to, in plain values that two ways of working it out can be compared by.

Not here: working it out (`day`, `played`), comparing (`compare`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple


class LineAnswer(NamedTuple):
    """What became of an order line; all money in minor units."""

    decided: date
    accepted: int
    diverted: int
    code: str
    scope: str
    headroom: int


class NavAnswer(NamedTuple):
    """A fund's NAV for a session: what it is, whether it stands, and what it was made of."""

    nav: int
    status: str
    held: bool
    holds: tuple[str, ...]
    net_assets: int
    alternative: int
    accrued: int
    units: int
    previous: int
    oldest_mark: date | None


class FillAnswer(NamedTuple):
    """The omnibus fill of one plan in one fund."""

    nav: int
    buy: int
    sell: int
    buy_units: int
    sell_units: int


class ShareAnswer(NamedTuple):
    """What a participant is confirmed of a fill."""

    nav: int
    buy: int
    sell: int
    units: int


class BalanceAnswer(NamedTuple):
    """Where a fund's net flow went."""

    net_flow: int
    asked: int
    bought: int
    headroom: int
    frozen: bool
    breach_since: date | None
    by_plan: tuple[tuple[str, int, int], ...]
    liquid: int
    units: int


class Owed(NamedTuple):
    """One side of what is owed."""

    party: str
    trade_date: date
    settles: date
    amount: int
    fund: str
    reference: str
    reason: str


class Wire(NamedTuple):
    """One settlement instruction."""

    session: date
    party: str
    settles: date
    amount: int
    gross_in: int
    gross_out: int
    trade_dates: tuple[date, ...]
    legs: int


Ticket = tuple[date, str, str]
"""Session, fund, plan."""


@dataclass(slots=True)
class Answer:
    """All of a day; `words` says, where the way of working it out has words, why."""

    lines: dict[int, LineAnswer] = field(default_factory=dict)
    navs: dict[tuple[date, str], NavAnswer] = field(default_factory=dict)
    balances: dict[tuple[date, str], BalanceAnswer] = field(default_factory=dict)
    fills: dict[Ticket, FillAnswer] = field(default_factory=dict)
    shares: dict[tuple[date, str, str, str], ShareAnswer] = field(default_factory=dict)
    held_units: dict[tuple[str, str, str], int] = field(default_factory=dict)
    owed: list[Owed] = field(default_factory=list)
    wires: dict[str, Wire] = field(default_factory=dict)
    words: dict[object, list[str]] = field(default_factory=dict)

    def say(self, about: object, text: str) -> None:
        """Keep a sentence of reasoning."""
        self.words.setdefault(about, []).append(text)
