"""The view of what funds can pay: means, requests to vehicles, gates.

Not here: folding journals (`reading.liquidity`).
"""

from __future__ import annotations

from gateway.ops.reading.liquidity import GateRow, Liquidity, LiquidityRow, RequestRow
from gateway.ops.show.part import Part, amount


def liquidity(found: Liquidity, limit: int) -> list[Part]:
    """Means of funds, open requests, and gates of vehicles."""
    return [
        _means(found.funds, limit), _requests(found.requests, limit), _gates(found.gates, limit),
    ]  # fmt: skip


def _means(every: list[LiquidityRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, str(r.session),
            *(
                amount(minor, r.currency)
                for minor in (r.liquid_minor, r.calls_minor, r.left_minor)
            ),
            str(r.first_short or "-"),
            *(
                amount(minor, r.currency)
                for minor in (r.alternative_minor, r.net_assets_minor, r.capacity_minor,
                              r.requested_minor)
            ),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "after", "liquid ", "calls in 10 days ", "left ", "short on",
               "alternatives ", "net assets ", "redemption capacity ", "requested ")  # fmt: skip
    return Part("funds", "What funds can pay", rows, len(every), columns, cells)


def _requests(every: list[RequestRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            r.fund_id, r.vehicle_id, r.request_id, str(r.session),
            *(
                amount(minor, r.currency)
                for minor in (r.asked_minor, r.waiting_minor, r.announced_minor)
            ),
        )
        for r in rows
    ]  # fmt: skip
    columns = ("fund", "vehicle", "request", "asked after", "asked ", "waiting ", "announced ")
    return Part("requests", "Requests to vehicles", rows, len(every), columns, cells)


def _gates(every: list[GateRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (r.fund_id, r.vehicle_id, r.kind, r.cap or "-", str(r.first), str(r.last or "-"))
        for r in rows
    ]
    columns = ("fund", "vehicle", "gate", "cap", "from", "to")
    return Part("gates", "Gates of vehicles", rows, len(every), columns, cells)
