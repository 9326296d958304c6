"""What a fund's management fee may be a share of, at the session before.

Not here: what each base is (`core.fee_bases`), the fee (`strike_assets`).
Source: domain.md §4.3. Law: L1.
"""

from __future__ import annotations

from gateway.core.fee_bases import committed_capital, gross_assets
from gateway.core.fees import BaseFigures
from gateway.desks.fund_state import Fund


def base_figures(fund: Fund) -> BaseFigures:
    """Every base of a fund after its last session's orders and capital."""
    operating = fund.accrual.posted_minor - fund.waivers.open_minor
    performance = 0 if fund.performance is None else fund.performance.accrued_minor
    return BaseFigures(
        max(0, fund.base_minor),
        gross_assets(fund.base_minor, operating, performance),
        committed_capital(fund.terms),
        sum(fund.costs[each.vehicle_id] for each in fund.terms.sleeves if each.calls),
    )
