"""The cash side of the reference: what is owed becomes one wire a party and settlement day.

Not here: who owes whom (`day`).
Source: domain.md §1.3, §8; golden G03, G10.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.sessions import Calendar
from tests.reference.answer import Owed, Wire


@dataclass(slots=True)
class Ledger:
    """What is owed and not yet wired."""

    calendar: Calendar
    soonest_days: int
    open: list[Owed] = field(default_factory=list)
    wires: dict[str, Wire] = field(default_factory=dict)

    def close(self, session: date) -> None:
        """Wire all that no later session can add to."""
        after = self.calendar.next_session(session)
        next_settles = self.calendar.settlement_date(after, self.soonest_days)
        ripe = [owed for owed in self.open if owed.settles < next_settles]
        self.open = [owed for owed in self.open if owed.settles >= next_settles]
        for party, settles in sorted({(owed.party, owed.settles) for owed in ripe}):
            mine = [o for o in ripe if (o.party, o.settles) == (party, settles)]
            number = 1
            while _name(settles, party, number) in self.wires:
                number += 1
            self.wires[_name(settles, party, number)] = Wire(
                session, party, settles,
                sum(o.amount for o in mine),
                sum(o.amount for o in mine if o.amount > 0),
                -sum(o.amount for o in mine if o.amount < 0),
                tuple(sorted({o.trade_date for o in mine})),
                len(mine),
            )  # fmt: skip


def _name(settles: date, party: str, number: int) -> str:
    return f"SI-{settles:%Y%m%d}-{party}-USD-{number}"
