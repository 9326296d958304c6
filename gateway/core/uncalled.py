"""What drawdown vehicles may still call, folded a second time from the notices' own lines.

Commitments are totals that desks carry on; here each line's stated effect is added to what was
unfunded at the opening, so that an error in the totals is seen.

Not here: the laws that ask (`breaches`, `conservation_vehicles`).
Source of the arithmetic: golden G24. Laws: L1, L2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.core.book import BookChange
from gateway.core.fund_events import CapitalMoved, NoticeTaken

Holding = tuple[str, str]
"""Fund and vehicle."""


@dataclass(slots=True)
class Uncalled:
    """Unfunded commitments of one fund partition, minor units by fund and vehicle."""

    committed: dict[Holding, int] = field(default_factory=dict)
    minor: dict[Holding, int] = field(default_factory=dict)
    effects: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def adopt(self, changes: Iterable[BookChange]) -> None:
        """Open commitments that are new; another amount committed changes what is unfunded."""
        for terms in (terms for change in changes for terms in change.funds):
            for sleeve in terms.sleeves:
                calls, key = sleeve.calls, (terms.fund_id, sleeve.vehicle_id)
                if calls is None:
                    continue
                if key in self.minor:
                    self.minor[key] += calls.commitment_minor - self.committed[key]
                else:
                    self.minor[key] = (
                        calls.commitment_minor - calls.called_inside_minor + calls.recallable_minor
                    )
                self.committed[key] = calls.commitment_minor

    def follow(self, event: object) -> None:
        """Take a notice in, and its effect once it is booked."""
        match event:
            case NoticeTaken():
                effect = sum(line.unfunded_effect_minor for line in event.lines)
                self.effects[event.fund_id, event.vehicle_id, event.batch_id] = effect
            case CapitalMoved():
                self.book(event)

    def book(self, moved: CapitalMoved) -> None:
        """Add the effect of a notice that is booked."""
        name = moved.fund_id, moved.vehicle_id, moved.batch_id
        self.minor[name[:2]] = self.minor.get(name[:2], 0) + self.effects.get(name, 0)

    def of(self, fund_id: str, vehicle_id: str) -> int:
        """What a vehicle may still call of a fund; nothing where there is no commitment."""
        return max(0, self.minor.get((fund_id, vehicle_id), 0))
