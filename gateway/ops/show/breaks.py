"""The view of breaks between cash and instructions.

Not here: folding journals (`reading.breaks`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ops.reading.breaks import BreakRow
from gateway.ops.show.part import Part, amount


def breaks(every: Sequence[BreakRow], limit: int) -> list[Part]:
    """Open breaks by age, the oldest first."""
    rows = every[:limit]
    cells = [
        (
            r.kind.value, f"{r.age_days:,}", r.counterparty, r.instruction_id or "-", r.currency,
            amount(r.expected_minor, r.currency), amount(r.advised_minor, r.currency),
            str(r.since), str(r.opened), r.bank or "-", r.break_id,
        )
        for r in rows
    ]  # fmt: skip
    columns = ("category", "age ", "party", "instruction", "currency", "expected ", "advised ",
               "since", "found in", "bank", "break")  # fmt: skip
    return [Part("breaks", "Cash breaks, age in business days", rows, len(every), columns, cells)]
