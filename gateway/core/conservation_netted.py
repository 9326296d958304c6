"""Law L1 of calls netted against distributions: one leg of the difference, two facts.

Not here: what is unfunded afterwards (`conservation_vehicles`), the legs themselves
(`conservation_owed`).
Source: domain.md §4.1. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.calls import NoticeKind
from gateway.core.fund_events import CapitalMoved
from gateway.core.netted_notices import NETTED


def capital_legs(moved: Sequence[CapitalMoved]) -> list[tuple[str, str, int]]:
    """Vehicle, reason and size of the legs that a fund's capital of one session comes to.

    What a notice states as its net is not asked: the difference is taken of the amounts booked.
    """
    signed = {
        (each.vehicle_id, each.batch_id): each.total_minor
        * (1 if each.kind is NoticeKind.CALL else -1)
        for each in moved
    }
    legs: list[tuple[str, str, int]] = []
    for each in moved:
        if each.netted_with:
            first = signed.pop((each.vehicle_id, each.netted_with), 0)
            second = signed.pop((each.vehicle_id, each.batch_id), 0)
            legs.append((each.vehicle_id, NETTED, abs(first + second)))
    legs += [
        (each.vehicle_id, f"CAPITAL_{each.kind}", each.total_minor)
        for each in moved
        if (each.vehicle_id, each.batch_id) in signed
    ]
    return legs
