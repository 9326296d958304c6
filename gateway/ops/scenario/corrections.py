"""Rows of corrections: what they go back to, and the record they are sent as.

A row names the batch of its original; what else is known of it, the batch that was sent says.

Not here: other orders (`publish`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from gateway.core.vocabulary import EventKind, OrderKind
from gateway.ops.scenario.publish import Batch, GoesBack, Line, days, head_of, order_lines
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.world import World

Sent = Mapping[tuple[str, str], tuple[Batch, date]]
"""Batches that were sent, by sender and name, with the session they were booked under."""


def lines_of(
    world: World, rows: Sequence[Row], received_at: int, sent: Sent, session: date
) -> list[Line]:
    """The lines of rows of orders; see `order_lines` and `correction_line`."""
    if rows[0].word.name != "correction":
        return [line for row in rows for line in order_lines(world, row, received_at)]
    return [correction_line(world, row, received_at, sent, session) for row in rows]


def correction_line(world: World, row: Row, received_at: int, sent: Sent, session: date) -> Line:
    """The line of a correction.

    Args:
        world: The market.
        row: The row.
        received_at: When it was received, if it does not say.
        sent: What was sent so far.
        session: The open session.
    """
    plan = world.plan_of(row)
    sender = row.text("sender", world.recordkeeper_of(plan))
    fund, number = row.text("fund", world.first_fund), row.number("line")
    at = row.number("received", received_at)
    known = sent.get((sender, row.text("of")))
    booked, first_received = session, received_at
    if known is not None:
        batch, booked = known
        if 0 <= number < len(batch.lines):
            first_received = batch.lines[number].received_at
    booked = row.day("of_session", booked)
    goes_back = GoesBack(
        booked, row.text("of"), number, row.day("of_trade_date", booked),
        row.number("of_received", first_received),
    )  # fmt: skip
    who, amount = row.text("participant"), row.number("amount")
    return Line(plan, who, fund, "", amount, "PRE_TAX", at, goes_back)


def usually_corrects(row: Row) -> str:
    """What a correction goes back to if its row does not say."""
    withdraws = row.text("kind", "") == EventKind.WITHDRAWAL
    return str(OrderKind.DISTRIBUTION if withdraws else OrderKind.CONTRIBUTION)


def correction_body(batch: Batch) -> tuple[str, dict[str, object]] | None:
    """The record that corrections are sent as; None for other orders."""
    if batch.kind != "correction":
        return None
    rows: list[dict[str, object]] = []
    for line in batch.lines:
        back = line.goes_back
        assert back is not None
        rows.append({
            **head_of(line), "fund_id": line.sell, "original_session": days(back.session),
            "original_batch_id": back.batch_id, "original_line": back.line,
            "original_trade_date": days(back.trade_date),
            "original_received_at": back.received_at,
        })  # fmt: skip
    body: dict[str, object] = {"reason": batch.reason, "corrects": batch.corrects, "lines": rows}
    return "CorrectionBatch", body
