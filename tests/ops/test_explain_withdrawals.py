"""Withdrawals told: by `explain batch`, and by `show orders`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ops.explain.command import explained
from gateway.ops.explain.node import Node, whole
from gateway.ops.reading.orders import Asked
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from tests.ops.bitemporal import story

STORY = "request_withdrawn_before_the_dealing_day"
SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"


def every(node: Node) -> Iterator[str]:
    yield whole(node).text
    for child in node.children:
        yield from every(child)


def told(batch: str) -> list[str]:
    scenario = parse((SCENARIOS / f"{STORY}.day").read_text("utf-8"), STORY)[0]

    async def explain() -> list[str]:
        stage = Stage(scenario)
        await stage.open()
        for step in scenario.steps:
            await stage.play(step.when)
        return list(every(await explained(stage.log, stage.gateway, ("batch", batch), limit=50)))

    return asyncio.run(explain())


@pytest.mark.parametrize(
    ("batch", "lines"),
    [
        ("RK_A/2026-02-25/BACK", ["PLN-1 asks less of BDC: 30,000.00 USD"]),
        ("RK_A/2026-02-25/NO_SWAP", ["PLN-1 asks less of BDC: 30,000.00 USD",
                                     "1 line of batch RK_A/2026-02-24/SWAP, NAV of 2026-02-24"]),
        ("RK_A/2026-02-27/TOO_LATE", ["1 line decided for 2026-03-02: 10,000.00 USD",
                                      "accepted as asked 3,000.00 USD",
                                      "of requests that waited no longer 7,000.00 USD",
                                      "PLN-1 asks less of BDC: 3,000.00 USD"]),
    ],
)  # fmt: skip
def test_a_withdrawal_is_explained_with_what_it_took_and_goes_back_to(
    batch: str, lines: list[str]
) -> None:
    assert set(lines) <= set(told(batch))


def test_orders_show_what_was_taken_back_and_what_waited_no_longer() -> None:
    day = story(STORY)
    columns = ("batch_id", "asked_minor", "accepted_minor", "rejected_minor", "gone_minor")
    rows = day.rows("orders", "batches", Asked(), *columns)
    assert ("TOO_LATE", 10_000_00, 3_000_00, 0, 7_000_00) in rows
    assert ("BACK", 30_000_00, 30_000_00, 0, 0) in rows
