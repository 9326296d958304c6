"""What the management fees of a market's funds are shares of, and how often they are paid.

Drawn from a chance of its own, so that all else of a market stays as it was before there was
a choice.

Not here: what else happens in a market (`further`).
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from gateway.core.book import CommitmentTerms, FundTerms, SleeveTerms
from gateway.core.calls import CallCalendar
from gateway.core.fees import FeeBase, PaidEach

DRAWDOWN = (FeeBase.COMMITTED, FeeBase.INVESTED)
"""Bases that only drawdown holdings have."""


def with_bases(funds: tuple[FundTerms, ...]) -> tuple[FundTerms, ...]:
    """The funds with a base for each fee, and a drawdown holding where it needs one."""
    chance = Random(f"fee bases {sum(fund.liquid_minor for fund in funds)}")
    return tuple(_with_base(fund, chance) for fund in funds)


def _with_base(fund: FundTerms, chance: Random) -> FundTerms:
    base, each = chance.choice(tuple(FeeBase)), chance.choice(tuple(PaidEach))
    times, tenths = chance.choice((1, 4, 40)), chance.randint(0, 10)
    if fund.fees is None or (base in DRAWDOWN and not fund.sleeves):
        return fund
    sleeves = fund.sleeves
    if base in DRAWDOWN:
        committed = fund.liquid_minor * times // 4
        sleeves = (*sleeves, _drawdown(sleeves[0], committed, committed * tenths // 10))
    return replace(fund, fees=replace(fund.fees, base=base, paid_each=each), sleeves=sleeves)


def _drawdown(beside: SleeveTerms, committed: int, called: int) -> SleeveTerms:
    """A holding of the same manager that has called part of what it was promised, worth nothing."""
    calls = CommitmentTerms(committed, CallCalendar.BANK, 10, called)
    return replace(
        beside, vehicle_id=f"{beside.vehicle_id}-CALLS", opening_minor=0, calls=calls,
        daily_income=None,
    )  # fmt: skip
