"""Law L7 of corrections: an original is undone once, and only if it traded.

Looked at from the journals alone, all of them, and not only as far back as a desk remembers.

Not here: how a correction is decided (`desks.plan_corrections`); its money, which is law L1's.
Source: domain.md §0.9. Law: L7.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.core.corrections import CORRECTIONS, REVERSALS
from gateway.core.events import OrdersDecided
from gateway.core.laws import Events, Violation
from gateway.core.vocabulary import EventKind

Name = tuple[str, date, str]
"""Sender, session it was booked under, batch id."""


def l7_corrections(where: str, events: Events) -> list[Violation]:
    """Corrections add: each names an original, which is undone once a fund, if it traded."""
    found: list[Violation] = []
    refused: dict[Name, set[int]] = {}
    undone: set[tuple[bool, Name, int, str]] = set()
    for event in events:
        if not isinstance(event, OrdersDecided):
            continue
        here = f"{where}, batch {event.batch_id}"
        if (event.links is None) is (event.reason in CORRECTIONS):
            found.append(Violation("L7", here, f"{event.reason} and what it goes back to differ"))
        elif event.links is not None and event.reason is not EventKind.WITHDRAWAL:
            # A request may be withdrawn in parts; law L1 holds them against what waited.
            found.extend(_undone(here, event, refused, undone))
        if event.booked is not None:
            name = (event.sender, event.booked, event.batch_id)
            lines = refused.setdefault(name, set())
            lines.update(event.line[event.code != 0].tolist())
    return found


def _undone(
    here: str, event: OrdersDecided, refused: dict[Name, set[int]],
    undone: set[tuple[bool, Name, int, str]],
) -> Iterator[Violation]:  # fmt: skip
    links = event.links
    assert links is not None
    reversal = event.reason in REVERSALS
    for row in (event.code == 0).nonzero()[0].tolist():
        original, line = links.originals[links.original[row]], int(links.line[row])
        name = (event.sender, original.session, original.batch_id)
        fund = event.funds[max(int(event.sell_fund[row]), int(event.buy_fund[row]))]
        what = f"line {line} of batch {original.batch_id} of {original.session}"
        key = (reversal, name, line, fund)
        if key in undone:
            yield Violation("L7", here, f"{what} is corrected a second time in {fund}")
        if line in refused.get(name, ()):
            yield Violation("L7", here, f"{what} is corrected and was refused")
        if reversal and name not in refused:
            yield Violation("L7", here, f"{what} is undone and never came")
        undone.add(key)
