"""After a scenario the laws are asked, and what breaks one is told."""

from __future__ import annotations

import asyncio
from datetime import date

from gateway.core.orders import BatchStatus
from gateway.core.settlement import SettlementInstruction
from gateway.log.port import Append
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.publish import identifier
from gateway.ops.scenario.stage import Stage

DAY = "when\n  contribution  p-1  100.00\n  close\nthen\n"


def laws_broken_by(topic: str, message: object) -> list[str]:
    """What is told after a message nobody sent was slipped into a topic."""

    async def played() -> list[str]:
        (scenario,) = parse(DAY, "x.day")
        stage = Stage(scenario)
        await stage.open()
        await stage.play(scenario.steps[0].when)
        assert await stage.broken_laws() == []
        stage.log.append_now([Append(topic, 0, None, stage.messages.pack(message))])
        await stage.pump()
        return await stage.broken_laws()

    return asyncio.run(played())


def test_l1_an_instruction_from_nowhere_is_told() -> None:
    forged = SettlementInstruction(
        "SI-20261125-RK_A-USD-9", date(2026, 11, 24), "RK_A", "RK_A", "native", "USD",
        date(2026, 11, 25), 1, 1, 0, (date(2026, 11, 24),), 1,
    )  # fmt: skip
    assert any(told.startswith("law L1") for told in laws_broken_by("gw.dispatch.inbox", forged))


def test_l8_an_identifier_past_intake_is_told() -> None:
    leak = BatchStatus(
        "RK_A", "B", None, "", "ACCEPTED", (), f"from {identifier('p-1')}", 0, 0
    )  # fmt: skip
    broken = laws_broken_by("out.RK_A", leak)
    assert [told.split(" does")[0] for told in broken] == ["law L8"]
    assert identifier("p-1") not in broken[0]
