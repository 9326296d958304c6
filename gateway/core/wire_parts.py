"""What a wire is made of, by who submitted the orders and by trade date.

Who submits need not be who pays: of a tri-party plan a recordkeeper sends the orders and a bank
owes the money, for several recordkeepers with one wire. So that every recordkeeper finds its own
in it, a wire refers to each of them and to each session behind it.

Not here: netting itself (`netting`), who owes for a plan (`book.PlanTerms.settling_entity`).
Source: domain.md §1.1, §1.3; golden G03. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True, slots=True)
class WirePart:
    """What the orders of one submitter and session come to in a wire."""

    submitter: Annotated[str, "recordkeeper that sent the orders; empty: no order is behind it"]
    trade_date: Annotated[date, "session whose NAV was used"]
    gross_in_minor: Annotated[int, "sum of what the counterparty owes, minor units"]
    gross_out_minor: Annotated[int, "sum of what it is owed, as a positive number"]

    @property
    def amount_minor(self) -> int:
        """Net of both; positive, the counterparty pays."""
        return self.gross_in_minor - self.gross_out_minor


def wire_parts(legs: Iterable[tuple[str, date, int]]) -> tuple[WirePart, ...]:
    """Sum legs by submitter and trade date.

    Args:
        legs: Submitter, trade date and amount in minor units (positive: the counterparty
            pays), in any order.

    Returns:
        Sorted by submitter and trade date; together they are the wire, to the cent. Legs that
        cancel out keep their part, so that both sides can agree on it.

    Source: domain.md §1.1, §1.3; golden G03. Laws: L1, L4.
    """
    sums: dict[tuple[str, date], tuple[int, int]] = {}
    for submitter, trade_date, minor in legs:
        paid, got = sums.get((submitter, trade_date), (0, 0))
        sums[submitter, trade_date] = paid + max(minor, 0), got + max(-minor, 0)
    return tuple(WirePart(*key, *sums[key]) for key in sorted(sums))
