"""Whatever a story brings about, a wrong NAV of any of its sessions adds up to the unit."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from gateway.core.dilution import NavErrorKind
from gateway.core.marks import NavStruck
from gateway.ops.nav_error.command import nav_error
from gateway.ops.nav_error.figures import Correct, Side
from gateway.ops.nav_error.period import Period
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from tests.ops.test_explain_stories import STORIES, played

Navs = dict[str, dict[date, NavStruck]]


def struck(stage: Stage) -> Navs:
    """By fund and session, the NAVs recordkeepers were told that stand."""
    found: Navs = {}
    for sender in stage.world.recordkeepers:
        for record in stage.log.records(f"out.{sender}", 0):
            told = stage.messages.unpack(record.value)
            if isinstance(told, NavStruck) and not told.held:
                found.setdefault(told.fund_id, {})[told.session] = told
    return found


async def wrong(stage: Stage, fund: str, navs: dict[date, NavStruck]) -> Period:
    """Every session of a fund was two percent too dear."""
    correct = {day: Correct(nav.nav * 98, nav.nav_scale + 2) for day, nav in navs.items()}
    return await nav_error(stage.log, stage.gateway, fund, correct, worth_fixing="0.00")


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_session_of_a_story_can_be_computed_again(path: Path) -> None:
    async def compute_all() -> None:
        for scenario in parse(path.read_text("utf-8"), str(path)):
            stage = await played(scenario)
            for fund, navs in struck(stage).items():
                error = await wrong(stage, fund, navs)
                assert {each.session for each in error.sessions} == set(navs)
                for each in error.sessions:
                    assert each.kind is NavErrorKind.MATERIAL
                    assert each.published == navs[each.session].nav
                    for side, minor in (
                        (Side.PURCHASE, each.orders.buy_minor),
                        (Side.REDEMPTION, each.orders.sell_minor),
                    ):
                        mine = [plan for plan in each.plans if plan.side is side]
                        assert sum(plan.minor_before for plan in mine) == minor

    asyncio.run(compute_all())
