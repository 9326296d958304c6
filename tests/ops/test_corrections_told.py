"""What people are told of corrections and of what orders are sent for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from gateway.connector.protocol import OrderLines, Rendered
from gateway.core.vocabulary import EventKind, OrderKind
from gateway.ops.explain.command import explained
from gateway.ops.publish.command import records
from gateway.ops.reading.orders import Asked
from gateway.ops.scenario.parser import parse
from gateway.shell.gateway import connectors
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.day.market_day import PERSON
from tests.ops.bitemporal import story
from tests.ops.stage import HOME
from tests.ops.test_explain_stories import STORIES, every, played


def explanation(name: str, batch: str) -> list[str]:
    """Every sentence of a batch's explanation in a story."""
    path = next(each for each in STORIES if each.stem == name)

    async def read() -> list[str]:
        (scenario,) = parse(path.read_text("utf-8"), str(path))
        stage = await played(scenario)
        node = await explained(stage.log, stage.gateway, ("batch", batch))
        return [each.text for each in every(node)]

    return asyncio.run(read())


def test_a_correction_is_walked_back_to_the_message_of_its_original() -> None:
    said = explanation("bounced_contribution_after_the_fill", "RK_A/2026-11-24/RETURNED")
    assert said[0].endswith("1 line taken, 1,000.00 USD, for BOUNCED")
    assert "1 line of batch RK_A/2026-11-23/PAYROLL, NAV of 2026-11-23" in said
    original = said.index("1 line of batch RK_A/2026-11-23/PAYROLL, NAV of 2026-11-23")
    assert "inbound/ContributionBatch v1" in said[original + 1]
    assert "batch PAYROLL" in said[original + 1]


def test_what_was_taken_back_buys_less() -> None:
    said = explanation("contribution_reversed_same_day", "RK_A/2026-11-24/FIX")
    assert "PLAN buys less FUND: 1,000.00 USD" in said


def test_a_conversion_trades_nothing() -> None:
    said = explanation("in_plan_conversion", "RK_A/2026-11-24/ROTH")
    assert said[0].endswith("2,000.00 USD, for IN_PLAN_CONVERSION")
    assert "it trades" not in said


def test_orders_are_shown_with_their_reason_and_what_they_correct() -> None:
    day = story("ineligible_contribution_and_late_earnings")
    shown = day.rows("orders", "batches", Asked(), "batch_id", "reason", "corrects")
    payroll = ["RK_A/2026-11-23/PAYROLL"]
    assert ("INELIGIBLE", EventKind.INELIGIBLE, payroll) in shown
    assert ("EARNINGS", EventKind.LATE_DEPOSIT_EARNINGS, payroll) in shown
    assert ("PAID", EventKind.HARDSHIP, []) in shown
    assert ("BACK", EventKind.REVERSAL, ["RK_A/2026-11-25/PAID"]) in shown


HEAD: dict[str, object] = {
    "batch_id": "B1", "session": "2026-11-24", "currency": "USD", "control_count": 1,
    "control_amount_minor": 125_00,
}  # fmt: skip
PAID = {"plan_id": "PLN-1", "participant_id": PERSON, "fund_id": "LIQ", "amount_minor": 125_00,
        "received_at": "2026-11-24T15:00:00-05:00"}  # fmt: skip
BACK = {**PAID, "original_session": "2026-11-23", "original_batch_id": "B0", "original_line": 4,
        "original_trade_date": "2026-11-23",
        "original_received_at": "2026-11-23T15:00:00-05:00"}  # fmt: skip


def translated(folder: Path, schema: str, said: dict[str, object]) -> OrderLines:
    """What intake makes of a record that a person wrote in JSON."""
    path = folder / "batch.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    (message,) = records(HOME, "RK_A", schema, [path])
    sent = Messages(standard()).unpack(message.append.value)
    assert isinstance(sent, Rendered)
    lines = connectors()["native"].translate(sent.schema, sent.body)
    assert isinstance(lines, OrderLines)
    return lines


def test_a_reason_may_be_left_out_of_a_record(tmp_path: Path) -> None:
    unsaid = translated(tmp_path, "inbound/DistributionBatch", {**HEAD, "lines": [PAID]})
    said = translated(
        tmp_path, "inbound/DistributionBatch", {**HEAD, "lines": [PAID], "reason": "RMD"}
    )
    assert (unsaid.reason, said.reason) == (EventKind.UNSTATED, EventKind.RMD)


def test_a_correction_is_published_like_any_record(tmp_path: Path) -> None:
    record = {**HEAD, "reason": "BOUNCED", "corrects": "CONTRIBUTION", "lines": [BACK]}
    lines = translated(tmp_path, "inbound/CorrectionBatch", record)
    assert (lines.kind, lines.reason) == (OrderKind.DISTRIBUTION, EventKind.BOUNCED)
    assert lines.links is not None
    (original,) = lines.links.originals
    assert (original.batch_id, lines.links.line.tolist()) == ("B0", [4])
