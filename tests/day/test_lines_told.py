"""What a recordkeeper is told of lines: every reason, and the fund bought in another's place."""

from __future__ import annotations

import asyncio
from functools import cache

from gateway.core.orders import OrderStatus
from gateway.core.refusals import codes_in
from gateway.ops.explain.command import explained
from gateway.ops.explain.node import Node
from gateway.ops.reading.orders import Asked
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.ops.show import view

STORY = """
given
  session       Tue 2026-11-24
  fund          OLD
  fund          NEW
  fund          PRIVATE  alternative=yes  qualification=ACCREDITED  minimum_purchase=500.00
  mapping       OLD  NEW  first=2026-11-24
  holding       p-1  LIQUID  value=10,000.00

when
  contribution  p-1  100.00  into=OLD                  batch=PAY
  contribution  p-1  200.00  into=NEW                  batch=PAY
  exchange      p-1   99.99  from=LIQUID  into=PRIVATE  batch=MOVE
  close

then
"""


@cache
def played() -> Stage:
    async def play() -> Stage:
        (scenario,) = parse(STORY, "x.day")
        stage = Stage(scenario)
        await stage.open()
        await stage.play(scenario.steps[0].when)
        return stage

    return asyncio.run(play())


def status(batch: str) -> OrderStatus:
    stage = played()
    told = [stage.messages.unpack(record.value) for record in stage.log.records("out.RK_A", 0)]
    (found,) = [m for m in told if isinstance(m, OrderStatus) and m.batch_id == batch]
    return found


def test_a_refused_line_is_told_every_reason() -> None:
    told = status("MOVE")
    assert [codes_in(reasons) for reasons in told.reasons.tolist()] == [
        ("NOT_ELIGIBLE", "MIN_AMOUNT")
    ]
    assert told.rejected_minor == 99_99
    assert (told.asked_fund.tolist(), told.bought_fund.tolist(), told.funds) == ([-1], [-1], ())


def test_a_contribution_that_buys_another_fund_is_told_which() -> None:
    told = status("PAY")
    assert (told.lines, told.accepted_minor, told.rejected_minor) == (2, 300_00, 0)
    assert (told.line.tolist(), told.code.tolist(), told.reasons.tolist()) == ([0], [0], [0])
    assert [told.funds[at] for at in told.asked_fund] == ["OLD"]
    assert [told.funds[at] for at in told.bought_fund] == ["NEW"]


def test_both_are_shown_and_explained() -> None:
    async def asked() -> tuple[list[list[str]], list[str]]:
        stage = played()
        parts = await view(stage.log, stage.gateway, "orders", Asked(), limit=20)
        lines = next(part for part in parts if part.name == "exceptions")
        texts: list[str] = []
        for batch in ("PAY", "MOVE"):
            words = ("batch", f"RK_A/2026-11-24/{batch}")
            texts.extend(_texts(await explained(stage.log, stage.gateway, words, limit=20)))
        return [list(map(str, row)) for row in lines.cells], texts

    cells, texts = asyncio.run(asked())
    assert [(row[0].split()[2], row[3], row[7]) for row in cells] == [
        ("MOVE", "PRIVATE", "NOT_ELIGIBLE, MIN_AMOUNT"), ("PAY", "NEW for OLD", "-"),
    ]  # fmt: skip
    said = "\n".join(texts)
    assert "of NEW in the place of OLD, 100.00 USD accepted" in said
    assert "refused NOT_ELIGIBLE, MIN_AMOUNT" in said


def _texts(node: Node) -> list[str]:
    return [node.text, *(text for child in node.children for text in _texts(child))]
