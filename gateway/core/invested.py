"""What drawdown vehicles have called and not returned, folded a second time for the laws.

Desks carry the cost of each holding on as a rule of the core has it; here it follows from the
notices' own lines, so that an error in either is seen.

Not here: the rule (`fee_bases`), what may still be called (`uncalled`), who asks
(`conservation_fees`).
Source of the arithmetic: domain.md §4.3. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.core.book import BookChange, FundTerms
from gateway.core.calls import LineKind, NoticeKind
from gateway.core.fund_events import CapitalMoved, NoticeTaken


@dataclass(slots=True)
class Invested:
    """Cost of the drawdown holdings of one fund partition, minor units by fund and vehicle."""

    minor: dict[tuple[str, str], int] = field(default_factory=dict)
    moves: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def adopt(self, changes: Iterable[BookChange]) -> None:
        """Open holdings that are new, at what was called and not distributed before."""
        for terms in (terms for change in changes for terms in change.funds):
            for sleeve in terms.sleeves:
                if sleeve.calls is not None:
                    had = sleeve.calls
                    paid = had.called_inside_minor + had.called_outside_minor
                    back = had.recallable_minor + had.kept_minor
                    key = terms.fund_id, sleeve.vehicle_id
                    self.minor.setdefault(key, max(0, paid - back))

    def follow(self, event: object) -> None:
        """Take a notice in, and what it moves once it is booked."""
        match event:
            case NoticeTaken():
                lines = event.lines
                if event.kind is NoticeKind.DISTRIBUTION:
                    lines = tuple(ln for ln in lines if ln.kind is LineKind.RETURN_OF_CAPITAL)
                moved = sum(
                    ln.amount_minor for ln in lines if ln.kind is not LineKind.LATE_CLOSE_INTEREST
                )
                sign = 1 if event.kind is NoticeKind.CALL else -1
                self.moves[event.fund_id, event.vehicle_id, event.batch_id] = sign * moved
            case CapitalMoved():
                key = event.fund_id, event.vehicle_id
                moved = self.moves.get((*key, event.batch_id), 0)
                self.minor[key] = max(0, self.minor.get(key, 0) + moved)

    def of(self, terms: FundTerms) -> int:
        """The cost of a fund's drawdown holdings."""
        names = [each.vehicle_id for each in terms.sleeves if each.calls is not None]
        return sum(self.minor.get((terms.fund_id, name), 0) for name in names)
