"""A scenario whose market is a book file: the file's own change is published, nothing else.

Rows stand for what a scenario looks up by name (who keeps which plan, what moves a fund), and are
made from the file.

Not here: reading book files (`gateway.ops.book.file`), the market of rows (`world`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.core.book import BookChange, FundTerms
from gateway.errors import ConfigError
from gateway.ops.book.file import read_book
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_in import GIVEN_WORDS
from gateway.ops.scenario.world import World


def take_file(world: World, row: Row) -> BookChange:
    """Read the file of a `book` row, beside the scenario's, into the market; the change it is.

    Raises:
        ConfigError: It cannot be read, or stands beside rows of the book.
    """
    if world.filed is None and (world.funds or world.plans or world.sleeves or world.caps):
        raise ConfigError(f"{world.where(row)}: a book file and rows of the book: keep to one")
    change = read_book(Path(world.path).parent / row.text("file")).change
    before, world.filed = world.filed, None
    for party in change.parties:
        if party.role == "MARKET" and party.party_id != "market":
            raise ConfigError(f"{world.where(row)}: in a scenario the MARKET party is `market`")
    for fund in change.funds:
        _stand_for(world, fund, row.line)
    for plan in change.plans:
        world.adopt(
            Row(GIVEN_WORDS["plan"], row.line, [], {
                "plan": plan.plan_id, "recordkeeper": plan.recordkeeper,
                "settling_entity": plan.settling_entity, "liquid": plan.liquid_fund,
                "funds": plan.funds,
            })
        )  # fmt: skip
    world.filed = change if before is None else _joined(before, change)
    return change


def _stand_for(world: World, fund: FundTerms, line: int) -> None:
    world.adopt(
        Row(GIVEN_WORDS["fund"], line, [], {
            "fund": fund.fund_id, "alternative": fund.alternative, "custodian": fund.custodian,
            "index": fund.liquid_index,
        })
    )  # fmt: skip
    world.levels.setdefault(fund.liquid_index, fund.opening_liquid_index)
    for sleeve in fund.sleeves:
        world.adopt(
            Row(GIVEN_WORDS["sleeve"], line, [], {
                "fund": fund.fund_id, "vehicle": sleeve.vehicle_id, "manager": sleeve.manager,
                "proxy": sleeve.proxy_id,
            })
        )  # fmt: skip
        world.levels.setdefault(sleeve.proxy_id, sleeve.opening_proxy)


def _joined(before: BookChange, change: BookChange) -> BookChange:
    """What a later file leaves standing of the market before it, and what it brings."""
    funds = {fund.fund_id: fund for fund in (*before.funds, *change.funds)}
    plans = {plan.plan_id: plan for plan in (*before.plans, *change.plans)}
    parties = {party.party_id: party for party in (*before.parties, *change.parties)}
    return replace(
        before,
        calendar=change.calendar or before.calendar,
        parties=tuple(parties.values()),
        funds=tuple(funds.values()),
        plans=tuple(plans.values()),
    )


def changed(before: BookChange, after: BookChange) -> BookChange:
    """What of a book differs from the one before."""
    return replace(
        after,
        calendar=None if after.calendar == before.calendar else after.calendar,
        logic=0 if after.logic == before.logic else after.logic,
        parties=tuple(party for party in after.parties if party not in before.parties),
        funds=tuple(fund for fund in after.funds if fund not in before.funds),
        plans=tuple(plan for plan in after.plans if plan not in before.plans),
    )
