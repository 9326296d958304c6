"""The positions that a `holding` row stands for.

Not here: stating them (`stage`).
"""

from __future__ import annotations

from gateway.core.money import units_for
from gateway.errors import ConfigError
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.world import World, scaled


def positions(world: World, row: Row, plan: str) -> list[tuple[str, int]]:
    """Funds and units that a holding row stands for.

    Raises:
        ConfigError: It names a fund that is not given.
    """
    if row.has("total"):
        private = row.number("alternatives")
        liquid = (world.liquid_of(plan), row.number("total") - private)
        fund = world.alternative_fund(row) if private else ""
        return [(f, _units(world, f, minor)) for f, minor in (liquid, (fund, private)) if minor]
    fund = row.text("fund", world.first_fund)
    if fund not in world.funds:
        raise ConfigError(f"{world.where(row)}: holding of {fund}, but no such fund is given")
    if row.has("value"):
        return [(fund, _units(world, fund, row.number("value")))]
    scale = world.fund_terms(fund).unit_scale
    return [(fund, scaled(row.figure("units"), scale, world.where(row)))]


def _units(world: World, fund: str, minor: int) -> int:
    terms = world.fund_terms(fund)
    return units_for(
        minor, terms.opening_nav, nav_scale=terms.nav_scale, unit_scale=terms.unit_scale
    )
